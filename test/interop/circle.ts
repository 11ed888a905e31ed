/**
 * heddle among several real gateways, all of one AS and all its clients:
 *
 *   gateway 127.0.0.61 --+
 *   gateway 127.0.0.62 --+-- heddle (reflector) -- agents
 *   gateway 127.0.0.63 --+
 */
import type { Suite } from 'mocha'
import { freePort } from '../../control/free-port.ts'
import type { Gateway, GatewayOptions } from '../support/peers/gateway.ts'
import { HEDDLE_ADDRESS, HEDDLE_ASN, HeddleNode } from '../support/peers/heddle-node.ts'
import type { NodeSpec, PeerSpec } from '../support/peers/heddle-node.ts'
import type { GatewayKind } from './lab.ts'

export interface MemberSpec {
  readonly kind: GatewayKind
  /** That of the implementation by default. */
  readonly name?: string
  readonly gateway?: Partial<GatewayOptions>
}

export interface CircleSpec {
  readonly families: GatewayOptions['families']
  /** What all gateways have in common. */
  readonly gateway?: Partial<GatewayOptions>
  /** What heddle has for all of them. */
  readonly peer?: Partial<PeerSpec>
  /** Last octet of the first gateway's address. */
  readonly firstAddress?: number
}

/** The gateways, started, and how heddle is to see them. */
export class Circle {
  readonly bgpPort: number
  readonly gateways: readonly Gateway[]
  readonly peers: readonly PeerSpec[]
  #node: HeddleNode | undefined

  static async start(members: readonly MemberSpec[], spec: CircleSpec): Promise<Circle> {
    const bgpPort = await freePort(HEDDLE_ADDRESS)
    const gateways: Gateway[] = []
    const peers: PeerSpec[] = []
    for (const [index, { kind, name, gateway: own }] of members.entries()) {
      const address = `127.0.0.${(spec.firstAddress ?? 61) + index}`
      const port = await freePort(address)
      const { families } = spec
      const gateway = kind.make({
        address,
        port,
        asn: HEDDLE_ASN,
        routerId: `192.0.2.${1 + index}`,
        neighbor: { address: HEDDLE_ADDRESS, port: bgpPort, asn: HEDDLE_ASN },
        families,
        passive: true,
        ...spec.gateway,
        ...own,
      })
      gateways.push(gateway)
      peers.push({
        name: name ?? kind.name,
        address,
        port,
        families,
        routeReflectorClient: true,
        connectRetry: '1s',
        ...spec.peer,
      })
    }
    await Promise.all(gateways.map((gateway) => gateway.start()))
    return new Circle(bgpPort, gateways, peers)
  }

  private constructor(bgpPort: number, gateways: readonly Gateway[], peers: readonly PeerSpec[]) {
    this.bgpPort = bgpPort
    this.gateways = gateways
    this.peers = peers
  }

  get node(): HeddleNode {
    return this.#node!
  }

  /** heddle in the test process, with a session to each of them. */
  async join(spec: Omit<NodeSpec, 'peers'>): Promise<void> {
    this.#node = await HeddleNode.start({ ...spec, peers: this.peers }, this.bgpPort)
    for (const { name } of this.peers) await this.node.untilEstablished(name)
  }

  gateway(name: string): Gateway {
    return this.gateways[this.peers.findIndex((peer) => peer.name === name)]!
  }

  async stop(suite: Suite | undefined): Promise<void> {
    const failed = suite?.tests.some((test) => test.state === 'failed') ?? true
    await this.#node?.stop()
    await Promise.all(this.gateways.map((gateway) => gateway.stop()))
    for (const gateway of this.gateways) gateway.dispose(failed)
  }
}
