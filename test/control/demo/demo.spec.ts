import { expect } from 'chai'
import { Writable } from 'node:stream'
import { runCli } from '../../../control/cli/run-cli.ts'
import { Output } from '../../../control/cli/output.ts'
import { Narration } from '../../../control/demo/narration.ts'
import { Stage } from '../../../control/demo/stage.ts'
import { tell } from '../../../control/demo/tell.ts'

class Text extends Writable {
  text = ''
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

function surroundings(path: string): { stdout: Text; stderr: Text; env: Record<string, string> } {
  return { stdout: new Text(), stderr: new Text(), env: { PATH: path } }
}

describe('heddle demo with its own gateway', () => {
  it('tells the whole story, every claim of it true, and ends with status 0', async () => {
    const around = surroundings('')
    expect(await runCli(['demo', '--once'], around)).to.equal(0)
    expect(around.stdout.text).to.include("heddle's own").and.to.include('101.101.101.252/32')
    expect(around.stdout.text).not.to.include('✘')
    expect(around.stdout.text.match(/✔/g)).to.have.length.greaterThan(10)
  })

  it('is one JSON document with -j', async () => {
    const around = surroundings('')
    expect(await runCli(['demo', '--once', '-j'], around)).to.equal(0)
    const { claims } = JSON.parse(around.stdout.text) as { claims: { holds: boolean }[] }
    expect(claims).to.have.length.greaterThan(10)
    expect(claims.every(({ holds }) => holds)).to.equal(true)
  })

  it('says what is not true, with what was found', async () => {
    const around = surroundings('')
    const say = new Narration(new Output(around), false)
    const stage = await Stage.set({ path: '', wantsBuiltIn: false, version: '0' })
    const honest = stage.gateway.received.bind(stage.gateway)
    stage.gateway.received = async () => (await honest()).map((route) => ({ ...route, label: 12345 }))
    try {
      await tell(stage, say)
    } finally {
      await stage.strike()
    }
    expect(say.failed.map(({ claim }) => claim).join()).to.include('label')
    expect(around.stdout.text).to.include('✘').and.to.include('12345')
  })
})
