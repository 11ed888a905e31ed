import { expect } from 'chai'
import { as4PathOf, mergeAs4Path } from '../../../bgp/wire/as-path-codec.ts'
import { AS_TRANS } from '../../../rib/model/as-path.ts'
import type { AsPathSegment } from '../../../rib/model/as-path.ts'

const BIG = 4200000000
const sequence = (...asns: number[]): AsPathSegment => ({ type: 2, asns })
const set = (...asns: number[]): AsPathSegment => ({ type: 1, asns })
const confederation = (...asns: number[]): AsPathSegment => ({ type: 3, asns })

describe('mergeAs4Path (RFC 6793 §4.2.3)', () => {
  const cases: [string, AsPathSegment[], AsPathSegment[], AsPathSegment[]][] = [
    [
      'takes AS4_PATH where nobody prepended',
      [sequence(AS_TRANS, 1)],
      [sequence(BIG, 1)],
      [sequence(BIG, 1)],
    ],
    [
      'puts what was prepended in front',
      [sequence(9, 8, AS_TRANS, 1)],
      [sequence(BIG, 1)],
      [sequence(9, 8, BIG, 1)],
    ],
    ['ignores an AS4_PATH that is longer', [sequence(9)], [sequence(BIG, 1)], [sequence(9)]],
    ['counts a set as one', [sequence(9), set(1, 2, 3)], [set(BIG, 2, 3)], [sequence(9), set(BIG, 2, 3)]],
    [
      'takes a whole set in front',
      [set(7, 8), sequence(AS_TRANS)],
      [sequence(BIG)],
      [set(7, 8), sequence(BIG)],
    ],
    [
      'takes leading confederation segments',
      [confederation(5), sequence(AS_TRANS)],
      [sequence(BIG)],
      [confederation(5), sequence(BIG)],
    ],
    ['takes an empty AS4_PATH as nothing', [sequence(9)], [], [sequence(9)]],
  ]
  for (const [name, path, as4Path, merged] of cases) {
    it(name, () => {
      expect(mergeAs4Path(path, as4Path)).to.deep.equal(merged)
    })
  }

  it('does not join beyond 255 AS numbers', () => {
    const long = sequence(...Array.from({ length: 255 }, () => BIG))
    const merged = mergeAs4Path([sequence(9), sequence(...long.asns.map(() => AS_TRANS))], [long])
    expect(merged.map((segment) => segment.asns.length)).to.deep.equal([1, 255])
  })
})

describe('as4PathOf (RFC 6793 §4.2.2)', () => {
  it('is not needed where every AS number fits', () => {
    expect(as4PathOf([sequence(1, 65535)])).to.equal(undefined)
  })

  it('leaves confederation segments out', () => {
    expect(as4PathOf([confederation(1), sequence(BIG)])).to.deep.equal([sequence(BIG)])
  })
})
