/**
 * A whole daemon on loopback with the peers that the corpus needs:
 *
 *   senders      several internal and external ones, each with an address of its own: cases run side by side
 *   observers    internal clients that show what the daemon passes on; route targets have one of their own, because a
 *                peer with route-target gets no VPN route that it has not asked for
 *   bystander    whose route must stay, whatever the senders do
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Daemon } from '../../../control/daemon.ts'
import { silentLog } from '../../../rib/log.ts'
import { until } from '../until.ts'
import { compose } from './compose.ts'
import { WirePeer } from './wire-peer.ts'
import type { Target } from './wire-peer.ts'

const SENDERS = 6
const HOST = '127.0.61.1'
const KEEPALIVE = 4

/** Routes in the lab's own name have numbers below those of the cases. */
const lab = { peer: 'ibgp', as4: true, number: 1 } as const
const bystanderRoute = 'inet:180a0001'

export interface Sender {
  readonly name: string
  readonly kind: 'ibgp' | 'ebgp'
  readonly address: string
}

export class MalformedLab {
  readonly senders: readonly Sender[]
  readonly #folder = mkdtempSync(join(tmpdir(), 'heddle-malformed-'))
  #daemon!: Daemon
  #target!: Target
  #observer!: WirePeer
  #targetObserver!: WirePeer
  #bystander!: WirePeer

  constructor() {
    this.senders = (['ibgp', 'ebgp'] as const).flatMap((kind, net) =>
      Array.from({ length: SENDERS }, (_, i) => ({
        name: `${kind}-${i}`,
        kind,
        address: `127.0.${62 + net}.${i + 1}`,
      })),
    )
  }

  async start(): Promise<void> {
    const file = join(this.#folder, 'heddle.yaml')
    const others = ['observer', 'target-observer', 'bystander'].map((name, i) =>
      peerDocument(name, `127.0.61.${i + 2}`, 'ibgp'),
    )
    const senders = this.senders.map(
      ({ name, address, kind }) => `${peerDocument(name, address, kind)}  addPath: {receive: true}\n`,
    )
    writeFileSync(file, [controlNode, ...others, ...senders].join('---\n'))
    this.#daemon = await Daemon.start({ files: [file], log: silentLog })
    this.#target = { host: HOST, port: this.#daemon.speaker.endpoints()[0]!.port }
    const families = 'mp(v4) mp(v6) mp(vpn4) mp(vpn6)'
    this.#observer = await this.#established('127.0.61.2', `open(;;;; caps(${families} as4 cap(06;)))`)
    this.#targetObserver = await this.#established('127.0.61.3', 'open(;;;; caps(mp(rt) as4 cap(06;)))')
    this.#bystander = await this.#established('127.0.61.4', 'open(;;;; caps(mp(v4) as4))')
    this.#bystander.send(Buffer.from(compose('update(; good; P)', lab), 'hex'))
    await until('the bystander is heard', () => this.routeOf(bystanderRoute) !== undefined)
  }

  async close(): Promise<void> {
    for (const peer of [this.#observer, this.#targetObserver, this.#bystander]) peer?.destroy()
    await this.#daemon?.close()
    rmSync(this.#folder, { recursive: true })
  }

  connect(sender: Sender): WirePeer {
    return new WirePeer(this.#target, sender.address)
  }

  /** The attributes with which the daemon announces a route; undefined when it does not. */
  routeOf(key: string): ReadonlyMap<number, string> | undefined {
    return (key.startsWith('route-target:') ? this.#targetObserver : this.#observer).routes.get(key)
  }

  /** Everybody else goes on as if nothing had happened. */
  get isUnharmed(): boolean {
    const peers = [this.#observer, this.#targetObserver, this.#bystander]
    const hasRoute = this.routeOf(bystanderRoute) !== undefined
    return hasRoute && !this.#observer.withdrawn.has(bystanderRoute) && peers.every((peer) => !peer.isClosed)
  }

  view(sender: Sender): { readonly state: string; readonly families: readonly string[] } {
    return this.#daemon.peers().find((peer) => peer.name === sender.name)!
  }

  /** How many errors the peer's journal has counted, and the reactions to the last of them, newest first. */
  errors(sender: Sender): { readonly count: number; readonly reactions: readonly string[] } {
    const { counts, last } = this.#daemon.peerErrors(sender.name)!
    const count = Object.values(counts).reduce((sum, value) => sum + value, 0)
    return { count, reactions: last.map(({ reaction }) => reaction) }
  }

  async #established(address: string, open: string): Promise<WirePeer> {
    const peer = new WirePeer(this.#target, address)
    const [, , net, host] = address.split('.').map(Number)
    const setting = { ...lab, number: net! * 256 + host! }
    peer.send(Buffer.from(compose(`${open} keepalive`, setting), 'hex'))
    await until(`${address} is established`, () => peer.types.includes(KEEPALIVE))
    return peer
  }
}

const controlNode = `apiVersion: heddle.dev/v1alpha1
kind: ControlNode
metadata: {name: ctl1}
spec:
  autonomousSystem: 64512
  routerID: 10.0.0.99
  bgp: {listen: ["${HOST}:0"]}
  agents: {listen: ["${HOST}:0"]}
  stateDir: ./state
`

function peerDocument(name: string, address: string, kind: 'ibgp' | 'ebgp'): string {
  const more = kind === 'ibgp' ? 'routeReflectorClient: true' : 'ebgpRequiresPolicy: false'
  return `apiVersion: heddle.dev/v1alpha1
kind: BGPPeer
metadata: {name: ${name}}
spec:
  address: ${address}
  autonomousSystem: ${kind === 'ibgp' ? 64512 : 64999}
  passive: true
  families: [inet, inet6, inet-vpn, inet6-vpn, route-target]
  ${more}
`
}
