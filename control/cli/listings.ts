/** The lists that `heddle show` knows, and what they show of an entry. */
import type { AgentView } from '../views/agent-view.ts'
import type { FloatingIpStatus } from '../floating-ip/status.ts'
import type { PeerView } from '../views/peer-view.ts'
import type { RouteTargetView } from '../views/route-target-view.ts'
import type { TableView } from '../views/table-view.ts'
import type { VrfView } from '../views/vrf-view.ts'
import type { Listing } from './listing.ts'
import { formatAge } from './table-writer.ts'
import type { Cell } from './table-writer.ts'

export const peersListing: Listing<PeerView> = {
  name: 'peers',
  summary: 'BGP peers, their state and what was exchanged',
  path: '/v1/peers',
  key: 'peers',
  nameHelp: 'one peer, by name or address, in full',
  completion: 'peers',
  columns: [
    { title: 'Peer' },
    { title: 'Address' },
    { title: 'AS', align: 'right' },
    { title: 'State' },
    { title: 'For', align: 'right' },
    { title: 'Received', align: 'right' },
    { title: 'Sent', align: 'right' },
    { title: 'Families, or what went wrong' },
  ],
  examples: ['heddle show peers', 'heddle show peers gw', "heddle show peers -j | jq '.peers[].state'"],
  cells: (peer) => [
    peer.name,
    peer.address,
    String(peer.asn),
    stateCell(peer.state),
    formatAge(peer.ageSec),
    String(sum(peer.received)),
    String(sum(peer.sent)),
    peer.state === 'Established' ? establishedText(peer) : downText(peer),
  ],
}

/** The families, and limits that are near or passed. */
function establishedText({ families, prefixLimits }: PeerView): string {
  const limits = prefixLimits
    .filter((limit) => limit.state !== 'ok')
    .map(({ family, count, limit, discarded }) => {
      const dropped = discarded > 0 ? `, ${discarded} dropped` : ''
      return `(${family}: ${count} of ${limit}${dropped})`
    })
  return [...families, ...limits].join(' ')
}

function downText({ isAdminDown, heldForSec, lastError = '' }: PeerView): string {
  if (isAdminDown) return 'administratively down'
  if (heldForSec === undefined) return lastError
  const until = heldForSec === 'until cleared' ? heldForSec : `for ${formatAge(heldForSec)}`
  return `${lastError}; idle ${until}`
}

export const agentsListing: Listing<AgentView> = {
  name: 'agents',
  summary: 'vRouter agents and the VRFs they subscribe to',
  path: '/v1/agents',
  key: 'agents',
  nameHelp: 'one agent, by name or address, in full',
  completion: 'agents',
  columns: [
    { title: 'Agent' },
    { title: 'Address' },
    { title: 'State' },
    { title: 'For', align: 'right' },
    { title: 'VRFs', align: 'right' },
    { title: 'Paths', align: 'right' },
    { title: 'What is in the way' },
  ],
  examples: ['heddle show agents', 'heddle show agents compute-1'],
  cells: (agent) => [
    agent.name,
    agent.address,
    stateCell(agent.state),
    formatAge(agent.ageSec),
    String(agent.subscriptions.length),
    String(agent.paths),
    agent.lastError ?? waitsFor(agent),
  ],
}

/** VRFs that the agent subscribed to and that no document makes: often a name that is slightly wrong. */
function waitsFor(agent: AgentView): string {
  const missing = agent.subscriptions.filter((subscription) => subscription.pending)
  return missing.length === 0 ? '' : `waits for VRF ${missing.map(({ vrf }) => vrf).join(', ')}`
}

export const vrfsListing: Listing<VrfView> = {
  name: 'vrfs',
  summary: 'VRFs with their route targets',
  path: '/v1/vrfs',
  key: 'vrfs',
  nameHelp: 'one VRF, by full or short name, in full',
  completion: 'vrfs',
  columns: [
    { title: 'VRF' },
    { title: 'Short' },
    { title: 'Routes', align: 'right' },
    { title: 'Agents', align: 'right' },
    { title: 'Import' },
    { title: 'Export' },
  ],
  examples: ['heddle show vrfs', 'heddle show vrfs public'],
  cells: (vrf) => [
    vrf.deleting ? `${vrf.name} (being deleted)` : vrf.name,
    vrf.shortName,
    String(vrf.tables.reduce((total, table) => total + table.routes, 0)),
    String(vrf.agents.length),
    bareTargets(vrf.importTargets),
    bareTargets(vrf.exportTargets),
  ],
}

export const tablesListing: Listing<TableView> = {
  name: 'tables',
  summary: 'route tables and their sizes',
  path: '/v1/tables',
  key: 'tables',
  nameHelp: 'a table, or those of a VRF or a family',
  completion: 'tables',
  columns: [
    { title: 'Table' },
    { title: 'Family' },
    { title: 'Routes', align: 'right' },
    { title: 'Paths', align: 'right' },
  ],
  examples: ['heddle show tables', 'heddle show tables bgp.l3vpn.0 -j'],
  cells: (table) => [table.name, table.family, String(table.routes), String(table.paths)],
}

export const routeTargetsListing: Listing<RouteTargetView> = {
  name: 'route-targets',
  summary: 'which VRFs import and export each route target, and which peers asked for it',
  path: '/v1/route-targets',
  key: 'routeTargets',
  nameHelp: 'one target, as in target:64512:101',
  completion: 'route-targets',
  columns: [
    { title: 'Target' },
    { title: 'Imported by' },
    { title: 'Exported by' },
    { title: 'Peers that ask for it' },
    { title: 'Not served (RFC 4684 §3.1)' },
  ],
  examples: ['heddle show route-targets', 'heddle show route-targets target:64512:101'],
  cells: (entry) => [
    entry.target,
    entry.importedBy.map(networkOf).join(' '),
    entry.exportedBy.map(networkOf).join(' '),
    entry.peers.join(' '),
    entry.unserved.join(' '),
  ],
}

const floatingIpStyles = { advertised: 'green', allocated: 'yellow', failed: 'red' } as const

export const floatingIpsListing: Listing<FloatingIpStatus> = {
  name: 'floating-ips',
  summary: 'floating IPs, their pools and the compute nodes they lead to',
  path: '/v1/floating-ips',
  key: 'floatingIps',
  nameHelp: 'one floating IP, by name, namespace/name or address, in full',
  completion: 'floating-ips',
  columns: [
    { title: 'Floating IP' },
    { title: 'Address' },
    { title: 'Pool' },
    { title: 'State' },
    { title: 'Ports' },
    { title: 'What is in the way' },
  ],
  examples: ['heddle show floating-ips', 'heddle show floating-ips 101.101.101.252'],
  cells: (ip) => [
    ip.name,
    ip.address ?? '',
    ip.pool ?? '',
    { text: ip.state, style: floatingIpStyles[ip.state] },
    ip.ports.map(({ name, node, nextHop }) => [name, node ?? nextHop].filter(Boolean).join('@')).join(' '),
    ip.problem ?? '',
  ],
}

function stateCell(state: string): Cell {
  return { text: state, style: state === 'Established' ? 'green' : state === 'Idle' ? 'red' : 'yellow' }
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}

/** Columns of targets without the word that stands before each. */
function bareTargets(targets: readonly string[]): string {
  return targets.map((target) => target.replace(/^target:/, '')).join(' ')
}

/** `domain:project:network:network` as `project/network`. */
function networkOf(vrf: string): string {
  const [, project, network, again] = vrf.split(':')
  return again === undefined ? vrf : `${project}/${network}`
}
