/**
 * Hash index of a table's rows: open addressing with linear probing and backward-shift deletion (no tombstones), in
 * segments that are at most half full. A slot holds the row and the hash of its key, so that keys are compared only when
 * hashes are equal, and moving a slot touches no row.
 *
 *   hash      | entry, upper bits | ... | home slot, lower bits |
 *   entries   [ s0 | s1 | s2 | s2 | ... ]         a segment that is not split yet stands in several
 *   segment   | row, 0 when empty | hash | row | hash | ...
 *
 * A small index is one segment, which doubles. A segment of full size is split in two by the next bit of the hash
 * (extendible hashing): a million routes grow the index in steps of 8,192, and nobody waits for a large rehash.
 */
const FIRST_SLOTS = 16
const MOST_SLOTS = 1 << 14
/** Upper bits that choose an entry, at most: keys that agree in more of them make their segment double instead. */
const MOST_DEPTH = 17

/** Slots of all keys whose hashes agree in the upper `depth` bits. */
export interface Segment {
  /** Two words each: row and hash. */
  slots: Int32Array
  mask: number
  count: number
  depth: number
}

const noSlots = new Int32Array(2)
/** What a segment held while it is split. */
const scratch = new Int32Array(MOST_SLOTS * 2)

export class RouteIndex {
  #entries: Segment[]
  #depth = 0
  #shift = 31

  constructor() {
    this.#entries = [{ slots: noSlots, mask: 0, count: 0, depth: 0 }]
  }

  /** The segment of a key with this hash. */
  // hot: once per received route
  segmentOf(hash: number): Segment {
    // In two steps, for a shift by 32 is none.
    return this.#entries[(hash >>> 1) >>> this.#shift]!
  }

  /** The segment of a key with this hash, with room for one more. */
  // hot: once per received route
  segmentToAdd(hash: number): Segment {
    let segment = this.segmentOf(hash)
    while (segment.count * 2 >= segment.mask) {
      if (segment.mask + 1 < MOST_SLOTS || segment.depth === MOST_DEPTH) double(segment)
      else this.#split(segment, hash)
      segment = this.segmentOf(hash)
    }
    return segment
  }

  /** Empties a row's slot and moves later entries of the probe run forward, so that no lookup stops early. */
  // hot: once per route that is gone
  remove(hash: number, row: number): void {
    const segment = this.segmentOf(hash)
    const { slots, mask } = segment
    segment.count--
    let hole = hash & mask
    while (slots[hole * 2] !== row) hole = (hole + 1) & mask
    slots[hole * 2] = 0
    for (let slot = (hole + 1) & mask; slots[slot * 2] !== 0; slot = (slot + 1) & mask) {
      const home = slots[slot * 2 + 1]! & mask
      // The entry may fill the hole only when its home does not lie behind the hole on the way to it.
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue
      slots[hole * 2] = slots[slot * 2]!
      slots[hole * 2 + 1] = slots[slot * 2 + 1]!
      slots[slot * 2] = 0
      hole = slot
    }
  }

  /** Half of the segment's keys, by the next bit of their hashes, get a segment of their own. */
  #split(segment: Segment, hash: number): void {
    if (segment.depth === this.#depth) this.#deepen()
    const before = segment.slots
    scratch.set(before)
    before.fill(0)
    const bit = 1 << (31 - segment.depth)
    segment.depth++
    segment.count = 0
    const sibling: Segment = {
      slots: new Int32Array(before.length),
      mask: segment.mask,
      count: 0,
      depth: segment.depth,
    }
    for (let at = 0; at < before.length; at += 2) {
      const row = scratch[at]!
      if (row !== 0) place((scratch[at + 1]! & bit) === 0 ? segment : sibling, row, scratch[at + 1]!)
    }
    // The entries with the bit set: the upper half of those that named the segment.
    const width = 1 << (this.#depth - segment.depth)
    const first = ((((hash >>> 1) >>> this.#shift) / width) | 1) * width
    for (let entry = first; entry < first + width; entry++) this.#entries[entry] = sibling
  }

  /** Each entry twice, side by side. */
  #deepen(): void {
    const before = this.#entries
    this.#entries = Array.from({ length: before.length * 2 }, (_, i) => before[i >>> 1]!)
    this.#depth++
    this.#shift--
  }
}

/** Puts a row that is not there yet into its segment, which has room. */
export function place(segment: Segment, row: number, hash: number): void {
  const { slots, mask } = segment
  let slot = hash & mask
  while (slots[slot * 2] !== 0) slot = (slot + 1) & mask
  slots[slot * 2] = row
  slots[slot * 2 + 1] = hash
  segment.count++
}

function double(segment: Segment): void {
  const before = segment.slots
  segment.slots = new Int32Array(Math.max(before.length * 2, FIRST_SLOTS * 2))
  segment.mask = segment.slots.length / 2 - 1
  segment.count = 0
  for (let at = 0; at < before.length; at += 2)
    if (before[at] !== 0) place(segment, before[at]!, before[at + 1]!)
}
