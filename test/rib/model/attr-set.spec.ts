import { expect } from 'chai'
import fc from 'fast-check'
import type { Attributes } from '../../../rib/model/attr-set.ts'
import { AttrSet, plainAttributes } from '../../../rib/model/attr-set.ts'
import { SegmentType } from '../../../rib/model/as-path.ts'
import { Community } from '../../../rib/model/community.ts'
import { extCommunities, macMobilityCommunity } from '../../../rib/model/ext-community.ts'
import { attributesKey, attrSetOf } from '../../support/attr-sets.ts'
import { AttrPacker, DEFAULT_LOCAL_PREF } from '../../../rib/model/attr-row.ts'

const number = fc.oneof(
  fc.nat({ max: 3 }),
  fc.nat({ max: 0xffffffff }),
  fc.constantFrom(0x7fffffff, 0x80000000),
)
const word = fc.integer({ min: -0x80000000, max: 0x7fffffff })
const octets = (maxLength: number) => fc.uint8Array({ maxLength })
const address = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
  fc.constant(new Uint8Array(0)),
)
const optional = fc.option(number, { nil: undefined })

const fields: { [K in keyof Attributes]: fc.Arbitrary<Attributes[K]> } = {
  origin: fc.constantFrom(0, 1, 2),
  asPath: fc.array(
    fc.record({
      type: fc.constantFrom(...Object.values(SegmentType)),
      asns: fc.array(number, { minLength: 1, maxLength: 3 }),
    }),
    { maxLength: 3 },
  ),
  nextHop: address,
  med: optional,
  localPref: optional,
  atomicAggregate: fc.boolean(),
  aggregator: fc.option(fc.record({ asn: number, address: fc.uint8Array({ minLength: 4, maxLength: 4 }) }), {
    nil: undefined,
  }),
  communities: fc.uniqueArray(number, { maxLength: 3 }).map((list) => list.sort((a, b) => a - b)),
  originatorId: optional,
  clusterList: fc.array(number, { maxLength: 3 }),
  extCommunities: fc.array(fc.tuple(word, word), { maxLength: 3 }).map(extCommunities),
  largeCommunities: fc.array(fc.record({ global: number, local1: number, local2: number }), { maxLength: 2 }),
  unknown: fc
    .uniqueArray(
      fc.record({
        flags: fc.constantFrom(0xc0, 0xe0),
        type: fc.integer({ min: 100, max: 255 }),
        value: octets(4),
      }),
      { maxLength: 2, selector: (raw) => raw.type },
    )
    .map((list) => list.sort((a, b) => a.type - b.type)),
}
const attributes = fc.record(fields) as fc.Arbitrary<Attributes>
const names = Object.keys(fields) as (keyof Attributes)[]

const same = (a: unknown, b: unknown): boolean => {
  try {
    expect(a).to.deep.equal(b)
    return true
  } catch {
    return false
  }
}

describe('attribute sets as values', () => {
  it('have equal keys when they are equal, copies of every part included', () => {
    fc.assert(
      fc.property(attributes, (a) => {
        expect(attributesKey(structuredClone(a))).to.equal(attributesKey(a))
        expect(attributesKey(attrSetOf(1, a))).to.equal(attributesKey(a))
        expect(attributesKey(attrSetOf(1, a).plain())).to.equal(attributesKey(a))
      }),
    )
  })

  for (const name of names) {
    it(`have different keys exactly when they differ in ${name}`, () => {
      fc.assert(
        fc.property(attributes, fields[name] as fc.Arbitrary<never>, (a, value) => {
          const b = { ...a, [name]: value }
          expect(attributesKey(a) === attributesKey(b)).to.equal(same(a[name], b[name]))
        }),
        { numRuns: 200 },
      )
    })
  }

  it('have equal keys only when they are equal, whatever differs', () => {
    fc.assert(
      fc.property(attributes, attributes, (a, b) => {
        expect(attributesKey(a) === attributesKey(b)).to.equal(same(a, b))
      }),
    )
  })

  it('do not confuse where one list ends and the next begins', () => {
    const keys = [
      { communities: [1, 2], clusterList: [] },
      { communities: [1], clusterList: [2] },
      { communities: [], clusterList: [1, 2] },
      { med: 1 },
      { localPref: 1 },
      { originatorId: 1 },
    ].map((part) => attributesKey({ ...plainAttributes, ...part }))
    expect(new Set(keys).size).to.equal(keys.length)
  })

  it('read back from their row as they were put in', () => {
    fc.assert(
      fc.property(attributes, (a) => {
        expect(attrSetOf(1, a).plain()).to.deep.equal(a)
      }),
    )
  })

  it('are reflected with an originator, LOCAL_PREF and the cluster in front (RFC 4456 §8)', () => {
    fc.assert(
      fc.property(attributes, number, number, (a, originatorId, clusterId) => {
        const { words, at } = attrSetOf(1, a)
        const packer = new AttrPacker()
        packer.packReflected(words, at, { originatorId, clusterId })
        const clusterList = [clusterId, ...a.clusterList]
        const expected = { ...a, originatorId, clusterList, localPref: a.localPref ?? DEFAULT_LOCAL_PREF }
        expect(new AttrSet(2, packer.words, 0).plain()).to.deep.equal(expected)
        expect(attributesKey(new AttrSet(2, packer.words.slice(0, packer.length), 0))).to.equal(
          attributesKey(expected),
        )
      }),
    )
  })

  it('answer without making lists what the lists say', () => {
    fc.assert(
      fc.property(attributes, number, (a, n) => {
        const set = attrSetOf(1, a)
        expect(set.hasCommunity(n)).to.equal(a.communities.includes(n))
        expect(set.hasCluster(n)).to.equal(a.clusterList.includes(n))
        expect(set.hasAs(n)).to.equal(a.asPath.some(({ asns }) => asns.includes(n)))
        expect(set.hasEmptyPath).to.equal(a.asPath.length === 0)
        expect(set.clusterCount).to.equal(a.clusterList.length)
        const nextHop = new Uint8Array(set.nextHopLength + 1)
        set.putNextHop(nextHop, 1)
        expect(nextHop.slice(1)).to.deep.equal(a.nextHop)
      }),
    )
  })

  it('find an AS in any segment (RFC 4271 §9.1.2)', () => {
    const { sequence, set, confedSequence } = SegmentType
    const asPath = [
      { type: sequence, asns: [1, 2, 1] },
      { type: set, asns: [1, 3] },
      { type: confedSequence, asns: [4] },
    ]
    const found = attrSetOf(1, { ...plainAttributes, asPath })
    expect([1, 2, 3, 4, 5].map((asn) => found.hasAs(asn))).to.deep.equal([true, true, true, true, false])
  })

  it('know what decision, replication and export ask of them', () => {
    const set = attrSetOf(7, {
      ...plainAttributes,
      asPath: [{ type: SegmentType.sequence, asns: [65001, 65002] }],
      communities: [Community.LLGR_STALE],
      extCommunities: extCommunities([[0x0002fc00, 1], macMobilityCommunity({ sequence: 9, sticky: false })]),
    })
    expect([set.localPrefOrDefault, set.medOrZero, set.asPathLength, set.neighborAs]).to.deep.equal([
      DEFAULT_LOCAL_PREF,
      0,
      2,
      65001,
    ])
    expect([set.isLlgrStale, set.mobilitySequence, set.routeTargets.length]).to.deep.equal([true, 9, 1])
    const other = attrSetOf(8, { ...plainAttributes, med: 0, localPref: 0 })
    expect([
      other.localPrefOrDefault,
      other.medOrZero,
      other.isLlgrStale,
      other.mobilitySequence,
    ]).to.deep.equal([0, 0, false, 0])
  })
})
