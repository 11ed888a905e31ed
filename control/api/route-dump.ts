/**
 * Walks tables by row number in slices and tells the routes that a query asks for, never holding more than a slice. Other
 * work runs between slices, so routes come and go during the walk: each one is told at most once per row, as it is when
 * the walk comes by. That is what a dump can promise without stopping the node.
 */
import type { AttrSet } from '../../rib/model/attr-set.ts'
import { lengthWord } from '../../rib/model/route-key.ts'
import type { Rib } from '../../rib/rib.ts'
import type { Table } from '../../rib/table.ts'
import type { RouteView } from '../views/route-view.ts'
import { RouteViewer } from '../views/route-viewer.ts'
import type { PathTest } from '../views/route-viewer.ts'
import type { RouteNode } from './control-node.ts'
import { candidateKeys, KeyMatch } from './key-match.ts'
import { attributesMatch, familyCanMatch, sourceMatches } from './route-query.ts'
import type { RouteQuery } from './route-query.ts'

/** A slice is over when so many rows were looked at, or so many routes found: a few milliseconds either way. */
export const SLICE_ROWS = 4000
export const SLICE_ROUTES = 250

export class RouteDump {
  readonly #rib: Rib
  readonly #query: RouteQuery
  readonly #viewer: RouteViewer
  readonly #attrsVerdict = new Map<AttrSet, boolean>()
  #left: number

  constructor(node: RouteNode, query: RouteQuery) {
    this.#rib = node.rib
    this.#query = query
    this.#viewer = new RouteViewer(node)
    this.#left = query.limit
  }

  /** One slice of work per step, with the routes it found: often none. Whoever steps lets other work run in between. */
  *slices(tables: readonly Table[]): Generator<RouteView[]> {
    for (const table of tables) {
      if (this.#left <= 0) return
      if (!familyCanMatch(this.#query, table.family)) continue
      const keys = candidateKeys(this.#query, table.family)
      if (keys) yield this.#lookUp(table, keys)
      else yield* this.#walk(table)
      this.#forget()
    }
  }

  #lookUp(table: Table, keys: readonly Int32Array[]): RouteView[] {
    const found: RouteView[] = []
    for (const key of keys) {
      const row = table.find(key, 0)
      const view = row < 0 ? undefined : this.#viewer.view(table, row, this.#wanted)
      if (!view) continue
      if (this.#left-- <= 0) break
      found.push(view)
      // Keys come longest first.
      if (this.#query.match === 'host') break
    }
    return found
  }

  *#walk(table: Table): Generator<RouteView[]> {
    let match = new KeyMatch(this.#query, table.family)
    if (this.#query.prefix && this.#query.match === 'host') {
      const longest = yield* this.#longestMatch(table, match)
      if (longest < 0) return
      const prefix = { ...this.#query.prefix, length: longest }
      match = new KeyMatch({ ...this.#query, prefix, match: 'exact' }, table.family)
    }
    let row = 1
    while (this.#stands(table) && row < table.routes.rowCount && this.#left > 0) {
      const found: RouteView[] = []
      const end = Math.min(row + SLICE_ROWS, table.routes.rowCount)
      for (; row < end && found.length < SLICE_ROUTES && this.#left > 0; row++) {
        if (!table.isRoute(row) || !match.matches(table.rows, row * table.stride)) continue
        const view = this.#viewer.view(table, row, this.#wanted)
        if (!view) continue
        found.push(view)
        this.#left--
      }
      yield found
      this.#forget()
    }
  }

  /** Length of the longest prefix that covers the host and has a wanted path; -1 when none does. */
  *#longestMatch(table: Table, match: KeyMatch): Generator<RouteView[], number> {
    let longest = -1
    for (let from = 1; this.#stands(table) && from < table.routes.rowCount; from += SLICE_ROWS) {
      const end = Math.min(from + SLICE_ROWS, table.routes.rowCount)
      for (let row = from; row < end; row++) {
        const offset = row * table.stride
        const length = table.rows[offset + lengthWord(table.family)]!
        if (length <= longest || !table.isRoute(row) || !match.matches(table.rows, offset)) continue
        if (this.#viewer.hasPath(table, row, this.#wanted)) longest = length
      }
      yield []
      this.#forget()
    }
    return longest
  }

  readonly #wanted: PathTest = (attrs, source) => {
    if (!sourceMatches(this.#query, source)) return false
    let verdict = this.#attrsVerdict.get(attrs)
    if (verdict === undefined) {
      verdict = attributesMatch(this.#query, attrs)
      this.#attrsVerdict.set(attrs, verdict)
    }
    return verdict
  }

  /** A VRF may be deleted, and one of its name made again, between two slices. */
  #stands(table: Table): boolean {
    return this.#rib.tableNamed(table.name) === table
  }

  #forget(): void {
    this.#attrsVerdict.clear()
    this.#viewer.forget()
  }
}
