/**
 * The question that a request asks about routes, read from its query string: which prefixes, and what their paths must
 * have. A route belongs to the answer when at least one of its paths does, and shows the paths that do.
 */
import { parseCommunity, parseLargeCommunity } from '../../rib/model/community.ts'
import { formatExtCommunity } from '../../rib/model/ext-community.ts'
import type { AttrSet } from '../../rib/model/attr-set.ts'
import { Family, isVpnFamily } from '../../rib/model/family.ts'
import { parseIpAddress, sameOctets, unmapIpv4 } from '../../rib/model/ip-address.ts'
import type { IpAddress } from '../../rib/model/ip-address.ts'
import { parseRouteDistinguisher } from '../../rib/model/route-distinguisher.ts'
import type { RouteDistinguisher } from '../../rib/model/route-distinguisher.ts'
import { keyPrefix, parsePrefix, parseRouteKey } from '../../rib/model/route-key.ts'
import type { Prefix, RouteKey } from '../../rib/model/route-key.ts'
import { parseRouteTarget } from '../../rib/model/route-target.ts'
import type { RouteTarget } from '../../rib/model/route-target.ts'
import type { PathSource } from '../../rib/path-source.ts'
import { badParameter } from './api-error.ts'

/** exact; longer and shorter include the prefix itself; host is the longest match that has a wanted path. */
export const matchKinds = ['exact', 'longer', 'shorter', 'host'] as const
export type MatchKind = (typeof matchKinds)[number]

export interface RouteQuery {
  readonly prefix: Prefix | undefined
  /** A key of bgp.rtarget.0, for those who name a route of that table. */
  readonly membership: RouteKey | undefined
  readonly match: MatchKind
  readonly rd: RouteDistinguisher | undefined
  readonly routeTarget: RouteTarget | undefined
  /** An IPv4 one also finds the IPv6 VPN routes that go to it (RFC 4659 §3.2.1.2). */
  readonly nextHop: IpAddress | undefined
  readonly hasCommunity: ((attrs: AttrSet) => boolean) | undefined
  /** Name or address of a peer or agent, or the name of what made the route here. */
  readonly source: string | undefined
  readonly sourceAddress: IpAddress | undefined
  readonly limit: number
}

/** The same, as the query string holds it. */
export interface RouteParameters {
  readonly prefix?: string | undefined
  readonly match?: MatchKind | undefined
  readonly rd?: string | undefined
  readonly 'route-target'?: string | undefined
  readonly 'next-hop'?: string | undefined
  readonly community?: string | undefined
  readonly peer?: string | undefined
  readonly source?: string | undefined
  readonly limit?: number | undefined
}

/** Reads the parameters; throws ApiError for one that cannot be read. */
export function parseRouteQuery(parameters: RouteParameters): RouteQuery {
  const named = readPrefix(parameters.prefix)
  const rd = read('rd', parameters.rd, parseRouteDistinguisher, 'Write ASN:NUMBER or ADDRESS:NUMBER.')
  const nextHop = read('next-hop', parameters['next-hop'], parseIpAddress, 'Write an IPv4 or IPv6 address.')
  const source = parameters.peer ?? parameters.source
  return {
    prefix: named?.prefix,
    membership: named?.membership,
    match: parameters.match ?? 'exact',
    rd: rd ?? named?.rd,
    routeTarget: read(
      'route-target',
      parameters['route-target'],
      parseRouteTarget,
      'Write target:ASN:NUMBER, as in target:64512:101.',
    ),
    nextHop: nextHop && unmapIpv4(nextHop),
    hasCommunity: read('community', parameters.community, communityTest, COMMUNITY_HINT),
    source,
    sourceAddress: source === undefined ? undefined : parseIpAddress(source),
    limit: parameters.limit ?? Infinity,
  }
}

/** True when the set has what the query asks of attributes: the same for every path that shares the set. */
export function attributesMatch(query: RouteQuery, attrs: AttrSet): boolean {
  if (query.routeTarget !== undefined && !attrs.routeTargets.includes(query.routeTarget)) return false
  if (query.nextHop !== undefined && !sameOctets(unmapIpv4(attrs.nextHop), query.nextHop)) return false
  return query.hasCommunity === undefined || query.hasCommunity(attrs)
}

/** True when the path's source is the one that the query names, by name or address. */
export function sourceMatches(query: RouteQuery, source: PathSource): boolean {
  if (query.source === undefined || source.name === query.source) return true
  return query.sourceAddress !== undefined && sameOctets(source.address, query.sourceAddress)
}

const COMMUNITY_HINT =
  'Write ASN:VALUE, a name such as no-export, a large community A:B:C, or an extended one as shown: encapsulation:gre.'

function communityTest(text: string): ((attrs: AttrSet) => boolean) | undefined {
  const standard = parseCommunity(text)
  if (standard !== undefined) return (attrs) => attrs.communities.includes(standard)
  const large = parseLargeCommunity(text)
  if (large) {
    return (attrs) =>
      attrs.largeCommunities.some(
        (own) => own.global === large.global && own.local1 === large.local1 && own.local2 === large.local2,
      )
  }
  if (!/^(0x[0-9a-f]{16}|[a-z]+:.+)$/.test(text)) return undefined
  return (attrs) => {
    const list = attrs.extCommunities
    for (let i = 0; i < list.length; i += 2)
      if (formatExtCommunity(list[i]!, list[i + 1]!) === text) return true
    return false
  }
}

function readPrefix(
  text: string | undefined,
): { prefix?: Prefix; rd?: RouteDistinguisher; membership?: RouteKey } | undefined {
  if (text === undefined) return undefined
  const prefix = parsePrefix(text)
  if (prefix) return { prefix }
  // As the VPN tables print it: RD:prefix.
  for (const family of [Family.inetVpn, Family.inet6Vpn] as const) {
    const key = parseRouteKey(family, text)
    if (key) return { prefix: keyPrefix(family, key, 0), rd: { high: key[0]!, low: key[1]! } }
  }
  const membership = parseRouteKey(Family.routeTarget, text)
  if (membership) return { membership }
  throw badParameter(
    'prefix',
    text,
    'Write ADDRESS/LENGTH, an address, or RD:PREFIX as the VPN tables show it.',
  )
}

function read<T>(
  name: string,
  text: string | undefined,
  parse: (text: string) => T | undefined,
  hint: string,
): T | undefined {
  if (text === undefined) return undefined
  const value = parse(text)
  if (value === undefined) throw badParameter(name, text, hint)
  return value
}

/** True when a table of this family can hold what the query names. */
export function familyCanMatch(query: RouteQuery, family: Family): boolean {
  if (query.membership) return family === Family.routeTarget
  if (query.rd !== undefined && !isVpnFamily(family)) return false
  if (query.prefix === undefined) return true
  if (family === Family.routeTarget) return false
  const isInet6 = family === Family.inet6 || family === Family.inet6Labeled || family === Family.inet6Vpn
  return (query.prefix.address.length === 16) === isInet6
}
