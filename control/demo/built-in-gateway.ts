/**
 * The demo's gateway where no gobgpd is installed: a second RIB and BGP speaker of heddle's own in this process. It is
 * spoken to only over the BGP session, and asked only about its own tables.
 */
import { Speaker } from '../../bgp/session/speaker.ts'
import { plainAttributes } from '../../rib/model/attr-set.ts'
import { tunnelTypeName, tunnelTypesOf } from '../../rib/model/ext-community.ts'
import { Family } from '../../rib/model/family.ts'
import { formatIpAddress, parseIpv4, wordAt } from '../../rib/model/ip-address.ts'
import { formatRouteDistinguisher } from '../../rib/model/route-distinguisher.ts'
import { formatPrefix, keyPrefix, parsePrefix, prefixKey } from '../../rib/model/route-key.ts'
import { formatRouteTarget, parseRouteTarget } from '../../rib/model/route-target.ts'
import { silentLog } from '../../rib/log.ts'
import { SourceKind } from '../../rib/path-source.ts'
import { Rib } from '../../rib/rib.ts'
import { emptyPathInput } from '../../rib/table.ts'
import type { Table } from '../../rib/table.ts'
import { realTimers } from '../clock.ts'
import type { DemoGateway, GatewayChange, HeldRoute } from './demo-gateway.ts'
import {
  ASN,
  DEFAULT_ROUTE,
  GATEWAY_ADDRESS,
  GATEWAY_ROUTER_ID,
  HEDDLE_ADDRESS,
  PUBLIC_TARGET,
} from './story.ts'

const VRF = 'internet'
/** Changes looked at in one go; the demo's table holds a handful. */
const WATCH_BUDGET = 1000

export class BuiltInGateway implements DemoGateway {
  readonly isReal = false
  readonly title: string
  readonly #rib: Rib
  readonly #speaker: Speaker
  readonly #ownRoutes

  /** Why it is not a real one. */
  constructor(reason: string) {
    this.title = `heddle's own, in this process (${reason})`
    const routerId = wordAt(parseIpv4(GATEWAY_ROUTER_ID)!, 0) >>> 0
    this.#rib = new Rib({ localAs: ASN, routerId, clock: realTimers })
    this.#speaker = new Speaker({
      rib: this.#rib,
      localAs: ASN,
      routerId,
      clusterId: undefined,
      clock: realTimers,
      log: silentLog,
    })
    this.#ownRoutes = this.#rib.addSource({
      kind: SourceKind.local,
      name: 'gateway',
      isIbgp: false,
      isClient: false,
      asn: ASN,
      routerId,
      address: parseIpv4(GATEWAY_ROUTER_ID)!,
    })
    const target = parseRouteTarget(PUBLIC_TARGET)!
    const instance = this.#rib.setInstance({
      name: VRF,
      virtualNetwork: VRF,
      vnIndex: 1,
      importTargets: [target],
      exportTargets: [target],
    })
    this.#rib.attach(instance, this.#ownRoutes)
  }

  async start(): Promise<number> {
    await this.#speaker.listen([{ host: GATEWAY_ADDRESS, port: 0 }])
    this.#speaker.setPeers([
      {
        name: 'heddle',
        address: parseIpv4(HEDDLE_ADDRESS),
        range: undefined,
        port: 179,
        autonomousSystem: ASN,
        passive: true,
        families: [Family.inetVpn, Family.inet6Vpn, Family.routeTarget],
        routeReflectorClient: false,
        holdTimeSec: 90,
        ebgpRequiresPolicy: true,
        adminDown: false,
      },
    ])
    return this.#speaker.endpoints()[0]!.port
  }

  async received(): Promise<HeldRoute[]> {
    const table = this.#vpnTable
    const routes: HeldRoute[] = []
    for (let row = 1; row < table.routes.rowCount; row++) routes.push(...this.#held(table, row))
    return routes
  }

  async internet(): Promise<string[]> {
    const table = this.#rib.instance(VRF)!.inet
    const { paths, attrs } = this.#rib
    const lines: string[] = []
    for (let row = 1; row < table.routes.rowCount; row++) {
      if (!table.isRoute(row)) continue
      const prefix = formatPrefix(keyPrefix(Family.inet, table.rows, row * table.stride))
      for (let path = table.routes.firstPath(row); path !== 0; path = paths.next(path)) {
        lines.push(`${prefix} via ${formatIpAddress(attrs.get(paths.attrs(path)).nextHop)}`)
      }
    }
    return lines.toSorted()
  }

  async announceDefault(): Promise<void> {
    const input = emptyPathInput()
    input.source = this.#ownRoutes
    input.attrs = this.#rib.attrs.intern({ ...plainAttributes, nextHop: parseIpv4(GATEWAY_ROUTER_ID)! })
    input.label = DEFAULT_ROUTE.label
    // The RD becomes GATEWAY_ROUTER_ID:1, that of DEFAULT_ROUTE.
    input.instanceId = 1
    this.#rib.instance(VRF)!.inet.upsert(prefixKey(parsePrefix(DEFAULT_ROUTE.prefix)!), 0, input)
  }

  async watch(listener: (change: GatewayChange) => void): Promise<void> {
    const table = this.#vpnTable
    const reader = this.#rib.watch(table, 'tail', () => {
      reader.take(WATCH_BUDGET, (row) => {
        const { rd, prefix } = nameOf(table, row)
        const nextHop = this.#held(table, row)[0]?.nextHop
        listener({ rd, prefix, nextHop: nextHop ?? '', isWithdrawn: nextHop === undefined })
      })
    })
  }

  async close(): Promise<void> {
    await this.#speaker.close('the demo ends')
  }

  get #vpnTable(): Table {
    return this.#rib.master(Family.inetVpn)!
  }

  /** The paths of a row that came over BGP. */
  #held(table: Table, row: number): HeldRoute[] {
    const { paths, attrs, sources } = this.#rib
    const held: HeldRoute[] = []
    if (!table.isRoute(row)) return held
    for (let path = table.routes.firstPath(row); path !== 0; path = paths.next(path)) {
      if (sources.get(paths.source(path)).kind !== SourceKind.bgp) continue
      const set = attrs.get(paths.attrs(path))
      held.push({
        ...nameOf(table, row),
        label: paths.label(path),
        nextHop: formatIpAddress(set.nextHop),
        routeTargets: set.routeTargets.map(formatRouteTarget).toSorted(),
        encapsulations: tunnelTypesOf(set.extCommunities)
          .map((type) => tunnelTypeName(type) ?? String(type))
          .toSorted(),
      })
    }
    return held
  }
}

/** A VPN key starts with the two words of its RD. */
function nameOf(table: Table, row: number): { rd: string; prefix: string } {
  const at = row * table.stride
  return {
    rd: formatRouteDistinguisher(table.rows[at]!, table.rows[at + 1]!),
    prefix: formatPrefix(keyPrefix(Family.inetVpn, table.rows, at)),
  }
}
