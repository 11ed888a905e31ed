import { expect } from 'chai'
import fc from 'fast-check'
import { pathToEbgp } from '../../rib/ebgp-path.ts'
import type { EbgpPathPolicy, PrivateAsAction } from '../../rib/ebgp-path.ts'
import { asPathLength, isPrivateAs, SegmentType } from '../../rib/model/as-path.ts'
import type { AsPath } from '../../rib/model/as-path.ts'

const LOCAL = 3320
const PEER = 65001

const path = (...asns: number[]): AsPath => (asns.length === 0 ? [] : [{ type: SegmentType.sequence, asns }])
const sent = (given: AsPath, policy: Partial<EbgpPathPolicy> = {}): AsPath =>
  pathToEbgp(given, { localAs: LOCAL, peerAs: PEER, ...policy })

describe('AS_PATH towards eBGP', () => {
  const cases: [string, PrivateAsAction, number[], number[]][] = [
    ['remove takes private numbers off the head', 'remove', [64600, 4200000001, 701], [701]],
    ['remove leaves those beyond a public number', 'remove', [64600, 701, 64700], [701, 64700]],
    ["remove stops at the peer's own", 'remove', [64600, PEER, 64700], [PEER, 64700]],
    ['remove empties a path of private numbers', 'remove', [64600, 64700], []],
    ['remove-all takes them all', 'removeAll', [64600, 701, 64700, 702], [701, 702]],
    ['replace-all writes ours at the head', 'replaceAll', [64600, 64601, 701], [LOCAL, LOCAL, 701]],
    [
      'replace-all writes the nearest public one before',
      'replaceAll',
      [701, 64600, 702, 64601],
      [701, 701, 702, 702],
    ],
  ]
  for (const [what, privateAs, given, expected] of cases) {
    it(`privateAS: ${what}`, () => {
      expect(sent(path(...given), { privateAs })).to.deep.equal(path(LOCAL, ...expected))
    })
  }

  it('privateAS: goes on from one segment to the next, and leaves no empty one', () => {
    const segments = (...sets: number[][]): AsPath =>
      sets.map((asns, i) => ({ type: i === 1 ? SegmentType.set : SegmentType.sequence, asns }))
    expect(sent(segments([64600], [64601, 701], [64602]), { privateAs: 'remove' })).to.deep.equal([
      ...path(LOCAL),
      { type: SegmentType.set, asns: [701] },
      ...path(64602),
    ])
    expect(sent(segments([701], [64600, 64601]), { privateAs: 'replaceAll' })).to.deep.equal([
      ...path(LOCAL, 701),
      { type: SegmentType.set, asns: [701] },
    ])
  })

  it('knows both ranges of RFC 6996, and their ends', () => {
    const edges = [64511, 64512, 65534, 65535, 4199999999, 4200000000, 4294967294, 4294967295]
    expect(edges.filter(isPrivateAs)).to.deep.equal([64512, 65534, 4200000000, 4294967294])
  })

  it('as-override comes before privateAS: what became ours is removed with the rest where ours is private', () => {
    expect(sent(path(PEER, 701, PEER), { overridesAs: true })).to.deep.equal(path(LOCAL, LOCAL, 701, LOCAL))
    const inside = { overridesAs: true, localAs: 64512, privateAs: 'removeAll' } as const
    expect(sent(path(PEER, 701, PEER), inside)).to.deep.equal(path(64512, 701))
  })

  it("local-as puts the peer's idea of us before our own, which privateAS does not touch", () => {
    const policy = { localAs: 65010, hiddenAs: 64512, privateAs: 'removeAll' } as const
    expect(sent(path(64700, 701), policy)).to.deep.equal(path(65010, 64512, 701))
  })

  it('replace-all keeps the length, and no action leaves another private number than ours', () => {
    const asns = fc.array(
      fc.oneof(fc.integer({ min: 1, max: 64511 }), fc.integer({ min: 64512, max: 65534 })),
      {
        maxLength: 12,
      },
    )
    fc.assert(
      fc.property(asns, (given) => {
        const replaced = sent(path(...given), { privateAs: 'replaceAll' })
        expect(asPathLength(replaced)).to.equal(given.length + 1)
        for (const result of [replaced, sent(path(...given), { privateAs: 'removeAll' })])
          expect(result.flatMap((segment) => segment.asns).some(isPrivateAs)).to.equal(false)
      }),
    )
  })
})
