/**
 * What the documents mean (pure): everything resolved and numbered, in the terms of the parts that do it. The same
 * documents and the same earlier numbers always give the same result, whatever the order of the documents.
 */
import type { PeerConfig } from '../../bgp/session/peer-config.ts'
import type { InstanceConfig } from '../../rib/routing-instance.ts'
import type { IpAddress } from '../../rib/model/ip-address.ts'
import type { RouteTarget } from '../../rib/model/route-target.ts'
import type { Subnet } from '../floating-ip/subnet.ts'
import type { Endpoint } from './address.ts'
import type { AddressRange } from './address-range.ts'
import { largestNetworkIndex } from './automatic-target.ts'
import { desiredNetwork, instanceConfigs, vrfName } from './desired-network.ts'
import { DesiredPolicies } from './desired-policy.ts'
import { desiredControlNode, peerConfig } from './desired-speaker.ts'
import type { Documents } from './documents.ts'
import { resolveReference, scopedName } from './documents.ts'
import { atOnce, mapped } from '../slices.ts'
import type { Steps } from '../slices.ts'
import { assignNetworkIndexes } from './network-index.ts'
import type { NetworkIndexes } from './network-index.ts'

export interface DesiredControlNode {
  readonly name: string
  readonly localAs: number
  readonly routerId: number
  /** Set when this node reflects routes: configured, or our identifier when a peer is our client (RFC 4456 §7). */
  readonly clusterId: number | undefined
  readonly bgpListen: readonly Endpoint[]
  readonly agentsListen: readonly Endpoint[]
  readonly apiListen: readonly Endpoint[]
  readonly agentHoldTimeSec: number
  readonly tls: { readonly cert: string; readonly key: string; readonly ca?: string | undefined } | undefined
  readonly stateDir: string
  /** Our own restarts (RFC 4724). */
  readonly restart: {
    readonly restartTimeSec: number
    readonly selectionDeferralSec: number
    readonly longLivedStaleTimeSec: number
  }
}

/** Networks, pools, ports and floating IPs go by `namespace/name`. */
export interface DesiredNetwork {
  readonly key: string
  readonly name: string
  readonly namespace: string
  readonly domain: string
  /** `domain:project:network:network`. */
  readonly vrf: string
  readonly index: number
  readonly subnets: readonly Subnet[]
  readonly automaticTarget: RouteTarget
  /** Keys of the networks it is joined with. */
  readonly connectedTo: readonly string[]
}

export interface DesiredPool {
  readonly key: string
  readonly network: string
  readonly subnets: readonly Subnet[]
  /** Only these addresses of the subnets, when given. */
  readonly ranges: readonly AddressRange[] | undefined
}

export interface DesiredFloatingIp {
  readonly key: string
  readonly name: string
  readonly namespace: string
  readonly pool: string
  /** The one asked for; undefined: any. */
  readonly address: IpAddress | undefined
  readonly family: 'inet' | 'inet6' | undefined
  readonly ports: readonly string[]
}

export interface DesiredPort {
  readonly key: string
  readonly name: string
  readonly namespace: string
  readonly network: string
  readonly addresses: readonly IpAddress[]
  /** Name of the compute node in static mode. */
  readonly node: string | undefined
}

export interface DesiredNode {
  readonly name: string
  readonly address: IpAddress
  readonly labels: { readonly from: number; readonly to: number }
  readonly encapsulations: readonly string[]
}

export interface DesiredConnection {
  readonly key: string
  readonly networks: readonly string[]
}

export interface Desired {
  readonly controlNode: DesiredControlNode
  readonly peers: readonly PeerConfig[]
  readonly networks: readonly DesiredNetwork[]
  readonly instances: readonly InstanceConfig[]
  readonly pools: readonly DesiredPool[]
  readonly floatingIps: readonly DesiredFloatingIp[]
  readonly ports: readonly DesiredPort[]
  readonly nodes: readonly DesiredNode[]
  readonly connections: readonly DesiredConnection[]
  /** To be kept for the next time. */
  readonly networkIndexes: NetworkIndexes
  /** Networks (VRF names) that got no number and so no VRF: there are too many. */
  readonly refusedNetworks: readonly string[]
}

export function desiredOf(documents: Documents, earlier: NetworkIndexes): Desired {
  return atOnce(desiring(documents, earlier))
}

/** The same, for who cannot wait for all of ten thousand networks. */
export function* desiring(documents: Documents, earlier: NetworkIndexes): Steps<Desired> {
  const localAs = documents.controlNode.spec.autonomousSystem
  const numbers = new Map(
    yield* mapped(documents.networks, (network) => [vrfName(network), network.spec.networkID] as const),
  )
  yield
  const { indexes, refused } = assignNetworkIndexes(numbers, earlier, largestNetworkIndex(localAs))
  yield
  const connections = documents.connections.map((connection) => ({
    key: scopedName(connection.metadata),
    networks: connection.spec.networks.map((network) =>
      resolveReference(network, connection.metadata.namespace),
    ),
  }))
  const policies = new DesiredPolicies(documents)
  const numbered = documents.networks.filter((network) => indexes.byVrf.has(vrfName(network)))
  const networks = sortedByKey(
    yield* mapped(numbered, (network) =>
      desiredNetwork(network, indexes.byVrf.get(vrfName(network))!, localAs, connections),
    ),
  )
  yield
  const instances = yield* instanceConfigs(networks, numbered, policies)
  return {
    controlNode: desiredControlNode(documents),
    peers: documents.peers
      .map((peer) => peerConfig(peer, documents, policies))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    networks,
    instances,
    pools: desiredPools(documents, networks),
    floatingIps: desiredFloatingIps(documents),
    ports: desiredPorts(documents),
    nodes: documents.nodes
      .map(({ metadata, spec }) => ({
        name: metadata.name,
        address: spec.address,
        labels: spec.labels,
        encapsulations: [...new Set(spec.encapsulations)],
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    connections: sortedByKey(connections),
    networkIndexes: indexes,
    refusedNetworks: refused,
  }
}

function desiredPools(documents: Documents, networks: readonly DesiredNetwork[]): DesiredPool[] {
  const byKey = new Map(networks.map((network) => [network.key, network]))
  return sortedByKey(
    documents.pools.map(({ metadata, spec }) => {
      const network = resolveReference(spec.virtualNetwork, metadata.namespace)
      return {
        key: scopedName(metadata),
        network,
        subnets: byKey.get(network)?.subnets ?? [],
        ranges: spec.ranges,
      }
    }),
  )
}

function desiredFloatingIps(documents: Documents): DesiredFloatingIp[] {
  return sortedByKey(
    documents.floatingIps.map(({ metadata, spec }) => ({
      key: scopedName(metadata),
      name: metadata.name,
      namespace: metadata.namespace,
      pool: resolveReference(spec.pool, metadata.namespace),
      address: spec.address,
      family: spec.family,
      ports: spec.ports.map((port) => resolveReference(port, metadata.namespace)),
    })),
  )
}

function desiredPorts(documents: Documents): DesiredPort[] {
  return sortedByKey(
    documents.ports.map(({ metadata, spec }) => ({
      key: scopedName(metadata),
      name: metadata.name,
      namespace: metadata.namespace,
      network: resolveReference(spec.virtualNetwork, metadata.namespace),
      addresses: spec.addresses,
      node: spec.node,
    })),
  )
}

function sortedByKey<T extends { readonly key: string }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
}
