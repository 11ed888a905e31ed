/**
 * Where the rows of attribute sets lie: blocks that are filled from the front. A freed row leaves a gap; a block that is
 * mostly gaps is cleared by moving its rows to the block being filled, so that memory follows what is in use.
 *
 *   block   | row | row | (freed) | row | ...free...|      rows carry their id, length and block (model/attr-row.ts)
 */
import type { AttrSet } from './model/attr-set.ts'
import { BLOCK, ID, LENGTH } from './model/attr-row.ts'

/** 128 KiB; a row that is longer has a block to itself. */
const BLOCK_WORDS = 1 << 15

interface Block {
  words: Int32Array
  used: number
  /** Words of rows in use. */
  live: number
}

export class AttrBlocks {
  readonly #blocks: (Block | undefined)[] = []
  readonly #free: number[] = []
  /** Number of the block that is being filled. */
  #filling = -1
  readonly #blockWords: number

  constructor(blockWords = BLOCK_WORDS) {
    this.#blockWords = blockWords
  }

  /** Copies a row to a place of its own and makes it the set's. */
  place(id: number, packed: Int32Array, from: number): AttrSetPlace {
    const length = packed[from + LENGTH]!
    let block = this.#blocks[this.#filling]
    if (!block || block.used + length > block.words.length) block = this.#open(length)
    const at = block.used
    const { words } = block
    for (let i = 0; i < length; i++) words[at + i] = packed[from + i]!
    words[at + ID] = id
    words[at + BLOCK] = this.#filling
    block.used += length
    block.live += length
    place.words = words
    place.at = at
    return place
  }

  /** The set's row is no longer used. */
  free(set: AttrSet): void {
    const { words, at } = set
    const number = words[at + BLOCK]!
    const block = this.#blocks[number]!
    block.live -= words[at + LENGTH]!
    words[at + ID] = 0
    if (block.live === 0 && number !== this.#filling) this.#drop(number)
  }

  /** Clears the first block from `number` on that is mostly gaps; returns the number behind it, or -1 when all is done. */
  clearOne(number: number, sets: readonly (AttrSet | undefined)[]): number {
    for (let i = number; i < this.#blocks.length; i++) {
      const block = this.#blocks[i]
      if (!block || i === this.#filling || block.live * 2 > block.used) continue
      this.#move(block, sets)
      this.#drop(i)
      return i + 1
    }
    return -1
  }

  get octets(): number {
    let count = 0
    for (const block of this.#blocks) count += block?.words.byteLength ?? 0
    return count
  }

  #move({ words, used }: Block, sets: readonly (AttrSet | undefined)[]): void {
    for (let at = 0; at < used; at += words[at + LENGTH]!) {
      const id = words[at + ID]!
      if (id === 0) continue
      const set = sets[id]!
      const to = this.place(id, words, at)
      set.words = to.words
      set.at = to.at
    }
  }

  #open(length: number): Block {
    const block = { words: new Int32Array(Math.max(this.#blockWords, length)), used: 0, live: 0 }
    this.#filling = this.#free.pop() ?? this.#blocks.length
    this.#blocks[this.#filling] = block
    return block
  }

  #drop(number: number): void {
    this.#blocks[number] = undefined
    this.#free.push(number)
  }
}

/** Reused result of `place`. */
export interface AttrSetPlace {
  words: Int32Array
  at: number
}

const place: AttrSetPlace = { words: new Int32Array(0), at: 0 }
