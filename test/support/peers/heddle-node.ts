/**
 * The whole daemon in the test process on loopback ports, with a configuration that a test changes as an operator
 * would: it edits documents, writes the file and reloads.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Daemon } from '../../../control/daemon.ts'
import type { DaemonOptions } from '../../../control/daemon.ts'
import { silentLog } from '../../../rib/log.ts'
import { formatRouteTarget } from '../../../rib/model/route-target.ts'
import { AgentClient } from '../../../xmpp/client/agent-client.ts'
import { until } from './eventually.ts'
import { freePort } from '../../../control/free-port.ts'

/** Where heddle listens and from where it connects. */
export const HEDDLE_ADDRESS = '127.0.0.10'
export const HEDDLE_ASN = 64512
export const HEDDLE_ROUTER_ID = '192.0.2.10'
export const PROJECT = 'k8s-ns-user-1'

export interface PeerSpec {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly autonomousSystem?: number
  readonly passive?: boolean
  readonly families?: readonly string[]
  readonly routeReflectorClient?: boolean
  readonly ebgpRequiresPolicy?: boolean
  readonly importPolicies?: readonly string[]
  readonly exportPolicies?: readonly string[]
  readonly localAddress?: string
  readonly authentication?: { readonly passwordFile: string }
  readonly ttlSecurity?: { readonly hops: number }
  readonly ebgpMultihop?: number
  readonly connectRetry?: string
  readonly addPath?: { readonly receive?: boolean; readonly send?: string | number }
  readonly maximumPrefixes?: Readonly<Record<string, object>>
  readonly shutdown?: { readonly message: string }
  readonly gracefulShutdown?: boolean
  readonly extendedNextHop?: boolean
  readonly localAS?: number | object
  readonly defaultTunnelEncapsulation?: Readonly<Record<string, readonly string[]>>
  readonly sendTunnelEncapsulation?: string
  readonly asOverride?: boolean
  readonly allowOwnAS?: number
  readonly enforceFirstAS?: boolean
  readonly privateAS?: string
  readonly role?: string
  readonly strictRole?: boolean
}

export interface NetworkSpec {
  readonly name: string
  readonly both?: readonly string[]
  readonly import?: readonly string[]
  readonly export?: readonly string[]
  readonly staticRoutes?: readonly object[]
}

export interface NodeSpec {
  /** Keys of the ControlNode beyond its place. */
  readonly node?: object
  readonly peers: readonly PeerSpec[]
  readonly networks: readonly NetworkSpec[]
  /** Specifications of RoutingPolicy documents by name. */
  readonly policies?: Readonly<Record<string, object>>
}

/** `domain:project:network:network`. */
export function vrfOf(network: string): string {
  return `default-domain:${PROJECT}:${network}:${network}`
}

export class HeddleNode {
  readonly daemon: Daemon
  readonly #folder: string
  readonly #bgpPort: number
  #spec: NodeSpec
  readonly #agents: AgentClient[] = []

  static async start(
    spec: NodeSpec,
    bgpPort?: number,
    options: Pick<DaemonOptions, 'timers' | 'log'> = {},
  ): Promise<HeddleNode> {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-node-'))
    const port = bgpPort ?? (await freePort(HEDDLE_ADDRESS))
    const file = writeConfiguration(folder, port, spec)
    const daemon = await Daemon.start({ files: [file], log: silentLog, ...options })
    return new HeddleNode(daemon, folder, port, spec)
  }

  private constructor(daemon: Daemon, folder: string, bgpPort: number, spec: NodeSpec) {
    this.daemon = daemon
    this.#folder = folder
    this.#bgpPort = bgpPort
    this.#spec = spec
  }

  /** Where the state is kept. */
  get stateFolder(): string {
    return join(this.#folder, 'state')
  }

  get bgpPort(): number {
    return this.#bgpPort
  }

  /** A simulated vRouter agent, connected and synchronised. */
  async agent(name: string, address: string): Promise<AgentClient> {
    const { host, port } = this.daemon.agentServer.endpoints()[0]!
    const client = new AgentClient({ host, port, name, address })
    this.#agents.push(client)
    await client.connect()
    return client
  }

  /** Applies the specification with these parts replaced, through file and reload. */
  async change(change: Partial<NodeSpec>): Promise<void> {
    this.#spec = { ...this.#spec, ...change }
    const file = writeConfiguration(this.#folder, this.#bgpPort, this.#spec)
    const report = await this.daemon.reload([file])
    if (!report.applied) throw new Error(report.problems.join('\n'))
  }

  /** `asn:number` of every target with which routes of the network leave. */
  exportTargets(network: string): string[] {
    const instance = this.daemon.rib.instance(vrfOf(network))!
    return instance.config.exportTargets
      .map((target) => formatRouteTarget(target).replace('target:', ''))
      .sort()
  }

  counter(peer: string, name: string): number {
    return this.daemon.peers().find((each) => each.name === peer)?.counters[name] ?? 0
  }

  async untilEstablished(peer: string): Promise<void> {
    const view = (): unknown => this.daemon.peers().find((each) => each.name === peer)
    await until(
      `heddle and ${peer} are Established`,
      () => this.daemon.peers().some((each) => each.name === peer && each.state === 'Established'),
      { withinMs: 40_000, seen: view },
    )
  }

  async stop(): Promise<void> {
    for (const agent of this.#agents) agent.close()
    await this.daemon.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function writeConfiguration(folder: string, bgpPort: number, spec: NodeSpec): string {
  const file = join(folder, 'heddle.json')
  writeFileSync(file, JSON.stringify(documentsOf({ bgp: bgpPort, agents: 0 }, spec), undefined, 2))
  return file
}

/** The documents of a node that listens on these ports; 0: any. */
export function documentsOf(ports: { bgp: number; agents: number }, spec: NodeSpec): object[] {
  const document = (kind: string, name: string, body: object, namespace?: string): object => ({
    apiVersion: 'heddle.dev/v1alpha1',
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    spec: body,
  })
  return [
    document('ControlNode', 'ctl1', {
      autonomousSystem: HEDDLE_ASN,
      routerID: HEDDLE_ROUTER_ID,
      bgp: { listen: [`${HEDDLE_ADDRESS}:${ports.bgp}`] },
      agents: { listen: [`${HEDDLE_ADDRESS}:${ports.agents}`] },
      api: { listen: [] },
      stateDir: './state',
      ...spec.node,
    }),
    ...spec.peers.map(({ name, ...body }) =>
      document('BGPPeer', name, { autonomousSystem: HEDDLE_ASN, localAddress: HEDDLE_ADDRESS, ...body }),
    ),
    ...Object.entries(spec.policies ?? {}).map(([name, body]) => document('RoutingPolicy', name, body)),
    ...spec.networks.map(({ name, both, import: imports, export: exports, staticRoutes = [] }) =>
      document(
        'VirtualNetwork',
        name,
        {
          subnets: [],
          staticRoutes,
          routeTargets: { both: both ?? [], import: imports ?? [], export: exports ?? [] },
        },
        PROJECT,
      ),
    ),
  ]
}
