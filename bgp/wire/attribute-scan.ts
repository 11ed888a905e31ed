/**
 * The quick look at an UPDATE's path attributes: where MP_REACH_NLRI and MP_UNREACH_NLRI lie, and a hash over all other
 * octets, by which attribute-memo.ts finds what the same octets meant before. No attribute is judged here, but anything
 * that hides one (overrun, duplicate or mis-flagged MP attributes) clears `isClean`, and then nothing is remembered.
 */
import { AttrFlag, AttrType } from './iana.ts'

const CATEGORY_FLAGS = AttrFlag.optional | AttrFlag.transitive
const HASH_PRIME = 0x01000193
const OTHER_PRIME = 0x9e3779b1

const noOctets = new Uint8Array(0)

export class AttributeScan {
  isClean = true
  /** The octets of the last run, to be read by words. Made once for each array: a chunk holds many UPDATEs. */
  view: DataView = new DataView(noOctets.buffer)
  private viewed: Uint8Array = noOctets
  /** Value of MP_REACH_NLRI, and where its flags stand; reachStart is -1 when there is none. */
  reachHead = -1
  reachStart = -1
  reachEnd = -1
  unreachHead = -1
  unreachStart = -1
  unreachEnd = -1
  /** The stretches of octets that belong to neither: start and end in turn, `segmentCount` pairs. */
  readonly segments = new Int32Array(6)
  segmentCount = 0
  /** Octets of all segments. */
  otherLength = 0
  hash = 0

  /** Looks at [start, end), which lies within the octets. */
  run(octets: Uint8Array, start: number, end: number): void {
    if (octets !== this.viewed) {
      this.viewed = octets
      this.view = new DataView(octets.buffer, octets.byteOffset, octets.length)
    }
    this.isClean = true
    this.reachStart = -1
    this.unreachStart = -1
    this.segmentCount = 0
    this.otherLength = 0
    this.hash = 0
    let segmentStart = start
    let position = start
    while (position < end) {
      if (end - position < 3) return this.stop()
      const flags = octets[position]
      const type = octets[position + 1]
      const headLength = (flags & AttrFlag.extendedLength) === 0 ? 3 : 4
      const valueStart = position + headLength
      if (valueStart > end) return this.stop()
      const length =
        headLength === 3 ? octets[position + 2] : (octets[position + 2] << 8) | octets[position + 3]
      const valueEnd = valueStart + length
      if (valueEnd > end) return this.stop()
      if (type === AttrType.mpReach || type === AttrType.mpUnreach) {
        this.addSegment(segmentStart, position)
        segmentStart = valueEnd
        this.addNlri(octets, position, valueStart, valueEnd)
      }
      position = valueEnd
    }
    this.addSegment(segmentStart, end)
  }

  private stop(): void {
    this.isClean = false
  }

  private addNlri(octets: Uint8Array, head: number, start: number, end: number): void {
    if ((octets[head] & CATEGORY_FLAGS) !== AttrFlag.optional) this.isClean = false
    const isReach = octets[head + 1] === AttrType.mpReach
    // RFC 7606 §3.g ends the session on the second one; until then the first counts.
    if ((isReach ? this.reachStart : this.unreachStart) >= 0) this.isClean = false
    else if (isReach) {
      this.reachHead = head
      this.reachStart = start
      this.reachEnd = end
    } else {
      this.unreachHead = head
      this.unreachStart = start
      this.unreachEnd = end
    }
  }

  private addSegment(start: number, end: number): void {
    if (end <= start || this.segmentCount === 3) return
    this.segments[this.segmentCount * 2] = start
    this.segments[this.segmentCount * 2 + 1] = end
    this.segmentCount++
    this.otherLength += end - start
    this.hash = hashOctets(this.hash, this.view, start, end)
  }
}

/** Mixes octets into a hash: eight at a time in two chains, of which neither waits for the other, then one by one. */
export function hashOctets(seed: number, view: DataView, start: number, end: number): number {
  let hash = seed
  let other = OTHER_PRIME
  let position = start
  for (; position + 8 <= end; position += 8) {
    hash = Math.imul(hash ^ view.getInt32(position, true), HASH_PRIME)
    other = Math.imul(other ^ view.getInt32(position + 4, true), OTHER_PRIME)
    hash ^= hash >>> 15
    other ^= other >>> 15
  }
  for (; position < end; position++) hash = Math.imul(hash ^ view.getUint8(position), HASH_PRIME)
  hash = Math.imul(hash ^ other, HASH_PRIME)
  return hash ^ (hash >>> 13)
}
