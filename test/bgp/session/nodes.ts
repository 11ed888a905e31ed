/** Nodes for session tests: a RIB and a speaker on loopback, on a clock whose timers move only when told to. */
import type { PeerConfig } from '../../../bgp/session/peer-config.ts'
import { Speaker } from '../../../bgp/session/speaker.ts'
import type { PeerView } from '../../../bgp/session/peer-view.ts'
import type { Transport } from '../../../bgp/session/transport.ts'
import { silentLog } from '../../../rib/log.ts'
import type { Log } from '../../../rib/log.ts'
import type { Attributes } from '../../../rib/model/attr-set.ts'
import { plainAttributes } from '../../../rib/model/attr-set.ts'
import { extCommunities } from '../../../rib/model/ext-community.ts'
import { Family } from '../../../rib/model/family.ts'
import { formatIpAddress, parseIpAddress, parseIpv4, wordAt } from '../../../rib/model/ip-address.ts'
import { formatRouteKey, parseRouteKey } from '../../../rib/model/route-key.ts'
import { parseRouteTarget, routeTargetHigh, routeTargetLow } from '../../../rib/model/route-target.ts'
import type { PathSource } from '../../../rib/path-source.ts'
import { SourceKind } from '../../../rib/path-source.ts'
import { Rib } from '../../../rib/rib.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { pathsOf } from '../../support/rib-check.ts'

/** Timers stand still until told to move; deferred work runs with the event loop, as sockets do. */
export class SocketClock extends FakeClock {
  override defer(run: () => void): void {
    setImmediate(run)
  }
}

export interface NodeOptions {
  readonly address: string
  readonly localAs?: number
  readonly routerId?: string
  readonly clusterId?: string
  readonly transport?: Transport
  readonly log?: Log
}

export class TestNode {
  readonly address: string
  readonly clock = new SocketClock()
  readonly rib: Rib
  readonly speaker: Speaker
  readonly local: PathSource
  port = 0

  static async start(options: NodeOptions): Promise<TestNode> {
    const node = new TestNode(options)
    await node.speaker.listen([{ host: node.address, port: 0 }])
    node.port = node.speaker.endpoints()[0]!.port
    return node
  }

  private constructor(options: NodeOptions) {
    const { address, localAs = 64512, routerId = address, clusterId, transport, log = silentLog } = options
    this.address = address
    const id = identifier(routerId)
    const cluster = clusterId === undefined ? undefined : identifier(clusterId)
    const { clock } = this
    this.rib = new Rib({
      localAs,
      routerId: id,
      clock,
      ...(cluster === undefined ? {} : { clusterId: cluster }),
    })
    this.speaker = new Speaker({
      rib: this.rib,
      localAs,
      routerId: id,
      clusterId: cluster,
      clock,
      log,
      random: () => 0,
      ...(transport ? { transport } : {}),
    })
    this.local = this.rib.addSource({
      kind: SourceKind.local,
      name: 'static',
      isIbgp: false,
      isClient: false,
      asn: localAs,
      routerId: 0,
      address: parseIpAddress(address)!,
    })
  }

  announce(route: string, overrides: Partial<Attributes> = {}, family: Family = Family.inetVpn): void {
    this.announcePath(route, 0, overrides, family)
  }

  /** One of several paths of a route. */
  announcePath(
    route: string,
    pathId: number,
    overrides: Partial<Attributes> = {},
    family: Family = Family.inetVpn,
  ): void {
    this.rib.master(family)!.upsert(parseRouteKey(family, route)!, 0, {
      source: this.local,
      pathId,
      attrs: this.rib.attrs.intern({ ...plainAttributes, nextHop: parseIpv4('10.9.9.9')!, ...overrides }),
      label: 100 + pathId,
      instanceId: 0,
      flags: 0,
    })
  }

  withdraw(route: string, family: Family = Family.inetVpn, pathId = 0): void {
    this.rib.master(family)!.withdraw(parseRouteKey(family, route)!, 0, this.local, pathId)
  }

  /** `next hop label` of each path of a route, sorted. */
  paths(route: string, family: Family = Family.inetVpn): string[] {
    const table = this.rib.master(family)!
    const { paths, attrs } = this.rib
    const row = table.find(parseRouteKey(family, route)!, 0)
    if (row < 0) return []
    return pathsOf(this.rib, table, row)
      .map((path) => `${formatIpAddress(attrs.get(paths.attrs(path)).nextHop)} ${paths.label(path)}`)
      .sort()
  }

  /** Routes with a path of any kind, usable or not. */
  routes(family: Family = Family.inetVpn): string[] {
    const table = this.rib.master(family)!
    const routes: string[] = []
    for (let row = 1; row < table.routes.rowCount; row++) {
      if (table.isRoute(row) && table.routes.firstPath(row) !== 0)
        routes.push(formatRouteKey(family, table.rows, row * table.stride))
    }
    return routes.sort()
  }

  /** Flags of the best path of a route. */
  flags(route: string, family: Family = Family.inetVpn): number {
    const table = this.rib.master(family)!
    return this.rib.paths.flags(table.routes.firstPath(table.find(parseRouteKey(family, route)!, 0)))
  }

  attributes(route: string, family: Family = Family.inetVpn): Attributes {
    const table = this.rib.master(family)!
    const path = table.routes.firstPath(table.find(parseRouteKey(family, route)!, 0))
    return this.rib.attrs.get(this.rib.paths.attrs(path))
  }

  peer(name: string): PeerView {
    const view = this.speaker.peers().find((peer) => peer.name === name)
    if (!view) throw new Error(`no peer ${name}`)
    return view
  }

  isEstablished(name: string): boolean {
    return this.speaker.peers().some((peer) => peer.name === name && peer.state === 'Established')
  }
}

/** Configuration of a peer at a node's address. */
export function peerAt(
  name: string,
  node: { address: string; port: number },
  overrides: Partial<PeerConfig> = {},
): PeerConfig {
  return {
    name,
    address: parseIpAddress(node.address),
    range: undefined,
    port: node.port,
    autonomousSystem: 64512,
    passive: false,
    families: [Family.inetVpn],
    routeReflectorClient: false,
    holdTimeSec: 90,
    ebgpRequiresPolicy: true,
    adminDown: false,
    ...overrides,
  }
}

/** An attribute list that carries these route targets. */
export function targets(...texts: string[]): Pick<Attributes, 'extCommunities'> {
  const values = texts.map((text) => parseRouteTarget(text)!)
  return {
    extCommunities: extCommunities(values.map((value) => [routeTargetHigh(value), routeTargetLow(value)])),
  }
}

function identifier(text: string): number {
  return wordAt(parseIpv4(text)!, 0) >>> 0
}
