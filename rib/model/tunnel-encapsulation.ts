/**
 * Tunnels to a route's next hop, said by encapsulation communities (RFC 9012 §4.1) and by the Tunnel Encapsulation
 * attribute (RFC 9012 §2), whose value is a list of tunnels, each a list of sub-TLVs:
 *
 *   | tunnel type (2) | length (2) | sub-TLV ... |      sub-TLV: | type (1) | length (1, from type 128 on 2) | value |
 *   egress endpoint, sub-TLV 6 (§3.1):  | reserved (4) | address family (2) | address (0, 4 or 16) |     family 0: the next hop
 *
 * A community is short for a "barebones" tunnel: its type, and the next hop as its end. A tunnel that ends elsewhere is
 * passed on and not used, since what an agent is offered names one address.
 */
import type { Attributes, RawAttribute } from './attr-set.ts'
import { tunnelTypesOf } from './ext-community.ts'
import { sameOctets, unmapIpv4 } from './ip-address.ts'
import type { IpAddress } from './ip-address.ts'

/** Type of the attribute. */
export const TUNNEL_ENCAPSULATION = 23

const OPTIONAL_TRANSITIVE = 0xc0
const EGRESS_ENDPOINT = 6
/** From this sub-TLV type on the length takes two octets (§2). */
const LONG_SUB_TLV = 128
const AFI_OCTETS: ReadonlyMap<number, number> = new Map([
  [0, 0],
  [1, 4],
  [2, 16],
])

/** What is wrong with the structure of [start, end), if anything (§13). */
export function tunnelsFault(octets: Uint8Array, start: number, end: number): string | undefined {
  for (let at = start; at < end;) {
    if (end - at < 4) return 'tunnel header runs over the end'
    const tunnelEnd = at + 4 + u16(octets, at + 2)
    if (tunnelEnd > end) return 'tunnel runs over the end'
    for (at += 4; at < tunnelEnd;) {
      const next = subTlvEnd(octets, at, tunnelEnd)
      if (next === undefined) return 'sub-TLV runs over the end of its tunnel'
      at = next
    }
  }
  return undefined
}

/** Tunnel types that a route offers towards its next hop, by communities and attribute, each once. */
export function tunnelTypesOfRoute(attrs: Attributes): number[] {
  const types = tunnelTypesOf(attrs.extCommunities)
  const attribute = tunnelAttributeOf(attrs)
  if (!attribute) return types
  return [...new Set([...types, ...tunnelsTo(attribute.value, attrs.nextHop)])]
}

/** The attribute of a route, if it has one. */
export function tunnelAttributeOf(attrs: Attributes): RawAttribute | undefined {
  return attrs.unknown.find(({ type }) => type === TUNNEL_ENCAPSULATION)
}

/** An attribute with barebones tunnels of these types, after those that `before` has. */
export function tunnelAttribute(types: readonly number[], before?: RawAttribute): RawAttribute {
  const tunnels = types.flatMap((type) => [
    type >>> 8,
    type & 255,
    ...[0, 8],
    ...[EGRESS_ENDPOINT, 6, 0, 0, 0, 0, 0, 0],
  ])
  return {
    flags: before?.flags ?? OPTIONAL_TRANSITIVE,
    type: TUNNEL_ENCAPSULATION,
    value: Uint8Array.of(...(before?.value ?? []), ...tunnels),
  }
}

/** Types of the tunnels of a well-formed value that end at the next hop. */
function tunnelsTo(value: Uint8Array, nextHop: IpAddress): number[] {
  const types: number[] = []
  for (let at = 0; at < value.length;) {
    const end = at + 4 + u16(value, at + 2)
    if (endsAt(value, at + 4, end, nextHop)) types.push(u16(value, at))
    at = end
  }
  return types
}

/** §3.1: exactly one egress endpoint, of a length that fits its family. Any other tunnel is as if it were not there. */
function endsAt(value: Uint8Array, start: number, end: number, nextHop: IpAddress): boolean {
  let endpoint: Uint8Array | undefined
  for (let at = start; at < end;) {
    const next = subTlvEnd(value, at, end)!
    if (value[at] === EGRESS_ENDPOINT) {
      if (endpoint) return false
      endpoint = value.subarray(at + 2, next)
    }
    at = next
  }
  if (!endpoint || endpoint.length < 6) return false
  const family = u16(endpoint, 4)
  const address = endpoint.subarray(6)
  if (AFI_OCTETS.get(family) !== address.length) return false
  return family === 0 || sameOctets(unmapIpv4(address), unmapIpv4(nextHop))
}

function subTlvEnd(octets: Uint8Array, at: number, end: number): number | undefined {
  const isLong = octets[at]! >= LONG_SUB_TLV
  const header = isLong ? 3 : 2
  if (end - at < header) return undefined
  const next = at + header + (isLong ? u16(octets, at + 1) : octets[at + 1]!)
  return next > end ? undefined : next
}

function u16(octets: Uint8Array, at: number): number {
  return (octets[at]! << 8) | octets[at + 1]!
}
