/**
 * The turn: everything that follows from changes, in slices between input ("pull to send", design section 2).
 *
 *   ingest (synchronous calls into tables)  →  sweeps, rescans  →  replication  →  memberships  →  groups  →  reaper
 *
 * A turn runs until nothing is left or its time is used up, and then lets sockets, timers and API calls go first:
 * keepalives and hold timers never wait for route work.
 */
import type { Clock } from './clock.ts'
import type { Table } from './table.ts'

/** Longest a turn may keep the event loop. */
const TURN_MS = 4

/** Routes of one table and kind of work in one slice. */
const SLICE_ROUTES = 1024

/** One kind of work. Returns the routes handled: 0 means that nothing is left for it. */
export interface TurnWork {
  /** Routes of one table and kind between two looks at the clock, where it is not the usual number. */
  readonly sliceRoutes: number | undefined
  /** Work that belongs to no single table. */
  advance(budget: number): number
  /** Replication of one table. */
  replicate(table: Table, budget: number): number
  /** Update groups and watchers of one table. */
  export(table: Table, budget: number): number
  /** Frees what nobody needs any more in one table. */
  reap(table: Table, budget: number): number
  /** Nothing is in flight: memory may be given back. */
  onIdle(): void
}

export class Turn {
  readonly #clock: Clock
  readonly #work: TurnWork
  readonly #sliceRoutes: number
  readonly #active = new Set<Table>()
  #isScheduled = false
  #ranOut = false

  constructor(clock: Clock, work: TurnWork) {
    this.#clock = clock
    this.#work = work
    this.#sliceRoutes = work.sliceRoutes ?? SLICE_ROUTES
  }

  /** Work is left over from the last turn: whoever reads input may want to wait. */
  get isBusy(): boolean {
    return this.#ranOut
  }

  /** The table has news for a reader. */
  // hot: once per change
  activate(table: Table): void {
    this.#active.add(table)
    if (!this.#isScheduled) this.schedule()
  }

  deactivate(table: Table): void {
    this.#active.delete(table)
  }

  schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#clock.defer(() => {
      this.run()
    })
  }

  run(): void {
    this.#isScheduled = false
    const deadline = this.#clock.nowMs() + TURN_MS
    let done = 1
    while (done > 0) {
      done = this.#slice(deadline)
      if (done > 0 && this.#clock.nowMs() >= deadline) break
    }
    this.#ranOut = done > 0
    if (done > 0) this.schedule()
    else this.#work.onIdle()
  }

  /** Work of all tables once, each in its turn: the one served goes to the end, so that time may run out anywhere. */
  #slice(deadline: number): number {
    let done = this.#work.advance(this.#sliceRoutes)
    for (let left = this.#active.size; left > 0; left--) {
      const [table] = this.#active
      if (!table) break
      this.#active.delete(table)
      const served = this.#serve(table)
      if (served > 0) this.#active.add(table)
      done += served
      if (done > 0 && left > 1 && this.#clock.nowMs() >= deadline) break
    }
    return done
  }

  #serve(table: Table): number {
    const budget = this.#sliceRoutes
    const replicated = this.#work.replicate(table, budget)
    const advanced = this.#work.advance(budget)
    const exported = this.#work.export(table, budget)
    return replicated + advanced + exported + this.#work.reap(table, budget)
  }
}
