import { expect } from 'chai'
import fc from 'fast-check'
import { AttrBlocks } from '../../rib/attr-blocks.ts'
import { AttrPacker } from '../../rib/model/attr-row.ts'
import { AttrSet, plainAttributes } from '../../rib/model/attr-set.ts'
import type { Attributes } from '../../rib/model/attr-set.ts'

const BLOCK_WORDS = 64
const LONGEST_ROW = 113

/** Rows of 13 to 113 words: longer than a block, some of them. */
const attributesOf = (n: number): Attributes => ({
  ...plainAttributes,
  med: n,
  clusterList: Array.from({ length: (n * 7) % 101 }, (_, i) => i),
})

describe('rib: blocks of attribute rows', () => {
  it('keep every row while others are freed and blocks are cleared, in memory that follows what is in use', () => {
    const step = fc.record({
      id: fc.integer({ min: 1, max: 40 }),
      kind: fc.constantFrom('place', 'free', 'clear'),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
        const blocks = new AttrBlocks(BLOCK_WORDS)
        const packer = new AttrPacker()
        const sets: (AttrSet | undefined)[] = []
        for (const { id, kind } of steps) {
          if (kind === 'clear') {
            for (let next = 0; next >= 0;) next = blocks.clearOne(next, sets)
            // No block is left without a row in use but the one being filled; none is longer than the longest row.
            const inUse = sets.filter((set) => set !== undefined).length
            expect(blocks.octets).to.be.at.most((inUse + 1) * LONGEST_ROW * 4)
          } else if (kind === 'free') {
            if (sets[id]) blocks.free(sets[id])
            sets[id] = undefined
          } else if (!sets[id]) {
            packer.pack(attributesOf(id))
            const { words, at } = blocks.place(id, packer.words, 0)
            sets[id] = new AttrSet(id, words, at)
          }
          sets.forEach((set, n) => {
            if (set) expect(set.plain()).to.deep.equal(attributesOf(n))
          })
        }
      }),
      { numRuns: 60 },
    )
  })
})
