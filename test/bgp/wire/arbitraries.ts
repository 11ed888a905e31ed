/** Random attribute sets and routes of every family, in the canonical form that decoding yields. */
import fc from 'fast-check'
import { SegmentType } from '../../../rib/model/as-path.ts'
import type { AsPathSegment } from '../../../rib/model/as-path.ts'
import type { Attributes, Origin } from '../../../rib/model/attr-set.ts'
import { extCommunities } from '../../../rib/model/ext-community.ts'
import { Family } from '../../../rib/model/family.ts'
import { unmapIpv4 } from '../../../rib/model/ip-address.ts'
import { lengthWord, maskKeyAddress, maxPrefixLength, routeKeyWords } from '../../../rib/model/route-key.ts'

const unsigned = fc.integer({ min: 0, max: 0xffffffff })
const word = fc.integer({ min: -0x80000000, max: 0x7fffffff })
const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 })

/** A next hop the family can carry without RFC 8950. */
export function nextHopOf(family: Family): fc.Arbitrary<Uint8Array> {
  if (family === Family.inet) return ipv4.map((octets) => Uint8Array.of(10, ...octets.slice(1)))
  if (family === Family.inetVpn || family === Family.inetLabeled) return ipv4
  const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(unmapIpv4)
  // RFC 4684 §4 leaves the next hop of a membership its own length: nothing is mapped there.
  return fc.oneof(ipv4, ipv6)
}

function asPath(maxAsn: number, types: SegmentType[]): fc.Arbitrary<AsPathSegment[]> {
  const asn = fc.oneof(fc.integer({ min: 1, max: maxAsn }), fc.integer({ min: 64512, max: 65534 }))
  const segment = fc.record({
    type: fc.constantFrom(...types),
    asns: fc.array(asn, { minLength: 1, maxLength: 40 }),
  })
  return fc.array(segment, { maxLength: 3 })
}

function sortedUnique(values: fc.Arbitrary<number>, maxLength: number): fc.Arbitrary<number[]> {
  return fc.uniqueArray(values, { maxLength }).map((list) => list.toSorted((a, b) => a - b))
}

function optional<Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> {
  return fc.option(values, { nil: undefined })
}

const largeCommunities = fc
  .uniqueArray(fc.record({ global: unsigned, local1: unsigned, local2: unsigned }), {
    maxLength: 4,
    selector: (one) => `${one.global}:${one.local1}:${one.local2}`,
  })
  .map((list) => list.toSorted((a, b) => a.global - b.global || a.local1 - b.local1 || a.local2 - b.local2))

const unknownAttributes = fc
  .uniqueArray(
    fc.record({
      flags: fc.constant(0xe0),
      // Types between, before and behind those heddle interprets.
      type: fc.constantFrom(11, 19, 22, 31, 33, 64, 127, 243, 255),
      value: fc.uint8Array({ maxLength: 300 }),
    }),
    { maxLength: 3, selector: (one) => one.type },
  )
  .map((list) => list.toSorted((a, b) => a.type - b.type))

interface AttributesShape {
  family: Family
  isIbgp: boolean
  as4: boolean
}

/** Attributes that a peer of this kind can send for the family. */
export function attributesFor({ family, isIbgp, as4 }: AttributesShape): fc.Arbitrary<Attributes> {
  const { sequence, set, confedSequence, confedSet } = SegmentType
  const confederation = isIbgp && as4 ? [confedSequence, confedSet] : []
  const path = asPath(0xffffffff, [sequence, set, ...confederation])
  const mergeable = as4 ? path : path.map((segments) => segments.filter((one) => one.asns.length > 0))
  return fc.record({
    origin: fc.constantFrom<Origin>(0, 1, 2),
    asPath: isIbgp ? mergeable : mergeable.filter((segments) => segments.length > 0),
    nextHop: nextHopOf(family),
    med: optional(unsigned),
    localPref: isIbgp ? unsigned : fc.constant(undefined),
    atomicAggregate: fc.boolean(),
    // Towards 2-octet speakers an aggregator that fits two octets makes AS4_PATH void (RFC 6793 §4.2.3).
    aggregator: optional(
      fc.record({ asn: fc.integer({ min: as4 ? 1 : 0x10000, max: 0xffffffff }), address: ipv4 }),
    ),
    communities: sortedUnique(unsigned, 8),
    originatorId: isIbgp ? optional(unsigned) : fc.constant(undefined),
    clusterList: isIbgp ? fc.array(unsigned, { maxLength: 4 }) : fc.constant([]),
    extCommunities: fc.array(fc.tuple(word, word), { maxLength: 70 }).map(extCommunities),
    largeCommunities,
    unknown: unknownAttributes,
  })
}

export interface RandomRoute {
  key: Int32Array
  label: number
  /** Sent where the family has path identifiers. */
  pathId: number
}

const unicastFamilies: ReadonlySet<Family> = new Set([
  Family.inet,
  Family.inet6,
  Family.inetLabeled,
  Family.inet6Labeled,
])

function isUnicast(family: Family): boolean {
  return unicastFamilies.has(family)
}

/** A masked key of the family, and a label where it has one. */
export function routeOf(family: Family): fc.Arbitrary<RandomRoute> {
  const at = lengthWord(family)
  const words = routeKeyWords(family)
  const hasLabel = at > 0 || family === Family.inetLabeled || family === Family.inet6Labeled
  const bits =
    family === Family.routeTarget
      ? fc.oneof(fc.constant(0), fc.integer({ min: 32, max: 96 }))
      : fc.integer({ min: 0, max: maxPrefixLength(family) })
  return fc
    .record({
      raw: fc.array(word, { minLength: words, maxLength: words }),
      bits,
      label: hasLabel ? fc.nat(0xfffff) : fc.constant(0),
      pathId: fc.oneof(fc.nat(3), word),
    })
    .map(({ raw, bits: length, label, pathId }) => {
      const key = Int32Array.from(raw)
      key[at] = length
      // RFC 4271 §6.3: a unicast route is never for a multicast prefix.
      if (isUnicast(family) && key[at + 1] >>> 29 === 7) key[at + 1] >>>= 1
      maskKeyAddress(key, at + 1, words - at - 1, length)
      return { key, label, pathId }
    })
}

export function routesOf(family: Family, maxLength: number): fc.Arbitrary<RandomRoute[]> {
  return fc.array(routeOf(family), { minLength: 1, maxLength, size: 'max' })
}
