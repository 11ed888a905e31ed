import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { gobgp, needs } from './lab.ts'

const run = promisify(execFile)

describe('heddle demo with a real gobgpd', () => {
  it('tells the whole story, every claim of it true', async function () {
    needs(this, gobgp)
    const { stdout } = await run(process.execPath, ['control/main.ts', 'demo', '--once', '-j'])
    const story = JSON.parse(stdout) as { gateway: string; claims: { claim: string; holds: boolean }[] }
    expect(story.gateway).to.include('gobgpd')
    expect(story.claims).to.have.length.greaterThan(10)
    expect(story.claims.filter(({ holds }) => !holds)).to.deep.equal([])
  })
})
