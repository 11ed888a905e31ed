import { expect } from 'chai'
import fc from 'fast-check'
import { AdjRibOut } from '../../rib/adj-rib-out.ts'
import type { Table } from '../../rib/table.ts'

describe('AdjRibOut', () => {
  it('counts the routes that a member holds, in the wanted version or an older one', () => {
    const memberWords = 2
    const stride = 2 + memberWords
    const words = (length: number): fc.Arbitrary<number[]> =>
      fc.array(fc.integer(), { minLength: length, maxLength: length })
    const rowWords = fc.record({ offered: words(stride), stale: words(memberWords) })
    fc.assert(
      fc.property(
        fc.array(rowWords, { minLength: 1 }),
        fc.nat(memberWords * 32 - 1),
        fc.nat(3),
        (rows, member, unused) => {
          // Room for more rows than the table has; row 0 is no route.
          const out = new AdjRibOut({ routes: { rowCount: rows.length } } as Table, memberWords)
          out.words = Int32Array.from([
            ...rows.flatMap(({ offered }) => offered),
            ...new Array<number>(unused * stride).fill(-1),
          ])
          out.stale = Int32Array.from([
            ...rows.flatMap(({ stale }) => stale),
            ...new Array<number>(unused * memberWords).fill(-1),
          ])
          const held = rows.filter((_, row) => row > 0 && out.holds(row, member))
          expect(out.countHeld(member)).to.equal(held.length)
        },
      ),
    )
  })
})
