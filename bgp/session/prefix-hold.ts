/**
 * A peer that has brought more routes than it may stays idle: for a while, or until the operator clears it.
 *
 *   free ── CEASE/1 of ours ──► due ── the connections have ended ──► held ── restartAfter, clear, other limits ──► free
 */
import type { Timer, Timers } from '../../rib/clock.ts'
import type { Notification } from '../wire/notification.ts'

export class PrefixHold {
  readonly #timers: Timers
  readonly #onOver: () => void
  #reason: Notification | undefined
  #timer: Timer | undefined
  #untilMs: number | undefined
  #isDue = false

  /** onOver: the time has passed; nothing is held any more. */
  constructor(timers: Timers, onOver: () => void) {
    this.#timers = timers
    this.#onOver = onOver
  }

  /** What the peer is told when it connects meanwhile; undefined: nothing is held. */
  get reason(): Notification | undefined {
    return this.#reason
  }

  /** Seconds to go; undefined where nothing is held, or for ever. */
  get restartInSec(): number | undefined {
    if (this.#untilMs === undefined) return undefined
    return Math.max(0, Math.ceil((this.#untilMs - this.#timers.nowMs()) / 1000))
  }

  begin(reason: Notification, restartAfterSec: number | undefined): void {
    this.release()
    this.#reason = reason
    this.#isDue = true
    if (restartAfterSec === undefined) return
    this.#untilMs = this.#timers.nowMs() + restartAfterSec * 1000
    this.#timer = this.#timers.setTimer(restartAfterSec * 1000, () => {
      this.release()
      this.#onOver()
    })
  }

  /** True once after each beginning: whoever is told ends what is left of the connections. */
  takeDue(): boolean {
    const isDue = this.#isDue
    this.#isDue = false
    return isDue
  }

  /** Nothing is held any more; true when something was. */
  release(): boolean {
    const wasHeld = this.#reason !== undefined
    this.#timer?.cancel()
    this.#timer = undefined
    this.#reason = undefined
    this.#untilMs = undefined
    this.#isDue = false
    return wasHeld
  }
}
