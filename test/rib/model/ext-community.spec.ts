import { expect } from 'chai'
import fc from 'fast-check'
import {
  canonicalExtCommunities,
  encapsulationCommunity,
  extCommunities,
  extCommunityPairs,
  formatExtCommunity,
  macMobilityCommunity,
  macMobilityOf,
  originVnCommunity,
  originVnOf,
  routeTargetsOf,
  tunnelTypeName,
  tunnelTypesOf,
} from '../../../rib/model/ext-community.ts'
import { formatRouteTarget } from '../../../rib/model/route-target.ts'

const word = fc.integer({ min: -0x80000000, max: 0x7fffffff })
const pairs = fc.array(
  fc.tuple(fc.oneof(word, fc.constantFrom(0x0002fc00, 0x030c0000)), fc.oneof(word, fc.nat({ max: 3 }))),
  {
    maxLength: 8,
  },
)
const big = ([high, low]: readonly [number, number]): bigint =>
  (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)

describe('lists of extended communities (RFC 4360)', () => {
  it('are ascending as unsigned 64-bit numbers, each once, whatever came in', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const built = extCommunityPairs(extCommunities(list)).map(big)
        const expected = [...new Set(list.map(big))].sort((a, b) => (a < b ? -1 : 1))
        expect(built).to.deep.equal(expected)
        expect(canonicalExtCommunities(Int32Array.from(list.flat()))).to.deep.equal(extCommunities(list))
      }),
    )
  })

  it('are the same octets for the same communities in any order', () => {
    fc.assert(
      fc.property(pairs, pairs, (a, b) => {
        expect(extCommunities([...a, ...b])).to.deep.equal(extCommunities([...b, ...a, ...a]))
      }),
    )
  })

  it('do not change the list they are built from', () => {
    const list: [number, number][] = [
      [2, 1],
      [1, 1],
    ]
    extCommunities(list)
    expect(list[0]).to.deep.equal([2, 1])
  })

  it('yield their route targets, and nothing else as one', () => {
    const list = extCommunities([
      [0x0002fc00, 2],
      [0x0002fc00, 1],
      encapsulationCommunity(2),
      [0x0102c000, 0x02010003],
    ])
    expect(routeTargetsOf(list).map(formatRouteTarget)).to.deep.equal([
      'target:64512:1',
      'target:64512:2',
      'target:192.0.2.1:3',
    ])
  })
})

describe('encapsulation communities (RFC 9012 §4.1)', () => {
  it('have zeros in the reserved octets when made, and are read whatever stands there', () => {
    expect(encapsulationCommunity(13)).to.deep.equal([0x030c0000, 13])
    const list = extCommunities([
      [0x030c1234, 0x56780002],
      encapsulationCommunity(2),
      encapsulationCommunity(13),
    ])
    expect(tunnelTypesOf(list)).to.deep.equal([2, 13])
  })

  it('read type 11 as gre, and know no name for what nobody uses', () => {
    expect([2, 11, 13, 8, 99].map(tunnelTypeName)).to.deep.equal(['gre', 'gre', 'udp', 'vxlan', undefined])
  })
})

describe('communities of the agent channel', () => {
  const asn2 = fc.nat({ max: 0xffff })
  const id = fc.nat({ max: 0xffffffff })

  it('carry the origin virtual network of a 2-octet and of a 4-octet AS', () => {
    fc.assert(
      fc.property(asn2, id, (asn, index) => {
        const list = extCommunities([originVnCommunity(asn, index)])
        expect(originVnOf(list)).to.deep.equal({ asn, index })
      }),
    )
    fc.assert(
      fc.property(fc.integer({ min: 0x10000, max: 0xffffffff }), asn2, (asn, index) => {
        const list = extCommunities([originVnCommunity(asn, index)])
        expect(originVnOf(list)).to.deep.equal({ asn, index })
      }),
    )
    expect(originVnOf(extCommunities([[0x0002fc00, 1]]))).to.equal(undefined)
  })

  it('carry the preference sequence and its sticky bit (RFC 7432 §7.7)', () => {
    fc.assert(
      fc.property(id, fc.boolean(), (sequence, sticky) => {
        expect(macMobilityOf(extCommunities([macMobilityCommunity({ sequence, sticky })]))).to.deep.equal({
          sequence,
          sticky,
        })
      }),
    )
    expect(macMobilityOf(extCommunities([]))).to.equal(undefined)
  })
})

describe('extended communities as text', () => {
  for (const [high, low, text] of [
    [0x0002fc00, 1, 'target:64512:1'],
    [0x030c0000, 2, 'encapsulation:gre'],
    [0x030c0000, 99, 'encapsulation:99'],
    [0x8071fc00 | 0, 7, 'originvn:64512:7'],
    [0x8271fa56 | 0, 0xea000007 | 0, 'originvn:4200000000:7'],
    [0x8004fc00 | 0, 8000001, 'secgroup:64512:8000001'],
    [0x8084fc00 | 0, 5, 'tag:64512:5'],
    [0x06000000, 3, 'mobility:3'],
    [0x06000100, 3, 'mobility:3:sticky'],
    [0x0003fc00, 1, 'soo:64512:1'],
    [0x0103c000, 0x02010001, 'soo:192.0.2.1:1'],
    [0x0203fa56, 0xea000001 | 0, 'soo:4200000000:1'],
    [0x430b0000, -1, '0x430b0000ffffffff'],
  ] as const) {
    it(`shows ${text}`, () => {
      expect(formatExtCommunity(high, low)).to.equal(text)
    })
  }
})
