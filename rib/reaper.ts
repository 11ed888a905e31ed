/**
 * The last reader of every table: it follows behind all other markers and frees routes that lost their last path. A
 * marker that is not its own means "somebody has not seen what comes next": there it waits.
 */
import { RowKind } from './route-rows.ts'
import type { Table } from './table.ts'

export class Reaper {
  /** Of tables that had a route once: most VRFs of a large configuration are empty. */
  readonly #markers = new Map<Table, number>()

  removeTable(table: Table): void {
    const marker = this.#markers.get(table)
    if (marker !== undefined) table.changes.removeMarker(marker)
    this.#markers.delete(table)
  }

  /**
   * Goes back to the head: a marker was put there whose reader may hold older versions of routes (a refresh), and
   * nothing it has yet to see may be freed.
   */
  restart(table: Table): void {
    const marker = this.#markers.get(table)
    if (marker !== undefined) table.changes.moveMarkerAfter(marker, 0)
  }

  /** Passes up to `budget` routes that every reader has seen; returns how many. */
  advance(table: Table, budget: number): number {
    const { changes, routes } = table
    if (routes.routeCount === 0) return 0
    const marker = this.#markerIn(table)
    let done = 0
    let last = marker
    for (let row = changes.next(marker); row !== 0 && done < budget; done++) {
      if (routes.kind(row) === RowKind.marker) break
      const next = changes.next(row)
      if (routes.firstPath(row) === 0) table.removeRoute(row)
      else last = row
      row = next
    }
    changes.moveMarkerAfter(marker, last)
    return done
  }

  /** At the head at first: somebody may have a marker there already. */
  #markerIn(table: Table): number {
    let marker = this.#markers.get(table)
    if (marker === undefined) this.#markers.set(table, (marker = table.changes.addMarkerAtHead()))
    return marker
  }
}
