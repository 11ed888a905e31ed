/**
 * The octets of one simulated agent, made before the clock starts: one subscription, and host routes of its own.
 *
 *   route n of the VRF   prefix 12.0.0.0 + the VRF's first + n, label 16 + n; next hop is the compute node
 *   at a gateway         RD <compute>:<instance id>, the VRF's configured and its automatic target
 */
import { encodeCollection, encodePublish, encodeSubscription } from '../../../xmpp/wire/agent-stanzas.ts'
import { itemOf } from '../../../xmpp/client/publication.ts'
import { formatIpv4Word } from '../../../rib/model/ip-address.ts'
import { attributesContent, itemContent, nextHopContent, targetContent, vpnRouteContent } from './content.ts'
import type { Expectation, PrefixRange } from './holdings.ts'
import { ASN } from './vpn-feed.ts'

/** 12.0.0.0: the prefix of the first item. */
export const FIRST_ITEM_PREFIX = 0x0c000000
/** 10.200.0.0: the address of compute node 0, which is nobody's on this machine. */
const FIRST_COMPUTE = 0x0ac80000
const FIRST_LABEL = 16
/** The first of the automatic targets (design 1.3). */
const FIRST_AUTOMATIC = 8_000_000
/** The configured target of network 0: above those of the VPN routes of the load, which have nothing to do with it. */
const FIRST_TARGET = 100_000
/** Of an agent's route at a gateway: ORIGIN incomplete, no path, the agents' LOCAL_PREF and what follows from it as MED. */
const OF_AN_AGENT = { origin: 2, asPath: 0, med: 200, localPref: 100 }

/** A VRF of the load, as the configuration file has it. */
export interface LoadNetwork {
  readonly name: string
  readonly networkId: number
  readonly target: string
  readonly vrf: string
}

export const PROJECT = 'bench'

export function loadNetwork(n: number): LoadNetwork {
  const name = `n${n}`
  return {
    name,
    networkId: n + 1,
    target: `target:${ASN}:${FIRST_TARGET + n}`,
    vrf: `default-domain:${PROJECT}:${name}:${name}`,
  }
}

export interface AgentSpec {
  /** Number of the agent: its name and its compute node. */
  readonly number: number
  /** Where its connection comes from. */
  readonly address: string
  /** Number of the network whose VRF it subscribes to. */
  readonly network: number
  /** What it publishes. */
  readonly routes: PrefixRange
  /** What it may be sent. */
  readonly range: PrefixRange
}

export interface AgentFeed {
  readonly subscribe: Buffer
  readonly publish: Buffer
  readonly retract: Buffer
  /** Its routes as the agents of the VRF hold them, and as a gateway does. */
  readonly items: Expectation
  readonly vpnRoutes: Expectation
}

export function agentName(number: number): string {
  return `bench-compute-${number}`
}

/** Word of the address of a compute node: the next hop of what its agent publishes. */
export function computeAddress(number: number): number {
  return FIRST_COMPUTE + number
}

export function makeAgentFeed(spec: AgentSpec): AgentFeed {
  const from = agentName(spec.number)
  const { vrf } = loadNetwork(spec.network)
  const parts = { publish: '', retract: '' }
  let [items, vpnRoutes] = [0, 0]
  for (let n = 0; n < spec.routes.count; n++) {
    const route = agentRoute(spec, n)
    const change = changeText(from, vrf, route, n)
    parts.publish += change.publish
    parts.retract += change.retract
    items = (items + agentItemContent(route)) | 0
    vpnRoutes = (vpnRoutes + gatewayContent(spec.network, route)) | 0
  }
  const head = { from, id: 'subscribe' }
  const { count } = spec.routes
  return {
    subscribe: Buffer.from(
      encodeSubscription(head, 'subscribe', vrf, { instanceId: instanceId(spec.network) }),
    ),
    publish: Buffer.from(parts.publish),
    retract: Buffer.from(parts.retract),
    items: { count, checksum: items },
    vpnRoutes: { count, checksum: vpnRoutes },
  }
}

/** A route of an agent: words of its prefix and of its next hop. */
export interface AgentRoute {
  readonly prefix: number
  readonly nextHop: number
  readonly label: number
}

function agentRoute({ number, routes }: AgentSpec, n: number): AgentRoute {
  return { prefix: routes.first + n, nextHop: computeAddress(number), label: FIRST_LABEL + n }
}

/** The pair of stanzas that publishes a route, and the one that retracts it. */
export function changeText(
  from: string,
  vrf: string,
  { prefix, nextHop, label }: AgentRoute,
  n: number,
): { readonly publish: string; readonly retract: string } {
  const publication = { vrf, prefix: `${formatIpv4Word(prefix)}/32`, label }
  const item = itemOf(publication, formatIpv4Word(nextHop))
  const [pubsub, collection] = [`pubsub${n}`, `collection${n}`].map((id) => ({ from, id }))
  const published = encodePublish(pubsub!, vrf, item)
  return {
    publish: published + encodeCollection(collection!, 'associate', vrf, item),
    retract: published + encodeCollection(collection!, 'dissociate', vrf, item),
  }
}

function agentItemContent({ prefix, nextHop, label }: AgentRoute): number {
  return itemContent(prefix, nextHopContent(nextHop, label))
}

function gatewayContent(network: number, { prefix, nextHop, label }: AgentRoute): number {
  // Type 1 (RFC 4364 §4.2): address and number.
  const rdHigh = (1 << 16) | (nextHop >>> 16)
  const rdLow = (nextHop << 16) | instanceId(network)
  const attributes = attributesContent(nextHop, networkTargets(network), OF_AN_AGENT)
  return vpnRouteContent(rdHigh, rdLow, prefix, label, attributes)
}

function networkTargets(network: number): number {
  const high = 0x00020000 + ASN
  const automatic = FIRST_AUTOMATIC + loadNetwork(network).networkId
  return (targetContent(high, FIRST_TARGET + network) + targetContent(high, automatic)) | 0
}

function instanceId(network: number): number {
  return 1 + (network % 60_000)
}
