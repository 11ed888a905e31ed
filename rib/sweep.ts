/**
 * Sweeps over what a source taught, in slices, so that a peer with a million routes goes away without stopping anybody
 * else: removing all of it, or only what is still stale (RFC 4724 §4.2), or keeping what is stale for long (RFC 9494).
 */
import { Community } from './model/community.ts'
import type { Family } from './model/family.ts'
import type { AttrTable } from './attr-table.ts'
import { PathFlag } from './path-flags.ts'
import type { PathSource } from './path-source.ts'
import type { PathStore } from './path-store.ts'
import type { Table } from './table.ts'

interface Sweep {
  readonly source: PathSource
  readonly tables: Table[]
  /** Only paths with this flag (PathFlag); any when 0. */
  readonly having: number
  /** They get this flag instead of being removed, those with NO_LLGR excepted (RFC 9494 §4.2); 0: removed. */
  readonly becomes: number
  readonly onDone: (() => void) | undefined
  row: number
}

/** Which paths: of the family, of all families when undefined. */
type Where = Family | undefined

export interface SweepContext {
  readonly paths: PathStore
  readonly attrs: AttrTable
  tableById(id: number): Table | undefined
  /** There is work for a turn. */
  onWork(): void
}

/** How many paths a pass through all of them sees in the time in which one route is followed to its paths. */
const PASS_GAIN = 3

export class Sweeps {
  readonly #paths: PathStore
  readonly #context: SweepContext
  readonly #pending: Sweep[] = []

  constructor(context: SweepContext) {
    this.#paths = context.paths
    this.#context = context
  }

  get hasWork(): boolean {
    return this.#pending.length > 0
  }

  /** Removes everything of a source, whatever still comes from it. */
  removeSource(source: PathSource, onDone: () => void): void {
    this.#add(source, undefined, { having: 0, onDone })
  }

  /** Removes what the source has taught so far; not what comes later. */
  remove(source: PathSource, where: Where): void {
    this.#mark(source, where, PathFlag.condemned)
    this.#add(source, where, { having: PathFlag.condemned })
  }

  /** Marks the source's paths as stale, at once; those that were stale already go (RFC 4724 §4.2). */
  markStale(source: PathSource, where: Where): void {
    if (this.#mark(source, where, PathFlag.stale)) this.#add(source, where, { having: PathFlag.condemned })
  }

  /** Removes what is still stale. */
  removeStale(source: PathSource, where: Where): void {
    this.#add(source, where, { having: PathFlag.stale })
  }

  /** What is stale ranks last from now on (RFC 9494 §4.2). */
  keepLong(source: PathSource, family: Family): void {
    this.#add(source, family, { having: PathFlag.stale, becomes: PathFlag.llgrStale })
  }

  /** All of the family comes again (RFC 7313 §4: BoRR). */
  beginRefresh(source: PathSource, family: Family): void {
    this.#mark(source, family, PathFlag.unrefreshed)
  }

  /** All has come: what has not is gone (RFC 7313 §4: EoRR). */
  endRefresh(source: PathSource, family: Family): void {
    this.#add(source, family, { having: PathFlag.unrefreshed })
  }

  #add(
    source: PathSource,
    where: Where,
    order: { readonly having: number; readonly becomes?: number; readonly onDone?: () => void },
  ): void {
    const { having, becomes = 0, onDone } = order
    this.#pending.push({ source, tables: this.#tablesOf(source, where), having, becomes, onDone, row: 1 })
    this.#context.onWork()
  }

  /**
   * Marks at once; no reader sees a difference. A second `stale` is `condemned`: true where there was one. Two ways of one
   * result: along the routes of the source's tables, or, where these are a good part of all there is, through all paths.
   */
  #mark(source: PathSource, where: Where, flag: number): boolean {
    const again = flag === PathFlag.stale ? PathFlag.condemned : 0
    const tables = this.#tablesOf(source, where)
    const rows = tables.reduce((sum, { routes }) => sum + routes.rowCount, 0)
    if (this.#paths.rowCount <= rows * PASS_GAIN) {
      const ids = new Set(tables.map(({ id }) => id))
      return this.#paths.markAll(source.id, ids, flag, again) && again !== 0
    }
    let hadOne = false
    for (const table of tables) if (this.#markAlong(table, source, flag, again)) hadOne = true
    return hadOne && again !== 0
  }

  #markAlong(table: Table, source: PathSource, flag: number, again: number): boolean {
    let hadOne = false
    for (let row = 1; row < table.routes.rowCount; row++) {
      if (!table.isRoute(row)) continue
      for (let path = table.routes.firstPath(row); path !== 0; path = this.#paths.next(path)) {
        if (!this.#isOf(path, source)) continue
        const flags = this.#paths.flags(path)
        const isSecond = (flags & flag) !== 0
        hadOne ||= isSecond
        table.setPathFlags(path, flags | flag | (isSecond ? again : 0))
      }
    }
    return hadOne
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
      if (!this.#isMeant(path, sweep)) {
        path = this.#paths.next(path)
        continue
      }
      if (sweep.becomes === 0 || this.#refusesLongLife(path)) table.removePath(path)
      else table.setPathFlags(path, this.#paths.flags(path) | sweep.becomes)
      // What is left may stand in another order now (MED, LLGR): begin again.
      path = table.routes.firstPath(sweep.row)
    }
  }

  #isMeant(path: number, { source, having, becomes }: Sweep): boolean {
    const flags = this.#paths.flags(path)
    if (having !== 0 && (flags & having) === 0) return false
    return (becomes === 0 || (flags & becomes) === 0) && this.#isOf(path, source)
  }

  /** RFC 9494 §4.2: a path with NO_LLGR is not kept. */
  #refusesLongLife(path: number): boolean {
    return this.#context.attrs.get(this.#paths.attrs(path)).hasCommunity(Community.NO_LLGR)
  }

  #isOf(path: number, source: PathSource): boolean {
    return this.#paths.source(path) === source.id && this.#paths.origin(path) === 0
  }

  #tablesOf(source: PathSource, family: Family | undefined): Table[] {
    const tables: Table[] = []
    for (const id of source.tableIds) {
      const table = this.#context.tableById(id)
      if (table && (family === undefined || table.family === family)) tables.push(table)
    }
    return tables
  }
}
