/**
 * FRR 8.4 bgpd as a gateway, alone (no zebra), asked through vtysh in JSON.
 *
 * What an FRR gateway needs: `address-family ipv4 vpn` (and ipv6 vpn) with `activate`, and an inbound route-map with
 * `set l3vpn next-hop encapsulation gre`, which lets a VPN route be valid when its next hop, the compute node, is reached
 * over a GRE interface instead of a labelled path; that interface and the route to the compute through it must exist.
 * `no bgp ebgp-requires-policy` or a policy on eBGP; `neighbor X port N` for another port than 179;
 * `disable-connected-check` (iBGP) or `ebgp-multihop` where the neighbour is not on a link. Without zebra (`-Z`, as here)
 * nothing tracks next hops and every route counts as reachable. A neighbour's route-map must stand before the neighbour
 * in the file: one that comes later denies everything for the first seconds. FRR knows no route target constraint. As an
 * unprivileged user it runs with `-S` (no change of user), a port above 1023 and `--vty_socket` in a folder of its own.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { ChildDaemon, isInstalled, output } from './child-daemon.ts'
import { until } from './eventually.ts'
import { normalAddress, sorted } from './gateway.ts'
import type {
  Gateway,
  GatewayOptions,
  OriginatedRoute,
  PlainFamily,
  PlainRoute,
  VpnFamily,
  VpnRoute,
} from './gateway.ts'

const DAEMON = '/usr/lib/frr/bgpd'
const CLIENT = '/usr/bin/vtysh'
const families = {
  'inet-vpn': 'ipv4 vpn',
  'inet6-vpn': 'ipv6 vpn',
  inet: 'ipv4 unicast',
  inet6: 'ipv6 unicast',
  'inet-labeled': 'ipv4 labeled-unicast',
} as const

/** How FRR spells what others show as numbers. */
const wellKnown: Readonly<Record<string, string>> = { llgrStale: '65535:6' }

interface JsonSummary {
  readonly routes: {
    readonly routeDistinguishers: Record<string, Record<string, readonly { readonly peerId: string }[]>>
  }
}
interface JsonPath {
  readonly remoteLabel?: number
  readonly locPrf?: number
  readonly metric?: number
  readonly valid?: boolean
  readonly community?: { readonly list: readonly string[] }
  readonly aspath: { readonly string: string }
  readonly extendedCommunity?: { readonly string: string }
  readonly nexthops: readonly { readonly ip: string }[]
  readonly peer: { readonly peerId: string }
}
interface JsonPlain {
  readonly routes: Record<
    string,
    readonly { readonly peerId: string; readonly nexthops: readonly { readonly ip: string }[] }[]
  >
}
type JsonDetail = Record<string, { readonly prefix: string; readonly paths: readonly JsonPath[] }>

export class Frr implements Gateway {
  static readonly isInstalled = isInstalled([DAEMON, CLIENT])
  readonly name = 'FRR'
  readonly options: GatewayOptions
  readonly #child = new ChildDaemon('frr', DAEMON)
  #policies = 0

  constructor(options: GatewayOptions) {
    this.options = options
  }

  async start(): Promise<void> {
    const { address, port } = this.options
    const file = this.#child.write('bgpd.conf', configuration(this.options, this.#child.path('bgpd.log')))
    mkdirSync(this.#vtyFolder, { recursive: true })
    const sockets = [
      '--vty_socket',
      this.#vtyFolder,
      '-A',
      address,
      '-P',
      '0',
      '-i',
      this.#child.path('bgpd.pid'),
    ]
    this.#child.start(['-n', '-Z', '-S', '-l', address, '-p', String(port), ...sockets, '-f', file])
    await until('bgpd answers', async () => (await this.cli('show bgp summary')).length > 0)
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

  /** vtysh commands, one after the other, in one go. */
  cli(...commands: string[]): Promise<string> {
    const socket = ['--vty_socket', this.#vtyFolder, '-d', 'bgpd']
    return output(CLIENT, [...socket, ...commands.flatMap((command) => ['-c', command])])
  }

  lastWords(): Promise<string> {
    return Promise.resolve(readFileSync(this.#child.path('bgpd.log'), 'utf8'))
  }

  async isEstablished(): Promise<boolean> {
    const { address } = this.options.neighbor
    const text = await this.cli(`show bgp neighbors ${address} json`)
    return (JSON.parse(text) as Record<string, { bgpState?: string }>)[address]?.bgpState === 'Established'
  }

  async received(family: VpnFamily): Promise<VpnRoute[]> {
    const routes: VpnRoute[] = []
    for (const prefix of await this.#prefixes(family)) routes.push(...(await this.#detail(family, prefix)))
    return routes
  }

  /** Without a question for every route. */
  async countReceived(family: VpnFamily): Promise<number> {
    return (await this.#prefixes(family)).size
  }

  async originate(family: VpnFamily, route: OriginatedRoute): Promise<void> {
    await this.originateAll(family, [route])
  }

  /** Routes that have all but prefix and label in common. */
  async originateAll(family: VpnFamily, routes: readonly OriginatedRoute[]): Promise<void> {
    const route = routes[0]!
    const policy = `SENT${++this.#policies}`
    const setNextHop = family === 'inet-vpn' ? 'set ipv4 vpn next-hop' : 'set ipv6 vpn next-hop'
    await this.cli(
      'configure terminal',
      `route-map ${policy} permit 10`,
      `set extcommunity rt ${route.routeTargets.join(' ')}`,
      `${setNextHop} ${route.nextHop}`,
      'exit',
      `router bgp ${this.options.asn}`,
      `address-family ${families[family]}`,
      ...routes.map((each) => `${networkOf(each)} route-map ${policy}`),
    )
  }

  /** Another key, on the live daemon; FRR resets the session for it. */
  async changePassword(password: string): Promise<void> {
    const neighbor = `neighbor ${this.options.neighbor.address} password ${password}`
    await this.cli('configure terminal', `router bgp ${this.options.asn}`, neighbor)
  }

  async withdraw(family: VpnFamily, route: OriginatedRoute): Promise<void> {
    const where = [`router bgp ${this.options.asn}`, `address-family ${families[family]}`]
    await this.cli('configure terminal', ...where, `no ${networkOf(route)}`)
  }

  async receivedPlain(family: PlainFamily): Promise<PlainRoute[]> {
    const { routes } = JSON.parse(await this.cli(`show bgp ${families[family]} json`)) as JsonPlain
    if (family === 'inet-labeled') return await this.#labeled(Object.keys(routes))
    return Object.entries(routes).flatMap(([prefix, paths]) =>
      paths
        .filter(({ peerId }) => peerId === this.options.neighbor.address)
        .map(({ nexthops }) => ({ prefix, nextHop: normalAddress(nexthops[0]!.ip) })),
    )
  }

  async originatePlain(family: PlainFamily, { prefix, nextHop }: PlainRoute): Promise<void> {
    const policy = `SENT${++this.#policies}`
    await this.cli(
      'configure terminal',
      `route-map ${policy} permit 10`,
      !nextHop.includes(':') ? `set ip next-hop ${nextHop}` : `set ipv6 next-hop global ${nextHop}`,
      'exit',
      `router bgp ${this.options.asn}`,
      `address-family ${families[family]}`,
      `network ${prefix} route-map ${policy}`,
    )
  }

  async withdrawPlain(family: PlainFamily, { prefix }: PlainRoute): Promise<void> {
    const where = [`router bgp ${this.options.asn}`, `address-family ${families[family]}`]
    await this.cli('configure terminal', ...where, `no network ${prefix}`)
  }

  async requestRefresh(family: VpnFamily | PlainFamily): Promise<void> {
    await this.cli(`clear bgp ${families[family]} ${this.options.neighbor.address} soft in`)
  }

  /** Whether FRR would use the route; false for one whose next hop it cannot resolve. */
  async isValid(prefix: string): Promise<boolean> {
    const detail = JSON.parse(await this.cli(`show bgp ipv4 vpn ${prefix} json`)) as JsonDetail
    return Object.values(detail).some((each) => each.paths.some((path) => path.valid === true))
  }

  async #labeled(prefixes: readonly string[]): Promise<PlainRoute[]> {
    const routes: PlainRoute[] = []
    for (const prefix of prefixes) {
      const text = await this.cli(`show bgp ${families['inet-labeled']} ${prefix} json`)
      const { paths } = JSON.parse(text) as JsonDetail[string]
      const ours = paths.filter(({ peer }) => peer.peerId === this.options.neighbor.address)
      for (const { nexthops, remoteLabel = -1 } of ours) {
        routes.push({ prefix, nextHop: normalAddress(nexthops[0]!.ip), label: remoteLabel })
      }
    }
    return routes
  }

  get #vtyFolder(): string {
    return this.#child.path('vty')
  }

  async #prefixes(family: VpnFamily): Promise<Set<string>> {
    const { address } = this.options.neighbor
    const all = JSON.parse(await this.cli(`show bgp ${families[family]} json`)) as JsonSummary
    const entries = Object.entries(all.routes.routeDistinguishers)
    const ours = entries.flatMap(([, prefixes]) =>
      Object.entries(prefixes).flatMap(([prefix, paths]) =>
        paths.some((path) => path.peerId === address) ? [prefix] : [],
      ),
    )
    return new Set(ours)
  }

  async #detail(family: VpnFamily, prefix: string): Promise<VpnRoute[]> {
    const text = await this.cli(`show bgp ${families[family]} ${prefix} json`)
    return Object.entries(JSON.parse(text) as JsonDetail).flatMap(([rd, entry]) =>
      entry.paths
        .filter((path) => path.peer.peerId === this.options.neighbor.address)
        .map((path) => vpnRouteOf(rd, entry.prefix, path)),
    )
  }
}

function networkOf(route: OriginatedRoute): string {
  return `network ${route.prefix} rd ${route.rd} label ${route.label}`
}

function vpnRouteOf(rd: string, prefix: string, path: JsonPath): VpnRoute {
  const extended = (path.extendedCommunity?.string ?? '').split(' ')
  const ofKind = (kind: string): string[] =>
    extended.filter((each) => each.startsWith(`${kind}:`)).map((each) => each.slice(kind.length + 1))
  return {
    rd,
    prefix,
    label: path.remoteLabel ?? -1,
    nextHop: normalAddress(path.nexthops[0]?.ip ?? ''),
    routeTargets: sorted(ofKind('RT')),
    tunnelTypes: ofKind('ET')
      .map(Number)
      .toSorted((a, b) => a - b),
    localPref: path.locPrf,
    med: path.metric,
    asPath: path.aspath.string === 'Local' ? '' : path.aspath.string,
    communities: sorted((path.community?.list ?? []).map((each) => wellKnown[each] ?? each)),
  }
}

function configuration(options: GatewayOptions, logFile: string): string {
  const { neighbor } = options
  const peer = ` neighbor ${neighbor.address}`
  const isIbgp = neighbor.asn === options.asn
  const family = (name: keyof typeof families): string => {
    if (!options.families.includes(name)) return ''
    const lines = [
      'activate',
      ...(options.prefixLimit === undefined ? [] : [`maximum-prefix ${options.prefixLimit} restart 1`]),
      ...(name.endsWith('-vpn') ? ['route-map FROM-HEDDLE in'] : []),
    ]
    const text = lines.map((line) => ` ${peer} ${line}\n`).join('')
    return ` address-family ${families[name]}\n${text} exit-address-family\n`
  }
  return `hostname gateway
log file ${logFile}
debug bgp neighbor-events
debug bgp updates
route-map FROM-HEDDLE permit 10
 set l3vpn next-hop encapsulation gre
!
bgp route-map delay-timer 1
router bgp ${options.asn}
 bgp router-id ${options.routerId}
${options.softNotification ? ' no bgp hard-administrative-reset\n' : ''} no bgp default ipv4-unicast
 no bgp ebgp-requires-policy
 no bgp network import-check
${restartLines(options)}${peer} remote-as ${neighbor.asn}
${peer} port ${neighbor.port}
${peer} update-source ${options.address}
${peer} timers ${Math.floor((options.holdTimeSec ?? 90) / 3)} ${options.holdTimeSec ?? 90}
${peer} timers connect 1
${peer} advertisement-interval 0
${options.extendedNextHop ? `${peer} capability extended-nexthop\n` : ''}${options.role === undefined ? '' : `${peer} local-role ${options.role}${options.strictRole ? ' strict-mode' : ''}\n`}${options.passive ? `${peer} passive\n` : ''}${options.password === undefined ? '' : `${peer} password ${options.password}\n`}${options.ttlSecurity ? `${peer} ttl-security hops 1\n${peer} disable-connected-check` : isIbgp ? `${peer} disable-connected-check` : `${peer} ebgp-multihop 64`}
${(Object.keys(families) as (keyof typeof families)[]).map(family).join('')}!
`
}

/** FRR counts its own routes as preserved only where zebra, or this setting, says so. */
function restartLines(options: GatewayOptions): string {
  if (!options.gracefulRestart) return ''
  const lines = [
    'bgp graceful-restart',
    'bgp graceful-restart preserve-fw-state',
    `bgp graceful-restart restart-time ${options.restartTimeSec ?? 5}`,
    // Without zebra, and so without a routing table to compare with, it has nothing to wait for.
    'bgp graceful-restart select-defer-time 2',
    ...(options.softNotification ? ['bgp graceful-restart notification'] : []),
    ...(options.longLivedStaleTimeSec === undefined
      ? []
      : [`bgp long-lived-graceful-restart stale-time ${options.longLivedStaleTimeSec}`]),
  ]
  return lines.map((line) => ` ${line}\n`).join('')
}
