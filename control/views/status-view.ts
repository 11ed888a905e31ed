/** The node on one screen. */
import type { ControlNode } from '../api/control-node.ts'

export interface StatusView {
  readonly name: string
  readonly version: string
  readonly autonomousSystem: number
  readonly routerId: string
  readonly uptimeSec: number
  readonly peers: { readonly total: number; readonly established: number }
  readonly agents: { readonly total: number; readonly established: number }
  readonly vrfs: number
  readonly floatingIps: number
  readonly routes: number
  readonly paths: number
  readonly attributeSets: number
  readonly residentOctets: number
  /** BGP connections that were closed without a word, by reason, and who was refused last. */
  readonly refusedConnections: Readonly<Record<string, number>>
  readonly refusedSources: readonly {
    readonly address: string
    readonly count: number
    readonly reason: string
  }[]
}

const SHOWN_SOURCES = 10

export function statusView(node: ControlNode, version: string, uptimeSec: number): StatusView {
  let routes = 0
  let paths = 0
  for (const table of node.rib.tables()) {
    routes += table.routeCount
    paths += table.pathCount
  }
  const { counts, sources } = node.refusedConnections(SHOWN_SOURCES)
  return {
    name: node.name,
    version,
    autonomousSystem: node.localAs,
    routerId: node.routerId,
    uptimeSec,
    peers: established(node.peers()),
    agents: established(node.agents()),
    vrfs: [...node.rib.instances()].length,
    floatingIps: node.floatingIps().length,
    routes,
    paths,
    attributeSets: node.rib.attrs.liveCount,
    residentOctets: process.memoryUsage.rss(),
    refusedConnections: counts,
    refusedSources: sources.map(({ address, count, reason }) => ({ address, count, reason })),
  }
}

function established(sessions: readonly { readonly state: string }[]): {
  total: number
  established: number
} {
  return {
    total: sessions.length,
    established: sessions.filter(({ state }) => state === 'Established').length,
  }
}
