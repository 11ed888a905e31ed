/**
 * Path attributes as a value (RFC 4271 §5, 4456, 1997, 4360, 8092), the next hop included, the label not: labels differ
 * by route, so keeping them out lets many routes share one set. NLRI attributes (MP_REACH, MP_UNREACH) are wire matters.
 *
 * Attributes are plain values; an AttrSet is the interned form, a row of words (attr-row.ts) behind the same names. Two
 * sets of an AttrTable are equal exactly when they are the same object (and the same id).
 */
import { emptyAsPath } from './as-path.ts'
import type { AsPath, AsPathSegment, SegmentType } from './as-path.ts'
import {
  BODY,
  CLUSTERS_AND_EXT,
  clustersOffset,
  HEAD,
  Has,
  LARGE_AND_UNKNOWN,
  LOCAL_PREF,
  MED,
  MOBILITY,
  NEIGHBOR_AS,
  NEXT_HOP_SHIFT,
  numbersAt,
  octetsAt,
  ORIGINATOR,
  ORIGIN_MASK,
  PATH_AND_COMMUNITIES,
  PATH_LENGTH,
  pathOffset,
} from './attr-row.ts'
import type { LargeCommunity } from './community.ts'
import { noExtCommunities, routeTargetsOf } from './ext-community.ts'
import type { ExtCommunities } from './ext-community.ts'
import type { IpAddress } from './ip-address.ts'
import type { RouteTarget } from './route-target.ts'

/** ORIGIN values (RFC 4271 §5.1.1). */
export const Origin = { igp: 0, egp: 1, incomplete: 2 } as const
export type Origin = (typeof Origin)[keyof typeof Origin]

export interface Aggregator {
  readonly asn: number
  readonly address: IpAddress
}

/** An attribute heddle does not interpret: kept and passed on with the Partial bit (RFC 4271 §5). */
export interface RawAttribute {
  readonly flags: number
  readonly type: number
  readonly value: Uint8Array
}

export interface Attributes {
  readonly origin: Origin
  readonly asPath: AsPath
  /** 4 or 16 octets; empty only for routes that have none. */
  readonly nextHop: IpAddress
  readonly med: number | undefined
  readonly localPref: number | undefined
  readonly atomicAggregate: boolean
  readonly aggregator: Aggregator | undefined
  /** Sorted, without duplicates. */
  readonly communities: readonly number[]
  /** Unsigned 32-bit BGP identifier (RFC 4456 §8). */
  readonly originatorId: number | undefined
  readonly clusterList: readonly number[]
  readonly extCommunities: ExtCommunities
  readonly largeCommunities: readonly LargeCommunity[]
  /** Ascending by type. */
  readonly unknown: readonly RawAttribute[]
}

/** A starting point for attributes made here: IGP origin, empty path, nothing else. */
export const plainAttributes: Attributes = {
  origin: Origin.igp,
  asPath: emptyAsPath,
  nextHop: new Uint8Array(0),
  med: undefined,
  localPref: undefined,
  atomicAggregate: false,
  aggregator: undefined,
  communities: [],
  originatorId: undefined,
  clusterList: [],
  extCommunities: noExtCommunities,
  largeCommunities: [],
  unknown: [],
}

/** Third word of ::ffff:a.b.c.d. */
const MAPPED_IPV4 = 0xffff

/**
 * One interned set: a number, and where its row lies (attr-row.ts). Lists are made anew each time they are asked for, so
 * whoever asks for one route after the other uses the questions that make none.
 */
export class AttrSet implements Attributes {
  /** Number of the set in its AttrTable; reused after the set is collected. */
  readonly id: number
  /** The row; it is moved when its block is cleared. */
  words: Int32Array
  at: number

  constructor(id: number, words: Int32Array, at: number) {
    this.id = id
    this.words = words
    this.at = at
  }

  get origin(): Origin {
    return (headOf(this) & ORIGIN_MASK) as Origin
  }

  get nextHop(): IpAddress {
    return octetsAt(this.words, this.at + BODY, this.nextHopLength)
  }

  get med(): number | undefined {
    return (headOf(this) & Has.med) === 0 ? undefined : this.medOrZero
  }

  get localPref(): number | undefined {
    return (headOf(this) & Has.localPref) === 0 ? undefined : this.localPrefOrDefault
  }

  get atomicAggregate(): boolean {
    return (headOf(this) & Has.atomicAggregate) !== 0
  }

  get aggregator(): Aggregator | undefined {
    if ((headOf(this) & Has.aggregator) === 0) return undefined
    const at = this.at + BODY + (this.nextHopLength >>> 2)
    return { asn: this.words[at]! >>> 0, address: octetsAt(this.words, at + 1, 4) }
  }

  get originatorId(): number | undefined {
    return (headOf(this) & Has.originatorId) === 0 ? undefined : this.words[this.at + ORIGINATOR]! >>> 0
  }

  get asPath(): AsPath {
    const path: AsPathSegment[] = []
    const end = this.communitiesAt
    for (let at = this.pathAt; at < end;) {
      const type = (this.words[at]! >>> 16) as SegmentType
      const count = this.words[at]! & 0xffff
      path.push({ type, asns: numbersAt(this.words, at + 1, count) })
      at += 1 + count
    }
    return path
  }

  get communities(): readonly number[] {
    return numbersAt(this.words, this.communitiesAt, this.communityCount)
  }

  get clusterList(): readonly number[] {
    return numbersAt(this.words, this.clustersAt, this.clusterCount)
  }

  get extCommunities(): ExtCommunities {
    const at = this.extCommunitiesAt
    return this.words.slice(at, at + this.extCommunityWords)
  }

  get largeCommunities(): readonly LargeCommunity[] {
    const list: LargeCommunity[] = []
    const { words } = this
    const end = this.unknownAt
    for (let at = this.largeCommunitiesAt; at < end; at += 3) {
      list.push({ global: words[at]! >>> 0, local1: words[at + 1]! >>> 0, local2: words[at + 2]! >>> 0 })
    }
    return list
  }

  get unknown(): readonly RawAttribute[] {
    const list: RawAttribute[] = []
    const { words } = this
    const start = this.unknownAt
    const end = start + this.unknownWords
    for (let at = start; at < end;) {
      const head = words[at]!
      const length = head & 0xffff
      list.push({ flags: head >>> 24, type: (head >>> 16) & 255, value: octetsAt(words, at + 1, length) })
      at += 1 + ((length + 3) >>> 2)
    }
    return list
  }

  /** The same as plain values, to be changed or kept. */
  plain(): Attributes {
    return {
      origin: this.origin,
      asPath: this.asPath,
      nextHop: this.nextHop,
      med: this.med,
      localPref: this.localPref,
      atomicAggregate: this.atomicAggregate,
      aggregator: this.aggregator,
      communities: this.communities,
      originatorId: this.originatorId,
      clusterList: this.clusterList,
      extCommunities: this.extCommunities,
      largeCommunities: this.largeCommunities,
      unknown: this.unknown,
    }
  }

  // --- without allocation: what is asked per path or per UPDATE -----------------------------------------------------

  get localPrefOrDefault(): number {
    return this.words[this.at + LOCAL_PREF]! >>> 0
  }

  get medOrZero(): number {
    return this.words[this.at + MED]! >>> 0
  }

  get asPathLength(): number {
    return this.words[this.at + PATH_LENGTH]!
  }

  get neighborAs(): number {
    return this.words[this.at + NEIGHBOR_AS]! >>> 0
  }

  get isLlgrStale(): boolean {
    return (headOf(this) & Has.llgrStale) !== 0
  }

  /** Sequence of the path preference (MAC mobility community): the newer claim to an address wins. */
  get mobilitySequence(): number {
    return this.words[this.at + MOBILITY]! >>> 0
  }

  /** Octets of the next hop: 0, 4 or 16. */
  get nextHopLength(): number {
    return ((headOf(this) >>> NEXT_HOP_SHIFT) & 7) << 2
  }

  /** The next hop as a word when it is IPv4, or IPv4 mapped to IPv6 (RFC 4291 §2.5.5.2). */
  get ipv4NextHop(): number | undefined {
    const length = this.nextHopLength
    if (length === 4) return this.nextHopWord(0)
    const isMapped =
      length === 16 &&
      this.nextHopWord(0) === 0 &&
      this.nextHopWord(1) === 0 &&
      this.nextHopWord(2) === MAPPED_IPV4
    return isMapped ? this.nextHopWord(3) : undefined
  }

  hasNextHopOf(other: AttrSet): boolean {
    const length = this.nextHopLength
    if (other.nextHopLength !== length) return false
    for (let i = 0; i * 4 < length; i++) if (this.nextHopWord(i) !== other.nextHopWord(i)) return false
    return true
  }

  /** One of the words of the next hop. */
  nextHopWord(index: number): number {
    return this.words[this.at + BODY + index]!
  }

  get routeTargets(): readonly RouteTarget[] {
    return routeTargetsOf(this.extCommunities)
  }

  /** Made here: no AS has put itself into AS_PATH. */
  get hasEmptyPath(): boolean {
    return this.pathWords === 0
  }

  hasCommunity(community: number): boolean {
    return hasNumber(this.words, this.communitiesAt, this.communityCount, community)
  }

  hasCluster(clusterId: number): boolean {
    return hasNumber(this.words, this.clustersAt, this.clusterCount, clusterId)
  }

  /** True when the AS number is in the AS path: the loop test of RFC 4271 §9.1.2. */
  hasAs(asn: number): boolean {
    const end = this.communitiesAt
    for (let at = this.pathAt; at < end;) {
      const count = this.words[at]! & 0xffff
      if (hasNumber(this.words, at + 1, count, asn)) return true
      at += 1 + count
    }
    return false
  }

  /** How often the AS number is in the AS path. */
  countAs(asn: number): number {
    let found = 0
    for (const { asns } of this.asPath) for (const each of asns) if (each === asn) found++
    return found
  }

  /** Writes the octets of the next hop. */
  putNextHop(octets: Uint8Array, at: number): void {
    const from = this.at + BODY
    const length = this.nextHopLength
    for (let i = 0; i < length; i += 4) {
      const word = this.words[from + (i >>> 2)]!
      octets[at + i] = word >>> 24
      octets[at + i + 1] = word >>> 16
      octets[at + i + 2] = word >>> 8
      octets[at + i + 3] = word
    }
  }

  // --- the row: where a list stands in `words`, and how many words it has -------------------------------------------

  get pathAt(): number {
    return this.at + pathOffset(this.words, this.at)
  }

  get pathWords(): number {
    return highOf(this, PATH_AND_COMMUNITIES)
  }

  get communitiesAt(): number {
    return this.pathAt + this.pathWords
  }

  get communityCount(): number {
    return lowOf(this, PATH_AND_COMMUNITIES)
  }

  get clustersAt(): number {
    return this.at + clustersOffset(this.words, this.at)
  }

  /** Length of CLUSTER_LIST. */
  get clusterCount(): number {
    return highOf(this, CLUSTERS_AND_EXT)
  }

  get extCommunitiesAt(): number {
    return this.clustersAt + this.clusterCount
  }

  get extCommunityWords(): number {
    return lowOf(this, CLUSTERS_AND_EXT)
  }

  get largeCommunitiesAt(): number {
    return this.extCommunitiesAt + this.extCommunityWords
  }

  get largeCommunityWords(): number {
    return highOf(this, LARGE_AND_UNKNOWN)
  }

  get unknownAt(): number {
    return this.largeCommunitiesAt + this.largeCommunityWords
  }

  get unknownWords(): number {
    return lowOf(this, LARGE_AND_UNKNOWN)
  }
}

// Functions, not private methods: those cost each instance a brand, and each call a check of it.

function headOf(set: AttrSet): number {
  return set.words[set.at + HEAD]!
}

function highOf(set: AttrSet, word: number): number {
  return set.words[set.at + word]! >>> 16
}

function lowOf(set: AttrSet, word: number): number {
  return set.words[set.at + word]! & 0xffff
}

/** Whether the number is among `count` words from `at` on. */
function hasNumber(words: Int32Array, at: number, count: number, number: number): boolean {
  const wanted = number | 0
  for (let i = at; i < at + count; i++) if (words[i] === wanted) return true
  return false
}
