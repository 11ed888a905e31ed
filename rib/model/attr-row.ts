/**
 * An attribute set as a row of 32-bit words. Equal attributes are equal words from HEAD on, so a set is compared and
 * hashed without strings, and what the decision asks for stands at fixed places:
 *
 *   | ID | LENGTH | BLOCK | HEAD | LOCAL_PREF | MED | ORIGINATOR | PATH_LENGTH | NEIGHBOR_AS | MOBILITY | COUNTS ×3 | body |
 *
 *   ID, BLOCK     whose row it is (0: nobody's any more), and in which block of the table it lies; LENGTH of all, in words
 *   HEAD          origin in bits 0-1, what is present (Has), words of the next hop in bits 16-18
 *   LOCAL_PREF    100 where absent; MED and ORIGINATOR are 0 then
 *   PATH_LENGTH, NEIGHBOR_AS, MOBILITY   computed from the body, for the decision process
 *   COUNTS        words of AS path | communities, cluster list | extended, large | unknown: 16 bits each
 *
 *   body          next hop (0, 1, 4) | aggregator (AS, address) | AS path | communities | cluster list |
 *                 extended communities | large communities | unknown attributes
 *
 *   AS path       per segment: type and count of its numbers in 16 bits each, then the numbers
 *   unknown       per attribute: flags (8), type (8), octets (16), then the octets in whole words, padded with zeros
 */
import { asPathLength, neighborAs } from './as-path.ts'
import type { AsPath } from './as-path.ts'
import type { Attributes, RawAttribute } from './attr-set.ts'
import { Community } from './community.ts'
import { macMobilityOf } from './ext-community.ts'

export const ID = 0
export const LENGTH = 1
export const BLOCK = 2
export const HEAD = 3
export const LOCAL_PREF = 4
export const MED = 5
export const ORIGINATOR = 6
export const PATH_LENGTH = 7
export const NEIGHBOR_AS = 8
export const MOBILITY = 9
export const PATH_AND_COMMUNITIES = 10
export const CLUSTERS_AND_EXT = 11
export const LARGE_AND_UNKNOWN = 12
export const BODY = 13

/** Bits of HEAD. */
export const Has = {
  localPref: 1 << 2,
  med: 1 << 3,
  originatorId: 1 << 4,
  aggregator: 1 << 5,
  atomicAggregate: 1 << 6,
  llgrStale: 1 << 7,
} as const
export const ORIGIN_MASK = 3
export const NEXT_HOP_SHIFT = 16

/** LOCAL_PREF where none was given (RFC 4271 §9.1.1 leaves it to us; the field uses 100). */
export const DEFAULT_LOCAL_PREF = 100

const FIRST_WORDS = 256

/** Writes one row after the other into the same words. */
export class AttrPacker {
  /** The row; ID and BLOCK are left to whoever keeps it. */
  words = new Int32Array(FIRST_WORDS)
  length = 0

  pack(a: Attributes): void {
    const pathWords = pathWordsOf(a.asPath)
    const unknownWords = unknownWordsOf(a.unknown)
    const { communities, clusterList, extCommunities, largeCommunities } = a
    const variable = communities.length + clusterList.length + extCommunities.length
    this.#reserve(BODY + 6 + pathWords + variable + largeCommunities.length * 3 + unknownWords)
    this.#packFixed(a)
    const { words } = this
    words[PATH_AND_COMMUNITIES] = (pathWords << 16) | communities.length
    words[CLUSTERS_AND_EXT] = (clusterList.length << 16) | extCommunities.length
    words[LARGE_AND_UNKNOWN] = ((largeCommunities.length * 3) << 16) | unknownWords
    let at = putOctets(words, BODY, a.nextHop)
    if (a.aggregator) {
      words[at] = a.aggregator.asn
      at = putOctets(words, at + 1, a.aggregator.address)
    }
    for (const { type, asns } of a.asPath) {
      words[at++] = (type << 16) | asns.length
      at = putNumbers(words, at, asns)
    }
    at = putNumbers(words, at, communities)
    at = putNumbers(words, at, clusterList)
    at = putNumbers(words, at, extCommunities)
    for (const large of largeCommunities) {
      words[at++] = large.global
      words[at++] = large.local1
      words[at++] = large.local2
    }
    for (const raw of a.unknown) {
      words[at] = (raw.flags << 24) | (raw.type << 16) | raw.value.length
      at = putOctets(words, at + 1, raw.value)
    }
    this.length = at
    words[LENGTH] = at
  }

  /** The row at `at` as a reflector passes it on (RFC 4456 §8): with an originator, the cluster in front of the list. */
  packReflected(from: Int32Array, at: number, reflection: { originatorId: number; clusterId: number }): void {
    const length = from[at + LENGTH]!
    this.#reserve(length + 1)
    const { words } = this
    const clusters = clustersOffset(from, at)
    for (let i = 0; i < clusters; i++) words[i] = from[at + i]!
    words[clusters] = reflection.clusterId
    for (let i = clusters; i < length; i++) words[i + 1] = from[at + i]!
    words[LENGTH] = length + 1
    // RFC 4271 §5.1.5: every UPDATE to an internal peer has it.
    words[HEAD] = words[HEAD]! | Has.originatorId | Has.localPref
    words[ORIGINATOR] = reflection.originatorId
    words[CLUSTERS_AND_EXT] = words[CLUSTERS_AND_EXT]! + (1 << 16)
    this.length = length + 1
  }

  #packFixed(a: Attributes): void {
    const { words } = this
    let head = a.origin | ((a.nextHop.length >>> 2) << NEXT_HOP_SHIFT)
    if (a.localPref !== undefined) head |= Has.localPref
    if (a.med !== undefined) head |= Has.med
    if (a.originatorId !== undefined) head |= Has.originatorId
    if (a.aggregator) head |= Has.aggregator
    if (a.atomicAggregate) head |= Has.atomicAggregate
    if (a.communities.includes(Community.LLGR_STALE)) head |= Has.llgrStale
    words[ID] = 0
    words[BLOCK] = 0
    words[HEAD] = head
    words[LOCAL_PREF] = a.localPref ?? DEFAULT_LOCAL_PREF
    words[MED] = a.med ?? 0
    words[ORIGINATOR] = a.originatorId ?? 0
    words[PATH_LENGTH] = asPathLength(a.asPath)
    words[NEIGHBOR_AS] = neighborAs(a.asPath)
    words[MOBILITY] = macMobilityOf(a.extCommunities)?.sequence ?? 0
  }

  #reserve(count: number): void {
    if (count > this.words.length) this.words = new Int32Array(count * 2)
  }
}

function pathWordsOf(path: AsPath): number {
  let count = path.length
  for (const { asns } of path) count += asns.length
  return count
}

function unknownWordsOf(unknown: readonly RawAttribute[]): number {
  let count = unknown.length
  for (const { value } of unknown) count += (value.length + 3) >>> 2
  return count
}

function putNumbers(words: Int32Array, at: number, numbers: ArrayLike<number>): number {
  for (let i = 0; i < numbers.length; i++) words[at + i] = numbers[i]!
  return at + numbers.length
}

/** Octets as whole words, the first octet highest, zeros behind the last. */
function putOctets(words: Int32Array, at: number, octets: Uint8Array): number {
  const { length } = octets
  for (let i = 0; i < length; i += 4) {
    words[at++] =
      (octets[i]! << 24) | ((octets[i + 1] ?? 0) << 16) | ((octets[i + 2] ?? 0) << 8) | (octets[i + 3] ?? 0)
  }
  return at
}

/** Octets that putOctets wrote. */
export function octetsAt(words: Int32Array, at: number, length: number): Uint8Array {
  const octets = new Uint8Array(length)
  for (let i = 0; i < length; i++) octets[i] = words[at + (i >>> 2)]! >>> (24 - (i & 3) * 8)
  return octets
}

/** Unsigned numbers that putNumbers wrote. */
export function numbersAt(words: Int32Array, at: number, count: number): number[] {
  const numbers: number[] = []
  for (let i = 0; i < count; i++) numbers.push(words[at + i]! >>> 0)
  return numbers
}

/** Where the AS path of the row at `at` stands, from the beginning of the row. */
export function pathOffset(words: Int32Array, at: number): number {
  const head = words[at + HEAD]!
  return BODY + ((head >>> NEXT_HOP_SHIFT) & 7) + ((head & Has.aggregator) === 0 ? 0 : 2)
}

/** The same of its cluster list. */
export function clustersOffset(words: Int32Array, at: number): number {
  const counts = words[at + PATH_AND_COMMUNITIES]!
  return pathOffset(words, at) + (counts >>> 16) + (counts & 0xffff)
}

/** True when two rows mean the same attributes. */
export function isSameRow(a: Int32Array, aAt: number, b: Int32Array, bAt: number): boolean {
  const length = a[aAt + LENGTH]!
  if (b[bAt + LENGTH] !== length) return false
  for (let i = HEAD; i < length; i++) if (a[aAt + i] !== b[bAt + i]) return false
  return true
}

/** A hash of what a row means; the multiplier, odd, makes it unknown to a peer which rows have one hash. */
export function hashOfRow(words: Int32Array, at: number, multiplier: number): number {
  const end = at + words[at + LENGTH]!
  let hash = multiplier
  for (let i = at + HEAD; i < end; i++) {
    hash = Math.imul(hash ^ words[i]!, multiplier)
    hash ^= hash >>> 15
  }
  hash = Math.imul(hash ^ (hash >>> 13), 0x5bd1e995)
  return hash ^ (hash >>> 16)
}
