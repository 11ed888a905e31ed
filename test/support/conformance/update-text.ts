/** Routes and attributes of an UPDATE in words: every attribute that is there, and none that is not. */
import type { NlriRun } from '../../../bgp/wire/nlri-run.ts'
import { formatAsPath } from '../../../rib/model/as-path.ts'
import type { AttrSet } from '../../../rib/model/attr-set.ts'
import { formatCommunity, formatLargeCommunity } from '../../../rib/model/community.ts'
import { extCommunityPairs, formatExtCommunity } from '../../../rib/model/ext-community.ts'
import { isVpnFamily } from '../../../rib/model/family.ts'
import { formatIpAddress, formatIpv4Word } from '../../../rib/model/ip-address.ts'
import { formatRouteKey, routeKeyWords } from '../../../rib/model/route-key.ts'

export function routesText(run: NlriRun): string {
  const words = routeKeyWords(run.family)
  const routes = Array.from({ length: run.count }, (_, i) => {
    const key = formatRouteKey(run.family, run.keys, i * words)
    return run.reach && isVpnFamily(run.family) ? `${key} label ${run.labels[i]}` : key
  })
  return routes.join(' and ')
}

export function attributesText(set: AttrSet): string {
  const parts = [
    `origin ${['igp', 'egp', 'incomplete'][set.origin]}`,
    `as-path [${formatAsPath(set.asPath)}]`,
    `next-hop ${formatIpAddress(set.nextHop)}`,
  ]
  const say = (name: string, value: string | number | undefined): void => {
    if (value !== undefined && value !== '') parts.push(`${name} ${value}`)
  }
  say('med', set.med)
  say('local-pref', set.localPref)
  if (set.atomicAggregate) parts.push('atomic-aggregate')
  say('aggregator', set.aggregator && `${set.aggregator.asn} ${formatIpAddress(set.aggregator.address)}`)
  say('communities', set.communities.map(formatCommunity).join(' '))
  say('originator-id', set.originatorId === undefined ? undefined : formatIpv4Word(set.originatorId))
  say('cluster-list', set.clusterList.map(formatIpv4Word).join(' '))
  for (const [high, low] of extCommunityPairs(set.extCommunities)) parts.push(formatExtCommunity(high, low))
  say('large-communities', set.largeCommunities.map(formatLargeCommunity).join(' '))
  for (const { type, flags, value } of set.unknown) {
    parts.push(`attribute ${type} flags 0x${flags.toString(16)} 0x${Buffer.from(value).toString('hex')}`)
  }
  return parts.join(', ')
}
