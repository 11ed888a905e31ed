/**
 * Only to Customer (RFC 9234 §5): a route that has gone to a customer, a peer, or through a route server once goes to
 * customers only from there on. By our role towards the neighbour:
 *
 *   we are       it is        with the attribute: in      out      without it: in    out
 *   provider     customer     leak                 goes            as it is          ours is added
 *   rs           rs-client    leak                 goes            as it is          ours is added
 *   peer         peer         leak, unless its AS  stays           its is added      ours is added
 *   customer     provider     taken                stays           its is added      as it is
 *   rs-client    rs           taken                stays           its is added      as it is
 *
 * For unicast of IPv4 and IPv6 alone (§5).
 */
import type { Attributes } from './attr-set.ts'
import { Family } from './family.ts'
import { wordAt } from './ip-address.ts'

export const ONLY_TO_CUSTOMER = 35

/** Our role towards a neighbour of another AS (RFC 9234 §3). */
export type Role = 'provider' | 'rs' | 'rs-client' | 'customer' | 'peer'

const OPTIONAL_TRANSITIVE = 0xc0

export function hasRoles(family: Family): boolean {
  return family === Family.inet || family === Family.inet6
}

/** The AS that the attribute names; undefined without it. */
export function onlyToCustomerOf({ unknown }: Pick<Attributes, 'unknown'>): number | undefined {
  const attribute = unknown.find(({ type }) => type === ONLY_TO_CUSTOMER)
  return attribute && wordAt(attribute.value, 0) >>> 0
}

/** Whether a route from a neighbour of this AS should never have come. */
export function isLeak(attrs: Attributes, role: Role, peerAs: number): boolean {
  const asn = onlyToCustomerOf(attrs)
  if (asn === undefined) return false
  return role === 'provider' || role === 'rs' || (role === 'peer' && asn !== peerAs)
}

/** Whether a route stays here. */
export function staysHere(attrs: Attributes, role: Role): boolean {
  if (role === 'provider' || role === 'rs') return false
  return onlyToCustomerOf(attrs) !== undefined
}

/** A route as it is taken from a neighbour; itself where nothing is added. */
export function receivedInRole(attrs: Attributes, role: Role, peerAs: number): Attributes {
  return role === 'provider' || role === 'rs' ? attrs : marked(attrs, peerAs)
}

/** A route as it goes to a neighbour; itself where nothing is added. */
export function offeredInRole(attrs: Attributes, role: Role, localAs: number): Attributes {
  return role === 'customer' || role === 'rs-client' ? attrs : marked(attrs, localAs)
}

/** §5: the attribute, once there, is never changed. */
function marked(attrs: Attributes, asn: number): Attributes {
  if (onlyToCustomerOf(attrs) !== undefined) return attrs
  const value = Uint8Array.of(asn >>> 24, asn >>> 16, asn >>> 8, asn)
  const attribute = { flags: OPTIONAL_TRANSITIVE, type: ONLY_TO_CUSTOMER, value }
  return { ...attrs, unknown: [...attrs.unknown, attribute].sort((a, b) => a.type - b.type) }
}
