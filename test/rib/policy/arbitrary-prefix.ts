/** Prefixes and rules for properties, and what a rule means, said bit by bit. */
import fc from 'fast-check'
import { parsePrefix } from '../../../rib/model/route-key.ts'
import type { Prefix } from '../../../rib/model/route-key.ts'
import type { PrefixRule } from '../../../rib/policy/prefix-set.ts'

/** Whether the rule means the prefix. */
export function isMeant(prefix: Prefix, rule: PrefixRule): boolean {
  if (prefix.address.length !== rule.prefix.address.length) return false
  if (prefix.length < rule.min || prefix.length > rule.max || prefix.length < rule.prefix.length) return false
  const bits = (address: Uint8Array): string =>
    [...address].map((octet) => octet.toString(2).padStart(8, '0')).join('')
  return bits(prefix.address).startsWith(bits(rule.prefix.address).slice(0, rule.prefix.length))
}

/** Prefixes that lie inside each other often. */
export const anyPrefix: fc.Arbitrary<Prefix> = fc
  .oneof(
    fc.tuple(
      fc.constantFrom('10.0.0.0', '10.1.0.0', '10.1.2.3', '192.0.2.1'),
      fc.integer({ min: 0, max: 32 }),
    ),
    fc.tuple(
      fc.constantFrom('2001:db8::', '2001:db8:1::', '2001:db8:1::7'),
      fc.integer({ min: 0, max: 128 }),
    ),
  )
  .map(([address, length]) => parsePrefix(`${address}/${length}`)!)

export const anyRule: fc.Arbitrary<PrefixRule> = anyPrefix.chain((prefix) => {
  const longest = prefix.address.length * 8
  return fc
    .tuple(fc.integer({ min: prefix.length, max: longest }), fc.integer({ min: prefix.length, max: longest }))
    .map(([a, b]) => ({ prefix, min: Math.min(a, b), max: Math.max(a, b) }))
})
