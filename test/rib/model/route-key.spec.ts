import { expect } from 'chai'
import fc from 'fast-check'
import {
  families,
  Family,
  familyAfi,
  familyName,
  familyOf,
  familySafi,
  isVpnFamily,
  parseFamily,
} from '../../../rib/model/family.ts'
import { parseIpAddress } from '../../../rib/model/ip-address.ts'
import {
  formatPrefix,
  formatRouteKey,
  keyPrefix,
  lengthWord,
  maskKeyAddress,
  maxPrefixLength,
  membershipKey,
  membershipTarget,
  parsePrefix,
  parseRouteKey,
  prefixKey,
  routeKeyWords,
} from '../../../rib/model/route-key.ts'
import { parseRouteTarget } from '../../../rib/model/route-target.ts'

const anyOctets = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
)
const octetsAndLength = anyOctets.chain((octets) =>
  fc.tuple(fc.constant(octets), fc.nat({ max: octets.length * 8 })),
)
const bitAt = (octets: Uint8Array, bit: number): number => (octets[bit >>> 3]! >>> (7 - (bit & 7))) & 1
const textOf = (octets: Uint8Array): string =>
  octets.length === 4 ? octets.join('.') : Buffer.from(octets).toString('hex').match(/.{4}/g)!.join(':')

describe('families (IANA AFI and SAFI numbers)', () => {
  it('goes from number to AFI/SAFI and name, and back', () => {
    for (const family of families) {
      expect(familyOf(familyAfi(family), familySafi(family))).to.equal(family)
      expect(parseFamily(familyName(family))).to.equal(family)
      expect(parseFamily(familyName(family).toUpperCase())).to.equal(family)
    }
    expect(families.map((family) => `${familyAfi(family)}/${familySafi(family)}`)).to.deep.equal([
      '1/1',
      '2/1',
      '1/4',
      '2/4',
      '1/128',
      '2/128',
      '1/132',
      '25/70',
    ])
  })

  it("reads the field's other names and no others", () => {
    expect([parseFamily('vpnv4'), parseFamily('rtc'), parseFamily('l3vpn-ipv6-unicast')]).to.deep.equal([
      Family.inetVpn,
      Family.routeTarget,
      Family.inet6Vpn,
    ])
    expect([parseFamily('ipv5'), familyOf(1, 2), familyOf(3, 1)]).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ])
  })

  it('knows which families carry a route distinguisher (RFC 4364 §4.3.4)', () => {
    expect(families.filter(isVpnFamily)).to.deep.equal([Family.inetVpn, Family.inet6Vpn])
  })
})

describe('prefixes', () => {
  it('clears the bits beyond the length and keeps those before it', () => {
    fc.assert(
      fc.property(octetsAndLength, ([octets, length]) => {
        const prefix = parsePrefix(`${textOf(octets)}/${length}`)!
        expect(prefix.length).to.equal(length)
        for (let bit = 0; bit < octets.length * 8; bit++) {
          expect(bitAt(prefix.address, bit)).to.equal(bit < length ? bitAt(octets, bit) : 0)
        }
        expect(parsePrefix(formatPrefix(prefix))).to.deep.equal(prefix)
      }),
    )
  })

  it('masks key words to the same bits', () => {
    fc.assert(
      fc.property(octetsAndLength, ([octets, length]) => {
        const whole = prefixKey({ address: octets, length: octets.length * 8 })
        maskKeyAddress(whole, 1, octets.length / 4, length)
        whole[0] = length
        expect(whole).to.deep.equal(prefixKey(parsePrefix(`${textOf(octets)}/${length}`)!))
      }),
    )
  })

  it('reads a bare address as a host prefix', () => {
    expect(parsePrefix('192.0.2.1')!.length).to.equal(32)
    expect(parsePrefix('2001:db8::1')!.length).to.equal(128)
  })

  for (const text of [
    '192.0.2.0/33',
    '2001:db8::/129',
    '192.0.2.0/',
    '192.0.2.0/-1',
    '192.0.2.0/1.0',
    '192.0.2/24',
    '/24',
    'x/24',
    '10.0.0.0/0x8',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(parsePrefix(text)).to.equal(undefined)
    })
  }
})

/** A prefix as text, an RD as text, and keys of all families made of them. */
const rdText = fc.oneof(
  fc.tuple(fc.nat({ max: 0xffff }), fc.nat({ max: 0xffffffff })).map(([asn, n]) => `${asn}:${n}`),
  fc.tuple(fc.ipV4(), fc.nat({ max: 0xffff })).map(([address, n]) => `${address}:${n}`),
  fc
    .tuple(fc.integer({ min: 0x10000, max: 0xffffffff }), fc.nat({ max: 0xffff }))
    .map(([asn, n]) => `${asn}:${n}`),
  fc.tuple(fc.nat({ max: 0xffff }), fc.nat({ max: 0xffff })).map(([asn, n]) => `${asn}L:${n}`),
)

describe('route keys', () => {
  it('go to text and back in every family with prefixes', () => {
    fc.assert(
      fc.property(octetsAndLength, rdText, ([octets, length], rd) => {
        const isIpv4 = octets.length === 4
        const prefix = formatPrefix(parsePrefix(`${textOf(octets)}/${length}`)!)
        const plain = isIpv4 ? [Family.inet, Family.inetLabeled] : [Family.inet6, Family.inet6Labeled]
        for (const family of plain) {
          const key = parseRouteKey(family, prefix)!
          expect(key.length).to.equal(routeKeyWords(family))
          expect(formatRouteKey(family, key, 0)).to.equal(prefix)
          expect(formatPrefix(keyPrefix(family, key, 0))).to.equal(prefix)
        }
        const vpn = isIpv4 ? Family.inetVpn : Family.inet6Vpn
        const key = parseRouteKey(vpn, `${rd}:${prefix}`)!
        expect(key.length).to.equal(routeKeyWords(vpn))
        expect(key[lengthWord(vpn)]).to.equal(length)
        // At an offset too, as tables hold them.
        const words = Int32Array.of(-1, ...key, -1)
        expect(formatRouteKey(vpn, words, 1)).to.equal(`${rd}:${prefix}`)
        expect(formatPrefix(keyPrefix(vpn, words, 1))).to.equal(prefix)
      }),
    )
  })

  it('keep an RD of no known type as hex', () => {
    const text = '0x0003ffff00000001:10.0.0.0/8'
    expect(formatRouteKey(Family.inetVpn, parseRouteKey(Family.inetVpn, text)!, 0)).to.equal(text)
  })

  it('are refused in another family', () => {
    expect(parseRouteKey(Family.inet, '2001:db8::/32')).to.equal(undefined)
    expect(parseRouteKey(Family.inet6, '10.0.0.0/8')).to.equal(undefined)
    expect(parseRouteKey(Family.inetVpn, '10.0.0.0/8')).to.equal(undefined)
    expect(parseRouteKey(Family.inetVpn, '1:1:2001:db8::/32')).to.equal(undefined)
    expect(parseRouteKey(Family.inet6Vpn, '1:1:10.0.0.0/8')).to.equal(undefined)
    expect(parseRouteKey(Family.inetVpn, '70000:70000:10.0.0.0/8')).to.equal(undefined)
  })

  it('have the longest length of their family', () => {
    expect(families.slice(0, 7).map(maxPrefixLength)).to.deep.equal([32, 128, 32, 128, 32, 128, 96])
  })
})

describe('route target membership keys (RFC 4684 §4)', () => {
  it('go to text and back: default, and origin AS with target', () => {
    const target = fc
      .tuple(fc.nat({ max: 0xffff }), fc.nat({ max: 0xffffffff }))
      .map(([asn, n]) => `target:${asn}:${n}`)
    fc.assert(
      fc.property(fc.nat({ max: 0xffffffff }), target, (originAs, text) => {
        const key = membershipKey(originAs, parseRouteTarget(text)!)
        const whole = `${originAs}:${text}`
        expect(formatRouteKey(Family.routeTarget, key, 0)).to.equal(whole)
        expect(parseRouteKey(Family.routeTarget, whole)).to.deep.equal(key)
        expect(membershipTarget(key, 0)).to.equal(parseRouteTarget(text))
      }),
    )
    expect(formatRouteKey(Family.routeTarget, membershipKey(), 0)).to.equal('default')
    expect(parseRouteKey(Family.routeTarget, 'default')).to.deep.equal(new Int32Array(4))
    expect(membershipTarget(membershipKey(), 0)).to.equal(undefined)
  })

  it('show what a partial one gives, with its length', () => {
    const key = Int32Array.of(48, 64512, 0x00020000, 0)
    expect(formatRouteKey(Family.routeTarget, key, 0)).to.equal('64512:0x0002000000000000/48')
    expect(membershipTarget(key, 0)).to.equal(undefined)
  })

  for (const text of [
    '64512',
    'target:1:1',
    'x:target:1:1',
    '1:target:70000:70000',
    '4294967296:target:1:1',
    '',
  ]) {
    it(`refuse ${JSON.stringify(text)}`, () => {
      expect(parseRouteKey(Family.routeTarget, text)).to.equal(undefined)
    })
  }
})

describe('addresses in keys', () => {
  it('stand in network order', () => {
    const key = parseRouteKey(Family.inet6, '2001:db8::1/128')!
    expect([...key].map((word) => word >>> 0)).to.deep.equal([128, 0x20010db8, 0, 0, 1])
    expect(prefixKey({ address: parseIpAddress('192.0.2.1')!, length: 32 })[1]! >>> 0).to.equal(0xc0000201)
  })
})
