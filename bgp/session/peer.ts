/**
 * One neighbour: feeds its peering (bgp/fsm) with what happens on sockets and timers, and carries out what the peering
 * wants. While Established, messages go to its Session.
 *
 *   socket, timer, configuration ──Event──► stepPeering ──Action──► socket, timer, Session
 */
import type { IpAddress } from '../../rib/model/ip-address.ts'
import type { Negotiated } from '../fsm/negotiate.ts'
import {
  acceptConnection,
  DIALED,
  foremost,
  newPeering,
  reconfigurePeering,
  startPeering,
  stepPeering,
  stopPeering,
} from '../fsm/peering.ts'
import type { ConnectionId, Peering, PeeringTransition } from '../fsm/peering.ts'
import type { Action, DownCause, Event, FsmConfig, Notification, State } from '../fsm/types.ts'
import type { Frame } from '../wire/framer.ts'
import { MAX_EXTENDED_MESSAGE_LENGTH } from '../wire/iana.ts'
import { keepalive } from '../wire/keepalive.ts'
import { encodeNotification } from '../wire/notification.ts'
import { encodeOpen } from '../wire/open.ts'
import type { AcceptedSocket, ConnectionListener } from './connection.ts'
import { PeerCounters } from './counters.ts'
import { CurrentSession } from './current-session.ts'
import { ErrorLog } from './error-log.ts'
import { linkListener } from './link-listener.ts'
import { Link } from './link.ts'
import { messageEvent } from './message-event.ts'
import { configChange, fsmConfigOf } from './peer-config.ts'
import type { PeerConfig } from './peer-config.ts'
import type { PeerContext } from './peer-context.ts'
import { peerErrors } from './peer-errors.ts'
import type { PeerErrors } from './peer-errors.ts'
import { PeerSockets } from './peer-sockets.ts'
import { peerView } from './peer-view.ts'
import type { PeerView } from './peer-view.ts'
import { PrefixHold } from './prefix-hold.ts'
import { prefixLimitFamily, sameLimits } from './prefix-limit.ts'
import { administrativeShutdown, causeText, isCollision, silenceHint } from './down-cause.ts'

/** RFC 4271 §10: a jittered timer runs for 0.75 to 1 times its value. */
const JITTER_LEAST = 0.75

export class Peer {
  readonly name: string
  readonly address: IpAddress
  readonly isDynamic: boolean
  readonly #context: PeerContext
  readonly #counters = new PeerCounters()
  readonly #errors: ErrorLog
  readonly #current: CurrentSession
  readonly #sockets: PeerSockets
  readonly #hold: PrefixHold
  readonly #links = new Map<ConnectionId, Link>()
  #config: PeerConfig
  #peering: Peering
  #sessionLink: Link | undefined
  #nextId: ConnectionId = DIALED + 1
  #state: State = 'Idle'
  #sinceMs: number
  #lastError: string | undefined
  #isSilent = false
  /** The message that is being acted on. */
  #received: Frame | undefined

  constructor(context: PeerContext, config: PeerConfig, address: IpAddress, name: string) {
    this.#context = context
    this.#config = config
    this.address = address
    this.name = name
    this.isDynamic = config.range !== undefined
    this.#errors = new ErrorLog(context.log, context.timers, name)
    this.#current = new CurrentSession({
      ...context,
      name,
      address,
      counters: this.#counters,
      errors: this.#errors,
      onReleased: () => this.#checkQuiet(),
    })
    this.#sockets = new PeerSockets(context, context.timers, address)
    this.#hold = new PrefixHold(context.timers, () => this.#holdOver())
    this.#peering = newPeering(this.#fsmConfig())
    this.#sinceMs = context.timers.nowMs()
  }

  /** False for who has connected and never said who it is. */
  get hasSentOpen(): boolean {
    return this.#counters.opensIn > 0
  }

  get config(): PeerConfig {
    return this.#config
  }

  /** What the peer hears when it connects and is not to be let in. */
  get refusal(): Notification | undefined {
    if (this.#config.adminDown) return administrativeShutdown(this.#config)
    return this.#hold.reason
  }

  start(): void {
    if (!this.#config.adminDown && !this.#hold.reason) this.#commit(startPeering(this.#peering))
  }

  /** The peer has opened a connection to us. */
  accept(socket: AcceptedSocket): void {
    const fault = this.#sockets.protect(socket, this.#config)
    if (fault !== undefined) {
      // Nothing is said on a connection that is not what the configuration asks for.
      socket.destroy()
      this.noteFault(fault)
      return
    }
    const id = this.#nextId++
    const link = this.#link(id)
    link.connection = this.#sockets.adopt(socket, this.#listenerOf(link))
    this.#commit(acceptConnection(this.#peering, id))
  }

  /** Our own restart is over: output begins, and the next OPEN says so. */
  restartOver(): void {
    this.#peering = reconfigurePeering(this.#peering, this.#fsmConfig())
    this.#current.session?.start()
  }

  /** True while a session is up; with `settled`, one on which the peer has said all it has to say. */
  isUp(settled: boolean): boolean {
    const { session } = this.#current
    return session !== undefined && (!settled || session.hasHeardAll)
  }

  /**
   * Ends everything for good; resolves when the sockets are gone. `silently`: without a word to a peer that helps through
   * restarts, so that it keeps our routes (RFC 4724 §4).
   */
  async close(cease: Notification, silently = false): Promise<void> {
    this.#isSilent = silently && this.#current.session?.negotiated.gracefulRestart !== undefined
    const connections = [...this.#links.values()].map((link) => link.connection)
    this.stop(cease)
    for (const link of this.#links.values()) link.close()
    await Promise.all(connections.map(async (connection) => await connection?.closed()))
  }

  /** Administratively down: connections end, paths go, nothing starts again. */
  stop(cease: Notification): void {
    this.#hold.release()
    this.#commit(stopPeering(this.#peering, { kind: 'ManualStop', notification: cease }))
    this.#dropPaths()
  }

  /** Ends the session, or what is kept of the last one, and if asked both (else RFC 8538 §4 decides); a new one follows. */
  reset(cease: Notification, dropsPaths = this.#current.session === undefined): void {
    if (this.#hold.release()) return this.#holdOver()
    this.#commit(stopPeering(this.#peering, { kind: 'AutomaticStop', notification: cease }))
    if (dropsPaths) this.#dropPaths()
  }

  /** Takes other configuration of the same neighbour, without a reset where that is possible. */
  reconfigure(config: PeerConfig, cease: { change: Notification; shutdown: Notification }): void {
    const before = this.#config
    const change = configChange(before, config)
    this.#config = config
    const connections = [...this.#links.values()].flatMap(({ connection }) => connection ?? [])
    const fault = this.#sockets.change(connections, before, config)
    if (fault !== undefined) this.noteFault(fault)
    const hasOtherLimits = !sameLimits(before.prefixLimits, config.prefixLimits)
    if (hasOtherLimits) this.#hold.release()
    this.#peering = reconfigurePeering(this.#peering, this.#fsmConfig())
    if (config.adminDown) {
      if (!before.adminDown) this.stop(cease.shutdown)
    } else if (before.adminDown) this.start()
    else if (!this.#hasTransport()) {
      this.#restart(cease.change)
      // Paths kept through a restart came from a peer with the old configuration.
      if (change !== 'nothing') this.#dropPaths()
    } else if (change === 'session' || fault !== undefined) this.reset(cease.change, true)
    else {
      if (change === 'policy') this.#current.applyPolicy(config)
      if (hasOtherLimits) this.#applyLimits(config)
    }
  }

  view(): PeerView {
    return peerView({
      name: this.name,
      address: this.address,
      isDynamic: this.isDynamic,
      config: this.#config,
      localAs: this.#peering.config.localAs,
      offered: this.#peering.config.families,
      state: this.#state,
      sinceMs: this.#sinceMs,
      session: this.#current.session,
      retention: this.#current.retention,
      counters: this.#counters,
      errors: this.#errors,
      lastError: this.#lastError,
      hold: this.#hold,
    })
  }

  errors(): PeerErrors {
    return peerErrors(this.name, this.#errors)
  }

  // --- events -------------------------------------------------------------------------------------------------------

  #dispatch(id: ConnectionId, event: Event): void {
    this.#commit(stepPeering(this.#peering, id, event))
  }

  #commit(transition: PeeringTransition): void {
    this.#peering = transition.peering
    for (const { id, action } of transition.actions) this.#execute(this.#link(id), action)
    const before = this.#links.size
    for (const [id, link] of this.#links) {
      if (this.#peering.connections.has(id)) continue
      link.close()
      this.#links.delete(id)
    }
    this.#noteState()
    if (this.#links.size < before) this.#checkQuiet()
    const { reason } = this.#hold
    if (reason && this.#hold.takeDue())
      this.#commit(stopPeering(this.#peering, { kind: 'ManualStop', notification: reason }))
  }

  #listenerOf(link: Link): ConnectionListener {
    return linkListener(link, {
      pacer: this.#context.pacer,
      counters: this.#counters,
      errors: this.#errors,
      isSessionLink: (each) => each === this.#sessionLink,
      dispatch: (event) => this.#dispatch(link.id, event),
      receive: (frame) => this.#receive(link, frame),
      drained: () => this.#current.session?.drained(),
    })
  }

  #receive(link: Link, frame: Frame): void {
    const { messages, beforeSession } = this.#current
    const event = messageEvent(frame, link === this.#sessionLink ? messages : beforeSession)
    if (!event) return
    this.#received = frame
    this.#dispatch(link.id, event)
    this.#received = undefined
  }

  // --- actions ------------------------------------------------------------------------------------------------------

  #execute(link: Link, action: Action): void {
    switch (action.kind) {
      case 'connect':
        link.connection = this.#sockets.dial(this.#config, this.#listenerOf(link))
        return
      case 'disconnect':
        this.#disconnect(link)
        return
      case 'sendOpen':
        this.#counters.opensOut++
        this.#write(link, encodeOpen(action.open))
        return
      case 'sendKeepalive':
        this.#counters.keepalivesOut++
        this.#write(link, keepalive)
        return
      case 'sendNotification':
        if (this.#isSilent) return
        this.#counters.notificationsOut++
        if (this.#received) this.#errors.noteRefusal(action.notification, this.#received)
        this.#write(link, encodeNotification(action.notification))
        return
      case 'startTimer': {
        const factor = action.jittered ? JITTER_LEAST + (1 - JITTER_LEAST) * this.#context.random() : 1
        link.startTimer(action.timer, action.ms * factor)
        return
      }
      case 'stopTimer':
        link.stopTimer(action.timer)
        return
      case 'sessionUp':
        this.#sessionUp(link, action.negotiated)
        return
      case 'sessionDown':
        this.#sessionDown(action.cause)
        return
      case 'attemptFailed':
        this.#counters.attemptsFailed++
        this.#noteCause('bgp.attemptFailed', action.cause)
    }
  }

  #disconnect(link: Link): void {
    if (!link.connection) return
    this.#context.pacer.forget(link.connection)
    link.connection.close()
    link.connection = undefined
  }

  #write(link: Link, octets: Uint8Array): void {
    this.#counters.messagesOut++
    this.#counters.octetsOut += octets.length
    link.connection?.write(octets)
  }

  #sessionUp(link: Link, negotiated: Negotiated): void {
    const { connection } = link
    if (!connection) return
    // RFC 8654 §4: our OPEN has offered it, so this much must be taken even from a peer that did not offer it back.
    connection.framer.maxMessageLength = MAX_EXTENDED_MESSAGE_LENGTH
    this.#sessionLink = link
    this.#current.up(connection, negotiated, this.#config)
  }

  #sessionDown(cause: DownCause): void {
    this.#sessionLink = undefined
    this.#noteCause('bgp.sessionDown', cause)
    const family = cause.kind === 'notificationSent' ? prefixLimitFamily(cause.notification) : undefined
    if (cause.kind === 'notificationSent' && family !== undefined) {
      const limit = this.#config.prefixLimits?.find((each) => each.family === family)
      this.#hold.begin(cause.notification, limit?.restartAfterSec)
    }
    this.#current.down(cause)
  }

  #applyLimits(config: PeerConfig): void {
    const notification = this.#current.session?.applyLimits(config)
    if (notification) this.#commit(stopPeering(this.#peering, { kind: 'AutomaticStop', notification }))
  }

  #holdOver(): void {
    this.#context.log.info('bgp.prefixLimitHoldOver', { peer: this.name })
    this.start()
    this.#checkQuiet()
  }

  #restart(cease: Notification): void {
    this.#commit(stopPeering(this.#peering, { kind: 'ManualStop', notification: cease }))
    this.start()
  }

  #dropPaths(): void {
    this.#current.retention.drop()
    this.#checkQuiet()
  }

  #fsmConfig(): FsmConfig {
    const { rib, local, ownRestart } = this.#context
    const families = this.#config.families.filter((family) => rib.master(family) !== undefined)
    return fsmConfigOf(this.#config, local, families, ownRestart.offer)
  }

  /** The peer stays down, or a connection was not taken, since its sockets cannot be what the configuration asks for. */
  noteFault(reason: string): void {
    this.#lastError = reason
    this.#context.log.error('bgp.unprotected', { peer: this.name, reason })
  }

  // --- state --------------------------------------------------------------------------------------------------------

  #link(id: ConnectionId): Link {
    let link = this.#links.get(id)
    if (!link) {
      link = new Link(id, this.#context.timers, (event) => this.#dispatch(id, event))
      this.#links.set(id, link)
    }
    return link
  }

  #hasTransport(): boolean {
    return ['OpenSent', 'OpenConfirm', 'Established'].includes(foremost(this.#peering).fsm.state)
  }

  #noteState(): void {
    const { state } = foremost(this.#peering).fsm
    if (state === this.#state) return
    this.#context.log.debug('bgp.state', { peer: this.name, from: this.#state, to: state })
    this.#state = state
    this.#sinceMs = this.#context.timers.nowMs()
  }

  #noteCause(event: string, cause: DownCause): void {
    const text = causeText(cause) + silenceHint(cause, this.#config)
    if (isCollision(cause)) this.#counters.collisions++
    else this.#lastError = text
    this.#context.log[event === 'bgp.sessionDown' ? 'warn' : 'debug'](event, { peer: this.name, cause: text })
  }

  #checkQuiet(): void {
    // A dynamic peer that is held is kept: whoever comes again at once would be let in.
    if (!this.isDynamic || this.#hold.reason) return
    if (this.#peering.connections.size === 1 && !this.#current.retention.isRetaining)
      this.#context.onQuiet(this)
  }
}
