import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { readResults } from '../../../control/bench/result-file.ts'
import { embedded, markdownOf } from '../../../control/bench/result-markdown.ts'

function rootFile(name: string): URL {
  return new URL(`../../../${name}`, import.meta.url)
}

describe('the published result of the benchmark', () => {
  for (const [document, extent] of [
    ['README.md', 'summary'],
    ['docs/PERFORMANCE.md', 'full'],
  ] as const) {
    it(`is in ${document} what docs/bench-result.json says (else: node .ci/bench-docs.mjs)`, async () => {
      const result = await readResults([rootFile('docs/bench-result.json').pathname])
      expect(result.scale).to.equal(1)
      expect(embedded(readFileSync(rootFile(document), 'utf8'), extent)).to.equal(markdownOf(result, extent))
    })
  }
})
