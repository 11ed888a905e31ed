/**
 * A timer that is restarted far more often than it fires: restarting moves a deadline, and the timer below looks at it
 * when it fires.
 */
import type { Timer, Timers } from '../../rib/clock.ts'

export class Deadline {
  readonly #timers: Timers
  readonly #onExpire: () => void
  #atMs: number | undefined
  #timer: Timer | undefined
  #timerAtMs = 0

  constructor(timers: Timers, onExpire: () => void) {
    this.#timers = timers
    this.#onExpire = onExpire
  }

  // hot: once per chunk of input
  restart(ms: number): void {
    this.#atMs = this.#timers.nowMs() + ms
    if (this.#timer && this.#timerAtMs <= this.#atMs) return
    this.#timer?.cancel()
    this.#arm(ms)
  }

  stop(): void {
    this.#atMs = undefined
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #arm(ms: number): void {
    this.#timerAtMs = this.#timers.nowMs() + ms
    this.#timer = this.#timers.setTimer(ms, () => {
      this.#fire()
    })
  }

  #fire(): void {
    this.#timer = undefined
    if (this.#atMs === undefined) return
    const left = this.#atMs - this.#timers.nowMs()
    if (left > 0) {
      this.#arm(left)
      return
    }
    this.#atMs = undefined
    this.#onExpire()
  }
}
