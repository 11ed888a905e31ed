/**
 * Brings the reachable routes of a batch together by attribute set, so that each set fills its UPDATEs (RFC 4271 §4.3:
 * all NLRI of an UPDATE share its attributes). Chains through the batch in arrays that are used again: linear, and
 * nothing is allocated per route.
 *
 *   wants   7 9 7 7 9      first  {7: 0, 9: 1}     next  2 4 3 - -      order  0 2 3 | 1 4
 */
const FIRST_CAPACITY = 2_048

export class PackOrder {
  /** Positions in the batch, those of one want side by side. */
  order = new Int32Array(FIRST_CAPACITY)
  #next = new Int32Array(FIRST_CAPACITY)
  readonly #first = new Map<number, number>()
  readonly #last = new Map<number, number>()

  /** Fills `order` for the first `count` wants. */
  arrange(wants: Int32Array, count: number): void {
    if (count > this.order.length) {
      this.order = new Int32Array(count * 2)
      this.#next = new Int32Array(count * 2)
    }
    this.#chain(wants, count)
    const { order } = this
    const next = this.#next
    let filled = 0
    for (const first of this.#first.values()) {
      for (let at = first; at >= 0; at = next[at]!) order[filled++] = at
    }
    this.#first.clear()
    this.#last.clear()
  }

  // hot: once per change; the maps are asked once per stretch of equal wants
  #chain(wants: Int32Array, count: number): void {
    const next = this.#next
    for (let at = 0; at < count;) {
      const want = wants[at]!
      const start = at
      while (++at < count && wants[at] === want) next[at - 1] = at
      next[at - 1] = -1
      const last = this.#last.get(want)
      if (last === undefined) this.#first.set(want, start)
      else next[last] = start
      this.#last.set(want, at - 1)
    }
  }
}
