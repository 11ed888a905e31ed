import { expect } from 'chai'
import fc from 'fast-check'
import { AttributeCache } from '../../../bgp/wire/attribute-cache.ts'
import { AttrTable } from '../../../rib/attr-table.ts'
import { plainAttributes } from '../../../rib/model/attr-set.ts'
import type { AttrSet } from '../../../rib/model/attr-set.ts'
import { Family } from '../../../rib/model/family.ts'
import { parseIpAddress } from '../../../rib/model/ip-address.ts'

const encoding = { as4: true, isIbgp: true }

/** As many sets as make the slots grow; every seventh has an IPv6 next hop, every third a path that others have not. */
const table = new AttrTable()
const sets: readonly AttrSet[] = Array.from({ length: 3_000 }, (_, i) =>
  table.intern({
    ...plainAttributes,
    nextHop: parseIpAddress(i % 7 === 0 ? `2001:db8::${i.toString(16)}` : `192.0.2.${i % 256}`)!,
    med: i,
    asPath: i % 3 === 0 ? [{ type: 2, asns: [64_512, i] }] : [],
  }),
)

interface Found {
  readonly hopLength: number
  readonly octets: string
}

function found(cache: AttributeCache, set: AttrSet): Found | undefined {
  if (!cache.find(set)) return undefined
  const { octets, start, hopLength, length } = cache
  const bytes = Buffer.from(octets.buffer, octets.byteOffset + start, hopLength + length)
  return { hopLength, octets: bytes.toString('hex') }
}

describe('AttributeCache', () => {
  for (const family of [Family.inet, Family.inetVpn, Family.inet6Vpn]) {
    it(`gives what a fresh one gives, whatever was asked for before, in family ${family}`, () => {
      const asked = fc.array(fc.nat(sets.length - 1), { maxLength: 400 })
      fc.assert(
        fc.property(asked, fc.boolean(), (indexes, extendedNextHop) => {
          const cache = new AttributeCache(encoding, family, extendedNextHop)
          for (const index of [...indexes, ...indexes]) {
            const fresh = new AttributeCache(encoding, family, extendedNextHop)
            expect(found(cache, sets[index]!)).to.deep.equal(found(fresh, sets[index]!))
          }
        }),
        { numRuns: 20 },
      )
    })
  }

  it('keeps what it has when its slots grow', () => {
    const cache = new AttributeCache(encoding, Family.inetVpn, true)
    const first = sets.slice(0, 200).map((set) => found(cache, set))
    for (const set of sets) cache.find(set)
    expect(sets.slice(0, 200).map((set) => found(cache, set))).to.deep.equal(first)
  })

  it('says that a family has no form for a next hop (RFC 8950 §3)', () => {
    expect(new AttributeCache(encoding, Family.inetVpn, false).find(sets[7]!)).to.equal(false)
    expect(new AttributeCache(encoding, Family.inetVpn, true).find(sets[7]!)).to.equal(true)
  })

  it('puts the next hop in front, with its length and the reserved octet (RFC 4760 §3, RFC 4364 §4.3.4)', () => {
    const { hopLength, octets } = found(new AttributeCache(encoding, Family.inetVpn, false), sets[1]!)!
    expect(hopLength).to.equal(14)
    // Length, RD zero, address, reserved octet.
    expect(octets.slice(0, 28)).to.equal(['0c', '0000000000000000', 'c0000201', '00'].join(''))
  })

  it('has NEXT_HOP among the attributes of plain NLRI (RFC 4271 §5.1.3)', () => {
    const { hopLength, octets } = found(new AttributeCache(encoding, Family.inet, false), sets[1]!)!
    expect(hopLength).to.equal(0)
    expect(octets).to.include('400304c0000201')
  })
})
