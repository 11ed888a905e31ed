/** The watchers of all tables (rib/reader.ts). */
import { Reader } from './reader.ts'
import type { ReaderCallbacks } from './reader.ts'
import type { Table } from './table.ts'

export class Readers {
  readonly #byTable = new Map<Table, Set<Reader>>()

  open(table: Table, from: 'head' | 'tail', on: ReaderCallbacks): Reader {
    const reader = new Reader(table, from, on)
    const readers = this.#byTable.get(table)
    if (readers) readers.add(reader)
    else this.#byTable.set(table, new Set([reader]))
    return reader
  }

  close(reader: Reader): void {
    reader.close()
    const readers = this.#byTable.get(reader.table)
    readers?.delete(reader)
    if (readers?.size === 0) this.#byTable.delete(reader.table)
  }

  /** Tells the table's watchers that there is news. */
  wake(table: Table): void {
    for (const reader of this.#byTable.get(table) ?? []) reader.wake()
  }

  /** Somebody has not seen yet what changed last. */
  hasNews(table: Table): boolean {
    for (const reader of this.#byTable.get(table) ?? []) if (reader.hasNews) return true
    return false
  }

  dropTable(table: Table): void {
    for (const reader of this.#byTable.get(table) ?? []) reader.close()
    this.#byTable.delete(table)
  }
}
