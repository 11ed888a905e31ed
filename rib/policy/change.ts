/** What a term sets, applied to attributes (pure). */
import { prependAs } from '../model/as-path.ts'
import type { Attributes } from '../model/attr-set.ts'
import type { LargeCommunity } from '../model/community.ts'
import { extCommunities, extCommunityPairs } from '../model/ext-community.ts'
import type { ExtCommunities } from '../model/ext-community.ts'
import type { IpAddress } from '../model/ip-address.ts'
import { routeTargetOf } from '../model/route-target.ts'
import { isCommunity, isExtCommunity, isLargeCommunity } from './community-pattern.ts'
import type { ExtCommunityPattern } from './community-pattern.ts'
import type { Changes, ExtWords, ListChange } from './policy.ts'

/** The attributes after the changes; `self` is the address that `nextHop: self` means. */
export function changedAttributes(attrs: Attributes, changes: Changes, self: IpAddress): Attributes {
  const { localPref, med, origin, communities, largeCommunities, prepend, nextHop } = changes
  return {
    ...attrs,
    ...(localPref !== undefined && { localPref }),
    ...(med !== undefined && { med: med === 'none' ? undefined : med }),
    ...(origin !== undefined && { origin }),
    ...(communities && { communities: changedCommunities(attrs.communities, communities) }),
    ...(largeCommunities && {
      largeCommunities: changedLarge(attrs.largeCommunities, largeCommunities),
    }),
    ...((changes.extCommunities ?? changes.routeTargets) && {
      extCommunities: changedExt(attrs.extCommunities, changes),
    }),
    ...(prepend && { asPath: [...prepend].reverse().reduce(prependAs, attrs.asPath) }),
    ...(nextHop !== undefined && { nextHop: nextHop === 'self' ? self : nextHop }),
  }
}

/** The values after a change, in no order and perhaps twice. */
function changedList<V, P>(
  values: readonly V[],
  { replace, remove, add }: ListChange<V, P>,
  isLike: (value: V, pattern: P) => boolean,
): V[] {
  const kept = (replace ?? values).filter((value) => !remove?.some((pattern) => isLike(value, pattern)))
  return [...kept, ...(add ?? [])]
}

function changedCommunities(
  values: readonly number[],
  change: NonNullable<Changes['communities']>,
): number[] {
  return [...new Set(changedList(values, change, isCommunity))].sort((a, b) => a - b)
}

function changedLarge(
  values: readonly LargeCommunity[],
  change: NonNullable<Changes['largeCommunities']>,
): LargeCommunity[] {
  const sorted = changedList(values, change, isLargeCommunity).sort(compareLarge)
  return sorted.filter((value, i) => i === 0 || compareLarge(value, sorted[i - 1]!) !== 0)
}

function compareLarge(a: LargeCommunity, b: LargeCommunity): number {
  return a.global - b.global || a.local1 - b.local1 || a.local2 - b.local2
}

/** Route targets and the other extended communities live in one list and are changed apart. */
function changedExt(list: ExtCommunities, changes: Changes): ExtCommunities {
  const pairs = extCommunityPairs(list)
  const targets = pairs.filter(isTarget)
  const others = pairs.filter((pair) => !isTarget(pair))
  return extCommunities([
    ...changedPairs(targets, changes.routeTargets),
    ...changedPairs(others, changes.extCommunities),
  ])
}

function changedPairs(
  pairs: readonly ExtWords[],
  change: ListChange<ExtWords, ExtCommunityPattern> | undefined,
): readonly ExtWords[] {
  return change
    ? changedList(pairs, change, ([high, low], pattern) => isExtCommunity(high, low, pattern))
    : pairs
}

function isTarget([high, low]: ExtWords): boolean {
  return routeTargetOf(high, low) !== undefined
}
