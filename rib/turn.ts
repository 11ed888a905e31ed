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
const TURN_MS = 2

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
  /** Tables with news for the replicator. */
  readonly #toReplicate = new Set<Table>()
  /** Tables with news for groups and watchers, or with something to free: those that all VRFs share, and those of VRFs. */
  readonly #toExport = { shared: new Set<Table>(), instances: new Set<Table>() }
  /** Time ran out among the shared ones: the others go first now. */
  #instancesAreDue = false
  /** Replication left no time for anything else. */
  #exportIsDue = false
  /** The table of the last change: it is in both sets, and a turn is scheduled. */
  #activated: Table | undefined
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
    if (table === this.#activated) return
    this.#activated = table
    this.#toReplicate.add(table)
    this.#exportsOf(table).add(table)
    if (!this.#isScheduled) this.schedule()
  }

  deactivate(table: Table): void {
    this.#activated = undefined
    this.#toReplicate.delete(table)
    this.#exportsOf(table).delete(table)
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
    this.#activated = undefined
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

  /**
   * Work of all tables once, each set in turn: the table served goes to the end, so that time may run out anywhere.
   * Replication goes first: a path that is gone and back, or replaced by that of another source, is then one change for
   * whoever is told, not two. Where it left no time for telling, the next slice begins with that. Gateways are told
   * before agents: an agent's change is on its way to other nodes before what is said to its neighbours is made ready.
   */
  #slice(deadline: number): number {
    const exports = this.#instancesAreDue ? instancesFirst : sharedFirst
    const rounds = this.#exportIsDue ? exports.exportFirst : exports.replicateFirst
    const advanced = this.#work.advance(this.#sliceRoutes)
    let done = advanced
    let served: 'replicate' | 'shared' | 'instances' | undefined
    this.#exportIsDue = this.#toExport.shared.size + this.#toExport.instances.size > 0
    for (const round of rounds) {
      const tables = round === 'replicate' ? this.#toReplicate : this.#toExport[round]
      for (let left = tables.size; left > 0; left--) {
        if (served && done > 0 && this.#clock.nowMs() >= deadline) {
          if (served !== 'replicate') this.#instancesAreDue = served === 'shared'
          return done
        }
        const [table] = tables
        if (!table) break
        tables.delete(table)
        this.#activated = undefined
        done += round === 'replicate' ? this.#replicate(table) : this.#export(table, advanced > 0)
        served = round
      }
    }
    this.#instancesAreDue = false
    return done
  }

  #exportsOf(table: Table): Set<Table> {
    return table.instance ? this.#toExport.instances : this.#toExport.shared
  }

  #replicate(table: Table): number {
    const replicated = this.#work.replicate(table, this.#sliceRoutes)
    if (replicated > 0) {
      this.#toReplicate.add(table)
      // What the replicator has passed can be freed.
      this.#exportsOf(table).add(table)
    }
    return replicated
  }

  /** hasAdvanced: memberships may have passed routes that can be freed now. */
  #export(table: Table, hasAdvanced: boolean): number {
    this.#exportIsDue = false
    const exported = this.#work.export(table, this.#sliceRoutes)
    const reaped = this.#work.reap(table, this.#sliceRoutes)
    if (exported + reaped > 0 || hasAdvanced) this.#exportsOf(table).add(table)
    return exported + reaped
  }
}

const sharedFirst = {
  replicateFirst: ['replicate', 'shared', 'instances'],
  exportFirst: ['shared', 'instances', 'replicate'],
} as const
const instancesFirst = {
  replicateFirst: ['replicate', 'instances', 'shared'],
  exportFirst: ['instances', 'shared', 'replicate'],
} as const
