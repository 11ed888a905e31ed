/**
 * Brings the reachable routes of a batch together by attribute set, so that each set fills its UPDATEs (RFC 4271 §4.3:
 * all NLRI of an UPDATE share its attributes). Chains through the batch in arrays that are used again: linear, and
 * nothing is allocated per route.
 *
 *   wants   7 9 7 7 9      chains  | 7, first 0, last 3 | 9, first 1, last 4 |     next  2 4 3 - -     order  0 2 3 | 1 4
 *
 *   slot    a chain's number plus one by its want: open addressing, at most half full; emptied chain by chain afterwards
 */
const FIRST_CAPACITY = 2_048

/** Words of a chain. */
const CHAIN_WORDS = 4
const WANT = 0
const FIRST = 1
const LAST = 2
const SLOT = 3

export class PackOrder {
  /** Positions in the batch, those of one want side by side. */
  order = new Int32Array(FIRST_CAPACITY)
  #next = new Int32Array(FIRST_CAPACITY)
  #chains = new Int32Array(FIRST_CAPACITY * CHAIN_WORDS)
  #slots = new Int32Array(FIRST_CAPACITY * 2)

  /** Fills `order` for the first `count` wants. */
  arrange(wants: Int32Array, count: number): void {
    if (count > this.order.length) this.#grow(count)
    const chainCount = this.#chain(wants, count)
    const { order } = this
    const next = this.#next
    const chains = this.#chains
    let filled = 0
    for (let chain = 0; chain < chainCount; chain++) {
      const base = chain * CHAIN_WORDS
      for (let at = chains[base + FIRST]!; at >= 0; at = next[at]!) order[filled++] = at
      this.#slots[chains[base + SLOT]!] = 0
    }
  }

  // hot: once per change; the slots are asked once per stretch of equal wants
  #chain(wants: Int32Array, count: number): number {
    const next = this.#next
    const chains = this.#chains
    let chainCount = 0
    for (let at = 0; at < count;) {
      const want = wants[at]!
      const start = at
      while (++at < count && wants[at] === want) next[at - 1] = at
      next[at - 1] = -1
      const slot = this.#slotOf(want)
      const known = this.#slots[slot]!
      const base = (known === 0 ? chainCount : known - 1) * CHAIN_WORDS
      if (known === 0) {
        this.#slots[slot] = ++chainCount
        chains[base + WANT] = want
        chains[base + FIRST] = start
        chains[base + SLOT] = slot
      } else {
        next[chains[base + LAST]!] = start
      }
      chains[base + LAST] = at - 1
    }
    return chainCount
  }

  /** The want's slot, or the empty one where it belongs. */
  #slotOf(want: number): number {
    const slots = this.#slots
    const mask = slots.length - 1
    // Ids are dense: the low bits scatter them as well as a hash would.
    let slot = want & mask
    while (slots[slot] !== 0 && this.#chains[(slots[slot]! - 1) * CHAIN_WORDS + WANT] !== want) {
      slot = (slot + 1) & mask
    }
    return slot
  }

  #grow(count: number): void {
    let capacity = this.order.length
    while (capacity < count) capacity *= 2
    this.order = new Int32Array(capacity)
    this.#next = new Int32Array(capacity)
    this.#chains = new Int32Array(capacity * CHAIN_WORDS)
    this.#slots = new Int32Array(capacity * 2)
  }
}
