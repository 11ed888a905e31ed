/**
 * A watcher of a table: what `heddle watch` and other observers use. It pulls changed routes at its own pace; being
 * slow costs one marker, and several changes of one route in between are seen as one.
 */
import type { Table } from './table.ts'

export interface ReaderCallbacks {
  /** There is news. */
  wake(): void
  /** The reader went on: routes that only it had not seen may be freed. */
  moved(): void
}

export class Reader {
  readonly table: Table
  readonly #marker: number
  readonly #on: ReaderCallbacks
  #isOpen = true

  /** Starts before everything, or behind everything (`later changes only`). */
  constructor(table: Table, from: 'head' | 'tail', on: ReaderCallbacks) {
    this.table = table
    this.#marker = from === 'head' ? table.changes.addMarkerAtHead() : table.changes.addMarkerAtTail()
    this.#on = on
  }

  get hasNews(): boolean {
    return this.#isOpen && this.table.changes.nextRoute(this.#marker) !== 0
  }

  wake(): void {
    if (this.hasNews) this.#on.wake()
  }

  /** Visits up to `budget` changed rows (a row without paths was withdrawn); returns how many. */
  take(budget: number, visit: (row: number) => void): number {
    if (!this.#isOpen) return 0
    const { changes } = this.table
    let done = 0
    let last = this.#marker
    for (let row = changes.nextRoute(last); row !== 0 && done < budget; row = changes.nextRoute(row)) {
      visit(row)
      last = row
      done++
    }
    if (done > 0) {
      changes.moveMarkerAfter(this.#marker, last)
      this.#on.moved()
    }
    return done
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.table.changes.removeMarker(this.#marker)
  }
}
