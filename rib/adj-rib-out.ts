/**
 * Adj-RIB-Out of an update group: per route what the group last offered and which members have it. This is all the
 * export state there is; memory is per group, not per peer (RFC 4271 §3.2 keeps the RIBs conceptual).
 *
 *   row:  | WANT | LABEL | sent bits ... |        stride = 2 + member words          and apart:  | stale bits ... |
 *
 *   sent    members that hold (WANT, LABEL)
 *   stale   members that hold something older: they are owed an update or a withdraw
 *
 * Rows are those of the table; the arrays grow with it. Hardly anybody is stale for longer than a slice, so those bits
 * are written only to change them, and take no memory where nobody ever was.
 */
import type { ExportRule, Want } from './export-rule.ts'
import { grownWords } from './grown-words.ts'
import type { Table } from './table.ts'

/** Keeps what a want number stands for, and lets go of it (rib/export-rule.ts). */
type Retaining = Pick<ExportRule, 'retain' | 'release'>

export class AdjRibOut {
  readonly #table: Table
  memberWords: number
  stride: number
  words: Int32Array<ArrayBuffer>
  stale: Int32Array<ArrayBuffer>

  constructor(table: Table, memberWords: number) {
    this.#table = table
    this.memberWords = memberWords
    this.stride = 2 + memberWords
    this.words = new Int32Array(0)
    this.stale = new Int32Array(0)
  }

  /** Makes room for every row the table has. */
  fit(): void {
    const needed = this.#table.routes.rowCount * this.stride
    if (needed <= this.words.length) return
    this.words = grownWords(this.words, needed)
    this.stale = grownWords(this.stale, Math.ceil(this.words.length / this.stride) * this.memberWords)
  }

  /** Gives member sets more words; every row is laid out anew. */
  widen(memberWords: number): void {
    const rows = this.rowCount
    const stride = 2 + memberWords
    const words = new Int32Array(rows * stride)
    const stale = new Int32Array(rows * memberWords)
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < this.stride; i++) words[row * stride + i] = this.words[row * this.stride + i]!
      for (let i = 0; i < this.memberWords; i++) {
        const bits = this.stale[row * this.memberWords + i]!
        if (bits !== 0) stale[row * memberWords + i] = bits
      }
    }
    this.stale = stale
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
    const word = this.stale[row * this.memberWords + (member >>> 5)] ?? 0
    return this.hasSent(row, member) || (word & (1 << (member & 31))) !== 0
  }

  /**
   * From now on the row offers this: whoever has what it offered before has something older. The members given are about
   * to be told, so they stay among those that were sent something, for their caller to clear.
   */
  // hot: once per change that alters the offer
  offer(row: number, want: Readonly<Want>, rule: Retaining, told: Int32Array): void {
    const { words, stale, memberWords } = this
    const base = row * this.stride
    if (want.want !== 0) rule.retain(want.want)
    if (words[base] !== 0) rule.release(words[base]!)
    words[base] = want.want
    words[base + 1] = want.label
    for (let i = 0; i < memberWords; i++) {
      const others = words[base + 2 + i]! & ~told[i]!
      if (others === 0) continue
      stale[row * memberWords + i] = stale[row * memberWords + i]! | others
      words[base + 2 + i] = words[base + 2 + i]! & told[i]!
    }
  }

  /**
   * Takes over what a member holds from another group. Where this one offers the same, or has offered nothing to anybody
   * yet, that is what the member has; elsewhere it is something older, to be replaced or withdrawn.
   */
  adoptHeld(other: AdjRibOut, from: number, to: number, rule: Retaining): void {
    this.fit()
    const { stride, memberWords } = this
    const bit = 1 << (to & 31)
    const sentAt = 2 + (to >>> 5)
    const fromBit = 1 << (from & 31)
    const fromWord = from >>> 5
    const held = other.words
    // A stall for whoever waits, so: words, not questions.
    for (let row = 1, at = other.stride, end = other.rowCount; row < end; row++, at += other.stride) {
      const isSent = (held[at + 2 + fromWord]! & fromBit) !== 0
      if (!isSent && (other.stale[row * other.memberWords + fromWord]! & fromBit) === 0) continue
      const isSame = isSent && this.#offers(row, held[at]!, held[at + 1]!, rule)
      const bits = isSame ? this.words : this.stale
      const place = isSame ? row * stride + sentAt : row * memberWords + (to >>> 5)
      bits[place] = bits[place]! | bit
    }
  }

  /** Takes everything of another one, whose rows are of the same width, and leaves it empty; false where they are not. */
  takeOver(other: AdjRibOut): boolean {
    if (this.memberWords !== other.memberWords) return false
    this.words = other.words
    this.stale = other.stale
    other.words = new Int32Array(0)
    other.stale = new Int32Array(0)
    return true
  }

  /** Nothing is offered any more. */
  releaseAll(rule: Pick<ExportRule, 'release'>): void {
    const { words, stride } = this
    const end = this.rowCount * stride
    for (let base = 0; base < end; base += stride) {
      if (words[base] !== 0) rule.release(words[base]!)
      words[base] = 0
      words[base + 1] = 0
    }
  }

  /** Whether the row offers this, which it begins to where nobody has anything of it. */
  #offers(row: number, want: number, label: number, rule: Retaining): boolean {
    const { words } = this
    const base = row * this.stride
    if (words[base] === 0 && !this.#isHeld(row)) {
      rule.retain(want)
      words[base] = want
      words[base + 1] = label
    }
    return words[base] === want && words[base + 1] === label
  }

  #isHeld(row: number): boolean {
    for (let i = 0; i < this.memberWords; i++) {
      if ((this.words[row * this.stride + 2 + i]! | this.stale[row * this.memberWords + i]!) !== 0)
        return true
    }
    return false
  }

  /** Clears a member's bits everywhere: it left, and its number may be given to another. */
  clearMember(member: number): void {
    const bit = 1 << (member & 31)
    const word = member >>> 5
    // Only rows that exist: what lies behind them was never written, and must not be (rib/grown-words.ts).
    const rows = this.rowCount
    for (let row = 0; row < rows; row++) {
      const sentAt = row * this.stride + 2 + word
      const staleAt = row * this.memberWords + word
      this.words[sentAt] = this.words[sentAt]! & ~bit
      if ((this.stale[staleAt]! & bit) !== 0) this.stale[staleAt] = this.stale[staleAt]! & ~bit
    }
  }

  /** Routes that the member holds. A scan, a millisecond for a million routes: for introspection. */
  countHeld(member: number): number {
    let count = 0
    for (let row = 1; row < this.rowCount; row++) if (this.holds(row, member)) count++
    return count
  }
}
