/**
 * This node as a BGP speaker: its listeners and its peers, the surface that control uses.
 *
 * Who connects is looked up by address, then by the longest range; a range makes a dynamic peer, which is removed again
 * when its session is over. Anybody else is closed without a word, and counted (admission.ts).
 */
import type { Timers } from '../../rib/clock.ts'
import type { Log } from '../../rib/log.ts'
import { formatIpAddress, parseIpAddress, unmapIpv4 } from '../../rib/model/ip-address.ts'
import type { IpAddress } from '../../rib/model/ip-address.ts'
import { prefixContains } from '../../rib/model/route-key.ts'
import { RecurringFault } from '../../rib/recurring-fault.ts'
import type { Rib } from '../../rib/rib.ts'
import { CeaseError } from '../wire/iana.ts'
import { ceaseWithText } from '../wire/notification.ts'
import type { Notification } from '../wire/notification.ts'
import { Admission, MAX_UNIDENTIFIED } from './admission.ts'
import type { RefusalReason, RefusedSource } from './admission.ts'
import type { AcceptedSocket } from './connection.ts'
import { administrativeShutdown } from './down-cause.ts'
import { InputPacer } from './input-pacer.ts'
import { jitterSource } from './jitter.ts'
import type { Acceptor, Endpoint } from './listener.ts'
import { OwnRestart } from './own-restart.ts'
import { configChange, sameConfig } from './peer-config.ts'
import type { LocalFacts, PeerConfig } from './peer-config.ts'
import { Peer } from './peer.ts'
import type { PeerContext } from './peer-context.ts'
import type { PeerErrors } from './peer-errors.ts'
import type { PeerView } from './peer-view.ts'
import { Refusals } from './refusals.ts'
import { isProtected, listenerSettings, needsKernel, socketSettings } from './socket-settings.ts'
import { tcp } from './transport.ts'
import type { Transport } from './transport.ts'

/** Peers of one range at a time, unless configured: what connects from there costs memory before it has said who it is. */
const DYNAMIC_PEER_LIMIT = 1_000

export interface SpeakerOptions extends LocalFacts {
  readonly rib: Rib
  readonly clock: Timers
  readonly log: Log
  /** Numbers from 0 up to 1 for jitter; its own source unless given. */
  readonly random?: () => number
  /** Helper only unless given. */
  readonly ownRestart?: OwnRestart
  /** TCP unless given. */
  readonly transport?: Transport
}

export class Speaker {
  readonly #listener: Acceptor
  readonly #context: PeerContext
  readonly #configs = new Map<string, PeerConfig>()
  readonly #peers = new Map<string, Peer>()
  readonly #byAddress = new Map<string, Peer>()
  readonly #refusals: Refusals
  readonly #admission: Admission
  readonly #unidentified = new Set<Peer>()
  readonly #transport: Transport
  /** Why peers cannot be accepted, by name of the configuration: their listener lacks their key. */
  #faults: ReadonlyMap<string, string> = new Map()
  #isClosed = false

  constructor(options: SpeakerOptions) {
    const { rib, clock, log, random, transport = tcp } = options
    this.#transport = transport
    this.#context = {
      rib,
      timers: clock,
      log,
      ownRestart:
        options.ownRestart ??
        new OwnRestart({ hasPredecessor: false, restartTimeSec: 0, longLivedStaleTimeSec: 0 }),
      local: { localAs: options.localAs, routerId: options.routerId, clusterId: options.clusterId },
      pacer: new InputPacer(clock, () => rib.isBusy),
      // The identifier differs between neighbours, the clock between runs.
      random: random ?? jitterSource(options.routerId ^ Math.floor(clock.nowMs() * 1_000)),
      dial: (target) => transport.dial(target),
      protect: (socket, settings, before) => protect(transport, socket, settings, before),
      onQuiet: (peer) => this.#forget(peer),
    }
    this.#refusals = new Refusals(clock, log)
    this.#admission = new Admission(clock, log)
    const acceptFault = new RecurringFault(clock, log, 'bgp.acceptFailed')
    this.#listener = transport.acceptor(
      (socket) => {
        acceptFault.over()
        this.#accept(socket)
      },
      (error) => acceptFault.note(error.message),
    )
  }

  /** Listens on every endpoint; rejects at the first that cannot be bound. */
  async listen(endpoints: readonly Endpoint[]): Promise<void> {
    for (const endpoint of endpoints) await this.#listener.listen(endpoint)
  }

  /** The addresses listened on. */
  endpoints(): Endpoint[] {
    return this.#listener.endpoints()
  }

  /** Connections refused: nobody with that address is configured, the peer is down, its range is full, or too many came. */
  get rejectedConnections(): number {
    return this.#refusals.count + this.#admission.count
  }

  /** Those that were closed without a word: how many, and the latest addresses. */
  refusedConnections(limit: number): {
    counts: Readonly<Record<RefusalReason, number>>
    sources: RefusedSource[]
  } {
    return { counts: this.#admission.counts, sources: this.#admission.refused(limit) }
  }

  /** Makes these the peers; what did not change is not touched. */
  setPeers(configs: readonly PeerConfig[]): void {
    const wanted = new Map(configs.map((config) => [config.name, config]))
    for (const [name, before] of [...this.#configs]) {
      const after = wanted.get(name)
      if (!after)
        this.#remove(name, ceaseWithText(CeaseError.peerDeconfigured, 'peer removed from the configuration'))
      else if (configChange(before, after) === 'identity') {
        this.#remove(name, ceaseWithText(CeaseError.configurationChange, 'address changed'))
      }
    }
    // Before anybody dials or is answered: no segment of theirs may go unsigned.
    this.#guard(configs)
    for (const config of configs) {
      const known = this.#configs.has(config.name)
      this.#configs.set(config.name, config)
      if (known) this.#reconfigure(config)
      else if (config.address) this.#addStatic(config, config.address)
    }
  }

  peers(): PeerView[] {
    return [...this.#peers.values()].map((peer) => peer.view())
  }

  /** What a peer has sent wrong; undefined when there is no such peer. */
  peerErrors(name: string): PeerErrors | undefined {
    return this.#peers.get(name)?.errors()
  }

  /** Resets a session by the operator's wish (CEASE/4); false when there is no such peer. */
  clearPeer(name: string): boolean {
    const peer = this.#peers.get(name)
    if (!peer) return false
    peer.reset(ceaseWithText(CeaseError.administrativeReset, 'cleared by the operator'))
    return true
  }

  /** Peers by name that have a session, or, settled, those that have also sent all they have. */
  upPeers(settled: boolean): string[] {
    return [...this.#peers.values()].filter((peer) => peer.isUp(settled)).map((peer) => peer.name)
  }

  /** Everything is known again after our own restart: output begins. */
  endRestart(): void {
    const { ownRestart } = this.#context
    ownRestart.over()
    for (const peer of this.#peers.values()) peer.restartOver()
  }

  /**
   * Stops listening, and waits for the sockets. Peers are shut down with CEASE/2 and the text (RFC 9003), or, where we are
   * coming back and they help, left without a word (RFC 4724).
   */
  async close(text = 'shutting down', isComingBack = false): Promise<void> {
    this.#isClosed = true
    const cease = ceaseWithText(CeaseError.administrativeShutdown, text)
    const peers = [...this.#peers.values()]
    await Promise.all([
      this.#listener.close(),
      ...peers.map((peer) => peer.close(cease, isComingBack && this.#context.ownRestart.isOffered)),
    ])
    this.#peers.clear()
    this.#byAddress.clear()
    this.#configs.clear()
  }

  #accept(socket: AcceptedSocket): void {
    const text = socket.remoteAddress
    const address = text === undefined ? undefined : parseIpAddress(text.replace(/%.*$/, ''))
    if (!address || this.#isClosed) {
      socket.destroy()
      return
    }
    const peer = this.#admit(unmapIpv4(address))
    if (peer === undefined) socket.destroy()
    else if (peer instanceof Peer) this.#acceptFor(peer, socket)
    else this.#refusals.refuse(socket, text!, peer)
  }

  /** The peer, what it is told instead, or undefined: nothing is said to whoever is nobody's peer, or comes too often. */
  #admit(address: IpAddress): Peer | Notification | undefined {
    const text = formatIpAddress(address)
    const known = this.#byAddress.get(text)
    const range = known ? undefined : this.#rangeOf(address)
    if (!known && !range) {
      this.#admission.refuse(text, 'unknown')
      return undefined
    }
    if (!this.#admission.admits(text)) return undefined
    if (known) return known.refusal ?? known
    if (this.#countUnidentified() >= MAX_UNIDENTIFIED) {
      this.#admission.refuse(text, 'tooManyUnidentified')
      return undefined
    }
    return this.#dynamicPeer(range!, address)
  }

  /** Dynamic peers that have not said who they are; those that have are taken off the list here. */
  #countUnidentified(): number {
    for (const peer of this.#unidentified) {
      if (peer.hasSentOpen || this.#peers.get(peer.name) !== peer) this.#unidentified.delete(peer)
    }
    return this.#unidentified.size
  }

  #acceptFor(peer: Peer, socket: AcceptedSocket): void {
    const fault = this.#faults.get(peer.config.name)
    if (fault === undefined) return peer.accept(socket)
    socket.destroy()
    peer.noteFault(fault)
  }

  #dynamicPeer(range: PeerConfig, address: IpAddress): Peer | Notification {
    if (this.#peersOf(range.name).length >= (range.dynamicPeerLimit ?? DYNAMIC_PEER_LIMIT)) {
      return ceaseWithText(CeaseError.outOfResources, 'too many peers of this range')
    }
    const peer = this.#add(range, address, `${range.name}@${formatIpAddress(address)}`)
    this.#unidentified.add(peer)
    peer.start()
    return peer
  }

  /** The longest range that holds the address. */
  #rangeOf(address: IpAddress): PeerConfig | undefined {
    let best: PeerConfig | undefined
    for (const config of this.#configs.values()) {
      if (!config.range || config.adminDown || !prefixContains(config.range, address)) continue
      if (!best?.range || config.range.length > best.range.length) best = config
    }
    return best
  }

  #guard(configs: readonly PeerConfig[]): void {
    this.#faults = this.#listener.guard?.(listenerSettings(configs)) ?? new Map()
    for (const config of configs) {
      const settings = socketSettings(config)
      const fault = needsKernel(settings)
        ? (this.#faults.get(config.name) ?? this.#transport.lacks?.())
        : undefined
      if (fault === undefined) continue
      const event = isProtected(settings) ? 'bgp.peerStaysDown' : 'bgp.ttlNotSet'
      this.#context.log.error(event, { peer: config.name, reason: fault })
    }
  }

  #addStatic(config: PeerConfig, address: IpAddress): void {
    const dynamic = this.#byAddress.get(formatIpAddress(address))
    if (dynamic?.isDynamic) {
      this.#forget(dynamic)
      void dynamic.close(ceaseWithText(CeaseError.configurationChange, 'configured by its address now'))
    }
    this.#add(config, address, config.name).start()
  }

  #add(config: PeerConfig, address: IpAddress, name: string): Peer {
    const peer = new Peer(this.#context, config, address, name)
    this.#peers.set(name, peer)
    this.#byAddress.set(formatIpAddress(address), peer)
    return peer
  }

  /** Every peer of a configuration: itself, or the dynamic ones of a range. */
  #peersOf(configName: string): Peer[] {
    return [...this.#peers.values()].filter((peer) => peer.config.name === configName)
  }

  #reconfigure(config: PeerConfig): void {
    for (const peer of this.#peersOf(config.name)) {
      if (sameConfig(peer.config, config)) continue
      peer.reconfigure(config, {
        change: ceaseWithText(CeaseError.configurationChange, 'configuration changed'),
        shutdown: administrativeShutdown(config),
      })
    }
  }

  #remove(configName: string, cease: Notification): void {
    this.#configs.delete(configName)
    for (const peer of this.#peersOf(configName)) {
      this.#forget(peer)
      void peer.close(cease)
    }
  }

  #forget(peer: Peer): void {
    if (this.#peers.get(peer.name) !== peer) return
    this.#peers.delete(peer.name)
    const address = formatIpAddress(peer.address)
    if (this.#byAddress.get(address) === peer) this.#byAddress.delete(address)
  }
}

/** A transport that knows no such settings has nothing to protect a connection with. */
function protect(
  transport: Transport,
  ...args: Parameters<NonNullable<Transport['protect']>>
): string | undefined {
  if (transport.protect) return transport.protect(...args)
  return isProtected(args[1]) ? 'this transport has no socket options' : undefined
}
