/**
 * BIRD 2.0 (Debian's bird2) as a gateway, asked through its control socket with `birdc`.
 *
 * What a BIRD gateway needs: `vpn4 mpls { ... }` and `vpn6 mpls { ... }` channels into vpn4 and vpn6 tables (plain `vpn4`
 * is refused: labels are part of the family); `multihop`, since compute nodes are next hops that are not on a link;
 * `gateway recursive` with an `igp table` that resolves the compute addresses, else the route is shown unreachable
 * (it is kept, though); `extended next hop` on the vpn6 channel, because BIRD takes the IPv4-mapped next hop of RFC 4659
 * for an IPv4 one, and then an IPv4 `igp table` beside the IPv6 one. `strict bind` keeps it off the wildcard address. BIRD 2.0 knows no route target
 * constraint, and no name for the encapsulation community: it shows (generic, 0x30c0000, 0x2).
 * It cannot originate a VPN route in eBGP with another next hop than itself, nor one with a label of its choice.
 */
import { readFileSync } from 'node:fs'
import { ChildDaemon, isInstalled, output } from './child-daemon.ts'
import { until } from './eventually.ts'
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

/** What the daemon shall originate. */
interface Originated {
  readonly vpn: Readonly<Record<VpnFamily, OriginatedRoute[]>>
  readonly plain: Readonly<Record<PlainFamily, PlainRoute[]>>
}

const DAEMON = '/usr/sbin/bird'
const CLIENT = '/usr/sbin/birdc'
const tables = {
  'inet-vpn': 'vpn4tab',
  'inet6-vpn': 'vpn6tab',
  inet: 'plain4',
  inet6: 'plain6',
  'inet-labeled': 'labeled4',
} as const

export class Bird implements Gateway {
  static readonly isInstalled = isInstalled([DAEMON, CLIENT])
  readonly name = 'BIRD'
  readonly options: GatewayOptions
  readonly #child = new ChildDaemon('bird', DAEMON)
  readonly #originated: Originated = {
    vpn: { 'inet-vpn': [], 'inet6-vpn': [] },
    plain: { inet: [], inet6: [], 'inet-labeled': [] },
  }
  #password: string | undefined

  constructor(options: GatewayOptions) {
    this.options = options
    this.#password = options.password
  }

  async start({ isRestarting = false }: StartOptions = {}): Promise<void> {
    // What it was told before its end is forgotten, as other peers forget it.
    for (const routes of [...Object.values(this.#originated.vpn), ...Object.values(this.#originated.plain)]) {
      routes.length = 0
    }
    const file = this.#writeConfiguration()
    this.#child.start([
      '-f',
      '-c',
      file,
      '-s',
      this.#child.path('bird.ctl'),
      '-P',
      this.#child.path('bird.pid'),
      ...(isRestarting ? ['-R'] : []),
    ])
    await until('bird answers', async () =>
      (await this.cli('show status')).includes('Daemon is up and running'),
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

  /** Any `birdc` command against this daemon. */
  cli(command: string): Promise<string> {
    return output(CLIENT, ['-s', this.#child.path('bird.ctl'), ...command.split(' ')])
  }

  async lastWords(): Promise<string> {
    return readFileSync(this.#child.path('bird.log'), 'utf8') + (await this.cli('show protocols all heddle'))
  }

  async isEstablished(): Promise<boolean> {
    return /^heddle\s.*\bEstablished\b/m.test(await this.cli('show protocols heddle'))
  }

  async received(family: VpnFamily): Promise<VpnRoute[]> {
    return parseRoutes(await this.cli(`show route table ${tables[family]} all protocol heddle`))
  }

  async countReceived(family: VpnFamily): Promise<number> {
    return (await this.received(family)).length
  }

  async originate(family: VpnFamily, route: OriginatedRoute): Promise<void> {
    await this.originateAll(family, [route])
  }

  async originateAll(family: VpnFamily, routes: readonly OriginatedRoute[]): Promise<void> {
    this.#originated.vpn[family].push(...routes)
    await this.#reconfigure()
  }

  async withdraw(family: VpnFamily, route: OriginatedRoute): Promise<void> {
    const routes = this.#originated.vpn[family]
    const same = (each: OriginatedRoute): boolean => each.rd === route.rd && each.prefix === route.prefix
    routes.splice(routes.findIndex(same), 1)
    await this.#reconfigure()
  }

  async receivedPlain(family: PlainFamily): Promise<PlainRoute[]> {
    const text = await this.cli(`show route table ${tables[family]} all protocol heddle`)
    const blocks = text.split(/^(?=[0-9a-f]\S*\/\d+ )/m).filter((block) => block.includes('BGP.next_hop'))
    return blocks.map((block) => {
      const label = /BGP\.mpls_label_stack: (\d+)/.exec(block)?.[1]
      return {
        prefix: /^\S+/.exec(block)![0],
        nextHop: normalAddress(/BGP\.next_hop: (\S+)/.exec(block)![1]!),
        ...(label === undefined ? {} : { label: Number(label) }),
      }
    })
  }

  async originatePlain(family: PlainFamily, route: PlainRoute): Promise<void> {
    this.#originated.plain[family].push(route)
    await this.#reconfigure()
  }

  async withdrawPlain(family: PlainFamily, route: PlainRoute): Promise<void> {
    const routes = this.#originated.plain[family]
    routes.splice(
      routes.findIndex(({ prefix }) => prefix === route.prefix),
      1,
    )
    await this.#reconfigure()
  }

  /** Another key, on the live daemon. */
  async changePassword(password: string): Promise<void> {
    this.#password = password
    await this.#reconfigure()
  }

  /** BIRD refreshes all channels of a protocol at once; without import table that is a ROUTE-REFRESH. */
  async requestRefresh(): Promise<void> {
    await this.cli('reload in heddle')
  }

  #writeConfiguration(): string {
    return this.#child.write(
      'bird.conf',
      configuration(
        { ...this.options, ...(this.#password === undefined ? {} : { password: this.#password }) },
        this.#originated,
        this.#child.path('bird.log'),
      ),
    )
  }

  async #reconfigure(): Promise<void> {
    this.#writeConfiguration()
    await this.cli('configure')
  }
}

function configuration(options: GatewayOptions, originated: Originated, logFile: string): string {
  const { neighbor } = options
  const limit =
    options.prefixLimit === undefined ? '' : ` import limit ${options.prefixLimit} action restart;`
  const channel = (family: keyof typeof tables, kind: string, next: string): string =>
    options.families.includes(family)
      ? `
  ${kind} { table ${tables[family]}; import all;${limit} export where source = RTS_STATIC; gateway recursive; ${next} };`
      : ''
  const channels = [
    channel('inet-vpn', 'vpn4 mpls', 'igp table igp4;'),
    channel('inet6-vpn', 'vpn6 mpls', 'extended next hop yes; igp table igp6; igp table igp4;'),
    channel(
      'inet',
      'ipv4',
      options.extendedNextHop ? 'extended next hop yes; igp table igp6; igp table igp4;' : 'igp table igp4;',
    ),
    channel('inet6', 'ipv6', 'igp table igp6;'),
    channel('inet-labeled', 'ipv4 mpls', 'igp table igp4;'),
  ]
  return `log "${logFile}" all;
debug protocols all;
router id ${options.routerId};
ipv4 table igp4;
ipv6 table igp6;
vpn4 table ${tables['inet-vpn']};
vpn6 table ${tables['inet6-vpn']};
ipv4 table ${tables.inet};
ipv6 table ${tables.inet6};
ipv4 table ${tables['inet-labeled']};
protocol device { scan time 600; }
# Stands for the underlay (a real gateway resolves compute nodes through its tunnels).
protocol static underlay4 { ipv4 { table igp4; }; route 192.0.2.0/24 via "lo"; }
protocol static underlay6 { ipv6 { table igp6; }; route 2001:db8:a::/48 via "lo"; }
${staticRoutes('vpn4', tables['inet-vpn'], originated.vpn['inet-vpn'])}
${staticRoutes('vpn6', tables['inet6-vpn'], originated.vpn['inet6-vpn'])}
${plainRoutes('ipv4', tables.inet, originated.plain.inet)}
${plainRoutes('ipv6', tables.inet6, originated.plain.inet6)}
${plainRoutes('ipv4', tables['inet-labeled'], originated.plain['inet-labeled'])}
protocol bgp heddle {
  local ${options.address} port ${options.port} as ${options.asn};
  neighbor ${neighbor.address} port ${neighbor.port} as ${neighbor.asn};
  multihop${options.ttlSecurity ? ' 1' : ''}; strict bind yes; passive ${options.passive ? 'yes' : 'no'};
  ${options.password === undefined ? '' : `password "${options.password}"; `}${options.ttlSecurity ? 'ttl security yes; ' : ''}hold time ${options.holdTimeSec ?? 90};
  connect delay time 1; connect retry time 1; error wait time 1, 2; enable extended messages on;${roleLines(options)}${restartLines(options)}${channels.join('')}
}
`
}

function roleLines({ role, strictRole }: GatewayOptions): string {
  return role === undefined ? '' : `\n  local role ${role}; require roles ${strictRole ? 'on' : 'off'};`
}

/** With long-lived restart its time comes beside the one of RFC 4724; `on` means for its own restarts, too. */
function restartLines(options: GatewayOptions): string {
  if (!options.gracefulRestart) return ''
  const longLived =
    options.longLivedStaleTimeSec === undefined
      ? ''
      : ` long lived graceful restart on; long lived stale time ${options.longLivedStaleTimeSec};`
  return `\n  graceful restart on; graceful restart time ${options.restartTimeSec ?? 5};${longLived}`
}

function plainRoutes(kind: string, table: string, routes: readonly PlainRoute[]): string {
  if (routes.length === 0) return ''
  const lines = routes.map(({ prefix, nextHop, label }) => {
    const mpls = label === undefined ? '' : ` mpls ${label}`
    return `  route ${prefix} via ${nextHop}%lo onlink${mpls};`
  })
  return `protocol static sent_${table} {\n  ${kind} { table ${table}; };\n${lines.join('\n')}\n}`
}

function staticRoutes(kind: string, table: string, routes: readonly OriginatedRoute[]): string {
  if (routes.length === 0) return ''
  const lines = routes.map((route) => {
    const communities = [
      ...route.routeTargets.map((target) => `(rt, ${target.split(':').join(', ')})`),
      ...(route.tunnelTypes ?? []).map((type) => `(generic, 0x30c0000, ${type})`),
    ]
    const attributes = [
      ...communities.map((community) => `bgp_ext_community.add(${community});`),
      ...(route.communities ?? []).map((each) => `bgp_community.add((${each.replace(':', ', ')}));`),
    ].join(' ')
    // A gateway address and a label on the static route are what BIRD sends as next hop and label to an iBGP peer.
    return `  route ${route.rd} ${route.prefix} via ${route.nextHop}%lo onlink mpls ${route.label} { ${attributes} };`
  })
  return `protocol static sent_${kind} {\n  ${kind} { table ${table}; };\n${lines.join('\n')}\n}`
}

/**
 * One route of `show route all`:
 *
 *   192.0.2.22:4 10.1.2.3/32 unreachable [heddle 23:36:04.942 from 127.0.0.12] * (100/-) [?]
 *           Type: BGP univ
 *           BGP.next_hop: 192.0.2.22
 *           BGP.ext_community: (rt, 64512, 101) (generic, 0x30c0000, 0x2)
 */
export function parseRoutes(text: string): VpnRoute[] {
  const blocks = text
    .split(/^(?=\d[^\s]*:\d+ \S+\/\d+ )/m)
    .filter((block) => /^\d\S*:\d+ \S+\/\d+/.test(block))
  return blocks.map((block) => {
    const [, rd, prefix] = /^(\S+) (\S+)/.exec(block)!
    const field = (name: string): string | undefined =>
      new RegExp(`BGP\\.${name}: (.*)$`, 'm').exec(block)?.[1]?.trim()
    const extended = field('ext_community') ?? ''
    const number = (name: string): number | undefined =>
      field(name) === undefined ? undefined : Number(field(name))
    return {
      rd: rd!,
      prefix: prefix!,
      label: number('mpls_label_stack') ?? -1,
      nextHop: normalAddress((field('next_hop') ?? '').split(' ')[0]!),
      routeTargets: sorted(
        [...extended.matchAll(/\(rt, ([^,]+), (\d+)\)/g)].map((match) => `${match[1]}:${match[2]}`),
      ),
      tunnelTypes: [...extended.matchAll(/\(generic, 0x30c0000, (0x[0-9a-f]+)\)/g)]
        .map((match) => Number(match[1]))
        .toSorted((a, b) => a - b),
      localPref: number('local_pref'),
      med: number('med'),
      asPath: field('as_path') ?? '',
      communities: sorted(
        [...(field('community') ?? '').matchAll(/\((\d+),(\d+)\)/g)].map(
          (match) => `${match[1]}:${match[2]}`,
        ),
      ),
    }
  })
}
