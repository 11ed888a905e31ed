/**
 * Extended communities (RFC 4360): eight octets as two 32-bit words. A list is an Int32Array of word pairs, sorted
 * as unsigned 64-bit numbers and without duplicates; every builder keeps that order, so equal lists are equal octets.
 *
 *   | type | sub-type | 6 octets value |
 *   03 0C  0000 0000 tttt    encapsulation (RFC 9012 §4.1): the four octets between are zero when sent, ignored when received
 *   80 71  asn2 vvvv vvvv    origin virtual network (Contrail); 82 71 asn4 vvvv with a 4-octet AS
 *   80 04  asn2 iiii iiii    security group (Contrail);  80 84 tag
 *   06 00  ff 00 ssss ssss   MAC mobility, here the path-preference sequence of an agent
 */
import { formatIpv4Word } from './ip-address.ts'
import { formatRouteTarget, routeTargetOf } from './route-target.ts'
import type { RouteTarget } from './route-target.ts'

export type ExtCommunities = Int32Array

export const noExtCommunities: ExtCommunities = new Int32Array(0)

const ENCAPSULATION = 0x030c
const ORIGIN_VN_AS2 = 0x8071
const ORIGIN_VN_AS4 = 0x8271
const SECURITY_GROUP_AS2 = 0x8004
const TAG_AS2 = 0x8084
const MAC_MOBILITY = 0x0600

/** Tunnel types (IANA, RFC 9012) by the names the agent channel uses. */
export const tunnelTypes: ReadonlyMap<string, number> = new Map([
  ['gre', 2],
  ['vxlan', 8],
  ['nvgre', 9],
  ['mpls', 10],
  ['vxlan-gpe', 12],
  ['udp', 13],
  ['native', 16],
])

/** MPLS-in-GRE: means the same as GRE for a labelled route, so it reads as `gre`. */
const TUNNEL_MPLS_IN_GRE = 11

/** Name of a tunnel type, or undefined when no agent would know it. */
export function tunnelTypeName(type: number): string | undefined {
  if (type === TUNNEL_MPLS_IN_GRE) return 'gre'
  for (const [name, value] of tunnelTypes) if (value === type) return name
  return undefined
}

/** Builds a sorted list without duplicates from [high, low] word pairs. */
export function extCommunities(pairs: readonly (readonly [number, number])[]): ExtCommunities {
  const sorted = [...pairs].sort((a, b) => (a[0] >>> 0) - (b[0] >>> 0) || (a[1] >>> 0) - (b[1] >>> 0))
  const words: number[] = []
  for (const [high, low] of sorted) {
    const last = words.length - 2
    if (last >= 0 && words[last] === (high | 0) && words[last + 1] === (low | 0)) continue
    words.push(high | 0, low | 0)
  }
  return Int32Array.from(words)
}

/** A list of word pairs in any order as a list; itself when it is in order already. */
export function canonicalExtCommunities(words: ExtCommunities): ExtCommunities {
  for (let i = 2; i < words.length; i += 2) {
    const before = words[i - 2]! >>> 0
    const high = words[i]! >>> 0
    if (before > high || (before === high && words[i - 1]! >>> 0 >= words[i + 1]! >>> 0)) {
      return extCommunities(extCommunityPairs(words))
    }
  }
  return words
}

/** The list's communities as [high, low] pairs. */
export function extCommunityPairs(list: ExtCommunities): [number, number][] {
  const pairs: [number, number][] = []
  for (let i = 0; i < list.length; i += 2) pairs.push([list[i]!, list[i + 1]!])
  return pairs
}

/** Route targets in a list, ascending as the list is. */
export function routeTargetsOf(list: ExtCommunities): RouteTarget[] {
  const targets: RouteTarget[] = []
  for (let i = 0; i < list.length; i += 2) {
    const target = routeTargetOf(list[i]!, list[i + 1]!)
    if (target !== undefined) targets.push(target)
  }
  return targets
}

export function encapsulationCommunity(tunnelType: number): [number, number] {
  return [ENCAPSULATION << 16, tunnelType]
}

/** True for the first word of an encapsulation community. */
export function isEncapsulation(high: number): boolean {
  return high >>> 16 === ENCAPSULATION
}

/** Tunnel types of the encapsulation communities, whatever stands in their reserved octets (RFC 9012 §4.1). */
export function tunnelTypesOf(list: ExtCommunities): number[] {
  const types: number[] = []
  for (let i = 0; i < list.length; i += 2) {
    if (list[i]! >>> 16 !== ENCAPSULATION) continue
    const type = list[i + 1]! & 0xffff
    if (!types.includes(type)) types.push(type)
  }
  return types
}

/** T bit of the type octet: not to be passed on to another AS (RFC 4360 §2). */
const NON_TRANSITIVE = 0x40000000

/** The communities that may go to another AS; the list itself when that is all of them. */
export function transitiveOnly(list: ExtCommunities): ExtCommunities {
  const pairs = extCommunityPairs(list)
  const kept = pairs.filter(([high]) => (high & NON_TRANSITIVE) === 0)
  return kept.length === pairs.length ? list : extCommunities(kept)
}

export interface OriginVn {
  readonly asn: number
  readonly index: number
}

export function originVnCommunity(asn: number, index: number): [number, number] {
  if (asn <= 0xffff) return [(ORIGIN_VN_AS2 << 16) | asn, index]
  return [(ORIGIN_VN_AS4 << 16) | (asn >>> 16), (asn << 16) | (index & 0xffff)]
}

/** Whether a community's first word is that of an origin virtual network. */
export function isOriginVn(high: number): boolean {
  return high >>> 16 === ORIGIN_VN_AS2 || high >>> 16 === ORIGIN_VN_AS4
}

/** The first origin-vn community of a list. */
export function originVnOf(list: ExtCommunities): OriginVn | undefined {
  for (let i = 0; i < list.length; i += 2) {
    const high = list[i]!
    const low = list[i + 1]!
    if (high >>> 16 === ORIGIN_VN_AS2) return { asn: high & 0xffff, index: low >>> 0 }
    if (high >>> 16 === ORIGIN_VN_AS4) {
      return { asn: (((high & 0xffff) << 16) | (low >>> 16)) >>> 0, index: low & 0xffff }
    }
  }
  return undefined
}

export interface MacMobility {
  readonly sequence: number
  readonly sticky: boolean
}

export function macMobilityCommunity(mobility: MacMobility): [number, number] {
  return [(MAC_MOBILITY << 16) | (mobility.sticky ? 0x0100 : 0), mobility.sequence | 0]
}

export function macMobilityOf(list: ExtCommunities): MacMobility | undefined {
  for (let i = 0; i < list.length; i += 2) {
    const high = list[i]!
    if (high >>> 16 === MAC_MOBILITY) return { sequence: list[i + 1]! >>> 0, sticky: (high & 0x0100) !== 0 }
  }
  return undefined
}

/** Text form: the field's names where there is one, else 16 hex digits. */
export function formatExtCommunity(high: number, low: number): string {
  const target = routeTargetOf(high, low)
  if (target !== undefined) return formatRouteTarget(target)
  const kind = high >>> 16
  const asn = high & 0xffff
  switch (kind) {
    case ENCAPSULATION: {
      const type = low & 0xffff
      return `encapsulation:${tunnelTypeName(type) ?? type}`
    }
    case ORIGIN_VN_AS2:
      return `originvn:${asn}:${low >>> 0}`
    case ORIGIN_VN_AS4:
      return `originvn:${((asn << 16) | (low >>> 16)) >>> 0}:${low & 0xffff}`
    case SECURITY_GROUP_AS2:
      return `secgroup:${asn}:${low >>> 0}`
    case TAG_AS2:
      return `tag:${asn}:${low >>> 0}`
    case MAC_MOBILITY:
      return `mobility:${low >>> 0}${(high & 0x0100) !== 0 ? ':sticky' : ''}`
    case 0x0003:
      return `soo:${asn}:${low >>> 0}`
    case 0x0103:
      return `soo:${formatIpv4Word((asn << 16) | (low >>> 16))}:${low & 0xffff}`
    case 0x0203:
      return `soo:${((asn << 16) | (low >>> 16)) >>> 0}:${low & 0xffff}`
    default:
      return `0x${(high >>> 0).toString(16).padStart(8, '0')}${(low >>> 0).toString(16).padStart(8, '0')}`
  }
}
