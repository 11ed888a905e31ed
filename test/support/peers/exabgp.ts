/**
 * ExaBGP 4.2 as a gateway: a BGP speaker without a RIB of its own, driven over the pipes of a helper process that it starts.
 *
 *   commands file --> tail -f (helper) --> ExaBGP --> helper --> received file: one JSON object a line, "done" an answer
 *
 * What an ExaBGP gateway needs: `ipv4 mpls-vpn` and `ipv6 mpls-vpn` in `family`; `passive` and exabgp.tcp.bind, where it is
 * to listen, else it only connects (`connect` is the neighbour's port). It sends whatever it is told, next hop and label
 * included, and keeps nothing of what it receives: it is no helper through restarts of others, though it offers the
 * capability for its own with every Forwarding State bit set. It knows neither route target constraint in its
 * configuration, nor RFC 9494, nor the N bit of RFC 8538. Every OPEN says that it restarts (R bit), from the first on. Where it listens it answers with the system's TTL,
 * whatever `outgoing-ttl` says.
 */
import { appendFileSync, chmodSync, existsSync, readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { ChildDaemon, isInstalled } from './child-daemon.ts'
import { until } from './eventually.ts'
import { ExaBgpReports } from './exabgp-reports.ts'
import type {
  Gateway,
  GatewayOptions,
  OriginatedRoute,
  PlainFamily,
  PlainRoute,
  VpnFamily,
  VpnRoute,
} from './gateway.ts'

const DAEMON = '/usr/sbin/exabgp'

export const exaFamilies = {
  'inet-vpn': 'ipv4 mpls-vpn',
  'inet6-vpn': 'ipv6 mpls-vpn',
  inet: 'ipv4 unicast',
  inet6: 'ipv6 unicast',
  'inet-labeled': 'ipv4 nlri-mpls',
} as const

export class ExaBgp implements Gateway {
  static readonly isInstalled = isInstalled([DAEMON])
  readonly name = 'ExaBGP'
  readonly options: GatewayOptions
  readonly #child = new ChildDaemon('exabgp', DAEMON)
  #reports = new ExaBgpReports()

  constructor(options: GatewayOptions) {
    this.options = options
  }

  async start(): Promise<void> {
    const { address, port, passive } = this.options
    // What was said before its end is not said again.
    this.#child.write('commands', '')
    this.#child.write('received', '')
    this.#reports = new ExaBgpReports()
    chmodSync(this.#child.write('helper', HELPER), 0o755)
    const file = this.#child.write('exabgp.conf', configuration(this.options))
    this.#child.start([file], {
      'exabgp.daemon.user': userInfo().username,
      'exabgp.daemon.drop': 'false',
      'exabgp.api.cli': 'false',
      'exabgp.log.level': 'DEBUG',
      ...(passive ? { 'exabgp.tcp.bind': address, 'exabgp.tcp.port': String(port) } : {}),
    })
    await until('exabgp listens to its helper', () => this.#log().includes('loaded new configuration'))
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

  /** What it has told its helper so far. */
  reports(): ExaBgpReports {
    this.#reports.read(readFileSync(this.#child.path('received'), 'utf8'))
    return this.#reports
  }

  /** Commands for the neighbour, such as `announce route 192.0.2.0/24 next-hop 192.0.2.1`, and their answers. */
  async command(...texts: string[]): Promise<void> {
    const { answers, refused } = this.reports()
    const lines = texts.map((text) => `neighbor ${this.options.neighbor.address} ${text}\n`)
    appendFileSync(this.#child.path('commands'), lines.join(''))
    await until(`exabgp answers: ${texts[0]}`, () => this.reports().answers >= answers + texts.length)
    if (this.reports().refused > refused) throw new Error(`exabgp refuses: ${texts[0]}\n${this.#log()}`)
  }

  lastWords(): Promise<string> {
    return Promise.resolve(this.#log() + this.reports().notifications.join('\n'))
  }

  isEstablished(): Promise<boolean> {
    return Promise.resolve(this.reports().isUp)
  }

  received(family: VpnFamily): Promise<VpnRoute[]> {
    return Promise.resolve(this.reports().routes(exaFamilies[family]))
  }

  async countReceived(family: VpnFamily): Promise<number> {
    return (await this.received(family)).length
  }

  async originate(_family: VpnFamily, route: OriginatedRoute, more = ''): Promise<void> {
    await this.command(`announce route ${routeText(route)}${more}`)
  }

  async originateAll(_family: VpnFamily, routes: readonly OriginatedRoute[]): Promise<void> {
    await this.command(...routes.map((route) => `announce route ${routeText(route)}`))
  }

  async withdraw(_family: VpnFamily, route: OriginatedRoute): Promise<void> {
    await this.command(`withdraw route ${routeText(route)}`)
  }

  receivedPlain(family: PlainFamily): Promise<PlainRoute[]> {
    const routes = this.reports().routes(exaFamilies[family])
    const isLabeled = family === 'inet-labeled'
    return Promise.resolve(
      routes.map(({ prefix, nextHop, label }) => ({ prefix, nextHop, ...(isLabeled ? { label } : {}) })),
    )
  }

  async originatePlain(_family: PlainFamily, route: PlainRoute, more = ''): Promise<void> {
    await this.command(`announce route ${plainText(route)}${more}`)
  }

  async withdrawPlain(_family: PlainFamily, route: PlainRoute): Promise<void> {
    await this.command(`withdraw route ${plainText(route)}`)
  }

  async requestRefresh(family: VpnFamily | PlainFamily): Promise<void> {
    await this.command(`announce route-refresh ${exaFamilies[family]}`)
  }

  #log(): string {
    const file = this.#child.path('output.log')
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }
}

/** The writer of commands ends with the reader of reports, however ExaBGP ends. */
const HELPER = `#!/bin/sh
cd "$(dirname "$0")"
tail -n +1 -f -s 0.05 --pid=$$ commands &
exec cat >> received
`

function configuration(options: GatewayOptions): string {
  const { neighbor, families } = options
  const isOn = (value: boolean | undefined): string => (value === false ? 'disable' : 'enable')
  const lines = [
    `router-id ${options.routerId};`,
    `local-address ${options.address};`,
    `local-as ${options.asn};`,
    `peer-as ${neighbor.asn};`,
    `hold-time ${options.holdTimeSec ?? 90};`,
    options.passive ? 'passive;' : `connect ${neighbor.port};`,
    ...(options.password === undefined ? [] : [`md5-password "${options.password}";`]),
    ...(options.ttlSecurity ? ['outgoing-ttl 255;', 'incoming-ttl 255;'] : []),
    `family { ${families.map((family) => (family === 'route-target' ? '' : `${exaFamilies[family]};`)).join(' ')} }`,
    ...(options.extendedNextHop ? ['nexthop { ipv4 unicast ipv6; }'] : []),
    'capability {',
    ...(options.extendedNextHop ? ['  nexthop enable;'] : []),
    '  route-refresh enable;',
    '  extended-message enable;',
    `  asn4 ${isOn(options.fourOctetAs)};`,
    ...(options.gracefulRestart ? [`  graceful-restart ${options.restartTimeSec ?? 5};`] : []),
    '}',
    'api {',
    '  processes [ helper ];',
    '  neighbor-changes;',
    '  receive { parsed; update; refresh; notification; open; }',
    '}',
  ]
  return `process helper {
  run ./helper;
  encoder json;
}
neighbor ${neighbor.address} {
${lines.map((line) => `  ${line}`).join('\n')}
}
`
}

function plainText({ prefix, nextHop, label }: PlainRoute): string {
  return `${prefix} next-hop ${nextHop}${label === undefined ? '' : ` label ${label}`}`
}

function routeText(route: OriginatedRoute): string {
  const { prefix, rd, label, nextHop, routeTargets, tunnelTypes, communities } = route
  const extended = [
    ...routeTargets.map((target) => `target:${target}`),
    ...(tunnelTypes ?? []).map((type) => `0x030c00000000${type.toString(16).padStart(4, '0')}`),
  ]
  const plain = communities === undefined ? '' : ` community [ ${communities.join(' ')} ]`
  return `${prefix} rd ${rd} next-hop ${nextHop} label ${label} extended-community [ ${extended.join(' ')} ]${plain}`
}
