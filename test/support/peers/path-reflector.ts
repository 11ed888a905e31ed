/**
 * Real daemons as route reflectors between two heddles, with several paths of a route both ways (RFC 7911):
 *
 *   heddle 127.0.0.11 ──paths──► reflector ──paths──► heddle 127.0.0.12
 *
 * What each needs for it: GoBGP `add-paths` under the neighbour's family; FRR `addpath-tx-all-paths` in the family (receiving
 * it always offers); BIRD `add paths` in the channel.
 */
import { mkdirSync } from 'node:fs'
import { Bird } from './bird.ts'
import { ChildDaemon, output } from './child-daemon.ts'
import { until } from './eventually.ts'
import { freePort } from '../../../control/free-port.ts'
import { Frr } from './frr.ts'
import { normalAddress, sorted } from './gateway.ts'
import { GoBgp } from './gobgp.ts'

export type ReflectedFamily = 'inet' | 'inet6' | 'inet-vpn' | 'inet6-vpn'

export interface ReflectorOptions {
  readonly address: string
  readonly port: number
  readonly clients: readonly { readonly address: string; readonly port: number }[]
}

export interface PathReflector {
  start(): Promise<void>
  stop(keepLogs: boolean): Promise<void>
  /** Next hops of the paths that it has from a client for a prefix, as it shows them. */
  nextHops(family: ReflectedFamily, client: string, prefix: string): Promise<string[]>
}

export interface ReflectorKind {
  readonly name: string
  readonly isInstalled: boolean
  readonly families: readonly ReflectedFamily[]
  make(options: ReflectorOptions): PathReflector
}

const AS = 64512
const ROUTER_ID = '192.0.2.3'
const allFamilies = ['inet', 'inet6', 'inet-vpn', 'inet6-vpn'] as const

class GoBgpReflector implements PathReflector {
  readonly #child = new ChildDaemon('gobgp', '/usr/bin/gobgpd')
  readonly #options: ReflectorOptions
  #apiPort = 0

  constructor(options: ReflectorOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    this.#apiPort = await freePort('127.0.0.1')
    const file = this.#child.write('gobgpd.toml', gobgpConfiguration(this.#options))
    const api = `127.0.0.1:${this.#apiPort}`
    this.#child.start(['-f', file, '--api-hosts', api, '-l', 'debug', '--log-plain'])
    await until('gobgpd answers', async () => (await this.#cli('neighbor')).length > 0)
  }

  async stop(keepLogs: boolean): Promise<void> {
    await this.#child.stop()
    this.#child.dispose(keepLogs)
  }

  async nextHops(family: ReflectedFamily, client: string, prefix: string): Promise<string[]> {
    const text = await this.#cli('-j', 'neighbor', client, 'adj-in', '-a', gobgpNames[family].cli)
    const table = JSON.parse(text.trim() || '{}') as Record<string, readonly GoBgpPath[]>
    const paths = Object.values(table)
      .flat()
      .filter(({ nlri }) => nlri.prefix === prefix)
    return sorted(
      paths.map(({ attrs }) => normalAddress(attrs.find(({ nexthop }) => nexthop)?.nexthop ?? '')),
    )
  }

  #cli(...args: string[]): Promise<string> {
    return output('/usr/bin/gobgp', ['-p', String(this.#apiPort), ...args])
  }
}

interface GoBgpPath {
  readonly nlri: { readonly prefix: string }
  readonly attrs: readonly { readonly nexthop?: string }[]
}

const gobgpNames = {
  inet: { cli: 'ipv4', toml: 'ipv4-unicast' },
  inet6: { cli: 'ipv6', toml: 'ipv6-unicast' },
  'inet-vpn': { cli: 'vpnv4', toml: 'l3vpn-ipv4-unicast' },
  'inet6-vpn': { cli: 'vpnv6', toml: 'l3vpn-ipv6-unicast' },
} as const

function gobgpConfiguration({ address, port, clients }: ReflectorOptions): string {
  const afiSafis = allFamilies.map(
    (family) => `
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "${gobgpNames[family].toml}"
    [neighbors.afi-safis.add-paths.config]
      receive = true
      send-max = 8`,
  )
  const neighbors = clients.map(
    (client) => `
[[neighbors]]
  [neighbors.config]
    peer-as = ${AS}
    neighbor-address = "${client.address}"
  [neighbors.timers.config]
    connect-retry = 1
    idle-hold-time-after-reset = 1
  [neighbors.transport.config]
    passive-mode = true
    local-address = "${address}"
    remote-port = ${client.port}
  [neighbors.route-reflector.config]
    route-reflector-client = true
    route-reflector-cluster-id = "${ROUTER_ID}"${afiSafis.join('')}`,
  )
  return `[global.config]
  as = ${AS}
  router-id = "${ROUTER_ID}"
  port = ${port}
  local-address-list = ["${address}"]${neighbors.join('')}
`
}

class FrrReflector implements PathReflector {
  readonly #child = new ChildDaemon('frr', '/usr/lib/frr/bgpd')
  readonly #options: ReflectorOptions

  constructor(options: ReflectorOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const { address, port } = this.#options
    const file = this.#child.write('bgpd.conf', frrConfiguration(this.#options, this.#child.path('bgpd.log')))
    const vty = this.#child.path('vty')
    mkdirSync(vty, { recursive: true })
    const sockets = ['--vty_socket', vty, '-A', address, '-P', '0', '-i', this.#child.path('bgpd.pid')]
    this.#child.start(['-n', '-Z', '-S', '-l', address, '-p', String(port), ...sockets, '-f', file])
    await until('bgpd answers', async () => (await this.#cli('show bgp summary')).length > 0)
  }

  async stop(keepLogs: boolean): Promise<void> {
    await this.#child.stop()
    this.#child.dispose(keepLogs)
  }

  async nextHops(family: ReflectedFamily, client: string, prefix: string): Promise<string[]> {
    const text = await this.#cli(`show bgp ${frrNames[family]} ${prefix} json`)
    const detail = JSON.parse(text) as FrrEntry | Record<string, FrrEntry>
    const entries =
      'paths' in detail ? [detail as FrrEntry] : Object.values(detail as Record<string, FrrEntry>)
    const paths = entries.flatMap(({ paths: all }) => all ?? []).filter(({ peer }) => peer.peerId === client)
    return sorted(paths.map(({ nexthops }) => normalAddress(nexthops[0]?.ip ?? '')))
  }

  #cli(command: string): Promise<string> {
    return output('/usr/bin/vtysh', ['--vty_socket', this.#child.path('vty'), '-d', 'bgpd', '-c', command])
  }
}

interface FrrEntry {
  readonly paths?: readonly {
    readonly nexthops: readonly { readonly ip: string }[]
    readonly peer: { readonly peerId: string }
  }[]
}

const frrNames = {
  inet: 'ipv4 unicast',
  inet6: 'ipv6 unicast',
  'inet-vpn': 'ipv4 vpn',
  'inet6-vpn': 'ipv6 vpn',
} as const

function frrConfiguration({ address, clients }: ReflectorOptions, logFile: string): string {
  const neighbors = clients.map(
    ({ address: client, port }) => ` neighbor ${client} remote-as ${AS}
 neighbor ${client} port ${port}
 neighbor ${client} update-source ${address}
 neighbor ${client} passive
 neighbor ${client} disable-connected-check
 neighbor ${client} advertisement-interval 0
`,
  )
  const families = allFamilies.map((family) => {
    const lines = clients.map(
      ({ address: client }) => `  neighbor ${client} activate
  neighbor ${client} route-reflector-client
  neighbor ${client} addpath-tx-all-paths
`,
    )
    return ` address-family ${frrNames[family]}\n${lines.join('')} exit-address-family\n`
  })
  return `hostname reflector
log file ${logFile}
debug bgp neighbor-events
debug bgp updates
router bgp ${AS}
 bgp router-id ${ROUTER_ID}
 bgp cluster-id ${ROUTER_ID}
 no bgp default ipv4-unicast
 no bgp network import-check
${neighbors.join('')}${families.join('')}`
}

class BirdReflector implements PathReflector {
  readonly #child = new ChildDaemon('bird', '/usr/sbin/bird')
  readonly #options: ReflectorOptions

  constructor(options: ReflectorOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const file = this.#child.write(
      'bird.conf',
      birdConfiguration(this.#options, this.#child.path('bird.log')),
    )
    const pidFile = this.#child.path('bird.pid')
    this.#child.start(['-f', '-c', file, '-s', this.#child.path('bird.ctl'), '-P', pidFile])
    await until('bird answers', async () => (await this.#cli('show status')).includes('is up and running'))
  }

  async stop(keepLogs: boolean): Promise<void> {
    await this.#child.stop()
    this.#child.dispose(keepLogs)
  }

  async nextHops(family: ReflectedFamily, client: string, prefix: string): Promise<string[]> {
    const protocol = `client${this.#options.clients.findIndex(({ address }) => address === client)}`
    const text = await this.#cli(`show route table ${birdNames[family].table} all protocol ${protocol}`)
    const hops: string[] = []
    let isMeant = false
    for (const line of text.split('\n')) {
      // The net stands in the first line of its first path only.
      const net = /^(?:\S+:\d+ )?(\S+\/\d+) /.exec(line)?.[1]
      if (net !== undefined) isMeant = net === prefix
      const hop = /BGP\.next_hop: (\S+)/.exec(line)?.[1]
      if (isMeant && hop !== undefined) hops.push(normalAddress(hop))
    }
    return sorted(hops)
  }

  #cli(command: string): Promise<string> {
    return output('/usr/sbin/birdc', ['-s', this.#child.path('bird.ctl'), ...command.split(' ')])
  }
}

const birdNames = {
  inet: { channel: 'ipv4', table: 'master4', more: 'gateway recursive; igp table igp4;' },
  inet6: { channel: 'ipv6', table: 'master6', more: 'gateway recursive; igp table igp6;' },
  'inet-vpn': { channel: 'vpn4 mpls', table: 'vpn4tab', more: 'gateway recursive; igp table igp4;' },
  'inet6-vpn': { channel: 'vpn6 mpls', table: 'vpn6tab', more: 'gateway recursive; igp table igp6;' },
} as const

function birdConfiguration({ address, port, clients }: ReflectorOptions, logFile: string): string {
  const channels = allFamilies.map((family) => {
    const { channel, table, more } = birdNames[family]
    return `  ${channel} { table ${table}; add paths yes; import all; export all; next hop keep; ${more} };\n`
  })
  const protocols = clients.map(
    (client, i) => `protocol bgp client${i} {
  local ${address} port ${port} as ${AS};
  neighbor ${client.address} port ${client.port} as ${AS};
  multihop; strict bind yes; passive yes; rr client;
${channels.join('')}}
`,
  )
  return `log "${logFile}" all;
debug protocols all;
router id ${ROUTER_ID};
ipv4 table igp4;
ipv6 table igp6;
vpn4 table vpn4tab;
vpn6 table vpn6tab;
protocol device { scan time 600; }
protocol static underlay4 { ipv4 { table igp4; }; route 192.0.2.0/24 via "lo"; }
protocol static underlay6 { ipv6 { table igp6; }; route 2001:db8:a::/48 via "lo"; }
${protocols.join('')}`
}

/** The daemons, each with the families in which it can do it. */
export const reflectorKinds: readonly ReflectorKind[] = [
  {
    name: 'GoBGP',
    isInstalled: GoBgp.isInstalled,
    families: allFamilies,
    make: (options) => new GoBgpReflector(options),
  },
  {
    name: 'FRR',
    isInstalled: Frr.isInstalled,
    families: allFamilies,
    make: (options) => new FrrReflector(options),
  },
  {
    name: 'BIRD',
    isInstalled: Bird.isInstalled,
    families: allFamilies,
    make: (options) => new BirdReflector(options),
  },
]
