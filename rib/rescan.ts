/**
 * Rescans: when targets change hands (an import target added to a VRF, a peer's route target membership), the routes
 * concerned are marked again, whatever their age, so that every reader decides anew. Whole tables are walked in slices,
 * and changes that come together are walked for together.
 */
import type { AttrTable } from './attr-table.ts'
import type { RouteTarget } from './model/route-target.ts'
import type { PathStore } from './path-store.ts'
import type { Table } from './table.ts'

interface Rescan {
  /** undefined: every route. */
  readonly targets: ReadonlySet<RouteTarget> | undefined
  /** Whether a set carries one of the targets, by attribute id. */
  readonly carries: Map<number, boolean>
  row: number
}

export class Rescans {
  readonly #paths: PathStore
  readonly #attrs: AttrTable
  readonly #pending = new Map<Table, Rescan>()

  constructor(paths: PathStore, attrs: AttrTable) {
    this.#paths = paths
    this.#attrs = attrs
  }

  get hasWork(): boolean {
    return this.#pending.size > 0
  }

  /** Asks for the routes of a table that carry one of the targets; for all of them when no targets are given. */
  add(table: Table, targets: ReadonlySet<RouteTarget> | undefined): void {
    if (table.pathCount === 0) return
    const pending = this.#pending.get(table)
    const merged = !pending
      ? targets
      : pending.targets && targets
        ? union(pending.targets, targets)
        : undefined
    this.#pending.set(table, { targets: merged, carries: new Map(), row: 1 })
  }

  remove(table: Table): void {
    this.#pending.delete(table)
  }

  /** Attribute ids are about to be reused. */
  forget(): void {
    for (const rescan of this.#pending.values()) rescan.carries.clear()
  }

  /** Walks up to `budget` rows; returns how many. */
  advance(budget: number): number {
    let done = 0
    for (const [table, rescan] of this.#pending) {
      while (done < budget && rescan.row < table.routes.rowCount) {
        const row = rescan.row++
        done++
        if (table.isRoute(row) && this.#concerns(table, row, rescan)) table.reconsider(row)
      }
      if (rescan.row >= table.routes.rowCount) this.#pending.delete(table)
      if (done >= budget) break
    }
    return done
  }

  #concerns(table: Table, row: number, rescan: Rescan): boolean {
    if (!rescan.targets) return true
    for (let path = table.routes.firstPath(row); path !== 0; path = this.#paths.next(path)) {
      const id = this.#paths.attrs(path)
      let carries = rescan.carries.get(id)
      if (carries === undefined) {
        carries = this.#attrs.get(id).routeTargets.some((target) => rescan.targets!.has(target))
        rescan.carries.set(id, carries)
      }
      if (carries) return true
    }
    return false
  }
}

function union(a: ReadonlySet<RouteTarget>, b: ReadonlySet<RouteTarget>): ReadonlySet<RouteTarget> {
  return new Set([...a, ...b])
}
