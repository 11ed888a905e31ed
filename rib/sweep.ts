/**
 * Sweeps: removing what a source taught, all of it or only what is still stale (RFC 4724 §4.2), in slices, so that a
 * peer with a million routes goes away without stopping anybody else.
 */
import type { Family } from './model/family.ts'
import { PathFlag } from './path-flags.ts'
import type { PathSource } from './path-source.ts'
import type { PathStore } from './path-store.ts'
import type { Table } from './table.ts'

interface Sweep {
  readonly source: PathSource
  readonly tables: Table[]
  readonly onlyStale: boolean
  readonly onDone: (() => void) | undefined
  row: number
}

export interface SweepOrder {
  readonly source: PathSource
  /** Only tables of this family; all when undefined. */
  readonly family: Family | undefined
  readonly onlyStale: boolean
  readonly onDone?: () => void
}

export class Sweeps {
  readonly #paths: PathStore
  readonly #tableById: (id: number) => Table | undefined
  readonly #pending: Sweep[] = []

  constructor(paths: PathStore, tableById: (id: number) => Table | undefined) {
    this.#paths = paths
    this.#tableById = tableById
  }

  get hasWork(): boolean {
    return this.#pending.length > 0
  }

  add(order: SweepOrder): void {
    this.#pending.push({
      source: order.source,
      tables: this.#tablesOf(order.source, order.family),
      onlyStale: order.onlyStale,
      onDone: order.onDone,
      row: 1,
    })
  }

  /** Marks everything of a source as stale, at once: one pass over its tables, nothing is visible to readers. */
  markStale(source: PathSource, family: Family | undefined, flag: number): void {
    for (const table of this.#tablesOf(source, family)) {
      for (let row = 1; row < table.routes.rowCount; row++) {
        if (!table.isRoute(row)) continue
        for (let path = table.routes.firstPath(row); path !== 0; path = this.#paths.next(path)) {
          if (this.#isOf(path, source)) table.setPathFlags(path, this.#paths.flags(path) | flag)
        }
      }
    }
  }

  /** Walks up to `budget` rows; returns how many. */
  advance(budget: number): number {
    let done = 0
    while (done < budget && this.#pending.length > 0) {
      const sweep = this.#pending[0]!
      const table = sweep.tables.at(-1)
      if (!table) {
        this.#pending.shift()
        sweep.onDone?.()
      } else if (sweep.row >= table.routes.rowCount) {
        sweep.tables.pop()
        sweep.row = 1
      } else {
        this.#sweepRow(table, sweep)
        sweep.row++
      }
      done++
    }
    return done
  }

  #sweepRow(table: Table, sweep: Sweep): void {
    if (!table.isRoute(sweep.row)) return
    for (let path = table.routes.firstPath(sweep.row); path !== 0;) {
      const isCondemned = !sweep.onlyStale || (this.#paths.flags(path) & PathFlag.stale) !== 0
      if (isCondemned && this.#isOf(path, sweep.source)) {
        table.removePath(path)
        // What is left may stand in another order now (MED): begin again.
        path = table.routes.firstPath(sweep.row)
      } else {
        path = this.#paths.next(path)
      }
    }
  }

  #isOf(path: number, source: PathSource): boolean {
    return this.#paths.source(path) === source.id && this.#paths.origin(path) === 0
  }

  #tablesOf(source: PathSource, family: Family | undefined): Table[] {
    const tables: Table[] = []
    for (const id of source.tableIds) {
      const table = this.#tableById(id)
      if (table && (family === undefined || table.family === family)) tables.push(table)
    }
    return tables
  }
}
