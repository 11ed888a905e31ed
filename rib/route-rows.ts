/**
 * The routes of one table as rows of 32-bit words in one array: a route is a row number, a lookup touches one cache
 * line, and a million routes are one object to the garbage collector.
 *
 *   row:  | key ... | FIRST_PATH | PREVIOUS | NEXT | STATE |          stride = key words + 4
 *
 *   FIRST_PATH  best path (rib/path-store.ts), 0 when none
 *   PREVIOUS, NEXT  the change list (rib/change-list.ts); row 0 is its sentinel and never a route
 *   STATE       kind in bits 0-1 (free, route, marker); bit 2: MED put a path behind a lesser one, so that the list is not
 *               in sorting order; bits 8-31 the size of the equal-cost set
 *
 * Keys are found through rib/route-index.ts. Host routes that are neighbours have their slots side by side there, for
 * they mostly come and go together: then a cache line is fetched once for eight of them.
 */
import { grownWords } from './grown-words.ts'
import { invariant } from './invariant.ts'
import { RouteIndex } from './route-index.ts'

export const RowKind = { free: 0, route: 1, marker: 2 } as const

const KIND_MASK = 3
const DISPLACED = 4
/** The sentinel, the markers of the two readers that every table with routes has, and the first route. */
const INITIAL_ROWS = 4
/**
 * What a table has that never had a row: one array for all with the same row size, and one index. Most VRFs of a large
 * configuration are empty.
 */
const sentinelAlone = new Map<number, Int32Array<ArrayBuffer>>()
const noIndex = new RouteIndex()
/** Bits in which neighbouring host routes differ. */
const NEIGHBOURS = 7

export class RouteRows {
  readonly keyWords: number
  readonly stride: number
  /** Offsets of the words behind the key, within a row. */
  readonly firstPathWord: number
  readonly previousWord: number
  readonly nextWord: number
  readonly stateWord: number
  words: Int32Array<ArrayBuffer>
  /** Rows that exist, free ones included: row numbers are below this. */
  rowCount = 1
  routeCount = 0
  readonly #hashSeed: number
  #freeHead = 0
  #index = noIndex

  /** The seed makes it unknown to a peer which keys meet in the index. */
  constructor(keyWords: number, hashSeed = 0) {
    this.keyWords = keyWords
    this.#hashSeed = hashSeed
    this.stride = keyWords + 4
    this.firstPathWord = keyWords
    this.previousWord = keyWords + 1
    this.nextWord = keyWords + 2
    this.stateWord = keyWords + 3
    this.words = sentinelOf(this.stride)
  }

  kind(row: number): number {
    return this.words[row * this.stride + this.stateWord]! & KIND_MASK
  }

  firstPath(row: number): number {
    return this.words[row * this.stride + this.firstPathWord]!
  }

  setFirstPath(row: number, path: number): void {
    this.words[row * this.stride + this.firstPathWord] = path
  }

  /** How many of the row's paths, from the first, form the equal-cost set; 0 when the best path is infeasible. */
  equalCostCount(row: number): number {
    return this.words[row * this.stride + this.stateWord]! >>> 8
  }

  setEqualCostCount(row: number, count: number, isDisplaced = false): void {
    this.words[row * this.stride + this.stateWord] =
      (count << 8) | RowKind.route | (isDisplaced ? DISPLACED : 0)
  }

  /** Some path stands behind a lesser one because of its MED (RFC 4271 §9.1.2.2 c). */
  isDisplaced(row: number): boolean {
    return (this.words[row * this.stride + this.stateWord]! & DISPLACED) !== 0
  }

  /** Row of the key at `offset`, or 0. */
  // hot: once per received route
  find(key: Int32Array, offset: number): number {
    const hash = this.#hash(key, offset)
    const { slots, mask } = this.#index.segmentOf(hash)
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const row = slots[slot * 2]!
      if (row === 0 || (slots[slot * 2 + 1] === hash && this.#hasKey(row, key, offset))) return row
    }
  }

  /** Row of the key at `offset`, made when missing: then it has no path and is not in the change list. */
  // hot: once per received route
  findOrAdd(key: Int32Array, offset: number): number {
    if (this.#index === noIndex) this.#index = new RouteIndex()
    const hash = this.#hash(key, offset)
    const segment = this.#index.segmentToAdd(hash)
    const { slots, mask } = segment
    let slot = hash & mask
    for (; ; slot = (slot + 1) & mask) {
      const row = slots[slot * 2]!
      if (row === 0) break
      if (slots[slot * 2 + 1] === hash && this.#hasKey(row, key, offset)) return row
    }
    const row = this.#allocate(RowKind.route)
    const base = row * this.stride
    for (let i = 0; i < this.keyWords; i++) this.words[base + i] = key[offset + i]!
    slots[slot * 2] = row
    slots[slot * 2 + 1] = hash
    segment.count++
    this.routeCount++
    return row
  }

  /** Frees a route's row; the caller has taken it out of the change list and it has no path. */
  // hot: once per route that is gone
  remove(row: number): void {
    if (this.kind(row) !== RowKind.route || this.firstPath(row) !== 0) {
      invariant(false, `row ${row} removed while in use`)
    }
    this.#index.remove(this.#hash(this.words, row * this.stride), row)
    this.routeCount--
    this.#release(row)
  }

  /** Slots looked at to find the key, or to find that it is missing: for introspection. */
  probeLength(key: Int32Array, offset: number): number {
    const hash = this.#hash(key, offset)
    const { slots, mask } = this.#index.segmentOf(hash)
    let slot = hash & mask
    let length = 1
    while (slots[slot * 2] !== 0 && !this.#hasKey(slots[slot * 2]!, key, offset)) {
      slot = (slot + 1) & mask
      length++
    }
    return length
  }

  addMarker(): number {
    return this.#allocate(RowKind.marker)
  }

  removeMarker(row: number): void {
    if (this.kind(row) !== RowKind.marker) invariant(false, `row ${row} is no marker`)
    this.#release(row)
  }

  #allocate(kind: number): number {
    let row = this.#freeHead
    if (row !== 0) {
      this.#freeHead = this.words[row * this.stride + this.nextWord]!
    } else {
      row = this.rowCount++
      if ((row + 1) * this.stride > this.words.length) this.words = this.#grown((row + 1) * this.stride)
    }
    const base = row * this.stride
    this.words[base + this.firstPathWord] = 0
    this.words[base + this.previousWord] = 0
    this.words[base + this.nextWord] = 0
    this.words[base + this.stateWord] = kind
    return row
  }

  #grown(needed: number): Int32Array<ArrayBuffer> {
    if (this.words.length > this.stride) return grownWords(this.words, needed)
    // The sentinel that all empty tables share.
    const words = new Int32Array(INITIAL_ROWS * this.stride)
    words.set(this.words)
    return words
  }

  #release(row: number): void {
    const base = row * this.stride
    this.words[base + this.stateWord] = RowKind.free
    this.words[base + this.nextWord] = this.#freeHead
    this.#freeHead = row
  }

  #hasKey(row: number, key: Int32Array, offset: number): boolean {
    const words = this.words
    const base = row * this.stride
    for (let i = this.keyWords - 1; i >= 0; i--) if (words[base + i] !== key[offset + i]) return false
    return true
  }

  /**
   * Multiply-xor over the words (constants of MurmurHash3's finaliser): prefixes in sequence must not probe in runs. The
   * last three bits of the key only choose the slot among eight neighbours.
   */
  #hash(key: Int32Array, offset: number): number {
    let hash = this.#hashSeed
    const last = offset + this.keyWords - 1
    for (let i = offset; i < last; i++) {
      hash = Math.imul(hash ^ key[i]!, 0x85ebca6b)
      hash ^= hash >>> 13
    }
    hash = Math.imul(hash ^ (key[last]! & ~NEIGHBOURS), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    return hash ^ (hash >>> 16) ^ (key[last]! & NEIGHBOURS)
  }
}

function sentinelOf(stride: number): Int32Array<ArrayBuffer> {
  let words = sentinelAlone.get(stride)
  if (words) return words
  words = new Int32Array(stride)
  words[stride - 1] = RowKind.marker
  sentinelAlone.set(stride, words)
  return words
}
