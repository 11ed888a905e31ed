/**
 * What one receiver holds: the content of each of the routes it may be sent, which are numbered by their prefixes.
 *
 *   contents   [ 0 | 7c1f... | 0 | 91ab... ]      0: not held        count and checksum are kept up to date
 */
export interface Expectation {
  readonly count: number
  /** Sum of the contents, modulo 2^32. */
  readonly checksum: number
}

/** The prefixes first, first + 1, ... as 32-bit words. */
export interface PrefixRange {
  readonly first: number
  readonly count: number
}

export const nothing: Expectation = { count: 0, checksum: 0 }

export class Holdings {
  count = 0
  checksum = 0
  /** Routes that nobody sent. */
  strangers = 0
  /** Announcements and withdrawals that changed something. */
  changes = 0
  readonly #first: number
  readonly #contents: Int32Array

  constructor(range: PrefixRange) {
    this.#first = range.first
    this.#contents = new Int32Array(range.count)
  }

  // hot: once per route received
  put(prefix: number, content: number): void {
    const index = (prefix - this.#first) >>> 0
    if (index >= this.#contents.length) {
      this.strangers++
      return
    }
    const before = this.#contents[index]
    if (before === content) return
    if (before === 0) this.count++
    this.#contents[index] = content
    this.checksum = (this.checksum + content - before) | 0
    this.changes++
  }

  // hot: once per route withdrawn
  drop(prefix: number): void {
    const index = (prefix - this.#first) >>> 0
    const before = index < this.#contents.length ? this.#contents[index] : 0
    if (before === 0) return
    this.count--
    this.#contents[index] = 0
    this.checksum = (this.checksum - before) | 0
    this.changes++
  }

  clear(): void {
    this.count = 0
    this.checksum = 0
    this.strangers = 0
    this.#contents.fill(0)
  }

  equals({ count, checksum }: Expectation): boolean {
    return this.count === count && this.checksum === checksum && this.strangers === 0
  }
}

/** Both together, where the routes are different ones. */
export function sumOf(expectations: readonly Expectation[]): Expectation {
  let [count, checksum] = [0, 0]
  for (const each of expectations) {
    count += each.count
    checksum = (checksum + each.checksum) | 0
  }
  return { count, checksum }
}
