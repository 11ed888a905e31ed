/**
 * A route as JSON: its table and key, and its paths, best first, each with what an operator asks about: who taught it,
 * where it goes, why it is not the best, and from which table to which tables it was copied.
 */
import { formatAsPath } from '../../rib/model/as-path.ts'
import type { AttrSet } from '../../rib/model/attr-set.ts'
import { formatCommunity, formatLargeCommunity } from '../../rib/model/community.ts'
import {
  extCommunityPairs,
  formatExtCommunity,
  originVnOf,
  tunnelTypeName,
} from '../../rib/model/ext-community.ts'
import { isVpnFamily } from '../../rib/model/family.ts'
import { formatIpAddress, formatIpv4Word, unmapIpv4 } from '../../rib/model/ip-address.ts'
import { formatRouteDistinguisher } from '../../rib/model/route-distinguisher.ts'
import { formatPrefix, formatRouteKey, keyPrefix } from '../../rib/model/route-key.ts'
import { formatRouteTarget } from '../../rib/model/route-target.ts'
import { tunnelTypesOfRoute } from '../../rib/model/tunnel-encapsulation.ts'
import { INFEASIBLE_REASONS, PathFlag } from '../../rib/path-flags.ts'
import { SourceKind } from '../../rib/path-source.ts'
import type { Decided } from '../../rib/policy/evaluator.ts'

export interface RouteView {
  readonly table: string
  /** What identifies the route in its table: RD:prefix, prefix, or AS:target. */
  readonly key: string
  readonly prefix: string
  readonly rd?: string
  readonly paths: readonly PathView[]
}

/** What the attribute set of a path says. */
export interface AttributesView {
  readonly nextHop: string
  /** Name of the compute node with that address. */
  readonly nextHopNode?: string
  readonly asPath: string
  readonly origin: 'igp' | 'egp' | 'incomplete'
  readonly localPref?: number
  readonly med?: number
  readonly communities: readonly string[]
  readonly extCommunities: readonly string[]
  readonly largeCommunities: readonly string[]
  readonly routeTargets: readonly string[]
  readonly encapsulations: readonly string[]
  readonly originVn?: string
  readonly originatorId?: string
  readonly clusterList: readonly string[]
}

export interface PathView extends AttributesView {
  readonly best: boolean
  /** Belongs to the equal-cost set that agents get. */
  readonly ecmp: boolean
  /** Why the best path is preferred to this one. */
  readonly reason?: string
  /** Why it is kept but never chosen. */
  readonly infeasible?: string
  /** The policy and term that let it in, or keep it out. */
  readonly importedBy?: Decided
  readonly source: { readonly kind: SourceKindName; readonly name: string; readonly address?: string }
  readonly label?: number
  readonly pathId?: number
  readonly flags: readonly string[]
  /** A copy: the table that it was copied from. */
  readonly primaryTable?: string
  /** The tables that hold copies of it. */
  readonly secondaryTables?: readonly string[]
}

export type SourceKindName = keyof typeof SourceKind

const sourceKindNames = Object.keys(SourceKind) as SourceKindName[]

export function sourceKindName(kind: SourceKind): SourceKindName {
  return sourceKindNames[kind]!
}

const originNames = ['igp', 'egp', 'incomplete'] as const

/** Names of what attributes hold as numbers; undefined for what is not ours. */
export interface AttributeNames {
  /** The network that an origin-vn community means. */
  networkName(asn: number, index: number): string | undefined
  /** The compute node with an address. */
  nodeName(address: string): string | undefined
}

export function attributesView(attrs: AttrSet, names: AttributeNames): AttributesView {
  const origin = originVnOf(attrs.extCommunities)
  const nextHop = attrs.nextHop.length === 0 ? '' : formatIpAddress(attrs.nextHop)
  const nextHopNode = names.nodeName(formatIpAddress(unmapIpv4(attrs.nextHop)))
  return {
    nextHop,
    ...(nextHopNode !== undefined && { nextHopNode }),
    asPath: formatAsPath(attrs.asPath),
    origin: originNames[attrs.origin],
    ...(attrs.localPref !== undefined && { localPref: attrs.localPref }),
    ...(attrs.med !== undefined && { med: attrs.med }),
    communities: attrs.communities.map(formatCommunity),
    extCommunities: extCommunityPairs(attrs.extCommunities).map(([high, low]) =>
      formatExtCommunity(high, low),
    ),
    largeCommunities: attrs.largeCommunities.map(formatLargeCommunity),
    routeTargets: attrs.routeTargets.map(formatRouteTarget),
    encapsulations: encapsulationNames(attrs),
    ...(origin && {
      originVn: names.networkName(origin.asn, origin.index) ?? `${origin.asn}:${origin.index}`,
    }),
    ...(attrs.originatorId !== undefined && { originatorId: formatIpv4Word(attrs.originatorId) }),
    clusterList: attrs.clusterList.map(formatIpv4Word),
  }
}

/** MPLS-in-GRE reads as gre (design section 4), so a name may come up twice: it is listed once. */
function encapsulationNames(attrs: AttrSet): string[] {
  return [...new Set(tunnelTypesOfRoute(attrs).map((type) => tunnelTypeName(type) ?? String(type)))]
}

const flagNames: readonly (readonly [number, string])[] = [
  [PathFlag.stale, 'stale'],
  [PathFlag.llgrStale, 'llgr-stale'],
  [PathFlag.infeasible, 'infeasible'],
  [PathFlag.secondary, 'secondary'],
]

export function flagsView(flags: number): string[] {
  return flagNames.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name)
}

/** Why a path is infeasible, in words; undefined when it is not. */
export function infeasibleReason(flags: number, decided?: Decided): string | undefined {
  if ((flags & PathFlag.infeasible) === 0) return undefined
  const reasons = INFEASIBLE_REASONS.filter(([bit]) => (flags & bit) !== 0).map(([bit, words]) =>
    bit === PathFlag.policyRejected && decided
      ? `rejected by policy ${decided.policy}, term ${decided.term}`
      : words,
  )
  return reasons.length === 0 ? 'infeasible' : reasons.join(', ')
}

/** What identifies the route whose key starts at rows[offset]. */
export function keyView(
  family: Parameters<typeof formatRouteKey>[0],
  rows: ArrayLike<number>,
  offset: number,
): Pick<RouteView, 'key' | 'prefix' | 'rd'> {
  const key = formatRouteKey(family, rows, offset)
  if (!isVpnFamily(family)) return { key, prefix: key }
  return {
    key,
    prefix: formatPrefix(keyPrefix(family, rows, offset)),
    rd: formatRouteDistinguisher(rows[offset]!, rows[offset + 1]!),
  }
}
