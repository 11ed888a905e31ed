/**
 * Time for tests: stands still until told to move. Deferred functions and timers run in a fixed order, so a test that
 * passes once passes always.
 */
import type { Timer, Timers } from '../../rib/clock.ts'

interface Pending {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

/** Rounds of deferred work after which a test is surely in a loop. */
const MAX_ROUNDS = 100_000

export class FakeClock implements Timers {
  #nowMs = 1_000
  #order = 0
  #deferred: (() => void)[] = []
  readonly #timers = new Set<Pending>()

  nowMs(): number {
    return this.#nowMs
  }

  defer(run: () => void): void {
    this.#deferred.push(run)
  }

  setTimer(delayMs: number, run: () => void): Timer {
    const pending: Pending = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, run }
    this.#timers.add(pending)
    return { cancel: () => this.#timers.delete(pending) }
  }

  /** Timers that have not fired. */
  get timerCount(): number {
    return this.#timers.size
  }

  /** Runs deferred functions, and those that they defer, until none is left. */
  settle(): void {
    for (let round = 0; this.#deferred.length > 0; round++) {
      if (round > MAX_ROUNDS) throw new Error('deferred work does not end')
      const runs = this.#deferred
      this.#deferred = []
      for (const run of runs) run()
    }
  }

  /** Moves time on, firing what falls due in its order, with deferred work in between. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms
    this.settle()
    for (let next = this.#nextUntil(endMs); next; next = this.#nextUntil(endMs)) {
      this.#timers.delete(next)
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.run()
      this.settle()
    }
    this.#nowMs = endMs
  }

  #nextUntil(endMs: number): Pending | undefined {
    let best: Pending | undefined
    for (const timer of this.#timers) {
      if (timer.atMs > endMs) continue
      if (!best || timer.atMs < best.atMs || (timer.atMs === best.atMs && timer.order < best.order))
        best = timer
    }
    return best
  }
}
