/**
 * Adj-RIB-Out of an update group: per route what the group last offered and which members have it. This is all the
 * export state there is; memory is per group, not per peer (RFC 4271 §3.2 keeps the RIBs conceptual).
 *
 *   row:  | WANT | LABEL | sent bits ... | stale bits ... |        stride = 2 + 2 * member words
 *
 *   sent    members that hold (WANT, LABEL)
 *   stale   members that hold something older: they are owed an update or a withdraw
 *
 * Rows are those of the table; the array grows with it.
 */
import type { ExportRule } from './export-rule.ts'
import { grownWords } from './grown-words.ts'
import type { Table } from './table.ts'

/** Keeps what a want number stands for (rib/export-rule.ts). */
type Retaining = Pick<ExportRule, 'retain'>

export class AdjRibOut {
  readonly #table: Table
  memberWords: number
  stride: number
  words: Int32Array<ArrayBuffer>

  constructor(table: Table, memberWords: number) {
    this.#table = table
    this.memberWords = memberWords
    this.stride = 2 + 2 * memberWords
    this.words = new Int32Array(0)
  }

  /** Makes room for every row the table has. */
  fit(): void {
    const needed = this.#table.routes.rowCount * this.stride
    if (needed <= this.words.length) return
    this.words = grownWords(this.words, needed)
  }

  /** Gives member sets more words; every row is laid out anew. */
  widen(memberWords: number): void {
    const rows = this.rowCount
    const stride = 2 + 2 * memberWords
    const words = new Int32Array(rows * stride)
    for (let row = 0; row < rows; row++) {
      const from = row * this.stride
      const to = row * stride
      words[to] = this.words[from]!
      words[to + 1] = this.words[from + 1]!
      for (let i = 0; i < this.memberWords; i++) {
        words[to + 2 + i] = this.words[from + 2 + i]!
        words[to + 2 + memberWords + i] = this.words[from + 2 + this.memberWords + i]!
      }
    }
    this.words = words
    this.stride = stride
    this.memberWords = memberWords
  }

  /** Rows that the array covers. */
  get rowCount(): number {
    return Math.min(this.#table.routes.rowCount, Math.floor(this.words.length / this.stride))
  }

  want(row: number): number {
    return this.words[row * this.stride] ?? 0
  }

  label(row: number): number {
    return this.words[row * this.stride + 1] ?? 0
  }

  /** True when the member holds the route as it is wanted now. */
  hasSent(row: number, member: number): boolean {
    return ((this.words[row * this.stride + 2 + (member >>> 5)] ?? 0) & (1 << (member & 31))) !== 0
  }

  /** True when the member holds any version of the route. */
  holds(row: number, member: number): boolean {
    const word = this.words[row * this.stride + 2 + this.memberWords + (member >>> 5)] ?? 0
    return this.hasSent(row, member) || (word & (1 << (member & 31))) !== 0
  }

  /**
   * Takes over what a member holds from another group. Where this one offers the same, or has offered nothing to anybody
   * yet, that is what the member has; elsewhere it is something older, to be replaced or withdrawn.
   */
  adoptHeld(other: AdjRibOut, from: number, to: number, rule: Retaining): void {
    this.fit()
    const word = to >>> 5
    const bit = 1 << (to & 31)
    for (let row = 1; row < other.rowCount; row++) {
      if (!other.holds(row, from)) continue
      const base = row * this.stride
      const isSame = other.hasSent(row, from) && this.#offers(base, other.want(row), other.label(row), rule)
      const at = base + 2 + word + (isSame ? 0 : this.memberWords)
      this.words[at] = this.words[at]! | bit
    }
  }

  /** Whether the row offers this, which it begins to where nobody has anything of it. */
  #offers(base: number, want: number, label: number, rule: Retaining): boolean {
    const { words } = this
    if (words[base] === 0 && !this.#isHeld(base)) {
      rule.retain(want)
      words[base] = want
      words[base + 1] = label
    }
    return words[base] === want && words[base + 1] === label
  }

  #isHeld(base: number): boolean {
    for (let at = base + 2; at < base + this.stride; at++) if (this.words[at] !== 0) return true
    return false
  }

  /** Clears a member's bits everywhere: it left, and its number may be given to another. */
  clearMember(member: number): void {
    const keep = ~(1 << (member & 31))
    const offset = 2 + (member >>> 5)
    // Only rows that exist: what lies behind them was never written, and must not be (rib/grown-words.ts).
    const end = this.rowCount * this.stride
    for (let at = offset; at < end; at += this.stride) {
      this.words[at] = this.words[at]! & keep
      this.words[at + this.memberWords] = this.words[at + this.memberWords]! & keep
    }
  }

  /** Routes that the member holds. A scan, a millisecond for a million routes: for introspection. */
  countHeld(member: number): number {
    const { words, stride, memberWords } = this
    const bit = 1 << (member & 31)
    const end = this.rowCount * stride
    let count = 0
    for (let at = stride + 2 + (member >>> 5); at < end; at += stride) {
      if (((words[at]! | words[at + memberWords]!) & bit) !== 0) count++
    }
    return count
  }
}
