/**
 * An attribute set to octets, ascending by type (RFC 4271 §5), without MP_REACH_NLRI, which the UPDATE encoder puts in
 * front (RFC 7606 §5.1). Lists go from the set's row (rib/model/attr-row.ts) to the octets without a list in between.
 */
import type { AttrSet } from '../../rib/model/attr-set.ts'
import { as4PathOf, encodeAsn, encodeAsPath, encodeSegment } from './as-path-codec.ts'
import type { AsnOctets } from './as-path-codec.ts'
import { AttrFlag, AttrType } from './iana.ts'
import type { Writer } from './writer.ts'

/** What was negotiated, as far as the octets of attributes depend on it. */
export interface AttributeEncoding {
  readonly as4: boolean
  readonly isIbgp: boolean
}

const wellKnown = AttrFlag.transitive
const optional = AttrFlag.optional
const optionalTransitive = AttrFlag.optional | AttrFlag.transitive

/** Appends all attributes; NEXT_HOP only for plain NLRI (RFC 4760 §3). */
export function encodeAttributes(
  writer: Writer,
  set: AttrSet,
  encoding: AttributeEncoding,
  withNextHop: boolean,
): void {
  const asnOctets: AsnOctets = encoding.as4 ? 4 : 2
  const { words, pathAt, communityCount, clusterCount, extCommunityWords, largeCommunityWords } = set
  const communitiesAt = pathAt + set.pathWords
  const clustersAt = communitiesAt + communityCount
  const extCommunitiesAt = clustersAt + clusterCount
  const largeCommunitiesAt = extCommunitiesAt + extCommunityWords
  const unknownAt = largeCommunitiesAt + largeCommunityWords
  const unknownEnd = unknownAt + set.unknownWords
  let unknown = putUnknown(writer, words, unknownAt, unknownEnd, AttrType.origin)
  const origin = open(writer, wellKnown, AttrType.origin)
  writer.u8(set.origin)
  close(writer, origin)
  const asPath = open(writer, wellKnown, AttrType.asPath)
  encodeAsPath(writer, words, pathAt, communitiesAt, asnOctets)
  close(writer, asPath)
  if (withNextHop) putNextHop(writer, set)
  putWord(writer, optional, AttrType.med, set.med)
  if (encoding.isIbgp) putWord(writer, wellKnown, AttrType.localPref, set.localPrefOrDefault)
  if (set.atomicAggregate) close(writer, open(writer, wellKnown, AttrType.atomicAggregate))
  putAggregator(writer, set, asnOctets)
  putWords(writer, AttrType.communities, words, communitiesAt, communityCount)
  if (encoding.isIbgp) {
    putWord(writer, optional, AttrType.originatorId, set.originatorId)
    putWords(writer, AttrType.clusterList, words, clustersAt, clusterCount)
  }
  unknown = putUnknown(writer, words, unknown, unknownEnd, AttrType.extCommunities)
  putWords(writer, AttrType.extCommunities, words, extCommunitiesAt, extCommunityWords)
  if (!encoding.as4) putAs4Attributes(writer, set)
  unknown = putUnknown(writer, words, unknown, unknownEnd, AttrType.largeCommunities)
  putWords(writer, AttrType.largeCommunities, words, largeCommunitiesAt, largeCommunityWords)
  putUnknown(writer, words, unknown, unknownEnd, 256)
}

/** Begins an attribute; returns where it begins, for `close`. */
function open(writer: Writer, flags: number, type: number): number {
  const head = writer.length
  writer.u8(flags)
  writer.u8(type)
  writer.u8(0)
  return head
}

/** Ends an attribute; the long form of the length is taken when the value needs it. */
function close(writer: Writer, head: number): void {
  const start = head + 3
  const length = writer.length - start
  if (length < 256) {
    writer.patchU8(start - 1, length)
    return
  }
  writer.u8(0)
  writer.octets.copyWithin(start + 1, start, start + length)
  writer.patchU8(head, writer.octets[head] | AttrFlag.extendedLength)
  writer.patchU16(start - 1, length)
}

/** A 4-octet number; nothing when there is none. */
function putWord(writer: Writer, flags: number, type: number, word: number | undefined): void {
  if (word === undefined) return
  const head = open(writer, flags, type)
  writer.u32(word)
  close(writer, head)
}

/** A list of 4-octet numbers; nothing when it is empty. */
function putWords(writer: Writer, type: number, words: Int32Array, at: number, count: number): void {
  if (count === 0) return
  const head = open(writer, type === AttrType.clusterList ? optional : optionalTransitive, type)
  for (let i = at; i < at + count; i++) writer.u32(words[i])
  close(writer, head)
}

function putNextHop(writer: Writer, set: AttrSet): void {
  const head = open(writer, wellKnown, AttrType.nextHop)
  for (let i = 0; i < set.nextHopLength >>> 2; i++) writer.u32(set.nextHopWord(i))
  close(writer, head)
}

function putAggregator(writer: Writer, set: AttrSet, asnOctets: AsnOctets): void {
  const { aggregator } = set
  if (aggregator === undefined) return
  const head = open(writer, optionalTransitive, AttrType.aggregator)
  encodeAsn(writer, aggregator.asn, asnOctets)
  writer.put(aggregator.address)
  close(writer, head)
}

/** RFC 6793 §4.2.2: the true AS numbers beside AS_TRANS, for the speakers behind this peer. */
function putAs4Attributes(writer: Writer, set: AttrSet): void {
  const as4Path = as4PathOf(set.asPath)
  if (as4Path !== undefined && as4Path.length > 0) {
    const head = open(writer, optionalTransitive, AttrType.as4Path)
    for (const { type, asns } of as4Path) {
      encodeSegment(writer, type, { asns, from: 0, count: asns.length }, 4)
    }
    close(writer, head)
  }
  const { aggregator } = set
  if (aggregator === undefined || aggregator.asn <= 0xffff) return
  const head = open(writer, optionalTransitive, AttrType.as4Aggregator)
  writer.u32(aggregator.asn)
  writer.put(aggregator.address)
  close(writer, head)
}

/** Attributes that are kept as octets, from `at` on and below `type`, at their place in the order; returns where it stopped. */
function putUnknown(writer: Writer, words: Int32Array, at: number, end: number, type: number): number {
  let position = at
  while (position < end && ((words[position] >>> 16) & 255) < type) {
    const word = words[position++]
    const length = word & 0xffff
    // RFC 4271 §5: passed on unchanged, with the Partial bit, which the decoder has set where it is due.
    const flags = (word >>> 24) & ~AttrFlag.extendedLength
    const head = open(writer, flags, (word >>> 16) & 255)
    for (let i = 0; i < length; i++) writer.u8(words[position + (i >>> 2)] >>> (24 - (i & 3) * 8))
    close(writer, head)
    position += (length + 3) >>> 2
  }
  return position
}
