import { expect } from 'chai'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { testReferences, testTitles, unanswered } from '../support/test-titles.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const document = readFileSync(join(root, 'docs/FEATURES.md'), 'utf8')
const rows = document.split('\n').filter((line) => /^\|(?! ?-| RFC or)/.test(line))

/** Sources of the BGP speaker and what is below it. */
function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'))
}

describe('docs/FEATURES.md', () => {
  it('names tests that exist, and no others', async function () {
    this.timeout(60_000)
    expect(unanswered(testReferences(document), await testTitles())).to.deep.equal([])
  })

  it('names a test for everything that it says heddle does', () => {
    const unproven = rows.filter((row) => testReferences(row).length === 0 && !row.includes('| not done:'))
    expect(unproven).to.deep.equal([])
  })

  it('has a row for every RFC that the sources of the speaker cite', () => {
    const cited = new Set(
      [...sources('bgp'), ...sources('rib')].flatMap((text) => text.match(/RFC \d{4}/g) ?? []),
    )
    const missing = [...cited].filter((rfc) => !rows.some((row) => row.includes(rfc))).toSorted()
    expect(missing).to.deep.equal([])
  })
})
