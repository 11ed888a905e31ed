/**
 * A timer that is restarted far more often than it fires (the HoldTimer, by every chunk of data): restarting moves a
 * deadline, and the timer below looks at it when it fires.
 */
import type { Timer, Timers } from '../../rib/clock.ts'

export class DeadlineTimer {
  readonly #timers: Timers
  readonly #onExpire: () => void
  #deadlineMs = 0
  #timer: Timer | undefined
  #timerAtMs = 0

  constructor(timers: Timers, onExpire: () => void) {
    this.#timers = timers
    this.#onExpire = onExpire
  }

  get isRunning(): boolean {
    return this.#deadlineMs > 0
  }

  // hot: once per chunk of data
  restart(ms: number): void {
    const now = this.#timers.nowMs()
    this.#deadlineMs = now + ms
    if (this.#timer && this.#timerAtMs <= this.#deadlineMs) return
    this.#timer?.cancel()
    this.#arm(ms)
  }

  stop(): void {
    this.#deadlineMs = 0
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #arm(ms: number): void {
    this.#timerAtMs = this.#deadlineMs
    this.#timer = this.#timers.setTimer(ms, () => {
      this.#fire()
    })
  }

  #fire(): void {
    this.#timer = undefined
    if (!this.isRunning) return
    const left = this.#deadlineMs - this.#timers.nowMs()
    if (left > 0) {
      this.#arm(left)
      return
    }
    this.#deadlineMs = 0
    this.#onExpire()
  }
}
