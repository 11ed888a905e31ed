/**
 * A step under construction: the machine as it will be, and the actions on the way there. States (connecting-states.ts,
 * session-states.ts) are written in its verbs; step() in transition.ts makes one per event and never keeps it.
 */
import { backoffMs, CONNECT_TIMEOUT_MS, keepaliveMs, openHoldMs, sendHoldMs } from './durations.ts'
import { asSent } from './graceful-restart.ts'
import { offeredOpen } from './negotiate.ts'
import type { Negotiated } from './negotiate.ts'
import type { Action, DownCause, Fsm, Notification, State, TimerName, Transition } from './types.ts'

export class Draft {
  readonly before: Fsm
  state: State
  failures: number
  negotiated: Negotiated | undefined
  isSettled: boolean
  isProbed: boolean
  readonly actions: Action[] = []
  readonly #running: Set<TimerName>

  constructor(fsm: Fsm) {
    this.before = fsm
    this.state = fsm.state
    this.failures = fsm.failures
    this.negotiated = fsm.negotiated
    this.isSettled = fsm.isSettled
    this.isProbed = fsm.isProbed
    this.#running = new Set(fsm.running)
  }

  finish(): Transition {
    const { config, dials } = this.before
    const { state, failures, negotiated, isSettled, isProbed } = this
    return {
      fsm: { state, config, dials, failures, running: this.#running, negotiated, isSettled, isProbed },
      actions: this.actions,
    }
  }

  runs(timer: TimerName): boolean {
    return this.#running.has(timer)
  }

  /** Takes note that a timer has fired; false when it was not running: the event is a stale one. */
  expire(timer: TimerName): boolean {
    return this.#running.delete(timer)
  }

  start(timer: TimerName, ms: number, jittered = false): void {
    this.#running.add(timer)
    this.actions.push({ kind: 'startTimer', timer, ms, jittered })
  }

  stop(timer: TimerName): void {
    if (this.#running.delete(timer)) this.actions.push({ kind: 'stopTimer', timer })
  }

  /** Starts the HoldTimer anew with the negotiated time; nothing when that is zero (RFC 4271 §4.2). */
  restartHold(): void {
    const holdTimeSec = this.negotiated?.holdTimeSec ?? 0
    if (holdTimeSec > 0) this.start('hold', holdTimeSec * 1000)
  }

  restartKeepalive(): void {
    const holdTimeSec = this.negotiated?.holdTimeSec ?? 0
    if (holdTimeSec > 0) this.start('keepalive', keepaliveMs(this.before.config, holdTimeSec), true)
  }

  /** Opens a connection: Connect. */
  connect(): void {
    this.start('connectRetry', CONNECT_TIMEOUT_MS)
    this.actions.push({ kind: 'connect' })
    this.state = 'Connect'
  }

  /** Waits for the peer, or for the next attempt: Active. */
  waitActive(): void {
    this.state = 'Active'
    if (!this.before.config.passive)
      this.start('connectRetry', backoffMs(this.before.config, this.failures), true)
    else this.stop('connectRetry')
  }

  /** The transport is up: our OPEN at once, or after DelayOpen on a connection that the peer opened. */
  transportUp(accepted: boolean): void {
    this.stop('connectRetry')
    const { delayOpenSec } = this.before.config
    if (accepted && delayOpenSec > 0) {
      this.start('delayOpen', delayOpenSec * 1000)
      return
    }
    this.sendOpen()
  }

  sendOpen(): void {
    this.stop('delayOpen')
    this.actions.push({ kind: 'sendOpen', open: offeredOpen(this.before.config) })
    this.start('hold', openHoldMs(this.before.config))
    this.state = 'OpenSent'
  }

  /** The peer's OPEN is good: OpenConfirm (RFC 4271 §8.2.2, OpenSent, event 19). */
  confirm(negotiated: Negotiated): void {
    this.negotiated = negotiated
    this.actions.push({ kind: 'sendKeepalive' })
    this.stop('connectRetry')
    if (negotiated.holdTimeSec === 0) this.stop('hold')
    this.restartHold()
    this.restartKeepalive()
    this.state = 'OpenConfirm'
  }

  establish(negotiated: Negotiated): void {
    this.restartHold()
    this.start('sendHold', sendHoldMs(this.before.config, negotiated.holdTimeSec))
    // Without keepalives nothing later tells that the session is stable.
    if (negotiated.holdTimeSec === 0) this.failures = 0
    this.actions.push({ kind: 'sessionUp', negotiated })
    this.state = 'Established'
  }

  /** Gives up a connection that is not up yet, without complaint: another one holds the session. */
  park(): void {
    this.#stopTimers()
    if (this.state !== 'Idle') this.actions.push({ kind: 'disconnect' })
    this.state = 'Idle'
  }

  /** Ends the connection and stays down until a start event. */
  halt(cause: DownCause): void {
    this.#end(cause)
    this.state = 'Idle'
  }

  /** Ends the connection; the machine that dials starts again after the IdleHoldTimer. */
  fail(cause: DownCause): void {
    this.failures++
    this.halt(cause)
    if (this.before.dials) this.idleHold()
  }

  /** Ends the connection with a NOTIFICATION of ours. */
  refuse(notification: Notification): void {
    this.fail({ kind: 'notificationSent', notification })
  }

  idleHold(): void {
    this.state = 'Idle'
    this.start('idleHold', backoffMs(this.before.config, this.failures), true)
  }

  #end(cause: DownCause): void {
    this.#stopTimers()
    if (cause.kind === 'notificationSent' && this.#hasPeer()) {
      // Before the session is up there are no routes to lose.
      const session = this.state === 'Established' ? this.negotiated : undefined
      const notification = asSent(cause.notification, session)
      this.actions.push({ kind: 'sendNotification', notification })
    }
    if (this.state !== 'Idle') this.actions.push({ kind: 'disconnect' })
    if (this.state === 'Established') this.actions.push({ kind: 'sessionDown', cause })
    else if (this.state !== 'Idle') this.actions.push({ kind: 'attemptFailed', cause })
    this.negotiated = undefined
    this.isSettled = false
    this.isProbed = false
  }

  #stopTimers(): void {
    for (const timer of [...this.#running]) this.stop(timer)
  }

  /** True once a transport is up, so that a NOTIFICATION has somewhere to go. */
  #hasPeer(): boolean {
    return hasTransport(this.before)
  }
}

/** True while a TCP connection is up: from OpenSent on, or while DelayOpen waits on one. */
export function hasTransport(fsm: Fsm): boolean {
  return (
    fsm.state === 'OpenSent' ||
    fsm.state === 'OpenConfirm' ||
    fsm.state === 'Established' ||
    fsm.running.has('delayOpen')
  )
}
