/**
 * The set-up shared by interoperability tests: heddle, one real gateway, two simulated agents.
 *
 *   compute-1 192.0.2.21 --+                        +-- gateway (127.0.0.x, a real daemon)
 *   compute-2 192.0.2.22 --+-- agent channel, heddle --- BGP
 */
import type { Context, Suite } from 'mocha'
import type { AgentClient } from '../../xmpp/client/agent-client.ts'
import { Bird } from '../support/peers/bird.ts'
import { eventually, until } from '../support/peers/eventually.ts'
import { ExaBgp } from '../support/peers/exabgp.ts'
import { freePort } from '../../control/free-port.ts'
import { Frr } from '../support/peers/frr.ts'
import type { Gateway, GatewayOptions, VpnFamily, VpnRoute } from '../support/peers/gateway.ts'
import { GoBgp } from '../support/peers/gobgp.ts'
import {
  HeddleNode,
  HEDDLE_ADDRESS,
  HEDDLE_ASN,
  vrfOf,
  type NetworkSpec,
  type NodeSpec,
  type PeerSpec,
} from '../support/peers/heddle-node.ts'

export interface GatewayKind<G extends Gateway = Gateway> {
  readonly name: string
  readonly isInstalled: boolean
  make(options: GatewayOptions): G
}

export const gobgp: GatewayKind<GoBgp> = {
  name: 'GoBGP',
  isInstalled: GoBgp.isInstalled,
  make: (options) => new GoBgp(options),
}
export const frr: GatewayKind<Frr> = {
  name: 'FRR',
  isInstalled: Frr.isInstalled,
  make: (options) => new Frr(options),
}
export const bird: GatewayKind<Bird> = {
  name: 'BIRD',
  isInstalled: Bird.isInstalled,
  make: (options) => new Bird(options),
}
export const exabgp: GatewayKind<ExaBgp> = {
  name: 'ExaBGP',
  isInstalled: ExaBgp.isInstalled,
  make: (options) => new ExaBgp(options),
}
export const gatewayKinds: readonly GatewayKind[] = [gobgp, frr, bird]
/** With the one that keeps no routes and follows no policy: it sends and receives. */
export const allKinds: readonly GatewayKind[] = [...gatewayKinds, exabgp]

/** Skips a suite whose peer is not on this machine, and says so where nobody can miss it. */
export function needs(
  context: Context,
  kind: { readonly name: string; readonly isInstalled: boolean },
): void {
  if (kind.isInstalled) return
  process.stderr.write(`\n*** ${kind.name} IS NOT INSTALLED: its tests are skipped ***\n`)
  context.skip()
}

export interface LabSpec {
  readonly families?: GatewayOptions['families']
  /** The gateway's AS; ours by default (iBGP). */
  readonly asn?: number
  /** What heddle is to the gateway; the AS of the node by default. */
  readonly heddleAs?: number
  readonly networks?: readonly NetworkSpec[]
  /** True: the gateway opens the connection and heddle waits. */
  readonly gatewayConnects?: boolean
  readonly gracefulRestart?: boolean
  readonly address?: string
  readonly peer?: Partial<PeerSpec>
  readonly policies?: NodeSpec['policies']
  /** What the gateway has beyond its place. */
  readonly gateway?: Partial<GatewayOptions>
  /** Something between heddle and the gateway: heddle connects to what this returns, given the gateway's own place. */
  readonly connectThrough?: (target: Place) => Promise<Place>
  /** Whom the gateway has for a neighbour, when that is not heddle itself. */
  readonly neighborAddress?: string
  /** Where heddle listens, and connects from. */
  readonly heddleAddress?: string
}

export interface Place {
  readonly address: string
  readonly port: number
}

export const PUBLIC = 'vn-ns-default'
export const OTHER = 'vn-other'
export const PUBLIC_VRF = vrfOf(PUBLIC)
export const OTHER_VRF = vrfOf(OTHER)
export const PUBLIC_TARGET = '64512:101'
export const OTHER_TARGET = '64512:202'
export const COMPUTE_1 = '192.0.2.21'
export const COMPUTE_2 = '192.0.2.22'

const defaultNetworks: readonly NetworkSpec[] = [
  { name: PUBLIC, both: [`target:${PUBLIC_TARGET}`] },
  { name: OTHER, both: [`target:${OTHER_TARGET}`] },
]

export class Lab<G extends Gateway = Gateway> {
  readonly gateway: G
  readonly node: HeddleNode
  readonly #agents = new Map<string, AgentClient>()

  static async start<G extends Gateway>(kind: GatewayKind<G>, spec: LabSpec = {}): Promise<Lab<G>> {
    const address = spec.address ?? '127.0.0.31'
    const asn = spec.asn ?? HEDDLE_ASN
    const families = spec.families ?? ['inet-vpn', 'inet6-vpn']
    const heddle = spec.heddleAddress ?? HEDDLE_ADDRESS
    const [port, bgpPort] = [await freePort(address), await freePort(heddle)]
    const gateway = kind.make({
      address,
      port,
      asn,
      routerId: '192.0.2.1',
      neighbor: {
        address: spec.neighborAddress ?? heddle,
        port: bgpPort,
        asn: spec.heddleAs ?? HEDDLE_ASN,
      },
      families,
      passive: !spec.gatewayConnects,
      gracefulRestart: spec.gracefulRestart ?? false,
      ...spec.gateway,
    })
    try {
      await gateway.start()
      const place = await (spec.connectThrough?.({ address, port }) ?? { address, port })
      const peer = {
        name: 'gw',
        ...place,
        autonomousSystem: asn,
        passive: spec.gatewayConnects ?? false,
        families,
        localAddress: heddle,
        ...spec.peer,
      }
      const node = await HeddleNode.start(
        {
          peers: [peer],
          networks: spec.networks ?? defaultNetworks,
          policies: spec.policies ?? {},
          node: { bgp: { listen: [`${heddle.includes(':') ? `[${heddle}]` : heddle}:${bgpPort}`] } },
        },
        bgpPort,
      )
      return new Lab(gateway, node)
    } catch (error) {
      await gateway.stop()
      throw error
    }
  }

  private constructor(gateway: G, node: HeddleNode) {
    this.gateway = gateway
    this.node = node
  }

  async untilEstablished(): Promise<void> {
    await this.node.untilEstablished('gw')
    await until(`${this.gateway.name} calls the session Established`, () => this.gateway.isEstablished())
  }

  /** The agent of a compute node, made on first use. */
  async agent(name: 'compute-1' | 'compute-2'): Promise<AgentClient> {
    const known = this.#agents.get(name)
    if (known) return known
    const agent = await this.node.agent(name, name === 'compute-1' ? COMPUTE_1 : COMPUTE_2)
    this.#agents.set(name, agent)
    return agent
  }

  /** The gateway's routes for a prefix, once the condition holds of them. */
  async gatewayShows(
    what: string,
    prefix: string,
    condition: (routes: readonly VpnRoute[]) => boolean,
    family: VpnFamily = 'inet-vpn',
  ): Promise<readonly VpnRoute[]> {
    let last: readonly VpnRoute[] = []
    return await eventually(
      `${this.gateway.name} ${what}`,
      async () => {
        last = (await this.gateway.received(family)).filter((route) => route.prefix === prefix)
        return condition(last) ? last : undefined
      },
      { seen: () => last },
    )
  }

  /** Ends everything; keeps the gateway's logs when a test of the suite failed. */
  async stop(suite: Suite | undefined): Promise<void> {
    const failed = suite?.tests.some((test) => test.state === 'failed') ?? true
    try {
      await this.node.stop()
    } finally {
      await this.gateway.stop()
      this.gateway.dispose(failed)
    }
  }
}
