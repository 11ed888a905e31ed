/**
 * The change list of a table: every route once, the most recently changed last, as a circular list through the rows
 * (row 0 is the sentinel). Readers stand in the list themselves, as marker rows; all routes behind a marker are news to
 * its reader.
 *
 *   0 → r4 → r9 → ▲reaper → r2 → ▲slow gateway → r7 → r1 → ▲replicator ▲gateways → 0
 *
 * A change moves the route to the tail; a reader that has everything stands at the tail; a reader that joins starts at
 * the head. So one mechanism serves steady state, first dump, refresh and slow readers, and a slow reader costs one row.
 */
import { RowKind } from './route-rows.ts'
import type { RouteRows } from './route-rows.ts'

export class ChangeList {
  readonly #rows: RouteRows

  constructor(rows: RouteRows) {
    this.#rows = rows
  }

  next(row: number): number {
    return this.#rows.words[row * this.#rows.stride + this.#rows.nextWord]!
  }

  previous(row: number): number {
    return this.#rows.words[row * this.#rows.stride + this.#rows.previousWord]!
  }

  /** Moves a route to the tail, linking it when it is new. False when it was the last row already. */
  // hot: once per change
  touch(row: number): boolean {
    const { words, stride, nextWord } = this.#rows
    if (words[row * stride + nextWord] === 0 && words[this.#rows.previousWord] === row) return false
    if (this.#isLinked(row)) this.unlink(row)
    this.#insertAfter(words[this.#rows.previousWord]!, row)
    return true
  }

  unlink(row: number): void {
    const { words, stride, nextWord, previousWord } = this.#rows
    const base = row * stride
    const next = words[base + nextWord]!
    const previous = words[base + previousWord]!
    words[previous * stride + nextWord] = next
    words[next * stride + previousWord] = previous
    words[base + nextWord] = 0
    words[base + previousWord] = 0
  }

  /** A marker before everything: its reader will see every route. */
  addMarkerAtHead(): number {
    const marker = this.#rows.addMarker()
    this.#insertAfter(0, marker)
    return marker
  }

  /** A marker behind everything: its reader will see later changes only. */
  addMarkerAtTail(): number {
    const marker = this.#rows.addMarker()
    this.#insertAfter(this.previous(0), marker)
    return marker
  }

  addMarkerAfter(row: number): number {
    const marker = this.#rows.addMarker()
    this.#insertAfter(row, marker)
    return marker
  }

  removeMarker(marker: number): void {
    this.unlink(marker)
    this.#rows.removeMarker(marker)
  }

  /** Moves a marker directly behind `row` (the sentinel puts it at the head). */
  moveMarkerAfter(marker: number, row: number): void {
    if (row === marker || this.previous(marker) === row) return
    this.unlink(marker)
    this.#insertAfter(row, marker)
  }

  /** First route behind `row`, markers stepped over; 0 at the end. */
  nextRoute(row: number): number {
    let next = this.next(row)
    while (next !== 0 && this.#rows.kind(next) === RowKind.marker) next = this.next(next)
    return next
  }

  #isLinked(row: number): boolean {
    const { words, stride, nextWord, previousWord } = this.#rows
    const base = row * stride
    // A row between sentinel and sentinel has both links zero, as an unlinked one has: ask the sentinel.
    return words[base + nextWord] !== 0 || words[base + previousWord] !== 0 || words[nextWord] === row
  }

  #insertAfter(previous: number, row: number): void {
    const { words, stride, nextWord, previousWord } = this.#rows
    const next = words[previous * stride + nextWord]!
    words[row * stride + previousWord] = previous
    words[row * stride + nextWord] = next
    words[previous * stride + nextWord] = row
    words[next * stride + previousWord] = row
  }
}
