import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { testReferences, testTitles, unanswered } from '../support/test-titles.ts'

const document = readFileSync(fileURLToPath(new URL('../../docs/RELIABILITY.md', import.meta.url)), 'utf8')

describe('docs/RELIABILITY.md', () => {
  it('names tests that exist, and no others', async function () {
    this.timeout(60_000)
    expect(unanswered(testReferences(document), await testTitles())).to.deep.equal([])
  })

  it('names a test for every fault', () => {
    const rows = document.split('\n').filter((line) => /^\|(?! ?-| fault \|)/.test(line))
    expect(rows.length).to.be.greaterThan(20)
    expect(rows.filter((row) => testReferences(row).length === 0)).to.deep.equal([])
  })
})
