/**
 * What was computed for a pair of small numbers, as an id: a memo without an object per entry.
 *
 *   slot   | a + 1, 0 when empty | b | value |      open addressing by a hash of the pair, at most half full
 */
import { giveBack } from './give-back.ts'

const SLOT_WORDS = 3
const FIRST_SLOTS = 16

export class PairMemo {
  #slots = new Int32Array(FIRST_SLOTS * SLOT_WORDS)
  #mask = FIRST_SLOTS - 1
  #count = 0

  /** The value that was set for the pair, or -1. */
  // hot: once per change and group
  get(a: number, b: number): number {
    const at = this.#slotOf(a, b)
    return this.#slots[at] === 0 ? -1 : this.#slots[at + 2]!
  }

  /** Sets the value, not negative, of a pair that has none. */
  set(a: number, b: number, value: number): void {
    if (++this.#count * 2 > this.#mask) this.#grow()
    this.#put(a, b, value)
  }

  /** Forgets everything. */
  clear(): void {
    if (this.#count === 0) return
    giveBack(this.#slots)
    this.#slots = new Int32Array(FIRST_SLOTS * SLOT_WORDS)
    this.#mask = FIRST_SLOTS - 1
    this.#count = 0
  }

  #put(a: number, b: number, value: number): void {
    const at = this.#slotOf(a, b)
    this.#slots[at] = a + 1
    this.#slots[at + 1] = b
    this.#slots[at + 2] = value
  }

  /** Where the pair stands, or the empty slot where it belongs. */
  #slotOf(a: number, b: number): number {
    const slots = this.#slots
    const mask = this.#mask
    let slot = (a ^ Math.imul(b, 0x9e3779b1)) & mask
    for (;;) {
      const at = slot * SLOT_WORDS
      if (slots[at] === 0 || (slots[at] === a + 1 && slots[at + 1] === b)) return at
      slot = (slot + 1) & mask
    }
  }

  #grow(): void {
    const before = this.#slots
    this.#mask = this.#mask * 2 + 1
    this.#slots = new Int32Array((this.#mask + 1) * SLOT_WORDS)
    for (let at = 0; at < before.length; at += SLOT_WORDS) {
      if (before[at] !== 0) this.#put(before[at]! - 1, before[at + 1]!, before[at + 2]!)
    }
    giveBack(before)
  }
}
