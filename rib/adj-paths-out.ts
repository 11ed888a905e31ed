/**
 * Adj-RIB-Out of an update group with path identifiers (RFC 7911): what rib/adj-rib-out.ts is for one offer a route, for any
 * number of them.
 *
 *   first   by row of the table: the route's first entry, 0 for none
 *   entry   | NEXT | PATH_ID | WANT | LABEL | sent bits ... | stale bits ... |       stride = 4 + 2 * member words
 *
 * The entries of a route stand by path identifier. One lives from the first offer of its path until nothing is wanted of it and
 * nobody has anything of it; WANT 0 is one that somebody is still owed the withdraw of.
 */
import type { ExportRule } from './export-rule.ts'
import { grownWords } from './grown-words.ts'
import type { PathWants } from './path-offers.ts'
import type { Table } from './table.ts'

/** Keeps what a want number stands for, and lets go of it (rib/export-rule.ts). */
type Retaining = Pick<ExportRule, 'retain' | 'release'>

const NEXT = 0
const PATH_ID = 1
const WANT = 2
const LABEL = 3
const SENT = 4

export class AdjPathsOut {
  readonly #table: Table
  readonly #rule: Retaining
  #memberWords: number
  #stride: number
  #first: Int32Array<ArrayBuffer> = new Int32Array(0)
  /** Entry 0 is "none". */
  #entries: Int32Array<ArrayBuffer> = new Int32Array(0)
  #entryCount = 1
  #free = 0

  constructor(table: Table, rule: Retaining, memberWords: number) {
    this.#table = table
    this.#rule = rule
    this.#memberWords = memberWords
    this.#stride = SENT + 2 * memberWords
  }

  /** Makes room for every row the table has. */
  fit(): void {
    const { rowCount } = this.#table.routes
    if (rowCount > this.#first.length) this.#first = grownWords(this.#first, rowCount)
  }

  /** Gives member sets more words; every entry is laid out anew. */
  widen(memberWords: number): void {
    const before = this.#memberWords
    const stride = SENT + 2 * memberWords
    const entries = new Int32Array(this.#entryCount * stride)
    for (let entry = 0; entry < this.#entryCount; entry++) {
      const from = entry * this.#stride
      const to = entry * stride
      for (let i = 0; i < SENT + before; i++) entries[to + i] = this.#entries[from + i]!
      for (let i = 0; i < before; i++)
        entries[to + SENT + memberWords + i] = this.#entries[from + SENT + before + i]!
    }
    this.#entries = entries
    this.#memberWords = memberWords
    this.#stride = stride
  }

  /** Rows that the array covers. */
  get rowCount(): number {
    return Math.min(this.#table.routes.rowCount, this.#first.length)
  }

  /** The route's first entry; 0 at the end. */
  first(row: number): number {
    return this.#first[row] ?? 0
  }

  next(entry: number): number {
    return this.#entries[entry * this.#stride + NEXT]!
  }

  pathId(entry: number): number {
    return this.#entries[entry * this.#stride + PATH_ID]!
  }

  want(entry: number): number {
    return this.#entries[entry * this.#stride + WANT]!
  }

  label(entry: number): number {
    return this.#entries[entry * this.#stride + LABEL]!
  }

  sent(entry: number, word: number): number {
    return this.#entries[entry * this.#stride + SENT + word]!
  }

  setSent(entry: number, word: number, bits: number): void {
    this.#entries[entry * this.#stride + SENT + word] = bits
  }

  stale(entry: number, word: number): number {
    return this.#entries[entry * this.#stride + SENT + this.#memberWords + word]!
  }

  setStale(entry: number, word: number, bits: number): void {
    this.#entries[entry * this.#stride + SENT + this.#memberWords + word] = bits
  }

  /** From now on the row offers these, and of its other paths nothing. */
  // hot: once per change
  offer(row: number, wants: PathWants): void {
    let before = 0
    let entry = this.first(row)
    let i = 0
    while (entry !== 0 || i < wants.count) {
      const want = i < wants.count ? wants.at(i) : undefined
      if (want && (entry === 0 || this.pathId(entry) > want.pathId)) {
        before = this.#insert(row, before, want.pathId)
        this.#offer(before, want.want, want.label)
        i++
        continue
      }
      const isWanted = want?.pathId === this.pathId(entry)
      if (isWanted) i++
      this.#offer(entry, isWanted ? want.want : 0, isWanted ? want.label : 0)
      before = entry
      entry = this.next(entry)
    }
  }

  /** Drops the row's entries of which nothing is wanted and nobody has anything. */
  // hot: once per change
  prune(row: number): void {
    let before = 0
    for (let entry = this.first(row); entry !== 0;) {
      const next = this.next(entry)
      if (this.want(entry) === 0 && !this.#isHeld(entry)) {
        this.#setNext(row, before, next)
        this.#entries[entry * this.#stride + NEXT] = this.#free
        this.#free = entry
      } else before = entry
      entry = next
    }
  }

  /** True when the member holds the path as it is wanted now. */
  hasSent(entry: number, member: number): boolean {
    return (this.sent(entry, member >>> 5) & (1 << (member & 31))) !== 0
  }

  /** True when the member holds any version of the path. */
  holds(entry: number, member: number): boolean {
    return this.hasSent(entry, member) || (this.stale(entry, member >>> 5) & (1 << (member & 31))) !== 0
  }

  /** Takes over what a member holds from another group, as AdjRibOut.adoptHeld does. */
  adoptHeld(other: AdjPathsOut, from: number, to: number): void {
    this.fit()
    const word = to >>> 5
    const bit = 1 << (to & 31)
    for (let row = 1; row < this.rowCount; row++) {
      for (let theirs = other.first(row); theirs !== 0; theirs = other.next(theirs)) {
        if (!other.holds(theirs, from)) continue
        const entry = this.#entryOf(row, other.pathId(theirs))
        if (other.hasSent(theirs, from) && this.#offersSame(entry, other.want(theirs), other.label(theirs)))
          this.setSent(entry, word, this.sent(entry, word) | bit)
        else this.setStale(entry, word, this.stale(entry, word) | bit)
      }
    }
  }

  /** Clears a member's bits everywhere: it left, and its number may be given to another. */
  clearMember(member: number): void {
    const keep = ~(1 << (member & 31))
    const word = member >>> 5
    for (let row = 1; row < this.rowCount; row++) {
      if (this.first(row) === 0) continue
      for (let entry = this.first(row); entry !== 0; entry = this.next(entry)) {
        this.setSent(entry, word, this.sent(entry, word) & keep)
        this.setStale(entry, word, this.stale(entry, word) & keep)
      }
      this.prune(row)
    }
  }

  /** Paths that the member holds. A scan: for introspection. */
  countHeld(member: number): number {
    let count = 0
    for (let row = 1; row < this.rowCount; row++)
      for (let entry = this.first(row); entry !== 0; entry = this.next(entry))
        if (this.holds(entry, member)) count++
    return count
  }

  /** Want numbers that are offered, as often as they are. */
  *wants(): IterableIterator<number> {
    for (let row = 1; row < this.rowCount; row++)
      for (let entry = this.first(row); entry !== 0; entry = this.next(entry))
        if (this.want(entry) !== 0) yield this.want(entry)
  }

  /** Nothing is offered any more. */
  releaseAll(): void {
    for (const want of this.wants()) this.#rule.release(want)
    this.#first = new Int32Array(0)
    this.#entries = new Int32Array(0)
    this.#entryCount = 1
    this.#free = 0
  }

  #offer(entry: number, want: number, label: number): void {
    if (this.want(entry) === want && this.label(entry) === label) return
    if (want !== 0) this.#rule.retain(want)
    if (this.want(entry) !== 0) this.#rule.release(this.want(entry))
    this.#entries[entry * this.#stride + WANT] = want
    this.#entries[entry * this.#stride + LABEL] = label
    // Whoever has what was offered before has something older.
    for (let i = 0; i < this.#memberWords; i++) {
      const sent = this.sent(entry, i)
      if (sent === 0) continue
      this.setStale(entry, i, this.stale(entry, i) | sent)
      this.setSent(entry, i, 0)
    }
  }

  /** Whether the entry offers this, which it begins to where nobody has anything of it. */
  #offersSame(entry: number, want: number, label: number): boolean {
    if (this.want(entry) === 0 && !this.#isHeld(entry)) this.#offer(entry, want, label)
    return this.want(entry) === want && this.label(entry) === label
  }

  #entryOf(row: number, pathId: number): number {
    let before = 0
    let entry = this.first(row)
    for (; entry !== 0 && this.pathId(entry) < pathId; entry = this.next(entry)) before = entry
    return entry !== 0 && this.pathId(entry) === pathId ? entry : this.#insert(row, before, pathId)
  }

  /** A new entry behind another, or at the head when that is 0. */
  #insert(row: number, before: number, pathId: number): number {
    let entry = this.#free
    if (entry !== 0) this.#free = this.next(entry)
    else {
      entry = this.#entryCount++
      const needed = this.#entryCount * this.#stride
      if (needed > this.#entries.length) this.#entries = grownWords(this.#entries, needed)
    }
    const next = before === 0 ? this.first(row) : this.next(before)
    const base = entry * this.#stride
    for (let i = 0; i < this.#stride; i++) this.#entries[base + i] = 0
    this.#entries[base + NEXT] = next
    this.#entries[base + PATH_ID] = pathId
    this.#setNext(row, before, entry)
    return entry
  }

  #setNext(row: number, before: number, next: number): void {
    if (before === 0) this.#first[row] = next
    else this.#entries[before * this.#stride + NEXT] = next
  }

  #isHeld(entry: number): boolean {
    for (let i = 0; i < this.#memberWords; i++)
      if ((this.sent(entry, i) | this.stale(entry, i)) !== 0) return true
    return false
  }
}
