import { expect } from 'chai'
import fc from 'fast-check'
import { Family } from '../../../rib/model/family.ts'
import { formatPrefix, parsePrefix, prefixKey } from '../../../rib/model/route-key.ts'
import { PrefixSet } from '../../../rib/policy/prefix-set.ts'
import { anyPrefix, anyRule, isMeant } from './arbitrary-prefix.ts'

describe('prefix sets', () => {
  it('hold the prefixes that a rule means, and no others', () => {
    fc.assert(
      fc.property(
        fc.array(anyRule, { maxLength: 12 }),
        fc.array(anyPrefix, { maxLength: 12 }),
        (rules, prefixes) => {
          const set = new PrefixSet(rules)
          for (const prefix of prefixes) {
            const family = prefix.address.length === 4 ? Family.inet : Family.inet6
            expect(set.has(family, prefixKey(prefix), 0), formatPrefix(prefix)).to.equal(
              rules.some((rule) => isMeant(prefix, rule)),
            )
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('look behind the RD of a VPN route', () => {
    const set = new PrefixSet([{ prefix: parsePrefix('10.0.0.0/8')!, min: 24, max: 24 }])
    const key = Int32Array.of(99, 1, 2, ...prefixKey(parsePrefix('10.2.3.0/24')!))
    expect(set.has(Family.inetVpn, key, 1)).to.equal(true)
  })

  it('hold no route target membership', () => {
    const set = new PrefixSet([{ prefix: parsePrefix('0.0.0.0/0')!, min: 0, max: 32 }])
    expect(set.has(Family.routeTarget, new Int32Array(4), 0)).to.equal(false)
  })

  it('know addresses as host routes', () => {
    const set = new PrefixSet([{ prefix: parsePrefix('192.0.2.0/24')!, min: 24, max: 32 }])
    expect(set.hasAddress(Uint8Array.of(192, 0, 2, 7))).to.equal(true)
    expect(set.hasAddress(Uint8Array.of(192, 0, 3, 7))).to.equal(false)
    expect(set.hasAddress(new Uint8Array(0))).to.equal(false)
  })
})
