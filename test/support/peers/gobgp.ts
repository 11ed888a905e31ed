/**
 * GoBGP 3.10 (Debian's gobgpd) as a gateway, asked through its gRPC client `gobgp -j`.
 *
 * What a GoBGP gateway needs: the families l3vpn-ipv4-unicast and l3vpn-ipv6-unicast on the neighbour, nothing about
 * tunnels: it is a control plane only and shows label, next hop and communities as received. With `rtc` negotiated it
 * announces the import targets of its own VRFs (`gobgp vrf add NAME rd RD rt import RT`), and without any VRF it asks
 * for nothing and so receives no VPN route. It sends End-of-RIB only where graceful restart is on, and without the one for
 * route targets heddle holds VPN routes back for 30 seconds: `graceful-restart` on the neighbour, and `mp-graceful-restart`
 * on each family, spare the wait. It binds `local-address-list` and connects from `transport.local-address`;
 * `remote-port` is the neighbour's port. An eBGP gateway needs `multihop-ttl` where the neighbour is not on a link.
 */
import { readFileSync } from 'node:fs'
import { ChildDaemon, isInstalled, output } from './child-daemon.ts'
import { eventually } from './eventually.ts'
import { freePort } from '../../../control/free-port.ts'
import { normalAddress, sorted } from './gateway.ts'
import type {
  Gateway,
  GatewayOptions,
  OriginatedRoute,
  PlainFamily,
  PlainRoute,
  StartOptions,
  VpnFamily,
  VpnRoute,
} from './gateway.ts'

const DAEMON = '/usr/bin/gobgpd'
const CLIENT = '/usr/bin/gobgp'

/** SESSION_STATE_ESTABLISHED in GoBGP's API. */
const ESTABLISHED = 6

const afiSafiNames = {
  'inet-vpn': 'l3vpn-ipv4-unicast',
  'inet6-vpn': 'l3vpn-ipv6-unicast',
  inet: 'ipv4-unicast',
  inet6: 'ipv6-unicast',
  'inet-labeled': 'ipv4-labelled-unicast',
  'route-target': 'rtc',
} as const
const cliNames = {
  'inet-vpn': 'vpnv4',
  'inet6-vpn': 'vpnv6',
  inet: 'ipv4',
  inet6: 'ipv6',
  'inet-labeled': 'ipv4-mpls',
} as const

interface JsonAttribute {
  readonly type: number
  readonly value?: unknown
  readonly nexthop?: string
  readonly as_paths?: readonly { readonly asns: readonly number[] }[]
  readonly metric?: number
  readonly communities?: readonly number[]
}
interface JsonPath {
  readonly nlri: {
    readonly prefix: string
    readonly labels: readonly number[]
    readonly rd: { readonly admin: string | number; readonly assigned: number }
  }
  readonly attrs: readonly JsonAttribute[]
  readonly 'source-id'?: string
  readonly 'neighbor-ip'?: string
}
interface JsonExtCommunity {
  readonly type: number
  readonly subtype: number
  readonly value?: string
  readonly tunnel_type?: number
}

export class GoBgp implements Gateway {
  static readonly isInstalled = isInstalled([DAEMON, CLIENT])
  readonly name = 'GoBGP'
  readonly options: GatewayOptions
  readonly #child = new ChildDaemon('gobgp', DAEMON)
  #apiPort = 0

  constructor(options: GatewayOptions) {
    this.options = options
  }

  async start({ isRestarting = false }: StartOptions = {}): Promise<void> {
    this.#apiPort = await freePort('127.0.0.1')
    const file = this.#child.write('gobgpd.toml', configuration(this.options))
    const api = ['--api-hosts', `127.0.0.1:${this.#apiPort}`]
    const log = ['-l', 'debug', '--log-plain', '--pprof-disable']
    this.#child.start(['-f', file, ...api, ...log, ...(isRestarting ? ['-r'] : [])])
    await eventually(
      'gobgpd answers',
      async () => (await this.cli('neighbor')).includes(this.options.neighbor.address) || undefined,
    )
  }

  async stop(): Promise<void> {
    await this.#child.stop()
  }

  async crash(): Promise<void> {
    await this.#child.crash()
  }

  dispose(keepLogs: boolean): void {
    this.#child.dispose(keepLogs)
  }

  /** Any `gobgp` command line against this daemon. */
  cli(...args: string[]): Promise<string> {
    return output(CLIENT, ['-p', String(this.#apiPort), ...args])
  }

  /** Arguments with which `gobgp` reaches this daemon, for a long-running `monitor`. */
  get clientArgs(): readonly string[] {
    return ['-p', String(this.#apiPort)]
  }

  lastWords(): Promise<string> {
    return Promise.resolve(readFileSync(this.#child.path('output.log'), 'utf8'))
  }

  async isEstablished(): Promise<boolean> {
    const neighbors = JSON.parse(await this.cli('-j', 'neighbor')) as { state?: { session_state?: number } }[]
    return neighbors[0]?.state?.session_state === ESTABLISHED
  }

  async received(family: VpnFamily): Promise<VpnRoute[]> {
    return (await this.#adjRibIn(family)).map(vpnRouteOf)
  }

  async receivedPlain(family: PlainFamily): Promise<PlainRoute[]> {
    return (await this.#adjRibIn(family)).map(({ nlri, attrs }) => {
      const nextHop = attrs.find(({ type }) => type === 3 || type === 14)?.nexthop
      const route = { prefix: nlri.prefix, nextHop: normalAddress(nextHop ?? '') }
      return family === 'inet-labeled' ? { ...route, label: nlri.labels[0]! } : route
    })
  }

  async originatePlain(family: PlainFamily, route: PlainRoute): Promise<void> {
    const args = [...prefixArgs(route), 'nexthop', route.nextHop]
    await this.cli('global', 'rib', 'add', '-a', cliNames[family], ...args)
  }

  async withdrawPlain(family: PlainFamily, route: PlainRoute): Promise<void> {
    await this.cli('global', 'rib', 'del', '-a', cliNames[family], ...prefixArgs(route))
  }

  /** The Adj-RIB-In, which is what the neighbour sent and nothing of GoBGP's own. */
  async #adjRibIn(family: VpnFamily | PlainFamily): Promise<JsonPath[]> {
    const args = ['-j', 'neighbor', this.options.neighbor.address, 'adj-in', '-a', cliNames[family]]
    try {
      return pathsOf(await this.cli(...args))
    } catch (error) {
      // What it answers of a neighbour that is gone with its routes.
      if ((error as Error).message.includes('session is not established')) return []
      throw error
    }
  }

  async originate(family: VpnFamily, route: OriginatedRoute): Promise<void> {
    await this.cli('global', 'rib', 'add', '-a', cliNames[family], ...routeArgs(route))
  }

  async withdraw(family: VpnFamily, route: OriginatedRoute): Promise<void> {
    await this.cli('global', 'rib', 'del', '-a', cliNames[family], ...routeArgs(route))
  }

  async requestRefresh(family: VpnFamily | PlainFamily): Promise<void> {
    await this.cli('neighbor', this.options.neighbor.address, 'softresetin', '-a', cliNames[family])
  }

  /** Adds a VRF; with route-target negotiated GoBGP announces its import targets (RFC 4684). */
  async addVrf(
    name: string,
    rd: string,
    importTargets: readonly string[],
    exportTargets: readonly string[],
  ): Promise<void> {
    await this.cli('vrf', 'add', name, 'rd', rd, 'rt', 'import', ...importTargets, 'export', ...exportTargets)
  }

  async deleteVrf(name: string): Promise<void> {
    await this.cli('vrf', 'del', name)
  }

  /** `asn:target` of the route target memberships the neighbour announced. */
  async receivedMemberships(): Promise<string[]> {
    const text = await this.cli('-j', 'neighbor', this.options.neighbor.address, 'adj-in', '-a', 'rtc')
    return sorted(Object.keys(tableOf(text)))
  }
}

const mpGracefulRestart = `
    [neighbors.afi-safis.mp-graceful-restart.config]
      enabled = true`

function configuration(options: GatewayOptions): string {
  const { neighbor } = options
  const prefixLimit =
    options.prefixLimit === undefined
      ? ''
      : `
    [neighbors.afi-safis.prefix-limit.config]
      max-prefixes = ${options.prefixLimit}`
  const longLived =
    options.longLivedStaleTimeSec === undefined
      ? ''
      : `
    [neighbors.afi-safis.long-lived-graceful-restart.config]
      enabled = true
      restart-time = ${options.longLivedStaleTimeSec}`
  const password = options.password === undefined ? '' : `\n    auth-password = "${options.password}"`
  const afiSafis = options.families.map(
    (family) => `
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "${afiSafiNames[family]}"${options.gracefulRestart ? mpGracefulRestart : ''}${longLived}${prefixLimit}`,
  )
  const gracefulRestart = options.gracefulRestart
    ? `
  [neighbors.graceful-restart.config]
    enabled = true
    notification-enabled = ${options.softNotification ?? false}
    long-lived-enabled = ${options.longLivedStaleTimeSec !== undefined}
    restart-time = ${options.restartTimeSec ?? 5}`
    : ''
  const multihop = options.ttlSecurity
    ? `
  [neighbors.ttl-security.config]
    enabled = true
    ttl-min = 255`
    : neighbor.asn === options.asn
      ? ''
      : `
  [neighbors.ebgp-multihop.config]
    enabled = true
    multihop-ttl = 64`
  return `[global.config]
  as = ${options.asn}
  router-id = "${options.routerId}"
  port = ${options.port}
  local-address-list = ["${options.address}"]
[[neighbors]]
  [neighbors.config]
    peer-as = ${neighbor.asn}
    neighbor-address = "${neighbor.address}"${password}
  [neighbors.timers.config]
    connect-retry = 1
    idle-hold-time-after-reset = 1
    hold-time = ${options.holdTimeSec ?? 90}
  [neighbors.transport.config]
    passive-mode = ${options.passive ?? false}
    local-address = "${options.address}"
    remote-port = ${neighbor.port}${multihop}${gracefulRestart}${afiSafis.join('')}
`
}

function prefixArgs({ prefix, label }: PlainRoute): string[] {
  return label === undefined ? [prefix] : [prefix, String(label)]
}

function routeArgs(route: OriginatedRoute): string[] {
  const { prefix, label, rd, nextHop, routeTargets } = route
  return [prefix, 'label', String(label), 'rd', rd, 'rt', ...routeTargets, 'nexthop', nextHop]
}

/** GoBGP prints one object keyed by route; an empty table is an empty text or an empty object. */
function tableOf(text: string): Record<string, readonly JsonPath[]> {
  const trimmed = text.trim()
  if (!trimmed.startsWith('{')) return {}
  return JSON.parse(trimmed) as Record<string, readonly JsonPath[]>
}

function pathsOf(text: string): JsonPath[] {
  return Object.values(tableOf(text)).flat()
}

function vpnRouteOf(path: JsonPath): VpnRoute {
  const attribute = (type: number): JsonAttribute | undefined => path.attrs.find((each) => each.type === type)
  const extended = (attribute(16)?.value ?? []) as readonly JsonExtCommunity[]
  return {
    rd: `${path.nlri.rd.admin}:${path.nlri.rd.assigned}`,
    prefix: path.nlri.prefix,
    label: path.nlri.labels[0] ?? -1,
    nextHop: normalAddress(attribute(14)?.nexthop ?? ''),
    routeTargets: sorted(
      extended.filter((each) => each.subtype === 2 && each.type <= 2).map((each) => each.value!),
    ),
    tunnelTypes: extended
      .filter((each) => each.type === 3 && each.subtype === 12)
      .map((each) => each.tunnel_type!)
      .toSorted((a, b) => a - b),
    localPref: attribute(5)?.value as number | undefined,
    med: attribute(4)?.metric,
    asPath: (attribute(2)?.as_paths ?? []).flatMap((segment) => segment.asns).join(' '),
    communities: sorted(
      (attribute(8)?.communities ?? []).map((value) => `${value >>> 16}:${value & 0xffff}`),
    ),
  }
}
