/**
 * The octets of one BGP sender, made before the clock starts: VPN-IPv4 host routes in UPDATEs, and their withdrawal.
 *
 *   route r      RD 64512:(1 + set mod 1000), prefix 11.0.0.0 + r, label 16 + r mod 1,000,000
 *   UPDATE u     `perUpdate` routes with attribute set u mod `attributeSets`
 *   set s        next hop 10.(sender).0.0 + s, target:64512:s, an AS path, LOCAL_PREF of the sender
 */
import { MessagePieces } from '../../../bgp/wire/message-pieces.ts'
import { UpdateEncoder } from '../../../bgp/wire/update-encode.ts'
import { AttrTable } from '../../../rib/attr-table.ts'
import { plainAttributes } from '../../../rib/model/attr-set.ts'
import type { AttrSet } from '../../../rib/model/attr-set.ts'
import { extCommunities } from '../../../rib/model/ext-community.ts'
import { Family } from '../../../rib/model/family.ts'
import { ipv4OfWord } from '../../../rib/model/ip-address.ts'
import { attributesContent, segmentContent, targetContent, vpnRouteContent } from './content.ts'
import type { Expectation } from './holdings.ts'

/** 11.0.0.0: the prefix of route 0. */
export const FIRST_PREFIX = 0x0b000000
export const ASN = 64512
const FIRST_NEXT_HOP = 0x0a000000
const FIRST_LABEL = 16
const LABELS = 1_000_000
const RDS = 1000
const MAX_MESSAGE_LENGTH = 4096
const AS_SEQUENCE = 2

export interface VpnFeedSpec {
  readonly routes: number
  readonly attributeSets: number
  readonly perUpdate: number
  /** Number of the sender: its next hops. */
  readonly sender: number
  readonly localPref: number
  /** A last route of the sender's own, by number: when it comes out, all before it has gone in. */
  readonly lastRoute?: number
}

export interface VpnFeed {
  readonly announce: Buffer
  readonly withdraw: Buffer
  /** The routes themselves, and the last route of its own. */
  readonly routes: Expectation
  readonly last: Expectation
}

interface FeedSet {
  readonly attrs: AttrSet
  readonly content: number
  readonly rdLow: number
}

const RD_HIGH = ASN

export function makeVpnFeed(spec: VpnFeedSpec): VpnFeed {
  const sets = makeSets(spec)
  const writer = new FeedWriter(spec.perUpdate)
  let checksum = 0
  for (let first = 0, update = 0; first < spec.routes; first += spec.perUpdate, update++) {
    const set = sets[update % sets.length]!
    checksum = (checksum + writer.routes(set, first, Math.min(spec.perUpdate, spec.routes - first))) | 0
  }
  const lastSum = spec.lastRoute === undefined ? 0 : writer.routes(sets[0]!, spec.lastRoute, 1)
  return {
    announce: Buffer.concat(writer.announcements.take()),
    withdraw: Buffer.concat(writer.withdrawals.take()),
    routes: { count: spec.routes, checksum },
    last: { count: spec.lastRoute === undefined ? 0 : 1, checksum: lastSum },
  }
}

function makeSets(spec: VpnFeedSpec): FeedSet[] {
  const table = new AttrTable()
  return Array.from({ length: spec.attributeSets }, (_, s) => {
    const nextHop = FIRST_NEXT_HOP + (spec.sender << 16) + s
    // target:64512:s (RFC 4360 §4)
    const [high, low] = [0x00020000 + ASN, s]
    const asns = [65001, 65100 + (s & 255)]
    const attrs = table.intern({
      ...plainAttributes,
      nextHop: ipv4OfWord(nextHop),
      localPref: spec.localPref,
      asPath: [{ type: AS_SEQUENCE, asns }],
      extCommunities: extCommunities([[high, low]]),
    })
    const asPath = segmentContent(0, (AS_SEQUENCE << 8) | asns.length, asns)
    const shared = { origin: attrs.origin, asPath, med: 0, localPref: spec.localPref }
    const content = attributesContent(nextHop, targetContent(high, low), shared)
    return { attrs, content, rdLow: 1 + (s % RDS) }
  })
}

/** Writes UPDATEs and their withdrawals, and sums up the content. */
class FeedWriter {
  readonly announcements = new MessagePieces()
  readonly withdrawals = new MessagePieces()
  readonly #encoder = new UpdateEncoder({ as4: true, isIbgp: true, maxMessageLength: MAX_MESSAGE_LENGTH })
  readonly #words: Int32Array
  readonly #offsets: Int32Array
  readonly #labels: Int32Array

  constructor(perUpdate: number) {
    this.#words = new Int32Array(perUpdate * 4)
    this.#offsets = Int32Array.from({ length: perUpdate }, (_, i) => i * 4)
    this.#labels = new Int32Array(perUpdate)
  }

  /** One UPDATE with `count` routes from number `first` on; returns the sum of their contents. */
  routes(set: FeedSet, first: number, count: number): number {
    let sum = 0
    for (let i = 0; i < count; i++) {
      const prefix = FIRST_PREFIX + first + i
      const label = FIRST_LABEL + ((first + i) % LABELS)
      this.#words.set([RD_HIGH, set.rdLow, 32, prefix], i * 4)
      this.#labels[i] = label
      sum = (sum + vpnRouteContent(RD_HIGH, set.rdLow, prefix, label, set.content)) | 0
    }
    const nlri = { words: this.#words, offsets: this.#offsets, labels: this.#labels, from: 0 }
    this.#encoder.reach(this.announcements, Family.inetVpn, set.attrs, nlri, count)
    this.#encoder.unreach(this.withdrawals, Family.inetVpn, nlri, count)
    return sum
  }
}
