/**
 * Path attributes as a value (RFC 4271 §5, 4456, 1997, 4360, 8092), the next hop included, the label not: labels differ
 * by route, so keeping them out lets many routes share one set. NLRI attributes (MP_REACH, MP_UNREACH) are wire matters.
 *
 * An AttrSet is an interned, frozen set with everything that decision, replication and export ask of it computed once.
 * Only AttrTable makes one; two sets of a table are equal exactly when they are the same object (and the same id).
 */
import { asPathLength, emptyAsPath, neighborAs } from './as-path.ts'
import type { AsPath } from './as-path.ts'
import type { LargeCommunity } from './community.ts'
import { Community } from './community.ts'
import { macMobilityOf, noExtCommunities, routeTargetsOf } from './ext-community.ts'
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

/** LOCAL_PREF where none was given (RFC 4271 §9.1.1 leaves it to us; the field uses 100). */
export const DEFAULT_LOCAL_PREF = 100

export class AttrSet implements Attributes {
  /** Number of the set in its AttrTable; reused after the set is collected. */
  readonly id: number
  readonly key: string
  readonly origin: Origin
  readonly asPath: AsPath
  readonly nextHop: IpAddress
  readonly med: number | undefined
  readonly localPref: number | undefined
  readonly atomicAggregate: boolean
  readonly aggregator: Aggregator | undefined
  readonly communities: readonly number[]
  readonly originatorId: number | undefined
  readonly clusterList: readonly number[]
  readonly extCommunities: ExtCommunities
  readonly largeCommunities: readonly LargeCommunity[]
  readonly unknown: readonly RawAttribute[]

  readonly localPrefOrDefault: number
  readonly medOrZero: number
  readonly asPathLength: number
  readonly neighborAs: number
  readonly routeTargets: readonly RouteTarget[]
  readonly isLlgrStale: boolean
  /** Sequence of the path preference (MAC mobility community): the newer claim to an address wins. */
  readonly mobilitySequence: number

  constructor(id: number, key: string, a: Attributes) {
    this.id = id
    this.key = key
    this.origin = a.origin
    this.asPath = a.asPath
    this.nextHop = a.nextHop
    this.med = a.med
    this.localPref = a.localPref
    this.atomicAggregate = a.atomicAggregate
    this.aggregator = a.aggregator
    this.communities = a.communities
    this.originatorId = a.originatorId
    this.clusterList = a.clusterList
    this.extCommunities = a.extCommunities
    this.largeCommunities = a.largeCommunities
    this.unknown = a.unknown
    this.localPrefOrDefault = a.localPref ?? DEFAULT_LOCAL_PREF
    this.medOrZero = a.med ?? 0
    this.asPathLength = asPathLength(a.asPath)
    this.neighborAs = neighborAs(a.asPath)
    this.routeTargets = routeTargetsOf(a.extCommunities)
    this.isLlgrStale = a.communities.includes(Community.LLGR_STALE)
    this.mobilitySequence = macMobilityOf(a.extCommunities)?.sequence ?? 0
  }
}

/**
 * Canonical octets of a set as a latin1 string: equal keys mean equal attributes. Every variable part is preceded by
 * its length and every optional part by a presence octet, so no two different sets share a key.
 */
export function attributesKey(a: Attributes): string {
  const out: number[] = [a.origin]
  pushOctets(out, a.nextHop)
  pushOptional(out, a.med)
  pushOptional(out, a.localPref)
  pushOptional(out, a.originatorId)
  out.push(a.atomicAggregate ? 1 : 0)
  pushOptional(out, a.aggregator?.asn)
  if (a.aggregator) pushOctets(out, a.aggregator.address)
  pushCount(out, a.asPath.length)
  for (const segment of a.asPath) {
    out.push(segment.type)
    pushWords(out, segment.asns)
  }
  pushWords(out, a.communities)
  pushWords(out, a.clusterList)
  pushWords(out, a.extCommunities)
  pushCount(out, a.largeCommunities.length)
  for (const large of a.largeCommunities) {
    pushWord(out, large.global)
    pushWord(out, large.local1)
    pushWord(out, large.local2)
  }
  for (const raw of a.unknown) {
    out.push(raw.type, raw.flags)
    pushOctets(out, raw.value)
  }
  return Buffer.from(out).toString('latin1')
}

function pushCount(out: number[], count: number): void {
  out.push(count >>> 8, count & 255)
}

function pushWord(out: number[], word: number): void {
  out.push(word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255)
}

function pushWords(out: number[], words: ArrayLike<number>): void {
  pushCount(out, words.length)
  for (let i = 0; i < words.length; i++) pushWord(out, words[i]!)
}

function pushOctets(out: number[], octets: Uint8Array): void {
  pushCount(out, octets.length)
  for (const octet of octets) out.push(octet)
}

function pushOptional(out: number[], value: number | undefined): void {
  if (value === undefined) {
    out.push(0)
    return
  }
  out.push(1)
  pushWord(out, value)
}
