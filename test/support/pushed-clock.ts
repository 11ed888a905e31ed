/**
 * Real time that a test can push: timers fire by themselves, and `push` lets what is due within the next hour be due now.
 * Turns take as long as they take, so work is sliced as in a running daemon.
 */
import type { Timer, Timers } from '../../rib/clock.ts'

interface Pending {
  readonly atMs: number
  readonly run: () => void
  readonly timeout: NodeJS.Timeout
}

export class PushedClock implements Timers {
  #pushedMs = 0
  readonly #pending = new Set<Pending>()

  nowMs(): number {
    return performance.now() + this.#pushedMs
  }

  defer(run: () => void): void {
    setImmediate(run)
  }

  setTimer(delayMs: number, run: () => void): Timer {
    const pending: Pending = {
      atMs: this.nowMs() + delayMs,
      run,
      timeout: setTimeout(() => this.#fire(pending), delayMs),
    }
    this.#pending.add(pending)
    return { cancel: () => this.#drop(pending) }
  }

  /** Moves time on and fires what has fallen due, in order. */
  push(ms: number): void {
    this.#pushedMs += ms
    const now = this.nowMs()
    const due = [...this.#pending].filter(({ atMs }) => atMs <= now)
    for (const pending of due.toSorted((a, b) => a.atMs - b.atMs)) this.#fire(pending)
  }

  #fire(pending: Pending): void {
    if (this.#drop(pending)) pending.run()
  }

  #drop(pending: Pending): boolean {
    clearTimeout(pending.timeout)
    return this.#pending.delete(pending)
  }
}
