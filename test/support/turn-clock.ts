/**
 * A clock that runs deferred work only when told: `settle` runs turns until nothing is left. It stands still, or moves
 * by `tickMs` whenever somebody looks at it: with more than a turn may take, every turn is one slice.
 */
import type { Clock } from '../../rib/clock.ts'

export class TurnClock implements Clock {
  #queue: (() => void)[] = []
  #now = 0
  /** Steps taken that had something to run. */
  turns = 0
  readonly #tickMs: number

  constructor(tickMs = 0) {
    this.#tickMs = tickMs
  }

  nowMs(): number {
    return (this.#now += this.#tickMs)
  }

  defer(run: () => void): void {
    this.#queue.push(run)
  }

  /** Runs what was deferred until now, once. False when there was nothing. */
  step(): boolean {
    const queue = this.#queue
    this.#queue = []
    if (queue.length > 0) this.turns++
    for (const run of queue) run()
    return queue.length > 0
  }

  /** Runs until nothing is deferred; more than `limit` turns mean a loop. */
  settle(limit = 10_000): void {
    for (let turns = 0; this.step(); turns++) if (turns > limit) throw new Error('the RIB does not settle')
  }
}
