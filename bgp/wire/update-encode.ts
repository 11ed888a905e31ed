/**
 * Routes to UPDATEs (RFC 4271 §4.3), as many routes of one attribute set to a message as fit.
 *
 *   reach, inet       | 0 | length | attributes with NEXT_HOP | NLRI |
 *   reach, others     | 0 | length | MP_REACH_NLRI with NLRI | attributes |       MP_REACH first: RFC 7606 §5.1
 *   unreach, inet     | length | withdrawn routes | 0 |
 *   unreach, others   | 0 | length | MP_UNREACH_NLRI with NLRI |
 *
 * Messages are written one behind the other into slabs; the octets of one that was handed out are not written
 * again before every socket has taken them (output-slabs.ts).
 */
import type { AttrSet } from '../../rib/model/attr-set.ts'
import { families, Family, familyAfi, familySafi } from '../../rib/model/family.ts'
import { invariant } from '../../rib/invariant.ts'
import { AttributeCache } from './attribute-cache.ts'
import type { AttributeEncoding } from './attribute-encode.ts'
import { AttrFlag, AttrType, HEADER_LENGTH, MAX_MESSAGE_LENGTH, MessageType } from './iana.ts'
import type { MessageSink } from './message-pieces.ts'
import { NlriCursor } from './nlri-cursor.ts'
import type { NlriSource } from './nlri-cursor.ts'
import type { NlriRow } from './nlri-row.ts'
import { nlriRow } from './nlri-rows.ts'
import { singleSlab } from './output-slabs.ts'
import type { OutputSlabs } from './output-slabs.ts'
import { writeHeader } from './writer.ts'

export type { NlriSource } from './nlri-cursor.ts'

export interface EncodeOptions extends AttributeEncoding {
  readonly maxMessageLength: number
  /** IPv4 families that may have IPv6 next hops (RFC 8950). */
  readonly extendedNextHop?: ReadonlySet<Family>
  /** Families whose NLRI has path identifiers (RFC 7911). */
  readonly pathIds?: ReadonlySet<Family>
}

/** Flags, type and 2-octet length of the attribute that holds the NLRI; then AFI and SAFI. */
const MP_HEAD = 4
const FAMILY_LENGTH = 3

/** Length of withdrawn routes, length of attributes. */
const FIELD_LENGTHS = 4

export class UpdateEncoder {
  /** Routes that could not be sent because attributes and NLRI do not fit the longest message. */
  oversized: number
  /** Routes that could not be sent because the family has no form for their next hop. */
  withoutNextHop: number
  private readonly options: EncodeOptions
  private readonly slabs: OutputSlabs | undefined
  /** By family. */
  private readonly rows: readonly (NlriRow | undefined)[]
  /** By family, made when asked for: a group has one. */
  private readonly caches: (AttributeCache | undefined)[]
  private readonly cursor: NlriCursor
  private readonly withdrawCursor: NlriCursor
  private slab: Uint8Array
  private slabView: DataView
  private used: number

  /** Slabs are used again where some are given; elsewhere each message keeps its octets for good. */
  constructor(options: EncodeOptions, slabs?: OutputSlabs) {
    invariant(options.maxMessageLength >= MAX_MESSAGE_LENGTH, 'RFC 4271 §4.1: every peer takes 4096 octets')
    this.options = options
    this.slabs = slabs
    this.oversized = 0
    this.withoutNextHop = 0
    this.rows = families.map((family) => nlriRow(family, options.pathIds?.has(family) === true))
    this.caches = families.map(() => undefined)
    this.cursor = new NlriCursor()
    this.withdrawCursor = new NlriCursor()
    this.slab = new Uint8Array(0)
    this.slabView = new DataView(this.slab.buffer)
    this.used = 0
  }

  /** Gives back the octets that were kept of attribute sets. */
  releaseAttributes(): void {
    for (const cache of this.caches) cache?.release()
    this.caches.fill(undefined)
  }

  /**
   * Appends messages that announce routes from..from+count. Routes that no message can carry are counted, and withdrawn
   * instead: the peer must not go on using what it was told of them before (RFC 8654 §4).
   */
  reach(out: MessageSink, family: Family, attrs: AttrSet, nlri: NlriSource, count: number): void {
    const row = this.rowOf(family)
    const cache = this.cacheOf(family)
    if (!cache.find(attrs)) {
      this.withoutNextHop += count
      this.unreach(out, family, nlri, count)
      return
    }
    const cursor = this.cursor
    cursor.start(nlri, count, false)
    while (cursor.index < cursor.end) {
      const first = cursor.index
      if (cache.hopLength === 0) this.plainReach(out, row, cache)
      else this.mpReach(out, family, row, cache)
      if (cursor.index > first) continue
      this.oversized++
      cursor.index++
      this.withdrawCursor.start({ ...nlri, from: first }, 1, true)
      this.withdraw(out, family, row, this.withdrawCursor)
    }
  }

  /** Appends messages that withdraw routes from..from+count. */
  unreach(out: MessageSink, family: Family, nlri: NlriSource, count: number): void {
    const row = this.rowOf(family)
    this.withdrawCursor.start(nlri, count, true)
    while (this.withdrawCursor.index < this.withdrawCursor.end) {
      this.withdraw(out, family, row, this.withdrawCursor)
    }
  }

  private plainReach(out: MessageSink, row: NlriRow, cache: AttributeCache): void {
    const fixed = HEADER_LENGTH + FIELD_LENGTHS + cache.length
    const start = this.room(fixed, row, this.cursor)
    if (start < 0) return
    const slab = this.slab
    let at = start + HEADER_LENGTH
    at = putU16(slab, at, 0)
    at = putU16(slab, at, cache.length)
    at = copy(cache.octets, cache.start, cache.length, this.slabView, at)
    const end = row.encode(slab, at, start + this.options.maxMessageLength, this.cursor)
    if (end > at) this.finish(out, start, end)
  }

  // hot: once per UPDATE
  private mpReach(out: MessageSink, family: Family, row: NlriRow, cache: AttributeCache): void {
    const { octets, start: hopStart, hopLength, length } = cache
    const fixed = HEADER_LENGTH + FIELD_LENGTHS + MP_HEAD + FAMILY_LENGTH + hopLength + length
    const start = this.room(fixed, row, this.cursor)
    if (start < 0) return
    const slab = this.slab
    const value = start + HEADER_LENGTH + FIELD_LENGTHS + MP_HEAD
    const at = copy(octets, hopStart, hopLength, this.slabView, putFamily(slab, value, family))
    const nlriEnd = row.encode(slab, at, start + this.options.maxMessageLength - length, this.cursor)
    if (nlriEnd === at) return
    putMpHead(slab, start, AttrType.mpReach, nlriEnd - value, length)
    this.finish(out, start, copy(octets, hopStart + hopLength, length, this.slabView, nlriEnd))
  }

  private withdraw(out: MessageSink, family: Family, row: NlriRow, cursor: NlriCursor): void {
    const isPlain = family === Family.inet
    const headLength = isPlain ? FIELD_LENGTHS : FIELD_LENGTHS + MP_HEAD + FAMILY_LENGTH
    const start = this.room(HEADER_LENGTH + headLength, row, cursor)
    const slab = this.slab
    const limit = start + this.options.maxMessageLength
    if (isPlain) {
      const at = start + HEADER_LENGTH + 2
      const end = row.encode(slab, at, limit - 2, cursor)
      putU16(slab, at - 2, end - at)
      this.finish(out, start, putU16(slab, end, 0))
      return
    }
    const value = start + HEADER_LENGTH + FIELD_LENGTHS + MP_HEAD
    const end = row.encode(slab, putFamily(slab, value, family), limit, cursor)
    putMpHead(slab, start, AttrType.mpUnreach, end - value, 0)
    this.finish(out, start, end)
  }

  /** Offset in a slab with room for the longest message the cursor's routes can make; -1 when no route can fit. */
  private room(fixed: number, row: NlriRow, cursor: NlriCursor): number {
    const max = this.options.maxMessageLength
    if (fixed >= max) return -1
    const wanted = Math.min(max, fixed + (cursor.end - cursor.index) * row.maxOctets)
    if (this.slab.length - this.used < wanted) {
      this.slab = this.slabs?.next() ?? singleSlab()
      this.slabView = new DataView(this.slab.buffer, this.slab.byteOffset, this.slab.length)
      this.used = 0
    }
    return this.used
  }

  private rowOf(family: Family): NlriRow {
    const row = this.rows[family]
    invariant(row !== undefined, 'a family without NLRI codec is never negotiated')
    return row
  }

  private cacheOf(family: Family): AttributeCache {
    const { options, caches } = this
    return (caches[family] ??= new AttributeCache(
      options,
      family,
      options.extendedNextHop?.has(family) === true,
    ))
  }

  private finish(out: MessageSink, start: number, end: number): void {
    writeHeader(this.slab, start, end - start, MessageType.update)
    out.add(this.slab, start, end)
    this.used = end
  }
}

function putU16(octets: Uint8Array, at: number, value: number): number {
  octets[at] = value >>> 8
  octets[at + 1] = value
  return at + 2
}

function putFamily(octets: Uint8Array, at: number, family: Family): number {
  const next = putU16(octets, at, familyAfi(family))
  octets[next] = familySafi(family)
  return next + 1
}

/** The two field lengths of an UPDATE and the head of its first attribute, with `length` octets of value. */
function putMpHead(octets: Uint8Array, start: number, type: number, length: number, others: number): void {
  let at = putU16(octets, start + HEADER_LENGTH, 0)
  at = putU16(octets, at, MP_HEAD + length + others)
  octets[at] = AttrFlag.optional | AttrFlag.extendedLength
  octets[at + 1] = type
  putU16(octets, at + 2, length)
}

// By words in a loop: for the hundred octets that an attribute set has, that beats `set` with a subarray.
function copy(from: DataView, start: number, length: number, to: DataView, at: number): number {
  let i = 0
  for (; i + 4 <= length; i += 4) to.setInt32(at + i, from.getInt32(start + i, true), true)
  for (; i < length; i++) to.setUint8(at + i, from.getUint8(start + i))
  return at + length
}
