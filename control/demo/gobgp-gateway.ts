/**
 * The demo's gateway as a real `gobgpd`, unprivileged and on a loopback port, asked through its own client.
 */
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { tunnelTypeName } from '../../rib/model/ext-community.ts'
import { freePort } from '../free-port.ts'
import type { DemoGateway, GatewayChange, HeldRoute } from './demo-gateway.ts'
import {
  ASN,
  DEFAULT_ROUTE,
  GATEWAY_ADDRESS,
  GATEWAY_ROUTER_ID,
  HEDDLE_ADDRESS,
  PUBLIC_TARGET,
} from './story.ts'

const run = promisify(execFile)
const START_BOUND_MS = 10_000
const ATTRIBUTE_NEXT_HOP = 3
const ATTRIBUTE_MP_REACH = 14
const ATTRIBUTE_EXT_COMMUNITIES = 16

interface JsonPath {
  readonly nlri: {
    readonly prefix: string
    readonly labels?: readonly number[]
    readonly rd?: { readonly admin: string | number; readonly assigned: number }
  }
  readonly attrs: readonly { readonly type: number; readonly nexthop?: string; readonly value?: unknown }[]
  readonly withdrawal?: boolean
}
interface JsonExtCommunity {
  readonly type: number
  readonly subtype: number
  readonly value?: string
  readonly tunnel_type?: number
}

/** Places of gobgpd and gobgp when both are on the PATH. */
export function findGoBgp(path: string): { readonly daemon: string; readonly client: string } | undefined {
  const find = (name: string): string | undefined =>
    path
      .split(delimiter)
      .map((folder) => join(folder, name))
      .find((file) => existsSync(file))
  const [daemon, client] = [find('gobgpd'), find('gobgp')]
  return daemon && client ? { daemon, client } : undefined
}

export class GoBgpGateway implements DemoGateway {
  readonly isReal = true
  title = 'gobgpd'
  readonly #programs: { readonly daemon: string; readonly client: string }
  readonly #folder: string
  readonly #children: ChildProcess[] = []
  #apiPort = 0

  constructor(programs: { readonly daemon: string; readonly client: string }, folder: string) {
    this.#programs = programs
    this.#folder = folder
  }

  async start(): Promise<number> {
    const { daemon } = this.#programs
    const { stdout } = await run(daemon, ['--version'])
    this.title = `${stdout.trim().replace(' version', '')}, a real one (${daemon})`
    const port = await freePort(GATEWAY_ADDRESS)
    this.#apiPort = await freePort(HEDDLE_ADDRESS)
    const file = join(this.#folder, 'gobgpd.toml')
    await writeFile(file, configuration(port))
    this.#spawn(daemon, ['-f', file, '--api-hosts', `${HEDDLE_ADDRESS}:${this.#apiPort}`], 'ignore')
    await this.#untilItAnswers()
    const vrf = ['vrf', 'add', 'internet', 'rd', DEFAULT_ROUTE.rd, 'rt', 'both', bare(PUBLIC_TARGET)]
    await this.#client(...vrf)
    return port
  }

  async received(): Promise<HeldRoute[]> {
    const text = await this.#client('-j', 'neighbor', HEDDLE_ADDRESS, 'adj-in', '-a', 'vpnv4')
    return pathsOf(text).map(heldRouteOf)
  }

  async internet(): Promise<string[]> {
    const paths = pathsOf(await this.#client('-j', 'vrf', 'internet', 'rib'))
    return paths.map((path) => `${path.nlri.prefix} via ${nextHopOf(path)}`).toSorted()
  }

  async announceDefault(): Promise<void> {
    const { prefix, label, rd } = DEFAULT_ROUTE
    const route = [
      prefix,
      'label',
      String(label),
      'rd',
      rd,
      'rt',
      bare(PUBLIC_TARGET),
      'nexthop',
      GATEWAY_ROUTER_ID,
    ]
    await this.#client('global', 'rib', 'add', '-a', 'vpnv4', ...route)
  }

  /** `gobgp monitor` prints a list of paths a line, what the table holds already first. */
  async watch(listener: (change: GatewayChange) => void): Promise<void> {
    const { client } = this.#programs
    const args = ['-p', String(this.#apiPort), 'monitor', 'global', 'rib', '-a', 'vpnv4', '--current', '-j']
    const child = this.#spawn(client, args, 'pipe')
    await new Promise<void>((resolve) => {
      createInterface({ input: child.stdout! }).on('line', (line) => {
        for (const path of parseLine(line)) {
          if (!path.nlri.rd) continue
          const { rd, prefix, nextHop } = heldRouteOf(path)
          listener({ rd, prefix, nextHop, isWithdrawn: path.withdrawal === true })
        }
        resolve()
      })
      child.once('exit', () => resolve())
    })
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return
        const gone = new Promise((resolve) => child.once('exit', resolve))
        child.kill('SIGTERM')
        const lastResort = setTimeout(() => child.kill('SIGKILL'), 3000)
        await gone
        clearTimeout(lastResort)
      }),
    )
  }

  #spawn(program: string, args: readonly string[], output: 'ignore' | 'pipe'): ChildProcess {
    // In a group of its own: Ctrl-C of the terminal ends the demo, and the demo its gateway.
    const child = spawn(program, args, { stdio: ['ignore', output, 'ignore'], detached: true })
    child.on('error', () => undefined)
    process.once('exit', () => child.kill('SIGKILL'))
    this.#children.push(child)
    return child
  }

  async #untilItAnswers(): Promise<void> {
    const deadline = performance.now() + START_BOUND_MS
    for (;;) {
      try {
        await this.#client('global')
        return
      } catch (error) {
        if (performance.now() > deadline) throw error
        await pause(50)
      }
    }
  }

  async #client(...args: string[]): Promise<string> {
    const { stdout } = await run(this.#programs.client, ['-p', String(this.#apiPort), ...args])
    return stdout
  }
}

/** Graceful restart makes gobgpd send End-of-RIB, which spares heddle the wait before VPN routes (RFC 4684 §6). */
function configuration(port: number): string {
  const family = (name: string): string => `
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "${name}"
    [neighbors.afi-safis.mp-graceful-restart.config]
      enabled = true`
  return `[global.config]
  as = ${ASN}
  router-id = "${GATEWAY_ROUTER_ID}"
  port = ${port}
  local-address-list = ["${GATEWAY_ADDRESS}"]
[[neighbors]]
  [neighbors.config]
    peer-as = ${ASN}
    neighbor-address = "${HEDDLE_ADDRESS}"
  [neighbors.transport.config]
    passive-mode = true
    local-address = "${GATEWAY_ADDRESS}"
  [neighbors.graceful-restart.config]
    enabled = true
    restart-time = 5${family('l3vpn-ipv4-unicast')}${family('l3vpn-ipv6-unicast')}${family('rtc')}
`
}

function heldRouteOf(path: JsonPath): HeldRoute {
  const list = path.attrs.find(({ type }) => type === ATTRIBUTE_EXT_COMMUNITIES)?.value
  const communities = (list ?? []) as readonly JsonExtCommunity[]
  const { rd, prefix, labels } = path.nlri
  return {
    rd: `${rd?.admin}:${rd?.assigned}`,
    prefix,
    label: labels?.[0] ?? 0,
    nextHop: nextHopOf(path),
    routeTargets: communities
      .filter(({ type, subtype }) => subtype === 2 && type <= 2)
      .map(({ value }) => `target:${value}`)
      .toSorted(),
    encapsulations: communities
      .filter(({ type, subtype }) => type === 3 && subtype === 12)
      .map((community) => tunnelTypeName(community.tunnel_type ?? 0) ?? String(community.tunnel_type))
      .toSorted(),
  }
}

function nextHopOf(path: JsonPath): string {
  const types = [ATTRIBUTE_MP_REACH, ATTRIBUTE_NEXT_HOP]
  return path.attrs.find(({ type, nexthop }) => types.includes(type) && nexthop)?.nexthop ?? ''
}

/** GoBGP prints one object keyed by route, or nothing but text for an empty table. */
function pathsOf(text: string): JsonPath[] {
  const trimmed = text.trim()
  if (!trimmed.startsWith('{')) return []
  return Object.values(JSON.parse(trimmed) as Record<string, readonly JsonPath[]>).flat()
}

function parseLine(line: string): readonly JsonPath[] {
  return line.startsWith('[') ? (JSON.parse(line) as readonly JsonPath[]) : []
}

function bare(target: string): string {
  return target.replace('target:', '')
}
