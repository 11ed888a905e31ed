/**
 * One row per path attribute that has a value of its own in the rib: the flags it must have, what RFC 7606 §7 does when
 * it is malformed, and how its value is read. MP_REACH_NLRI and MP_UNREACH_NLRI have rows for their flags alone.
 *
 * A reader gets a value that lies within [start, end) and returns undefined, or what is wrong with it.
 */
import { Origin } from '../../rib/model/attr-set.ts'
import type { AsPath } from '../../rib/model/as-path.ts'
import type { Aggregator } from '../../rib/model/attr-set.ts'
import type { LargeCommunity } from '../../rib/model/community.ts'
import { canonicalExtCommunities } from '../../rib/model/ext-community.ts'
import { copyOf, wordAt } from '../../rib/model/ip-address.ts'
import { decodeAsPath, isConfederationSegment } from './as-path-codec.ts'
import type { AttributeDraft } from './attribute-draft.ts'
import { AttrFlag, AttrType, UpdateError } from './iana.ts'
import { opaqueRows } from './opaque-rows.ts'
import { Severity } from './wire-error.ts'

/** What was negotiated, as far as attributes depend on it. */
export interface AttributeContext {
  /** AS numbers have four octets (RFC 6793). */
  readonly as4: boolean
  readonly isIbgp: boolean
}

/** One value and where it goes. Reused: nothing keeps it. */
export interface AttributeValue {
  flags: number
  octets: Uint8Array
  start: number
  end: number
}

export interface AttributeProblem {
  /** Subcode of the UPDATE error (RFC 4271 §6.3). */
  readonly subcode: number
  readonly detail: string
  /** What says so, where it is not the row's clause. */
  readonly clause?: string
  /** The attribute means nothing for the routes of this UPDATE: discarded, whatever its severity. */
  readonly isHarmless?: boolean
}

type ReadValue = (
  value: AttributeValue,
  draft: AttributeDraft,
  context: AttributeContext,
) => AttributeProblem | undefined

export interface AttributeRow {
  readonly type: number
  readonly name: string
  /** The Optional and Transitive bits it must have. */
  readonly flags: number
  readonly severity: Severity
  /** Where it is another than treat-as-withdraw for flags that it must not have (RFC 7606 §3 c). */
  readonly flagsSeverity?: Severity
  /** Where the severity is laid down. */
  readonly clause: string
  /** Attributes the peer had no business sending are discarded unseen. */
  readonly isUnwanted?: (context: AttributeContext) => boolean
  readonly read: ReadValue
}

const wellKnown = AttrFlag.transitive
const optional = AttrFlag.optional
const optionalTransitive = AttrFlag.optional | AttrFlag.transitive

/** RFC 7606 §7.5, §7.9, §7.10: attributes that only internal peers may send. */
function fromExternalPeer(context: AttributeContext): boolean {
  return !context.isIbgp
}

/** RFC 6793 §6: AS4 attributes between speakers that both have 4-octet AS numbers. */
function betweenNewSpeakers(context: AttributeContext): boolean {
  return context.as4
}

function badLength(value: AttributeValue): AttributeProblem {
  return { subcode: UpdateError.attributeLength, detail: `length ${value.end - value.start}` }
}

function hasLength(value: AttributeValue, length: number): boolean {
  return value.end - value.start === length
}

/** Lists are never empty (RFC 7606 §7.8, §7.10, §7.14; RFC 8092 §6). */
function isListOf(value: AttributeValue, size: number): boolean {
  const length = value.end - value.start
  return length > 0 && length % size === 0
}

function unsignedAt(value: AttributeValue, offset: number): number {
  return wordAt(value.octets, value.start + offset) >>> 0
}

function unsignedWords(value: AttributeValue): number[] {
  const words: number[] = []
  for (let at = value.start; at < value.end; at += 4) words.push(wordAt(value.octets, at) >>> 0)
  return words
}

const readOrigin: ReadValue = (value, draft) => {
  if (!hasLength(value, 1)) return badLength(value)
  const origin = value.octets[value.start]
  if (origin > Origin.incomplete) return { subcode: UpdateError.invalidOrigin, detail: `value ${origin}` }
  draft.origin = origin as Origin
  return undefined
}

const readAsPath: ReadValue = (value, draft, context) => {
  const path = decodeAsPath(value.octets, value.start, value.end, context.as4 ? 4 : 2)
  if (typeof path === 'string') return malformedAsPath(path)
  if (hasZero(path)) return zeroInPath
  if (!context.isIbgp) {
    // Only within a confederation, of which an external peer is no part.
    if (path.some(isConfederationSegment)) {
      return malformedAsPath('confederation segment from an external peer', 'RFC 5065 §5')
    }
    // RFC 4271 §5.1.2 b: an external peer has put its own AS number in.
    if (path.length === 0) return malformedAsPath('empty path from an external peer')
  }
  draft.asPath = path
  return undefined
}

function hasZero(path: AsPath): boolean {
  for (const { asns } of path) if (asns.includes(0)) return true
  return false
}

function malformedAsPath(detail: string, clause?: string): AttributeProblem {
  return { subcode: UpdateError.malformedAsPath, detail, ...(clause === undefined ? {} : { clause }) }
}

const zeroInPath = malformedAsPath('AS number is zero', 'RFC 7607 §2')

const readNextHop: ReadValue = (value, draft) => {
  if (!hasLength(value, 4)) return badLength(value)
  const first = value.octets[value.start]
  // A valid IP host address. Class D and E are none; nor is zero. Beside MP_REACH_NLRI alone the attribute is ignored.
  if (first >= 224 || unsignedAt(value, 0) === 0) {
    const isHarmless = !draft.hasPlainReach
    const clause = isHarmless ? 'RFC 4760 §3' : 'RFC 4271 §6.3'
    return { subcode: UpdateError.invalidNextHop, detail: 'not a host address', clause, isHarmless }
  }
  draft.nextHop = copyOf(value.octets, value.start, value.end)
  return undefined
}

const readMed: ReadValue = (value, draft) => {
  if (!hasLength(value, 4)) return badLength(value)
  draft.med = unsignedAt(value, 0)
  return undefined
}

const readLocalPref: ReadValue = (value, draft) => {
  if (!hasLength(value, 4)) return badLength(value)
  draft.localPref = unsignedAt(value, 0)
  return undefined
}

const readAtomicAggregate: ReadValue = (value, draft) => {
  if (!hasLength(value, 0)) return badLength(value)
  draft.atomicAggregate = true
  return undefined
}

const readAggregator: ReadValue = (value, draft, context) => {
  if (!hasLength(value, context.as4 ? 8 : 6)) return badLength(value)
  const at = value.start
  const asn = context.as4 ? unsignedAt(value, 0) : (value.octets[at] << 8) | value.octets[at + 1]
  const aggregator = aggregatorOf(value, asn)
  if (aggregator === undefined) return zeroAggregator
  draft.aggregator = aggregator
  return undefined
}

const readAs4Aggregator: ReadValue = (value, draft) => {
  if (!hasLength(value, 8)) return badLength(value)
  const aggregator = aggregatorOf(value, unsignedAt(value, 0))
  if (aggregator === undefined) return zeroAggregator
  draft.as4Aggregator = aggregator
  return undefined
}

const zeroAggregator: AttributeProblem = {
  subcode: UpdateError.optionalAttribute,
  detail: 'AS number is zero',
  clause: 'RFC 7607 §2',
}

function aggregatorOf(value: AttributeValue, asn: number): Aggregator | undefined {
  return asn === 0 ? undefined : { asn, address: copyOf(value.octets, value.end - 4, value.end) }
}

const readCommunities: ReadValue = (value, draft) => {
  if (!isListOf(value, 4)) return badLength(value)
  const words = unsignedWords(value)
  draft.communities = isAscending(words) ? words : [...new Set(words)].sort((a, b) => a - b)
  return undefined
}

/** In canonical order already, as most are. */
function isAscending(words: readonly number[]): boolean {
  for (let i = 1; i < words.length; i++) if (words[i] <= words[i - 1]) return false
  return true
}

const readOriginatorId: ReadValue = (value, draft) => {
  if (!hasLength(value, 4)) return badLength(value)
  draft.originatorId = unsignedAt(value, 0)
  return undefined
}

const readClusterList: ReadValue = (value, draft) => {
  if (!isListOf(value, 4)) return badLength(value)
  draft.clusterList = unsignedWords(value)
  return undefined
}

const readExtCommunities: ReadValue = (value, draft) => {
  if (!isListOf(value, 8)) return badLength(value)
  const words = new Int32Array((value.end - value.start) >>> 2)
  for (let i = 0; i < words.length; i++) words[i] = wordAt(value.octets, value.start + i * 4)
  draft.extCommunities = canonicalExtCommunities(words)
  return undefined
}

const readAs4Path: ReadValue = (value, draft) => {
  const path = decodeAsPath(value.octets, value.start, value.end, 4)
  if (typeof path === 'string') return malformedAsPath(path)
  if (path.length === 0) return badLength(value)
  if (hasZero(path)) return zeroInPath
  // RFC 6793 §6: confederation segments are taken out, the rest is used.
  draft.as4Path = path.filter((segment) => !isConfederationSegment(segment))
  return undefined
}

const readLargeCommunities: ReadValue = (value, draft) => {
  if (!isListOf(value, 12)) return badLength(value)
  const sorted: LargeCommunity[] = []
  for (let offset = 0; offset < value.end - value.start; offset += 12) {
    sorted.push({
      global: unsignedAt(value, offset),
      local1: unsignedAt(value, offset + 4),
      local2: unsignedAt(value, offset + 8),
    })
  }
  sorted.sort((a, b) => a.global - b.global || a.local1 - b.local1 || a.local2 - b.local2)
  draft.largeCommunities = sorted.filter((large, i) => {
    const before = sorted[i - 1]
    return (
      before === undefined ||
      large.global !== before.global ||
      large.local1 !== before.local1 ||
      large.local2 !== before.local2
    )
  })
  return undefined
}

/** What is in MP_REACH_NLRI and MP_UNREACH_NLRI is read by mp-nlri.ts. */
const readNothing: ReadValue = () => undefined

const { discard, treatAsWithdraw } = Severity

function row(
  type: number,
  name: string,
  flags: number,
  reaction: readonly [Severity, string],
  read: ReadValue,
): AttributeRow {
  return { type, name, flags, severity: reaction[0], clause: reaction[1], read }
}

const rows: readonly AttributeRow[] = [
  row(AttrType.origin, 'ORIGIN', wellKnown, [treatAsWithdraw, 'RFC 7606 §7.1'], readOrigin),
  row(AttrType.asPath, 'AS_PATH', wellKnown, [treatAsWithdraw, 'RFC 7606 §7.2'], readAsPath),
  row(AttrType.nextHop, 'NEXT_HOP', wellKnown, [treatAsWithdraw, 'RFC 7606 §7.3'], readNextHop),
  row(AttrType.med, 'MULTI_EXIT_DISC', optional, [treatAsWithdraw, 'RFC 7606 §7.4'], readMed),
  {
    ...row(AttrType.localPref, 'LOCAL_PREF', wellKnown, [treatAsWithdraw, 'RFC 7606 §7.5'], readLocalPref),
    isUnwanted: fromExternalPeer,
  },
  row(
    AttrType.atomicAggregate,
    'ATOMIC_AGGREGATE',
    wellKnown,
    [discard, 'RFC 7606 §7.6'],
    readAtomicAggregate,
  ),
  row(AttrType.aggregator, 'AGGREGATOR', optionalTransitive, [discard, 'RFC 7606 §7.7'], readAggregator),
  row(
    AttrType.communities,
    'COMMUNITIES',
    optionalTransitive,
    [treatAsWithdraw, 'RFC 7606 §7.8'],
    readCommunities,
  ),
  {
    ...row(
      AttrType.originatorId,
      'ORIGINATOR_ID',
      optional,
      [treatAsWithdraw, 'RFC 7606 §7.9'],
      readOriginatorId,
    ),
    isUnwanted: fromExternalPeer,
  },
  {
    ...row(
      AttrType.clusterList,
      'CLUSTER_LIST',
      optional,
      [treatAsWithdraw, 'RFC 7606 §7.10'],
      readClusterList,
    ),
    isUnwanted: fromExternalPeer,
  },
  row(AttrType.mpReach, 'MP_REACH_NLRI', optional, [treatAsWithdraw, 'RFC 7606 §7.11'], readNothing),
  row(AttrType.mpUnreach, 'MP_UNREACH_NLRI', optional, [treatAsWithdraw, 'RFC 7606 §7.12'], readNothing),
  row(
    AttrType.extCommunities,
    'EXTENDED_COMMUNITIES',
    optionalTransitive,
    [treatAsWithdraw, 'RFC 7606 §7.14'],
    readExtCommunities,
  ),
  {
    ...row(AttrType.as4Path, 'AS4_PATH', optionalTransitive, [discard, 'RFC 6793 §6'], readAs4Path),
    isUnwanted: betweenNewSpeakers,
  },
  {
    ...row(
      AttrType.as4Aggregator,
      'AS4_AGGREGATOR',
      optionalTransitive,
      [discard, 'RFC 6793 §6'],
      readAs4Aggregator,
    ),
    isUnwanted: betweenNewSpeakers,
  },
  row(
    AttrType.largeCommunities,
    'LARGE_COMMUNITY',
    optionalTransitive,
    [treatAsWithdraw, 'RFC 8092 §6'],
    readLargeCommunities,
  ),
]

const rowsByType: (AttributeRow | undefined)[] = []
for (const one of [...rows, ...opaqueRows]) rowsByType[one.type] = one

/** An attribute type as an operator reads it: `AS_PATH`, or its number where heddle does not interpret it. */
export function attributeName(type: number): string {
  return rowsByType[type]?.name ?? `attribute ${type}`
}

/** The row of an attribute type, or undefined when heddle does not interpret it. */
export function attributeRow(type: number): AttributeRow | undefined {
  return rowsByType[type]
}
