/**
 * Encoded attribute sets of one encoder, so that a set that many UPDATEs share is encoded once.
 *
 *   slot   id modulo the number of slots: the set, and where its octets lie in the arena
 *
 * Direct-mapped and bounded: a set that lands on another's slot replaces it, a full arena starts over. Slots compare the
 * set itself, because ids are used again.
 */
import type { AttrSet } from '../../rib/model/attr-set.ts'
import { encodeAttributes } from './attribute-encode.ts'
import type { AttributeEncoding } from './attribute-encode.ts'
import { Writer } from './writer.ts'

const FIRST_SLOTS = 256
const MAX_SLOTS = 1 << 15
const FIRST_ARENA = 1 << 13
const MAX_ARENA = 1 << 22

export class AttributeCache {
  /** Where the octets of the set of the last `find` lie: valid until the next one. */
  octets: Uint8Array
  start: number
  length: number
  private readonly encoding: AttributeEncoding
  private readonly withNextHop: boolean
  private readonly writer: Writer
  private sets: (AttrSet | undefined)[]
  private starts: Int32Array
  private lengths: Int32Array
  private arena: Uint8Array
  private used: number

  constructor(encoding: AttributeEncoding, withNextHop: boolean) {
    this.encoding = encoding
    this.withNextHop = withNextHop
    this.writer = new Writer()
    this.sets = new Array<AttrSet | undefined>(FIRST_SLOTS).fill(undefined)
    this.starts = new Int32Array(FIRST_SLOTS)
    this.lengths = new Int32Array(FIRST_SLOTS)
    this.arena = new Uint8Array(FIRST_ARENA)
    this.used = 0
    this.octets = this.arena
    this.start = 0
    this.length = 0
  }

  /** Points octets, start and length at the set's encoded attributes. */
  find(set: AttrSet): void {
    const slot = set.id & (this.sets.length - 1)
    if (this.sets[slot] === set) {
      this.octets = this.arena
      this.start = this.starts[slot]
      this.length = this.lengths[slot]
      return
    }
    this.encode(set)
  }

  private encode(set: AttrSet): void {
    const writer = this.writer
    writer.length = 0
    encodeAttributes(writer, set, this.encoding, this.withNextHop)
    const length = writer.length
    this.length = length
    if (length > 0xffff) {
      // Fits no message: not worth keeping.
      this.octets = writer.octets
      this.start = 0
      return
    }
    if (set.id >= this.sets.length && this.sets.length < MAX_SLOTS) this.resize()
    if (this.used + length > this.arena.length) this.reserve(length)
    const slot = set.id & (this.sets.length - 1)
    this.arena.set(writer.octets.subarray(0, length), this.used)
    this.sets[slot] = set
    this.starts[slot] = this.used
    this.lengths[slot] = length
    this.octets = this.arena
    this.start = this.used
    this.used += length
  }

  /** More slots, empty: what was kept is encoded again when it is wanted. */
  private resize(): void {
    const slots = this.sets.length * 4
    this.sets = new Array<AttrSet | undefined>(slots).fill(undefined)
    this.starts = new Int32Array(slots)
    this.lengths = new Int32Array(slots)
    this.used = 0
  }

  private reserve(length: number): void {
    if (this.used + length > MAX_ARENA) {
      this.sets.fill(undefined)
      this.used = 0
      if (length <= this.arena.length) return
    }
    const grown = new Uint8Array(Math.max(this.used + length, this.arena.length * 2))
    grown.set(this.arena.subarray(0, this.used))
    this.arena = grown
  }
}
