/**
 * Routes of a VRF that configuration makes and that follow other routes of it (control-node reference 2d, 2j).
 *
 *   static      10.9.0.0/16 via 10.1.1.3      as long as something in the VRF leads to 10.1.1.3
 *   aggregate   10.1.0.0/16 via 10.1.1.3      and as long as there is a route inside it (RFC 4271 §9.2.2.2)
 *
 * Next hop, label, encapsulations and instance id are those of the routes that lead to `via`, one path for each of its
 * equal-cost paths: the compute node behind 10.1.1.3 is where the packets go. What leads there must not be such a route
 * itself, so nothing goes round in circles.
 */
import type { AsPath } from './model/as-path.ts'
import { SegmentType } from './model/as-path.ts'
import type { Attributes, AttrSet } from './model/attr-set.ts'
import { Origin, plainAttributes } from './model/attr-set.ts'
import { extCommunities, extCommunityPairs, isOriginVn } from './model/ext-community.ts'
import type { IpAddress } from './model/ip-address.ts'
import type { Prefix } from './model/route-key.ts'
import { routeTargetHigh, routeTargetLow, routeTargetOf } from './model/route-target.ts'
import type { RouteTarget } from './model/route-target.ts'

export interface FollowingRoute {
  readonly kind: 'static' | 'aggregate'
  readonly prefix: Prefix
  /** Address of the same family, to be found in the VRF. */
  readonly via: IpAddress
  readonly communities: readonly number[]
  /** Beside those that the VRF exports. */
  readonly routeTargets: readonly RouteTarget[]
  /** Of an aggregate: while it is there, the routes inside it stay in the VRF. */
  readonly discardMoreSpecifics: boolean
}

/** What the attributes of contributing routes come to (RFC 4271 §9.2.2.2). */
export interface Summary {
  readonly origin: Origin
  readonly asPath: AsPath
  /** Some AS of a contributor is missing in the path. */
  readonly isAtomic: boolean
}

/**
 * ORIGIN is INCOMPLETE if one is, else EGP if one is. The path is what all paths begin with; RFC 9774 §3 forbids the
 * AS_SET of the rest, so ATOMIC_AGGREGATE says that there is a rest (RFC 4271 §5.1.6).
 */
export function summaryOf(contributors: Iterable<AttrSet>): Summary {
  let origin: Origin = Origin.igp
  let common: readonly number[] | undefined
  let isAtomic = false
  for (const attrs of contributors) {
    if (attrs.origin > origin) origin = attrs.origin
    const path = attrs.asPath
    const first = path[0]
    const leading = first?.type === SegmentType.sequence ? first.asns : []
    const length = sharedLength(common ?? leading, leading)
    if (length < (common ?? leading).length || length < leading.length || path.length > 1) isAtomic = true
    if (path.length === 1 && first!.type !== SegmentType.sequence) isAtomic = true
    common = (common ?? leading).slice(0, length)
  }
  const asns = common ?? []
  return { origin, isAtomic, asPath: asns.length === 0 ? [] : [{ type: SegmentType.sequence, asns }] }
}

function sharedLength(a: readonly number[], b: readonly number[]): number {
  let length = 0
  while (length < a.length && length < b.length && a[length] === b[length]) length++
  return length
}

/** Attributes of the path that follows `leading`; targets and origin network of that one are its own affair. */
export function followingAttributes(
  route: FollowingRoute,
  leading: AttrSet | undefined,
  summary: Summary | undefined,
  aggregator: { readonly asn: number; readonly address: IpAddress },
): Attributes {
  const inherited = leading ? extCommunityPairs(leading.extCommunities).filter(isInherited) : []
  const targets = route.routeTargets.map((t) => [routeTargetHigh(t), routeTargetLow(t)] as const)
  return {
    ...plainAttributes,
    nextHop: leading ? leading.nextHop : route.via,
    med: leading?.med,
    localPref: leading?.localPref,
    communities: [...new Set(route.communities)].sort((a, b) => a - b),
    extCommunities: extCommunities([...inherited, ...targets]),
    ...(summary && {
      origin: summary.origin,
      asPath: summary.asPath,
      atomicAggregate: summary.isAtomic,
      aggregator,
    }),
  }
}

function isInherited([high, low]: readonly [number, number]): boolean {
  return routeTargetOf(high, low) === undefined && !isOriginVn(high)
}
