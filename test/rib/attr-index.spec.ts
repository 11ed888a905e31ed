import { expect } from 'chai'
import fc from 'fast-check'
import { AttrIndex } from '../../rib/attr-index.ts'
import { AttrPacker } from '../../rib/model/attr-row.ts'
import type { AttrSet } from '../../rib/model/attr-set.ts'
import { plainAttributes } from '../../rib/model/attr-set.ts'
import { attrSetOf } from '../support/attr-sets.ts'

describe('rib: index of attribute sets', () => {
  it('finds what a Map would, whatever is added and removed and however hashes meet', () => {
    const step = fc.record({ n: fc.integer({ min: 1, max: 60 }), adds: fc.boolean() })
    // Few hashes: long searches, over the end of a segment too, and gaps that must be closed.
    const hashes = fc.array(fc.constantFrom(0, 1, 14, 15, 16, 31, -1, -16), { minLength: 60, maxLength: 60 })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), hashes, (steps, hashOf) => {
        const index = new AttrIndex()
        const packer = new AttrPacker()
        const sets: (AttrSet | undefined)[] = []
        const known = new Set<number>()
        const find = (n: number): number => {
          packer.pack({ ...plainAttributes, med: n })
          return index.find(hashOf[n - 1]!, packer.words, sets)
        }
        for (const { n, adds } of steps) {
          if (adds && !known.has(n)) {
            sets[n] = attrSetOf(n, { ...plainAttributes, med: n })
            index.add(hashOf[n - 1]!, n)
            known.add(n)
          } else if (!adds && known.delete(n)) {
            index.remove(hashOf[n - 1]!, n)
            sets[n] = undefined
          }
          for (let m = 1; m <= 60; m++) expect(find(m)).to.equal(known.has(m) ? m : 0)
        }
      }),
      { numRuns: 40 },
    )
  })
})
