/**
 * AS_PATH and AS4_PATH (RFC 4271 §4.3 b, RFC 6793):   segments of | type (1) | count (1) | count AS numbers |
 *
 * AS numbers have four octets between speakers that both negotiated it, else two, with AS_TRANS for what does not fit and
 * the true path beside it in AS4_PATH.
 */
import { AS_TRANS, SegmentType } from '../../rib/model/as-path.ts'
import type { AsPath, AsPathSegment } from '../../rib/model/as-path.ts'
import type { Writer } from './writer.ts'

/** Octets of an AS number on the wire. */
export type AsnOctets = 2 | 4

const MAX_SEGMENT_LENGTH = 255

/** What RFC 7606 §7.2 calls malformed, in words. */
export type AsPathProblem = 'unknown segment type' | 'empty segment' | 'segment runs over the end'

/** Decodes all of [start, end), or says what is malformed (RFC 7606 §7.2). */
export function decodeAsPath(
  octets: Uint8Array,
  start: number,
  end: number,
  asnOctets: AsnOctets,
): AsPath | AsPathProblem {
  const path: AsPathSegment[] = []
  for (let position = start; position < end;) {
    if (end - position < 2) return 'segment runs over the end'
    const type = octets[position]
    const count = octets[position + 1]
    position += 2
    if (type < SegmentType.set || type > SegmentType.confedSet) return 'unknown segment type'
    if (count === 0) return 'empty segment'
    if (end - position < count * asnOctets) return 'segment runs over the end'
    const asns: number[] = []
    for (let i = 0; i < count; i++, position += asnOctets) asns.push(asnAt(octets, position, asnOctets))
    path.push({ type: type as SegmentType, asns })
  }
  return path
}

function asnAt(octets: Uint8Array, at: number, asnOctets: AsnOctets): number {
  const high = (octets[at] << 8) | octets[at + 1]
  return asnOctets === 2 ? high : high * 65536 + ((octets[at + 2] << 8) | octets[at + 3])
}

export function isConfederationSegment(segment: AsPathSegment): boolean {
  return segment.type === SegmentType.confedSequence || segment.type === SegmentType.confedSet
}

/** Appends the segments of a set's row (rib/model/attr-row.ts) in [at, end). */
export function encodeAsPath(
  writer: Writer,
  words: Int32Array,
  at: number,
  end: number,
  asnOctets: AsnOctets,
): void {
  for (let position = at; position < end;) {
    const count = words[position] & 0xffff
    encodeSegment(writer, words[position] >>> 16, { asns: words, from: position + 1, count }, asnOctets)
    position += 1 + count
  }
}

/** AS numbers in an array that holds more than them. */
export interface AsnList {
  readonly asns: ArrayLike<number>
  readonly from: number
  readonly count: number
}

/** Appends one segment; one that is too long for its count octet is cut in pieces. */
export function encodeSegment(writer: Writer, type: number, list: AsnList, asnOctets: AsnOctets): void {
  const end = list.from + list.count
  for (let from = list.from; from < end; from += MAX_SEGMENT_LENGTH) {
    const to = Math.min(from + MAX_SEGMENT_LENGTH, end)
    writer.u8(type)
    writer.u8(to - from)
    for (let i = from; i < to; i++) encodeAsn(writer, list.asns[i] >>> 0, asnOctets)
  }
}

/** An AS number in the peer's width (RFC 6793 §4.2.2). */
export function encodeAsn(writer: Writer, asn: number, asnOctets: AsnOctets): void {
  if (asnOctets === 4) writer.u32(asn)
  else writer.u16(asn > 0xffff ? AS_TRANS : asn)
}

/** The AS4_PATH that goes beside a 2-octet AS_PATH, or undefined when none is needed (RFC 6793 §4.2.2). */
export function as4PathOf(path: AsPath): AsPath | undefined {
  if (!path.some((segment) => segment.asns.some((asn) => asn > 0xffff))) return undefined
  return path.filter((segment) => !isConfederationSegment(segment))
}

/** AS numbers of a path as RFC 6793 §4.2.3 counts them: a set is one, confederation segments are nothing. */
function countAsns(path: AsPath): number {
  let count = 0
  for (const segment of path) {
    if (segment.type === SegmentType.sequence) count += segment.asns.length
    else if (segment.type === SegmentType.set) count += 1
  }
  return count
}

/**
 * The path that both attributes mean together (RFC 6793 §4.2.3): AS4_PATH, with the AS numbers that 2-octet speakers
 * prepended to AS_PATH since put in front. An AS4_PATH longer than AS_PATH is ignored.
 */
export function mergeAs4Path(path: AsPath, as4Path: AsPath): AsPath {
  let missing = countAsns(path) - countAsns(as4Path)
  if (missing < 0) return path
  const head: AsPathSegment[] = []
  for (const segment of path) {
    // Confederation segments come along when they lead or follow what was taken.
    if (isConfederationSegment(segment)) {
      head.push(segment)
      continue
    }
    if (missing === 0) break
    if (segment.type === SegmentType.set) {
      head.push(segment)
      missing--
      continue
    }
    const taken = segment.asns.slice(0, missing)
    head.push({ type: segment.type, asns: taken })
    missing -= taken.length
    if (taken.length < segment.asns.length) break
  }
  return join(head, as4Path)
}

function join(head: readonly AsPathSegment[], tail: AsPath): AsPath {
  const last = head.at(-1)
  const first = tail.at(0)
  if (
    last?.type === SegmentType.sequence &&
    first?.type === SegmentType.sequence &&
    last.asns.length + first.asns.length <= MAX_SEGMENT_LENGTH
  ) {
    const joined = { type: SegmentType.sequence, asns: [...last.asns, ...first.asns] }
    return [...head.slice(0, -1), joined, ...tail.slice(1)]
  }
  return [...head, ...tail]
}
