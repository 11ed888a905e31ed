/** A clock that stands still and runs deferred work only when told: `settle` runs turns until nothing is left. */
import type { Clock } from '../../rib/clock.ts'

export class TurnClock implements Clock {
  #queue: (() => void)[] = []
  #now = 0

  nowMs(): number {
    return this.#now
  }

  defer(run: () => void): void {
    this.#queue.push(run)
  }

  /** Runs what was deferred until now, once. False when there was nothing. */
  step(): boolean {
    const queue = this.#queue
    this.#queue = []
    for (const run of queue) run()
    return queue.length > 0
  }

  /** Runs until nothing is deferred; more than `limit` turns mean a loop. */
  settle(limit = 10_000): void {
    for (let turns = 0; this.step(); turns++) if (turns > limit) throw new Error('the RIB does not settle')
  }
}
