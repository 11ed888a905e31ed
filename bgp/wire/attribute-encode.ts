/**
 * An attribute set to octets, ascending by type (RFC 4271 §5), without MP_REACH_NLRI, which the UPDATE encoder puts in
 * front (RFC 7606 §5.1).
 */
import type { Aggregator, AttrSet, RawAttribute } from '../../rib/model/attr-set.ts'
import { as4PathOf, encodeAsPath, encodeAsn } from './as-path-codec.ts'
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
  const unknown = new UnknownAttributes(writer, set.unknown)
  const asnOctets: AsnOctets = encoding.as4 ? 4 : 2
  unknown.upTo(AttrType.origin)
  put(writer, wellKnown, AttrType.origin, () => writer.u8(set.origin))
  put(writer, wellKnown, AttrType.asPath, () => encodeAsPath(writer, set.asPath, asnOctets))
  if (withNextHop) put(writer, wellKnown, AttrType.nextHop, () => writer.put(set.nextHop))
  if (set.med !== undefined) putWords(writer, optional, AttrType.med, [set.med])
  if (encoding.isIbgp) {
    putWords(writer, wellKnown, AttrType.localPref, [set.localPrefOrDefault])
  }
  if (set.atomicAggregate) put(writer, wellKnown, AttrType.atomicAggregate, () => {})
  if (set.aggregator !== undefined) putAggregator(writer, set.aggregator, asnOctets)
  putWords(writer, optionalTransitive, AttrType.communities, set.communities)
  if (encoding.isIbgp) {
    if (set.originatorId !== undefined) putWords(writer, optional, AttrType.originatorId, [set.originatorId])
    putWords(writer, optional, AttrType.clusterList, set.clusterList)
  }
  unknown.upTo(AttrType.extCommunities)
  putWords(writer, optionalTransitive, AttrType.extCommunities, set.extCommunities)
  if (!encoding.as4) putAs4Attributes(writer, set)
  unknown.upTo(AttrType.largeCommunities)
  putLargeCommunities(writer, set)
  unknown.upTo(256)
}

/** Writes attributes heddle does not interpret at their place in the order. */
class UnknownAttributes {
  private readonly writer: Writer
  private readonly list: readonly RawAttribute[]
  private index = 0

  constructor(writer: Writer, list: readonly RawAttribute[]) {
    this.writer = writer
    this.list = list
  }

  /** Those below `type`. */
  upTo(type: number): void {
    for (; this.index < this.list.length && this.list[this.index].type < type; this.index++) {
      const raw = this.list[this.index]
      // RFC 4271 §5: passed on unchanged, with the Partial bit.
      const flags = (raw.flags & ~AttrFlag.extendedLength) | AttrFlag.partial
      put(this.writer, flags, raw.type, () => this.writer.put(raw.value))
    }
  }
}

/** One attribute; the long form of the length is taken when the value needs it. */
function put(writer: Writer, flags: number, type: number, putValue: () => void): void {
  const head = writer.length
  writer.u8(flags)
  writer.u8(type)
  writer.u8(0)
  const start = writer.length
  putValue()
  const length = writer.length - start
  if (length < 256) {
    writer.patchU8(start - 1, length)
    return
  }
  writer.u8(0)
  writer.octets.copyWithin(start + 1, start, start + length)
  writer.patchU8(head, flags | AttrFlag.extendedLength)
  writer.patchU16(start - 1, length)
}

/** A list of 4-octet numbers; nothing when it is empty. */
function putWords(writer: Writer, flags: number, type: number, words: ArrayLike<number>): void {
  if (words.length === 0) return
  put(writer, flags, type, () => {
    for (let i = 0; i < words.length; i++) writer.u32(words[i])
  })
}

function putAggregator(writer: Writer, aggregator: Aggregator, asnOctets: AsnOctets): void {
  put(writer, optionalTransitive, AttrType.aggregator, () => {
    encodeAsn(writer, aggregator.asn, asnOctets)
    writer.put(aggregator.address)
  })
}

/** RFC 6793 §4.2.2: the true AS numbers beside AS_TRANS, for the speakers behind this peer. */
function putAs4Attributes(writer: Writer, set: AttrSet): void {
  const as4Path = as4PathOf(set.asPath)
  if (as4Path !== undefined && as4Path.length > 0) {
    put(writer, optionalTransitive, AttrType.as4Path, () => encodeAsPath(writer, as4Path, 4))
  }
  const aggregator = set.aggregator
  if (aggregator === undefined || aggregator.asn <= 0xffff) return
  put(writer, optionalTransitive, AttrType.as4Aggregator, () => {
    writer.u32(aggregator.asn)
    writer.put(aggregator.address)
  })
}

function putLargeCommunities(writer: Writer, set: AttrSet): void {
  if (set.largeCommunities.length === 0) return
  put(writer, optionalTransitive, AttrType.largeCommunities, () => {
    for (const large of set.largeCommunities) {
      writer.u32(large.global)
      writer.u32(large.local1)
      writer.u32(large.local2)
    }
  })
}
