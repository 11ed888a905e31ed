/**
 * A watch: one reader (rib/reader.ts) for each watched table, drained at the pace of whoever pulls the lines. A watcher
 * that stops reading costs its markers and nothing else; what it missed it is told as it is by then.
 */
import type { Reader } from '../../rib/reader.ts'
import type { Rib } from '../../rib/rib.ts'
import type { Table } from '../../rib/table.ts'
import { keyView } from '../views/route-view.ts'
import { RouteViewer } from '../views/route-viewer.ts'
import type { WatchEvent } from '../views/watch-event.ts'
import type { RouteNode } from './control-node.ts'
import { KeyMatch } from './key-match.ts'
import { familyCanMatch } from './route-query.ts'
import type { RouteQuery } from './route-query.ts'

const SLICE_ROUTES = 500

interface WatchedTable {
  readonly reader: Reader
  readonly match: KeyMatch
  /** Has told what the table held when the watch began. */
  isCurrent: boolean
}

export class RouteWatch {
  readonly #rib: Rib
  readonly #query: RouteQuery
  readonly #viewer: RouteViewer
  readonly #tables = new Map<Table, WatchedTable>()
  #isOpen = true
  #wake: (() => void) | undefined

  constructor(node: RouteNode, query: RouteQuery) {
    this.#rib = node.rib
    this.#query = query
    this.#viewer = new RouteViewer(node)
  }

  /** From `head`: what the table holds is told first. */
  add(table: Table, from: 'head' | 'tail'): void {
    if (!familyCanMatch(this.#query, table.family) || this.#tables.has(table)) return
    const reader = this.#rib.watch(table, from, () => this.#wake?.())
    this.#tables.set(table, {
      reader,
      match: new KeyMatch(this.#query, table.family),
      isCurrent: from === 'tail',
    })
    this.#wake?.()
  }

  #remove(table: Table): void {
    const watched = this.#tables.get(table)
    if (watched && this.#stands(table)) this.#rib.unwatch(watched.reader)
    this.#tables.delete(table)
  }

  #stands(table: Table): boolean {
    return this.#rib.tableNamed(table.name) === table
  }

  close(): void {
    this.#isOpen = false
    for (const table of [...this.#tables.keys()]) this.#remove(table)
    this.#wake?.()
  }

  /** Events as NDJSON, until close. */
  async *lines(): AsyncGenerator<string> {
    let wasCurrent = false
    while (this.#isOpen) {
      let text = ''
      for (const [table, watched] of this.#tables) {
        // A table that was dropped has closed its readers, and is not to be kept for them.
        if (this.#stands(table)) text += this.#drain(watched)
        else this.#tables.delete(table)
      }
      this.#viewer.forget()
      if (!wasCurrent && [...this.#tables.values()].every(({ isCurrent }) => isCurrent)) {
        wasCurrent = true
        text += lineOf({ event: 'current-done', time: now() })
      }
      if (text !== '') yield text
      else await this.#news()
    }
  }

  #drain(watched: WatchedTable): string {
    const { table } = watched.reader
    let text = ''
    const taken = watched.reader.take(SLICE_ROUTES, (row) => {
      const offset = row * table.stride
      if (!watched.match.matches(table.rows, offset)) return
      const route = this.#viewer.view(table, row, () => true)
      text += lineOf(
        route
          ? { event: 'route', time: now(), route }
          : {
              event: 'withdrawn',
              time: now(),
              table: table.name,
              ...keyView(table.family, table.rows, offset),
            },
      )
    })
    if (taken < SLICE_ROUTES) watched.isCurrent = true
    return text
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined
        resolve()
      }
      if (!this.#isOpen || [...this.#tables.values()].some(({ reader }) => reader.hasNews)) this.#wake()
    })
  }
}

function lineOf(event: WatchEvent): string {
  return `${JSON.stringify(event)}\n`
}

function now(): string {
  return new Date().toISOString()
}
