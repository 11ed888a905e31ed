/**
 * The data path without sockets, printed and never asserted: one million VPNv4 routes as octets are decoded, stored,
 * offered to one update group of reflector clients and encoded again.  node test/bench/rib.bench.ts [receivers]
 */
import { performance } from 'node:perf_hooks'
import { BgpGroupEncoder } from '../../bgp/session/send.ts'
import { UpdateReceiver } from '../../bgp/session/receive.ts'
import { BgpImportRule } from '../../bgp/session/bgp-import-rule.ts'
import { PeerCounters } from '../../bgp/session/counters.ts'
import { UpdateDecoder } from '../../bgp/wire/update-decode.ts'
import { UpdateEncoder } from '../../bgp/wire/update-encode.ts'
import { AttrTable } from '../../rib/attr-table.ts'
import { plainAttributes } from '../../rib/model/attr-set.ts'
import { extCommunities } from '../../rib/model/ext-community.ts'
import { Family } from '../../rib/model/family.ts'
import { ipv4OfWord } from '../../rib/model/ip-address.ts'
import { parseRouteTarget, routeTargetHigh, routeTargetLow } from '../../rib/model/route-target.ts'
import { SourceKind } from '../../rib/path-source.ts'
import { Rib } from '../../rib/rib.ts'
import type { Table } from '../../rib/table.ts'
import { TurnClock } from '../support/turn-clock.ts'
import { MessageList } from '../support/message-list.ts'

const ROUTES = 1_000_000
const ATTRIBUTE_SETS = 10_000
const PER_UPDATE = 50

class RealTimeClock extends TurnClock {
  override nowMs(): number {
    return performance.now()
  }
}

function feed(): Uint8Array[] {
  const attrs = new AttrTable()
  const encoder = new UpdateEncoder({ as4: true, maxMessageLength: 4096, isIbgp: true })
  const out = new MessageList()
  const words = new Int32Array(PER_UPDATE * 4)
  const offsets = Int32Array.from({ length: PER_UPDATE }, (_, i) => i * 4)
  const labels = new Int32Array(PER_UPDATE)
  for (let update = 0; update < ROUTES / PER_UPDATE; update++) {
    const n = update % ATTRIBUTE_SETS
    const target = parseRouteTarget(`target:64512:${n}`)!
    const set = attrs.intern({
      ...plainAttributes,
      nextHop: ipv4OfWord(0x0a000000 + n),
      localPref: 100,
      extCommunities: extCommunities([[routeTargetHigh(target), routeTargetLow(target)]]),
    })
    for (let i = 0; i < PER_UPDATE; i++) {
      const route = update * PER_UPDATE + i
      words.set([64512, route & 1023, 32, (0x0b000000 + route) | 0], i * 4)
      labels[i] = 16 + (route % 100_000)
    }
    encoder.reach(out, Family.inetVpn, set, { words, offsets, labels, from: 0 }, PER_UPDATE)
  }
  return out
}

const receivers = Number(process.argv[2] ?? 1)
const messages = feed()
const clock = new RealTimeClock()
const rib = new Rib({ localAs: 64512, routerId: 1, clusterId: 1, clock })
const table = rib.master(Family.inetVpn)!
const peer = (name: string, n: number) =>
  rib.addSource({
    kind: SourceKind.bgp,
    name,
    isIbgp: true,
    isClient: true,
    asn: 64512,
    routerId: n,
    address: ipv4OfWord(n),
  })
const sender = peer('sender', 10)
let octets = 0
for (let i = 0; i < receivers; i++) {
  const rule = rib.bgpExportRule({
    isIbgp: true,
    peerAs: 64512,
    localAs: 64512,
    routerId: 1,
    clusterId: 1,
    isClient: true,
    encodingKey: '',
    sendNothing: false,
    takesLongLived: false,
  })
  const member = {
    source: peer(`receiver${i}`, 100 + i),
    filtersByTarget: false,
    write(_table: Table, frames: readonly Uint8Array[]): boolean {
      for (const frame of frames) octets += frame.length
      return true
    },
    onSynced() {},
  }
  rib.join(
    table,
    rule,
    () => new BgpGroupEncoder(rib.attrs, { as4: true, maxMessageLength: 4096, isIbgp: true }),
    member,
  )
}
clock.settle()
const decoder = new UpdateDecoder({
  as4: true,
  isIbgp: true,
  families: new Set([Family.inetVpn]),
  intern: (a) => rib.attrs.intern(a),
})
rib.attrs.onCollect(() => decoder.forgetAttributes())
const rules = { localAs: 64512, routerId: 1, clusterId: 1, rejectsAll: false }
sender.importRule = new BgpImportRule(rules, rib.attrs)
const receiver = new UpdateReceiver(rib, sender, {
  families: [Family.inetVpn],
  counters: new PeerCounters(),
})
global.gc?.()
const before = process.memoryUsage().rss
const started = performance.now()
let updates = 0
for (const message of messages) {
  receiver.apply(decoder.decode(message, 19, message.length))
  if (++updates % 20 === 0) clock.step()
}
const ingested = performance.now()
clock.settle(1_000_000)
const done = performance.now()
const mib = (n: number): string => `${(n / 1048576).toFixed(0)} MiB`
console.log(
  `${table.routeCount} routes, ${receivers} receiver(s): ${(done - started).toFixed(0)} ms (ingest loop ${(ingested - started).toFixed(0)} ms)`,
)
console.log(
  `${(((done - started) * 1e6) / ROUTES).toFixed(0)} ns a route, ${mib(octets)} sent, RSS +${mib(process.memoryUsage().rss - before)} of ${mib(process.memoryUsage().rss)}`,
)
