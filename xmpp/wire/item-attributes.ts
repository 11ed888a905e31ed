/**
 * An announced item as path attributes (agent-channel reference 5.2 to 5.4). Route targets and origin network are the
 * replicator's, which stamps them on the way out of the VRF.
 */
import { emptyAsPath } from '../../rib/model/as-path.ts'
import { Origin, plainAttributes } from '../../rib/model/attr-set.ts'
import type { Attributes } from '../../rib/model/attr-set.ts'
import {
  encapsulationCommunity,
  extCommunities,
  macMobilityCommunity,
  tunnelTypes,
} from '../../rib/model/ext-community.ts'
import type { InetItem, ItemNextHop } from './inet-item.ts'
import {
  loadBalanceCommunity,
  localSequenceCommunity,
  numberedCommunities,
  routerMacCommunity,
  SECURITY_GROUP,
  TAG,
} from './item-communities.ts'

/** Attributes of a route of an agent; `checkAnnounced` has passed it. */
export function attributesOfItem(item: InetItem, localAs: number): Attributes {
  const nextHop = item.nextHops[0]
  const med = item.med === 0 ? medOfLocalPref(item.localPref) : item.med
  return {
    ...plainAttributes,
    origin: Origin.incomplete,
    asPath: emptyAsPath,
    nextHop: nextHop.address,
    med: med === 0 ? undefined : med,
    localPref: item.localPref === 0 ? undefined : item.localPref,
    communities: item.communities,
    extCommunities: extCommunities(communityPairs(item, nextHop, localAs)),
  }
}

/** True when the agent named encapsulations and none is known: the path is kept and never chosen. */
export function hasNoUsableEncapsulation(nextHop: ItemNextHop): boolean {
  return nextHop.encapsulations.length > 0 && !nextHop.encapsulations.some((name) => tunnelTypes.has(name))
}

/**
 * MED of a route that has only a LOCAL_PREF, so that the preference survives an AS border (agent-channel reference
 * 5.3): the more preferred, the lower.
 */
export function medOfLocalPref(localPref: number): number {
  if (localPref === 0) return 0
  if (localPref === 100) return 200
  if (localPref === 200) return 100
  return (0xffffffff - localPref) >>> 0
}

function communityPairs(item: InetItem, nextHop: ItemNextHop, localAs: number): [number, number][] {
  const pairs: [number, number][] = []
  for (const name of nextHop.encapsulations) {
    const type = tunnelTypes.get(name)
    if (type !== undefined) pairs.push(encapsulationCommunity(type))
  }
  pairs.push(...numberedCommunities(SECURITY_GROUP, localAs, item.securityGroups))
  pairs.push(...numberedCommunities(TAG, localAs, nextHop.tags))
  if (item.sequence !== 0)
    pairs.push(macMobilityCommunity({ sequence: item.sequence, sticky: item.isSticky }))
  if (nextHop.mac?.some((octet) => octet !== 0)) pairs.push(routerMacCommunity(nextHop.mac))
  if (item.loadBalance) pairs.push(loadBalanceCommunity(item.loadBalance))
  if (nextHop.localSequence !== 0) pairs.push(localSequenceCommunity(nextHop.localSequence))
  return pairs
}
