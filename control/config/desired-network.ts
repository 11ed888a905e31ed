/**
 * VirtualNetwork and NetworkConnection documents as networks and VRFs with their targets (pure).
 */
import type { InstanceConfig } from '../../rib/routing-instance.ts'
import { automaticRouteTarget } from '../../rib/model/route-target.ts'
import type { RouteTarget } from '../../rib/model/route-target.ts'
import { makeSubnet } from '../floating-ip/subnet.ts'
import type { DesiredPolicies } from './desired-policy.ts'
import type { DesiredConnection, DesiredNetwork } from './desired.ts'
import type { VirtualNetworkDocument } from './documents.ts'
import { scopedName } from './documents.ts'
import { mapped } from '../slices.ts'
import type { Steps } from '../slices.ts'

/** `domain:project:network:network` (design 1.4). */
export function vrfName({ metadata, spec }: VirtualNetworkDocument): string {
  return `${spec.domain}:${metadata.namespace}:${metadata.name}:${metadata.name}`
}

export function desiredNetwork(
  document: VirtualNetworkDocument,
  index: number,
  localAs: number,
  connections: readonly DesiredConnection[],
): DesiredNetwork {
  const { metadata, spec } = document
  const key = scopedName(metadata)
  const joined = connections.filter((connection) => connection.networks.includes(key))
  const others = new Set(joined.flatMap((connection) => connection.networks))
  others.delete(key)
  return {
    key,
    name: metadata.name,
    namespace: metadata.namespace,
    domain: spec.domain,
    vrf: vrfName(document),
    index,
    subnets: spec.subnets.map((subnet) => makeSubnet(subnet.cidr, subnet.gateway, subnet.dnsServer)),
    automaticTarget: automaticRouteTarget(localAs, index),
    connectedTo: [...others].sort(),
  }
}

/**
 * Targets of the VRFs. A connection makes each network import what the other's own members import too: its automatic
 * target and its both-way ones. Export-only targets say "for others, elsewhere", and stay out.
 */
export function* instanceConfigs(
  networks: readonly DesiredNetwork[],
  documents: readonly VirtualNetworkDocument[],
  policies: DesiredPolicies,
): Steps<InstanceConfig[]> {
  const specOf = new Map(documents.map((document) => [scopedName(document.metadata), document.spec]))
  const byKey = new Map(networks.map((network) => [network.key, network]))
  const common = (network: DesiredNetwork): RouteTarget[] => [
    network.automaticTarget,
    ...specOf.get(network.key)!.routeTargets.both,
  ]
  return yield* mapped(networks, (network) => {
    const joined = network.connectedTo.flatMap((key) => byKey.get(key) ?? [])
    const { routeTargets: targets, ...spec } = specOf.get(network.key)!
    const importPolicies = policies.chain(spec.importPolicies)
    const exportPolicies = policies.chain(spec.exportPolicies)
    return {
      name: network.vrf,
      virtualNetwork: `${network.domain}:${network.namespace}:${network.name}`,
      vnIndex: network.index,
      importTargets: ascending([...common(network), ...targets.import, ...joined.flatMap(common)]),
      exportTargets: ascending([...common(network), ...targets.export]),
      ...(importPolicies && { importPolicies }),
      ...(exportPolicies && { exportPolicies }),
      ...followingRoutes(spec),
    }
  })
}

function followingRoutes({
  staticRoutes,
  aggregates,
}: Pick<VirtualNetworkDocument['spec'], 'staticRoutes' | 'aggregates'>): Pick<
  InstanceConfig,
  'followingRoutes'
> {
  if (staticRoutes.length + aggregates.length === 0) return {}
  const statics = staticRoutes.map(({ nextHop, ...route }) => ({
    ...route,
    kind: 'static' as const,
    via: nextHop,
    discardMoreSpecifics: false,
  }))
  const summaries = aggregates.map(({ nextHop, ...route }) => ({
    ...route,
    kind: 'aggregate' as const,
    via: nextHop,
  }))
  return { followingRoutes: [...statics, ...summaries] }
}

function ascending(targets: readonly RouteTarget[]): RouteTarget[] {
  return [...new Set(targets)].sort((a, b) => a - b)
}
