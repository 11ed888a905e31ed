import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { testReferences, testTitles, unanswered } from '../support/test-titles.ts'

const document = readFileSync(fileURLToPath(new URL('../../docs/INTEROP.md', import.meta.url)), 'utf8')
const rows = document.split('\n').filter((line) => /^\| (?!feature \|)/.test(line))

describe('docs/INTEROP.md', () => {
  it('names tests that exist, and no others', async function () {
    this.timeout(60_000)
    expect(unanswered(testReferences(document), await testTitles())).to.deep.equal([])
  })

  it('says of every feature and peer which test shows it, or why there is none', () => {
    expect(rows.length).to.be.greaterThan(20)
    const silent = rows.flatMap((row) => {
      const [feature, ...cells] = row.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, ''))
      if (cells.length !== 4) return [`${feature}: ${cells.length} peers`]
      return cells
        .filter((cell) => testReferences(cell).length === 0 && !/^(cannot|not tried)\b/.test(cell))
        .map((cell) => `${feature}: ${cell}`)
    })
    expect(silent).to.deep.equal([])
  })
})
