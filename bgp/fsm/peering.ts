/**
 * All connections to one peer as one value: the machine that dials (id 0) and those of connections that the peer opened.
 * Pure, so that collisions can be played through in every order.
 *
 * Why a connection is held: say the one that should live by the rule of RFC 4271 §6.8 is up, but its OPEN has not come,
 * and the OPEN of the other one has. Going on with the other one could meet a peer that has decided the other way round;
 * dropping it could leave none, if the first is already dead. So its OPEN waits until the first has one too, or has ended.
 */
import type { Open } from '../wire/open.ts'
import { judge, survivingDirection } from './collision.ts'
import type { Contest, Direction, Verdict } from './collision.ts'
import { hasTransport } from './draft.ts'
import { COLLISION_HOLD_MS } from './durations.ts'
import { gracefulRestartOf, isRefusal, negotiate } from './negotiate.ts'
import { acceptingFsm, dialingFsm, step } from './transition.ts'
import type { Action, Event, Fsm, FsmConfig } from './types.ts'

/** 0 is the connection that we dial; the peer's get the numbers that the caller gives them, ascending. */
export type ConnectionId = number
export const DIALED: ConnectionId = 0

/** Messages kept of a held connection: its OPEN, a KEEPALIVE, and enough more to find a peer that goes on wrongly. */
const MAX_HELD_EVENTS = 4

export interface PeeringAction {
  readonly id: ConnectionId
  readonly action: Action
}

interface Held {
  readonly id: ConnectionId
  readonly events: readonly Event[]
}

export interface Peering {
  readonly config: FsmConfig
  /** Administratively up. */
  readonly isStarted: boolean
  readonly connections: ReadonlyMap<ConnectionId, Fsm>
  readonly held: Held | undefined
}

export interface PeeringTransition {
  readonly peering: Peering
  readonly actions: readonly PeeringAction[]
}

/** A peering that has not been started. */
export function newPeering(config: FsmConfig): Peering {
  const connections = new Map([[DIALED, dialingFsm(config)]])
  return { config, isStarted: false, connections, held: undefined }
}

/** Starts dialing, or waiting where the peer is passive. */
export function startPeering(peering: Peering): PeeringTransition {
  const draft = new PeeringDraft({ ...peering, isStarted: true })
  draft.apply(DIALED, { kind: 'ManualStart' })
  return draft.finish()
}

/** Stops every connection with this event (ManualStop stays down, AutomaticStop comes back). */
export function stopPeering(
  peering: Peering,
  event: Event & { kind: 'ManualStop' | 'AutomaticStop' },
): PeeringTransition {
  const draft = new PeeringDraft({
    ...peering,
    isStarted: event.kind === 'AutomaticStop' && peering.isStarted,
  })
  for (const id of [...draft.connections.keys()]) draft.apply(id, event)
  return draft.finish()
}

/** Takes other configuration for what happens from now on; what is negotiated stays. */
export function reconfigurePeering(peering: Peering, config: FsmConfig): Peering {
  const connections = new Map([...peering.connections].map(([id, fsm]) => [id, { ...fsm, config }]))
  return { ...peering, config, connections }
}

/** The peer has opened a connection. Only for a started peering. */
export function acceptConnection(peering: Peering, id: ConnectionId): PeeringTransition {
  const draft = new PeeringDraft(peering)
  // An older connection of the peer's that is still without OPEN: the peer has given it up.
  for (const [other, fsm] of [...draft.connections]) {
    if (other !== DIALED && !fsm.negotiated && draft.held?.id !== other) {
      draft.apply(other, { kind: 'OpenCollisionDump' })
    }
  }
  draft.connections.set(id, acceptingFsm(peering.config))
  draft.apply(id, { kind: 'TcpConnectionConfirmed' })
  return draft.finish()
}

/** One event of one connection; events of a connection that has ended are dropped. */
export function stepPeering(peering: Peering, id: ConnectionId, event: Event): PeeringTransition {
  const draft = new PeeringDraft(peering)
  draft.take(id, event)
  return draft.finish()
}

/** The connection that says most about the peering: the one that is furthest. */
export function foremost(peering: Peering): { id: ConnectionId; fsm: Fsm } {
  let best: { id: ConnectionId; fsm: Fsm } = { id: DIALED, fsm: peering.connections.get(DIALED)! }
  for (const [id, fsm] of peering.connections) if (rank(fsm) > rank(best.fsm)) best = { id, fsm }
  return best
}

function rank(fsm: Fsm): number {
  return ['Idle', 'Active', 'Connect', 'OpenSent', 'OpenConfirm', 'Established'].indexOf(fsm.state)
}

class PeeringDraft {
  readonly connections: Map<ConnectionId, Fsm>
  held: Held | undefined
  readonly #peering: Peering
  readonly #actions: PeeringAction[] = []

  constructor(peering: Peering) {
    this.#peering = peering
    this.connections = new Map(peering.connections)
    this.held = peering.held
  }

  finish(): PeeringTransition {
    this.#settle()
    const { connections, held } = this
    return { peering: { ...this.#peering, connections, held }, actions: this.#actions }
  }

  take(id: ConnectionId, event: Event): void {
    const fsm = this.connections.get(id)
    if (!fsm) return
    if (this.held?.id === id && (event.kind === 'KeepAliveMsg' || event.kind === 'BgpOpen')) {
      const { events } = this.held
      if (events.length < MAX_HELD_EVENTS) this.held = { id, events: [...events, event] }
      return
    }
    if (event.kind === 'BgpOpen' && mayTakeOpen(fsm)) this.#takeOpen(id, fsm, event)
    else this.apply(id, event)
  }

  apply(id: ConnectionId, event: Event): void {
    const fsm = this.connections.get(id)
    if (!fsm) return
    const transition = step(fsm, event)
    this.connections.set(id, transition.fsm)
    for (const action of transition.actions) this.#actions.push({ id, action })
    if (transition.fsm.state === 'Idle' && !transition.fsm.dials) this.connections.delete(id)
  }

  /** An OPEN on a connection that waits for one: collisions are settled before the machine sees it. */
  #takeOpen(id: ConnectionId, fsm: Fsm, event: Event & { kind: 'BgpOpen' }): void {
    if (isRefusal(negotiate(event.open, fsm.config))) return this.apply(id, event)
    const rivals = [...this.connections].filter(([other, rival]) => other !== id && hasTransport(rival))
    for (const [other, rival] of rivals) {
      const verdict = this.#verdict(id, event.open, other, rival)
      if (verdict === 'dropArrival') {
        this.#probe(other)
        return this.apply(id, { kind: 'OpenCollisionDump' })
      }
      if (verdict === 'holdArrival') return this.#hold(id, event, other)
      if (verdict === 'dropOther') this.apply(other, { kind: 'OpenCollisionDump' })
      else this.apply(other, { kind: 'TcpConnectionFails', detail: 'the peer has restarted' })
    }
    this.apply(id, event)
  }

  #verdict(id: ConnectionId, open: Open, other: ConnectionId, rival: Fsm): Verdict {
    const { routerId, localAs, peerAs } = this.#peering.config
    const contest: Contest = {
      survivor: survivingDirection({ routerId, asn: localAs }, { routerId: open.identifier, asn: peerAs }),
      arrival: direction(id),
      other: direction(other),
      otherState:
        rival.state === 'Established' || rival.state === 'OpenConfirm' ? rival.state : 'waitsForOpen',
      peerRestarted: hasRestarted(rival, open),
    }
    return judge(contest)
  }

  /**
   * A peer that has a session does not open another connection, unless its host went down without a word. Then the
   * KEEPALIVE meets a host that does not know the session: its reset ends it at once, long before the HoldTimer, and
   * the peer's next attempt succeeds. One only: RFC 4271 §4.4 forbids more than one KEEPALIVE a second.
   */
  #probe(id: ConnectionId): void {
    const fsm = this.connections.get(id)!
    if (fsm.state !== 'Established' || fsm.isProbed) return
    this.connections.set(id, { ...fsm, isProbed: true })
    this.#actions.push({ id, action: { kind: 'sendKeepalive' } })
  }

  #hold(id: ConnectionId, event: Event, other: ConnectionId): void {
    if (this.held) this.apply(this.held.id, { kind: 'OpenCollisionDump' })
    this.held = { id, events: [event] }
    // Its OPEN must not wait for ours.
    this.apply(other, { kind: 'DelayOpenTimerExpires' })
    this.#actions.push({
      id: other,
      action: { kind: 'startTimer', timer: 'hold', ms: COLLISION_HOLD_MS, jittered: false },
    })
  }

  /** Rules over several connections, until nothing changes. */
  #settle(): void {
    this.#release()
    const committed = [...this.connections].some(([id, fsm]) => id !== DIALED && fsm.negotiated)
    const dial = this.connections.get(DIALED)!
    if (committed && !hasTransport(dial)) {
      // One of the peer's connections goes on: no reason to dial.
      if (dial.state !== 'Idle' || dial.running.size > 0) this.apply(DIALED, { kind: 'OpenCollisionDump' })
    } else if (this.#peering.isStarted && dial.state === 'Idle' && dial.running.size === 0) {
      this.apply(DIALED, { kind: 'AutomaticStart', damped: true })
    }
  }

  /** Lets a held connection go on once nothing stands before it. */
  #release(): void {
    const held = this.held
    if (!held) return
    const waits = [...this.connections].some(
      ([id, fsm]) => direction(id) !== direction(held.id) && hasTransport(fsm),
    )
    if (waits && this.connections.has(held.id) && hasTransport(this.connections.get(held.id)!)) return
    this.held = undefined
    if (this.connections.has(held.id)) for (const event of held.events) this.take(held.id, event)
  }
}

/**
 * True when an OPEN on another connection shows that the peer of an Established session has restarted: it says so, or
 * (RFC 4724 §5) it has graceful restart for some family, and the session is too old for a connection that crossed with it.
 */
function hasRestarted(rival: Fsm, open: Open): boolean {
  const restart = rival.negotiated?.gracefulRestart
  if (!restart) return false
  return gracefulRestartOf(open)?.restartState === true || (rival.isSettled && restart.families.length > 0)
}

function mayTakeOpen(fsm: Fsm): boolean {
  return fsm.state === 'OpenSent' || fsm.running.has('delayOpen')
}

function direction(id: ConnectionId): Direction {
  return id === DIALED ? 'dialed' : 'accepted'
}
