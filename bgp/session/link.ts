/**
 * One connection of a peer with the timers of its state machine. Peer decides; this keeps the pieces that belong together,
 * so that nothing of a connection outlives it.
 */
import type { Timers } from '../../rib/clock.ts'
import type { ConnectionId } from '../fsm/peering.ts'
import type { Event, TimerName } from '../fsm/types.ts'
import type { Connection } from './connection.ts'
import { DeadlineTimer } from './deadline-timer.ts'

const expiryEvents: Record<TimerName, Event> = {
  connectRetry: { kind: 'ConnectRetryTimerExpires' },
  hold: { kind: 'HoldTimerExpires' },
  keepalive: { kind: 'KeepaliveTimerExpires' },
  delayOpen: { kind: 'DelayOpenTimerExpires' },
  idleHold: { kind: 'IdleHoldTimerExpires' },
  sendHold: { kind: 'SendHoldTimerExpires' },
}

/** How often within its time the SendHoldTimer looks whether anything moved. */
const SEND_HOLD_LOOKS = 16

export class Link {
  readonly id: ConnectionId
  connection: Connection | undefined
  /** What the HoldTimer was last started with, for restarts by received data. */
  #holdMs = 0
  /** The HoldTimer has fired, and what waits in the socket has yet to be looked at. */
  #isHoldDue = false
  #sendHoldMs = 0
  #takenOctets = 0
  #movedAtMs = 0
  readonly #timers: Timers
  readonly #dispatch: (event: Event) => void
  readonly #running = new Map<TimerName, DeadlineTimer>()

  constructor(id: ConnectionId, timers: Timers, dispatch: (event: Event) => void) {
    this.id = id
    this.#timers = timers
    this.#dispatch = dispatch
  }

  startTimer(name: TimerName, ms: number): void {
    if (name === 'hold') {
      this.#holdMs = ms
      this.#isHoldDue = false
    }
    if (name !== 'sendHold') return this.#timer(name).restart(ms)
    this.#sendHoldMs = ms
    this.#noteProgress()
    this.#timer(name).restart(ms / SEND_HOLD_LOOKS)
  }

  stopTimer(name: TimerName): void {
    if (name === 'hold') this.#isHoldDue = false
    this.#running.get(name)?.stop()
  }

  /** RFC 4271 §8.2.2 restarts the HoldTimer by messages; octets show as well as messages that the peer is alive. */
  // hot: once per chunk of data
  restartHold(): void {
    const timer = this.#running.get('hold')
    if (!timer?.isRunning && !this.#isHoldDue) return
    this.#isHoldDue = false
    timer?.restart(this.#holdMs)
  }

  close(): void {
    this.#isHoldDue = false
    for (const timer of this.#running.values()) timer.stop()
    this.#running.clear()
    this.connection?.close()
    this.connection = undefined
  }

  #timer(name: TimerName): DeadlineTimer {
    let timer = this.#running.get(name)
    if (!timer) {
      timer = new DeadlineTimer(this.#timers, () => {
        this.#expired(name)
      })
      this.#running.set(name, timer)
    }
    return timer
  }

  #expired(name: TimerName): void {
    if (name === 'hold') this.#holdExpired()
    else if (name === 'sendHold') this.#sendHoldExpired()
    else this.#dispatch(expiryEvents[name])
  }

  /** After a stall of this process the timer fires before the socket is read: what waits there is looked at first. */
  #holdExpired(): void {
    this.#isHoldDue = true
    this.#timers.defer(() => {
      if (!this.#isHoldDue) return
      // Reading is paused by us: silence says nothing about the peer.
      if (this.connection?.isPaused) this.restartHold()
      else {
        this.#isHoldDue = false
        this.#dispatch(expiryEvents.hold)
      }
    })
  }

  /** RFC 9687 §3: it expires only when octets have been waiting all the time and none of them could leave. */
  #sendHoldExpired(): void {
    const { connection } = this
    const now = this.#timers.nowMs()
    const isStuck =
      connection !== undefined && connection.pendingOctets > 0 && connection.takenOctets === this.#takenOctets
    if (isStuck && now - this.#movedAtMs >= this.#sendHoldMs) {
      this.#dispatch(expiryEvents.sendHold)
      return
    }
    if (!isStuck) this.#noteProgress()
    this.#timer('sendHold').restart(this.#sendHoldMs / SEND_HOLD_LOOKS)
  }

  #noteProgress(): void {
    this.#takenOctets = this.connection?.takenOctets ?? 0
    this.#movedAtMs = this.#timers.nowMs()
  }
}
