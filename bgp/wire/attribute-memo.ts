/**
 * What attribute octets meant the last time: a full table repeats each attribute set many times, so a peer's decoder
 * remembers the set that octets led to and compares octets instead of decoding them again.
 *
 *   key      all attributes but MP_REACH_NLRI and MP_UNREACH_NLRI | next hop field | kind (family, or plain NLRI)
 *   index    open addressing over entry numbers, found by the scan's hash
 *   arena    the keys' octets, copied, one behind the other
 *
 * Only octets without any error are remembered. Bounded: when entries or octets are used up everything is forgotten, and
 * so it is when a search gets long: the hash is quick, not strong, and a peer can make octets that collide in it. What it
 * has grown out of, and all of it when a table is complete, is given back at once and not at some later collection.
 */
import { giveBack } from '../../rib/give-back.ts'
import type { AttrSet } from '../../rib/model/attr-set.ts'
import type { AttributeScan } from './attribute-scan.ts'
import { hashOctets } from './attribute-scan.ts'

const MAX_ENTRIES = 1 << 15
const MAX_ARENA = 1 << 22
const FIRST_SLOTS = 256
const FIRST_ARENA = 1 << 13

/** Slots looked at for a key; a table that is half full never needs so many by chance. */
const MAX_PROBES = 64

/** The next hop field that belongs to the key, and what kind of NLRI it serves. Reused by the decoder. */
export interface MemoNextHop {
  kind: number
  start: number
  end: number
}

/** Words of an entry: hash, arena offset, octets of attributes, kind and octets of next hop. */
const ENTRY_WORDS = 4

export class AttributeMemo {
  private slots: Int32Array<ArrayBuffer>
  private entries: Int32Array<ArrayBuffer>
  private sets: AttrSet[]
  private arena: Uint8Array<ArrayBuffer>
  private arenaView: DataView
  private arenaLength: number

  constructor() {
    this.slots = emptySlots(FIRST_SLOTS)
    this.entries = new Int32Array((FIRST_SLOTS / 2) * ENTRY_WORDS)
    this.sets = []
    this.arena = new Uint8Array(FIRST_ARENA)
    this.arenaView = new DataView(this.arena.buffer)
    this.arenaLength = 0
  }

  /** Forgets everything: attribute ids changed their meaning, or the bounds were reached. */
  clear(): void {
    this.slots.fill(-1)
    this.sets = []
    this.arenaLength = 0
  }

  /** Forgets everything and is as small as at first: the burst that it was for is over. */
  release(): void {
    this.clear()
    if (this.slots.length > FIRST_SLOTS) {
      giveBack(this.slots, this.entries)
      this.slots = emptySlots(FIRST_SLOTS)
      this.entries = new Int32Array((FIRST_SLOTS / 2) * ENTRY_WORDS)
    }
    if (this.arena.length > FIRST_ARENA) {
      giveBack(this.arena)
      this.arena = new Uint8Array(FIRST_ARENA)
      this.arenaView = new DataView(this.arena.buffer)
    }
  }

  get size(): number {
    return this.sets.length
  }

  /** Memory of its tables. */
  get octets(): number {
    return this.slots.byteLength + this.entries.byteLength + this.arena.byteLength
  }

  /** The set these octets led to before. */
  find(scan: AttributeScan, nextHop: MemoNextHop): AttrSet | undefined {
    const hash = keyHash(scan, nextHop)
    const mask = this.slots.length - 1
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const entry = this.slots[(hash + probe) & mask]
      if (entry < 0) return undefined
      if (this.entries[entry * ENTRY_WORDS] === hash && this.isSame(entry, scan, nextHop)) {
        return this.sets[entry]
      }
    }
    return undefined
  }

  /** Remembers a set for octets that `find` did not know. */
  store(octets: Uint8Array, scan: AttributeScan, nextHop: MemoNextHop, set: AttrSet): void {
    const length = scan.otherLength + nextHop.end - nextHop.start
    if (length > MAX_ARENA) return
    const hash = keyHash(scan, nextHop)
    const isFull = this.sets.length === MAX_ENTRIES || this.arenaLength + length > MAX_ARENA
    if (isFull || !this.hasSlotNear(hash)) this.clear()
    if ((this.sets.length + 1) * 2 > this.slots.length) this.growSlots()
    this.reserveArena(length)
    const entry = this.sets.length
    const at = entry * ENTRY_WORDS
    this.entries[at] = hash
    this.entries[at + 1] = this.arenaLength
    this.entries[at + 2] = scan.otherLength
    this.entries[at + 3] = shapeOf(nextHop)
    this.sets.push(set)
    for (let i = 0; i < scan.segmentCount; i++) {
      this.append(octets, scan.segments[i * 2], scan.segments[i * 2 + 1])
    }
    this.append(octets, nextHop.start, nextHop.end)
    this.insert(entry, hash)
  }

  private isSame(entry: number, scan: AttributeScan, nextHop: MemoNextHop): boolean {
    const at = entry * ENTRY_WORDS
    if (this.entries[at + 2] !== scan.otherLength || this.entries[at + 3] !== shapeOf(nextHop)) return false
    const { view, segments } = scan
    let kept = this.entries[at + 1]
    for (let i = 0; i < scan.segmentCount; i++) {
      const start = segments[i * 2]
      const end = segments[i * 2 + 1]
      if (!isEqual(view, start, end, this.arenaView, kept)) return false
      kept += end - start
    }
    return isEqual(view, nextHop.start, nextHop.end, this.arenaView, kept)
  }

  private append(octets: Uint8Array, start: number, end: number): void {
    for (let position = start; position < end; position++) this.arena[this.arenaLength++] = octets[position]
  }

  private hasSlotNear(hash: number): boolean {
    const mask = this.slots.length - 1
    for (let probe = 0; probe < MAX_PROBES; probe++) if (this.slots[(hash + probe) & mask] < 0) return true
    return false
  }

  private insert(entry: number, hash: number): void {
    const mask = this.slots.length - 1
    let slot = hash & mask
    while (this.slots[slot] >= 0) slot = (slot + 1) & mask
    this.slots[slot] = entry
  }

  private growSlots(): void {
    const { slots: before, entries: entriesBefore } = this
    this.slots = emptySlots(before.length * 2)
    const entries = new Int32Array(before.length * ENTRY_WORDS)
    entries.set(entriesBefore)
    this.entries = entries
    giveBack(before, entriesBefore)
    for (let entry = 0; entry < this.sets.length; entry++) this.insert(entry, entries[entry * ENTRY_WORDS])
  }

  private reserveArena(length: number): void {
    const needed = this.arenaLength + length
    if (needed <= this.arena.length) return
    const arena = new Uint8Array(Math.max(needed, this.arena.length * 2))
    arena.set(this.arena.subarray(0, this.arenaLength))
    giveBack(this.arena)
    this.arena = arena
    this.arenaView = new DataView(arena.buffer)
  }
}

function emptySlots(count: number): Int32Array<ArrayBuffer> {
  return new Int32Array(count).fill(-1)
}

function shapeOf(nextHop: MemoNextHop): number {
  return (nextHop.kind << 8) | (nextHop.end - nextHop.start)
}

function keyHash(scan: AttributeScan, nextHop: MemoNextHop): number {
  return hashOctets(scan.hash ^ nextHop.kind, scan.view, nextHop.start, nextHop.end)
}

/** Octets [start, end) against those that were kept: by words, then one by one. */
function isEqual(view: DataView, start: number, end: number, arena: DataView, kept: number): boolean {
  const shift = kept - start
  let position = start
  for (; position + 4 <= end; position += 4)
    if (view.getInt32(position, true) !== arena.getInt32(position + shift, true)) return false
  for (; position < end; position++)
    if (view.getUint8(position) !== arena.getUint8(position + shift)) return false
  return true
}
