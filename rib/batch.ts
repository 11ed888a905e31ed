/**
 * A batch: the changes of one slice that go to the same set of members, in the order of the change list. A route occurs
 * at most once in all batches of a slice, a path where there are identifiers, so batches may be sent in any order. Arrays are reused from slice to slice.
 */
import type { Table } from './table.ts'

const INITIAL_ENTRIES = 256

export class Batch {
  readonly table: Table
  /** Which members, as bits; words of the group's width. */
  readonly members: Int32Array
  reachCount = 0
  reachRoutes = new Int32Array(INITIAL_ENTRIES)
  /** BGP groups: attribute set id. Agent groups: that, or a next-hop set when negative. */
  reachWants = new Int32Array(INITIAL_ENTRIES)
  reachLabels = new Int32Array(INITIAL_ENTRIES)
  /** RFC 7911: empty where the group has no path identifiers. */
  reachPathIds = new Int32Array(0)
  unreachCount = 0
  unreachRoutes = new Int32Array(INITIAL_ENTRIES)
  unreachPathIds = new Int32Array(0)

  constructor(table: Table, memberWords: number) {
    this.table = table
    this.members = new Int32Array(memberWords)
  }

  // hot: once per change
  addReach(row: number, want: number, label: number): void {
    const at = this.reachCount++
    if (at === this.reachRoutes.length) {
      this.reachRoutes = doubled(this.reachRoutes)
      this.reachWants = doubled(this.reachWants)
      this.reachLabels = doubled(this.reachLabels)
    }
    this.reachRoutes[at] = row
    this.reachWants[at] = want
    this.reachLabels[at] = label
  }

  // hot: once per change
  addUnreach(row: number): void {
    const at = this.unreachCount++
    if (at === this.unreachRoutes.length) this.unreachRoutes = doubled(this.unreachRoutes)
    this.unreachRoutes[at] = row
  }

  // hot: once per change of a path that has an identifier
  addPathReach(row: number, want: number, label: number, pathId: number): void {
    this.addReach(row, want, label)
    if (this.reachPathIds.length < this.reachRoutes.length)
      this.reachPathIds = resized(this.reachPathIds, this.reachRoutes.length)
    this.reachPathIds[this.reachCount - 1] = pathId
  }

  // hot: once per change of a path that has an identifier
  addPathUnreach(row: number, pathId: number): void {
    this.addUnreach(row)
    if (this.unreachPathIds.length < this.unreachRoutes.length)
      this.unreachPathIds = resized(this.unreachPathIds, this.unreachRoutes.length)
    this.unreachPathIds[this.unreachCount - 1] = pathId
  }

  hasMembers(members: Int32Array): boolean {
    for (let i = 0; i < members.length; i++) if (this.members[i] !== members[i]) return false
    return true
  }

  clear(): void {
    this.reachCount = 0
    this.unreachCount = 0
  }
}

function doubled(array: Int32Array): Int32Array<ArrayBuffer> {
  return resized(array, array.length * 2)
}

function resized(array: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length)
  larger.set(array)
  return larger
}

/** The batches of one slice, one per distinct member set; few in practice, so a search from the last hit is enough. */
export class Batches {
  readonly #table: Table
  #memberWords: number
  #batches: Batch[] = []
  #used = 0
  #last = 0

  constructor(table: Table, memberWords: number) {
    this.#table = table
    this.#memberWords = memberWords
  }

  /** Member sets get more words: only between slices. */
  widen(memberWords: number): void {
    this.#memberWords = memberWords
    this.#batches = []
    this.#used = 0
  }

  // hot: once per change
  forMembers(members: Int32Array): Batch {
    if (this.#last < this.#used && this.#batches[this.#last]!.hasMembers(members))
      return this.#batches[this.#last]!
    for (let i = 0; i < this.#used; i++) {
      if (!this.#batches[i]!.hasMembers(members)) continue
      this.#last = i
      return this.#batches[i]!
    }
    if (this.#used === this.#batches.length) this.#batches.push(new Batch(this.#table, this.#memberWords))
    const batch = this.#batches[this.#used]!
    batch.members.set(members)
    this.#last = this.#used++
    return batch
  }

  *all(): IterableIterator<Batch> {
    for (let i = 0; i < this.#used; i++) yield this.#batches[i]!
  }

  clear(): void {
    for (let i = 0; i < this.#used; i++) this.#batches[i]!.clear()
    this.#used = 0
  }
}
