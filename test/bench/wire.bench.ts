/**
 * Nanoseconds per route of the UPDATE codec: 1,000,000 VPN-IPv4 routes in 10,000 attribute sets, 50 to an UPDATE (scenario
 * A of the design), first cold and then warm.   node test/bench/wire.bench.ts
 */
import { emptyFrame, Framer } from '../../bgp/wire/framer.ts'
import { UpdateDecoder } from '../../bgp/wire/update-decode.ts'
import { UpdateEncoder } from '../../bgp/wire/update-encode.ts'
import { plainAttributes } from '../../rib/model/attr-set.ts'
import type { AttrSet } from '../../rib/model/attr-set.ts'
import type { Attributes } from '../../rib/model/attr-set.ts'
import { extCommunities } from '../../rib/model/ext-community.ts'
import { Family } from '../../rib/model/family.ts'
import { ipv4OfWord } from '../../rib/model/ip-address.ts'
import { attributesKey, attrSetOf } from '../support/attr-sets.ts'
import { MessageList } from '../support/message-list.ts'

const ROUTES = 1_000_000
const SETS = 10_000
const PER_UPDATE = 50
const ROUNDS = 6

const sets = new Map<string, AttrSet>()

function intern(attributes: Attributes): AttrSet {
  const key = attributesKey(attributes)
  let set = sets.get(key)
  if (set === undefined) {
    set = attrSetOf(sets.size, attributes)
    sets.set(key, set)
  }
  return set
}

function attributesNumber(i: number): AttrSet {
  return intern({
    ...plainAttributes,
    nextHop: ipv4OfWord((10 << 24) | i),
    localPref: 100,
    med: i & 15,
    asPath: [{ type: 2, asns: [64512 + (i & 255), 65000, 65001] }],
    communities: [64512 * 65536 + i],
    extCommunities: extCommunities([
      [0x0002fc00, i],
      [0x030c0000, 2],
    ]),
  })
}

const attributeSets = Array.from({ length: SETS }, (_, i) => attributesNumber(i))
const words = new Int32Array(ROUTES * 4)
const offsets = new Int32Array(ROUTES)
const labels = new Int32Array(ROUTES)
for (let i = 0; i < ROUTES; i++) {
  words.set([(1 << 16) | 0x0a00, ((i >>> 8) << 16) | (i & 255), 32, (100 << 24) | i], i * 4)
  offsets[i] = i * 4
  labels[i] = 16 + (i % 1_000_000)
}

function encodeAll(encoder: UpdateEncoder): Uint8Array[] {
  const messages = new MessageList()
  for (let from = 0, turn = 0; from < ROUTES; from += PER_UPDATE, turn++) {
    const set = attributeSets[turn % SETS]
    encoder.reach(messages, Family.inetVpn, set, { words, offsets, labels, from }, PER_UPDATE)
  }
  return messages
}

function decodeAll(decoder: UpdateDecoder, chunks: readonly Uint8Array[]): number {
  const framer = new Framer(4096)
  const frame = emptyFrame()
  let routes = 0
  for (const chunk of chunks) {
    framer.push(chunk)
    while (framer.next(frame)) {
      const update = decoder.decode(frame.octets, frame.start, frame.end)
      for (let i = 0; i < update.runCount; i++) routes += update.runs[i].count
    }
  }
  return routes
}

/** The stream as a socket delivers it: 64 KiB at a time. */
function chunksOf(messages: readonly Uint8Array[]): Uint8Array[] {
  const stream = Buffer.concat(messages)
  const chunks: Uint8Array[] = []
  for (let at = 0; at < stream.length; at += 65536) {
    chunks.push(new Uint8Array(stream.subarray(at, at + 65536)))
  }
  return chunks
}

function timed(name: string, run: () => unknown): void {
  const start = process.hrtime.bigint()
  run()
  const ns = Number(process.hrtime.bigint() - start) / ROUTES
  process.stdout.write(`${name.padEnd(16)} ${ns.toFixed(1).padStart(7)} ns/route\n`)
}

const encoder = new UpdateEncoder({ as4: true, isIbgp: true, maxMessageLength: 4096 })
const decoder = new UpdateDecoder({ as4: true, isIbgp: true, families: new Set([Family.inetVpn]), intern })
let messages: Uint8Array[] = []
for (let round = 0; round < ROUNDS; round++) {
  timed(round === 0 ? 'encode (cold)' : 'encode', () => (messages = encodeAll(encoder)))
}
const chunks = chunksOf(messages)
for (let round = 0; round < ROUNDS; round++) {
  timed(round === 0 ? 'decode (cold)' : 'decode', () => {
    const routes = decodeAll(decoder, chunks)
    if (routes !== ROUTES) throw new Error(`${routes} routes decoded`)
  })
}
for (let round = 0; round < 3; round++) {
  decoder.forgetAttributes()
  timed('decode (forgot)', () => decodeAll(decoder, chunks))
}
