/**
 * Attribute sets by what they mean: a hash index over the rows of an AttrTable.
 *
 *   segment   by the top bits of the hash; each grows by itself, so that growing never takes long
 *   slot      | hash | id, 0 when empty |      open addressing, at most half full, gaps closed on removal
 */
import type { AttrSet } from './model/attr-set.ts'
import { isSameRow } from './model/attr-row.ts'

const SEGMENT_BITS = 6
const FIRST_SLOTS = 16

interface Segment {
  slots: Int32Array
  count: number
}

export class AttrIndex {
  readonly #segments: Segment[] = Array.from({ length: 1 << SEGMENT_BITS }, () => ({
    slots: new Int32Array(FIRST_SLOTS * 2),
    count: 0,
  }))

  /** Id of the set whose row means the same as the one at the beginning of `packed`; 0 when there is none. */
  // hot: once per attribute list that no memo knows
  find(hash: number, packed: Int32Array, sets: readonly (AttrSet | undefined)[]): number {
    const { slots } = this.#segmentOf(hash)
    const mask = slots.length - 2
    for (let at = (hash << 1) & mask; slots[at + 1] !== 0; at = (at + 2) & mask) {
      if (slots[at] !== hash) continue
      const id = slots[at + 1]!
      const set = sets[id]!
      if (isSameRow(packed, 0, set.words, set.at)) return id
    }
    return 0
  }

  /** Adds a set that `find` did not find. */
  add(hash: number, id: number): void {
    const segment = this.#segmentOf(hash)
    if ((segment.count + 1) * 4 > segment.slots.length) grow(segment)
    put(segment.slots, hash, id)
    segment.count++
  }

  remove(hash: number, id: number): void {
    const segment = this.#segmentOf(hash)
    const { slots } = segment
    const mask = slots.length - 2
    let gap = (hash << 1) & mask
    while (slots[gap + 1] !== id) gap = (gap + 2) & mask
    segment.count--
    // Whoever was pushed behind the gap by others moves into it, so that a search may stop at an empty slot.
    for (let at = (gap + 2) & mask; slots[at + 1] !== 0; at = (at + 2) & mask) {
      const home = (slots[at]! << 1) & mask
      if (((at - home) & mask) < ((at - gap) & mask)) continue
      slots[gap] = slots[at]!
      slots[gap + 1] = slots[at + 1]!
      gap = at
    }
    slots[gap + 1] = 0
  }

  #segmentOf(hash: number): Segment {
    return this.#segments[hash >>> (32 - SEGMENT_BITS)]!
  }
}

function put(slots: Int32Array, hash: number, id: number): void {
  const mask = slots.length - 2
  let at = (hash << 1) & mask
  while (slots[at + 1] !== 0) at = (at + 2) & mask
  slots[at] = hash
  slots[at + 1] = id
}

function grow(segment: Segment): void {
  const before = segment.slots
  segment.slots = new Int32Array(before.length * 2)
  for (let at = 0; at < before.length; at += 2) {
    if (before[at + 1] !== 0) put(segment.slots, before[at]!, before[at + 1]!)
  }
}
