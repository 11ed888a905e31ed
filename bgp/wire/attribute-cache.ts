/**
 * Attribute sets as one encoder sends them in one family, so that a set that many UPDATEs share is encoded once and
 * neither it nor its row is looked at again.
 *
 *   slot   id modulo the number of slots: the set, and where its octets lie in the arena
 *   arena  ... | length of next hop (1) | next hop | reserved (1) | attributes | ...       in MP_REACH_NLRI
 *          ... | attributes with NEXT_HOP | ...                                            plain, of inet
 *
 * Direct-mapped and bounded: a set that lands on another's slot replaces it, a full arena starts over. Slots compare the
 * set itself, because ids are used again.
 */
import { giveBack } from '../../rib/give-back.ts'
import type { AttrSet } from '../../rib/model/attr-set.ts'
import { Family } from '../../rib/model/family.ts'
import { encodeAttributes } from './attribute-encode.ts'
import type { AttributeEncoding } from './attribute-encode.ts'
import { nextHopLength, putNextHop } from './mp-nlri.ts'
import { Writer } from './writer.ts'

const FIRST_SLOTS = 256
const MAX_SLOTS = 1 << 15
const FIRST_ARENA = 1 << 13
const MAX_ARENA = 1 << 22

export class AttributeCache {
  /** Where the octets of the set of the last `find` lie: valid until the next one. */
  octets: DataView
  start: number
  /** Octets of the next hop with what stands around it; 0 where NEXT_HOP is among the attributes. */
  hopLength: number
  /** Octets of the attributes behind it. */
  length: number
  private readonly encoding: AttributeEncoding
  private readonly family: Family
  private readonly extendedNextHop: boolean
  private readonly writer: Writer
  private sets: (AttrSet | undefined)[]
  private starts: Int32Array<ArrayBuffer>
  private hopLengths: Uint8Array<ArrayBuffer>
  private lengths: Int32Array<ArrayBuffer>
  private arena: Uint8Array<ArrayBuffer>
  private arenaView: DataView
  private used: number

  /** `extendedNextHop`: the family may have IPv6 next hops where it usually has none (RFC 8950). */
  constructor(encoding: AttributeEncoding, family: Family, extendedNextHop: boolean) {
    this.encoding = encoding
    this.family = family
    this.extendedNextHop = extendedNextHop
    this.writer = new Writer()
    this.sets = new Array<AttrSet | undefined>(FIRST_SLOTS).fill(undefined)
    this.starts = new Int32Array(FIRST_SLOTS)
    this.hopLengths = new Uint8Array(FIRST_SLOTS)
    this.lengths = new Int32Array(FIRST_SLOTS)
    this.arena = new Uint8Array(FIRST_ARENA)
    this.arenaView = new DataView(this.arena.buffer)
    this.used = 0
    this.octets = this.arenaView
    this.start = 0
    this.hopLength = 0
    this.length = 0
  }

  /** Points at the set's octets; false when the family has no form for its next hop. */
  // hot: once per attribute set and batch
  find(set: AttrSet): boolean {
    const slot = set.id & (this.sets.length - 1)
    if (this.sets[slot] !== set) return this.encode(set)
    this.octets = this.arenaView
    this.start = this.starts[slot]
    this.hopLength = this.hopLengths[slot]
    this.length = this.lengths[slot]
    return true
  }

  /** Gives its memory back; nobody asks it any more. */
  release(): void {
    giveBack(this.starts, this.hopLengths, this.lengths, this.arena)
  }

  private encode(set: AttrSet): boolean {
    const { writer, family } = this
    const hopOctets = nextHopLength(family, set.nextHopLength, this.extendedNextHop)
    if (hopOctets === 0) return false
    const isPlain = family === Family.inet && hopOctets === 4
    writer.length = 0
    if (!isPlain) putHop(writer, set, hopOctets)
    const hopLength = writer.length
    encodeAttributes(writer, set, this.encoding, isPlain)
    this.hopLength = hopLength
    this.length = writer.length - hopLength
    if (this.length > 0xffff) {
      // Fits no message: not worth keeping.
      this.octets = new DataView(writer.octets.buffer)
      this.start = 0
    } else this.keep(set, writer)
    return true
  }

  private keep(set: AttrSet, { octets, length }: Writer): void {
    if (set.id >= this.sets.length && this.sets.length < MAX_SLOTS) this.resize()
    if (this.used + length > this.arena.length) this.reserve(length)
    const slot = set.id & (this.sets.length - 1)
    this.arena.set(octets.subarray(0, length), this.used)
    this.sets[slot] = set
    this.starts[slot] = this.used
    this.hopLengths[slot] = this.hopLength
    this.lengths[slot] = this.length
    this.octets = this.arenaView
    this.start = this.used
    this.used += length
  }

  /** More slots: each set that is kept belongs to one of those that its own becomes. */
  private resize(): void {
    const { sets, starts, hopLengths, lengths } = this
    const slots = sets.length * 4
    this.sets = new Array<AttrSet | undefined>(slots).fill(undefined)
    this.starts = new Int32Array(slots)
    this.hopLengths = new Uint8Array(slots)
    this.lengths = new Int32Array(slots)
    for (let slot = 0; slot < sets.length; slot++) {
      const set = sets[slot]
      if (set === undefined) continue
      const to = set.id & (slots - 1)
      this.sets[to] = set
      this.starts[to] = starts[slot]
      this.hopLengths[to] = hopLengths[slot]
      this.lengths[to] = lengths[slot]
    }
    giveBack(starts, hopLengths, lengths)
  }

  private reserve(length: number): void {
    if (this.used + length > MAX_ARENA) {
      this.sets.fill(undefined)
      this.used = 0
      if (length <= this.arena.length) return
    }
    const grown = new Uint8Array(Math.max(this.used + length, this.arena.length * 2))
    grown.set(this.arena.subarray(0, this.used))
    giveBack(this.arena)
    this.arena = grown
    this.arenaView = new DataView(grown.buffer)
  }
}

/** RFC 4760 §3: length of the next hop, next hop, and an octet that means nothing any more. */
function putHop(writer: Writer, set: AttrSet, length: number): void {
  writer.u8(length)
  const at = writer.length
  for (let i = 0; i <= length; i++) writer.u8(0)
  putNextHop(writer.octets, at, length, set)
}
