/** What the specs of bgp/wire share: hex, an interner, decoding of whole messages, and UPDATEs as plain JSON values. */
import { emptyFrame, Framer } from '../../../bgp/wire/framer.ts'
import type { Frame } from '../../../bgp/wire/framer.ts'
import { MAX_EXTENDED_MESSAGE_LENGTH } from '../../../bgp/wire/iana.ts'
import type { NlriSource } from '../../../bgp/wire/nlri-cursor.ts'
import { UpdateDecoder } from '../../../bgp/wire/update-decode.ts'
import type { DecodedUpdate, DecodeOptions } from '../../../bgp/wire/update-decode.ts'
import { plainAttributes } from '../../../rib/model/attr-set.ts'
import type { AttrSet } from '../../../rib/model/attr-set.ts'
import type { Attributes, Origin } from '../../../rib/model/attr-set.ts'
import type { AsPathSegment } from '../../../rib/model/as-path.ts'
import { formatCommunity, parseCommunity } from '../../../rib/model/community.ts'
import { extCommunities } from '../../../rib/model/ext-community.ts'
import { Family, families, familyName, parseFamily } from '../../../rib/model/family.ts'
import { formatIpAddress, formatIpv4Word, parseIpAddress, wordAt } from '../../../rib/model/ip-address.ts'
import { formatRouteKey, parseRouteKey, routeKeyWords } from '../../../rib/model/route-key.ts'
import { attributesKey, attrSetOf } from '../../support/attr-sets.ts'

/** The families heddle decodes. */
export const decodedFamilies: readonly Family[] = [
  Family.inet,
  Family.inet6,
  Family.inetLabeled,
  Family.inet6Labeled,
  Family.inetVpn,
  Family.inet6Vpn,
  Family.routeTarget,
]

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replace(/\s+/g, ''), 'hex'))
}

export function toHex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex')
}

/** Interns by value, as the rib's attribute table does. */
export function interner(): (attributes: Attributes) => AttrSet {
  const sets = new Map<string, AttrSet>()
  return (attributes) => {
    const key = attributesKey(attributes)
    let set = sets.get(key)
    if (set === undefined) {
      set = attrSetOf(sets.size, attributes)
      sets.set(key, set)
    }
    return set
  }
}

export function decoderFor(options: Partial<DecodeOptions> = {}): UpdateDecoder {
  return new UpdateDecoder({
    as4: true,
    isIbgp: true,
    families: new Set(families),
    intern: interner(),
    ...options,
  })
}

/** All messages of an octet stream; throws when the framer stops in its midst. */
export function framesOf(octets: Uint8Array): Frame[] {
  const framer = new Framer(MAX_EXTENDED_MESSAGE_LENGTH)
  framer.push(octets)
  const frames: Frame[] = []
  for (let frame = emptyFrame(); framer.next(frame); frame = emptyFrame()) frames.push(frame)
  if (framer.error !== undefined) throw new Error(framer.error.detail)
  return frames
}

export function decodeMessage(decoder: UpdateDecoder, message: Uint8Array): DecodedUpdate {
  const [frame] = framesOf(message)
  return decoder.decode(frame.octets, frame.start, frame.end)
}

/** An UPDATE message around withdrawn routes, attributes and NLRI given in hex. */
export function updateMessage(withdrawn: string, attributes: string, nlri: string): Uint8Array {
  const parts = [withdrawn, attributes, nlri].map(fromHex)
  const length = 23 + parts[0].length + parts[1].length + parts[2].length
  const hex16 = (value: number): string => value.toString(16).padStart(4, '0')
  return fromHex(
    'ff'.repeat(16) +
      hex16(length) +
      '02' +
      hex16(parts[0].length) +
      toHex(parts[0]) +
      hex16(parts[1].length) +
      toHex(parts[1]) +
      toHex(parts[2]),
  )
}

export interface RouteValue {
  key: string
  label?: number
  /** As an operator reads it: unsigned. */
  pathId?: number
}

export interface RunValue {
  family: string
  routes: RouteValue[]
  attributes?: AttributesValue | undefined
}

export interface UpdateValue {
  unreach: RunValue[]
  reach: RunValue[]
  endOfRib?: string
}

/** Attributes as fixtures spell them; what is left out is absent. */
export interface AttributesValue {
  nextHop: string
  origin?: number
  asPath?: AsPathSegment[]
  med?: number
  localPref?: number
  atomicAggregate?: boolean
  aggregator?: { asn: number; address: string }
  communities?: string[]
  originatorId?: string
  clusterList?: string[]
  /** Sixteen hex digits each. */
  extCommunities?: string[]
  largeCommunities?: string[]
  unknown?: { flags: number; type: number; value: string }[]
}

export function attributesOfValue(value: AttributesValue): Attributes {
  const word = (text: string): number => wordAt(parseIpAddress(text)!, 0)
  return {
    ...plainAttributes,
    nextHop: parseIpAddress(value.nextHop)!,
    origin: (value.origin ?? 0) as Origin,
    asPath: value.asPath ?? [],
    med: value.med,
    localPref: value.localPref,
    atomicAggregate: value.atomicAggregate ?? false,
    aggregator: value.aggregator && {
      asn: value.aggregator.asn,
      address: parseIpAddress(value.aggregator.address)!,
    },
    communities: (value.communities ?? []).map((text) => parseCommunity(text)!),
    originatorId: value.originatorId === undefined ? undefined : word(value.originatorId) >>> 0,
    clusterList: (value.clusterList ?? []).map((text) => word(text) >>> 0),
    extCommunities: extCommunities(
      (value.extCommunities ?? []).map((hex) => [parseInt(hex.slice(0, 8), 16), parseInt(hex.slice(8), 16)]),
    ),
    largeCommunities: (value.largeCommunities ?? []).map((text) => {
      const [global, local1, local2] = text.split(':').map(Number)
      return { global, local1, local2 }
    }),
    unknown: (value.unknown ?? []).map((raw) => ({ ...raw, value: fromHex(raw.value) })),
  }
}

function valueOfAttributes(set: Attributes): AttributesValue {
  const value: AttributesValue = { nextHop: formatIpAddress(set.nextHop) }
  if (set.origin !== 0) value.origin = set.origin
  if (set.asPath.length > 0) value.asPath = [...set.asPath]
  if (set.med !== undefined) value.med = set.med
  if (set.localPref !== undefined) value.localPref = set.localPref
  if (set.atomicAggregate) value.atomicAggregate = true
  if (set.aggregator) {
    value.aggregator = { asn: set.aggregator.asn, address: formatIpAddress(set.aggregator.address) }
  }
  if (set.communities.length > 0) value.communities = set.communities.map(formatCommunity)
  if (set.originatorId !== undefined) value.originatorId = formatIpv4Word(set.originatorId)
  if (set.clusterList.length > 0) value.clusterList = set.clusterList.map(formatIpv4Word)
  if (set.extCommunities.length > 0) {
    const octets = Buffer.alloc(set.extCommunities.length * 4)
    set.extCommunities.forEach((word, i) => octets.writeInt32BE(word, i * 4))
    value.extCommunities = octets.toString('hex').match(/.{16}/g)!
  }
  if (set.largeCommunities.length > 0) {
    value.largeCommunities = set.largeCommunities.map((one) => `${one.global}:${one.local1}:${one.local2}`)
  }
  if (set.unknown.length > 0) value.unknown = set.unknown.map((raw) => ({ ...raw, value: toHex(raw.value) }))
  return value
}

/** A decoded UPDATE as a value that outlives the next decode. */
export function valueOfUpdate(update: DecodedUpdate): UpdateValue {
  const value: UpdateValue = { unreach: [], reach: [] }
  for (const run of update.runs.slice(0, update.runCount)) {
    const words = routeKeyWords(run.family)
    const routes = Array.from({ length: run.count }, (_, i): RouteValue => {
      const key = formatRouteKey(run.family, run.keys, i * words)
      return {
        key,
        ...(run.reach && hasLabel(run.family) && { label: run.labels[i] }),
        ...(run.hasPathIds && { pathId: run.pathIds[i] >>> 0 }),
      }
    })
    const one: RunValue = { family: familyName(run.family), routes }
    if (run.reach) value.reach.push({ ...one, attributes: run.attrs && valueOfAttributes(run.attrs) })
    else value.unreach.push(one)
  }
  if (update.endOfRib !== undefined) value.endOfRib = familyName(update.endOfRib)
  return value
}

function hasLabel(family: Family): boolean {
  return ![Family.inet, Family.inet6, Family.routeTarget].includes(family as never)
}

/** The routes of a run as the encoder wants them. */
export function sourceOf(run: RunValue): NlriSource {
  const family = parseFamily(run.family)!
  const keys = run.routes.map((route) => parseRouteKey(family, route.key)!)
  const words = routeKeyWords(family)
  const source = {
    words: new Int32Array(keys.length * words),
    offsets: new Int32Array(keys.length),
    labels: new Int32Array(keys.length),
    pathIds: new Int32Array(keys.length),
    from: 0,
  }
  keys.forEach((key, i) => {
    source.words.set(key, i * words)
    source.offsets[i] = i * words
    source.labels[i] = run.routes[i].label ?? 0
    source.pathIds[i] = run.routes[i].pathId ?? 0
  })
  return source
}
