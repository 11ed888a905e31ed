/**
 * A rehearsal before the first peer comes. V8 interprets what it has not run a few thousand times, and a whole table may
 * come within the first second of a session: then that second is spent on cold code. So a daemon plays reflection between
 * two peers that are not there, through its own sessions and codecs and a RIB apart, on sockets and a clock of its own,
 * until its time is used up or real work comes. Nothing of it stays but compiled code.
 *
 * V8 compiles for what it has seen. What a rehearsal does not show is not compiled, or is thrown away when it comes: so
 * the feeds are large enough to let everything grow, split and be swept, chunks end in the middle of messages, and there
 * are two casts, since what only one RIB ever called is bound to that one.
 */
import { setImmediate as nextRound } from 'node:timers/promises'
import { keepalive } from '../../bgp/wire/keepalive.ts'
import { encodeOpen } from '../../bgp/wire/open.ts'
import type { AcceptedSocket } from '../../bgp/session/connection.ts'
import type { PeerConfig } from '../../bgp/session/peer-config.ts'
import { Speaker } from '../../bgp/session/speaker.ts'
import type { Transport } from '../../bgp/session/transport.ts'
import type { Timers } from '../../rib/clock.ts'
import { silentLog } from '../../rib/log.ts'
import { Family } from '../../rib/model/family.ts'
import { parseIpAddress } from '../../rib/model/ip-address.ts'
import { Rib } from '../../rib/rib.ts'
import { warmFeed } from './warm-feed.ts'
import type { WarmFeed, WarmFeedSize } from './warm-feed.ts'
import { WarmSocket } from './warm-socket.ts'

const LOCAL_AS = 64512
const ROUTER_ID = 0x7f000001
const HOLD_TIME_SEC = 90

/** So long everybody else waits for a rehearsal, at most. */
const SLICE_MS = 4

/** Octets that come at once. */
const CHUNK_OCTETS = 1 << 15

/** Many sets and one route to an UPDATE; many routes to an UPDATE, so many that the index of the table splits. */
const feedSizes: readonly WarmFeedSize[] = [
  { sets: 800, updatesPerSet: 4, perUpdate: 1 },
  { sets: 100, updatesPerSet: 2, perUpdate: 50 },
]

/**
 * How often each cast plays each feed. What is done for each attribute set is done least often, and V8 optimises it in its
 * last stage after some ten thousand times; what is missing then is compiled while the table comes.
 */
const PERFORMANCES = 10

/** Plays in slices, for so many milliseconds at most, and only while there is nothing better to do. */
export async function warmUp(boundMs: number, isIdle: () => boolean): Promise<void> {
  const endMs = performance.now() + boundMs
  const steps = rehearse()
  while (performance.now() < endMs && isIdle()) {
    const sliceEndMs = performance.now() + SLICE_MS
    while (performance.now() < sliceEndMs) if (steps.next().done === true) return
    // Whoever connects meanwhile comes first.
    await nextRound()
  }
}

function* rehearse(): Generator<undefined> {
  const feeds: WarmFeed[] = []
  for (const size of feedSizes) feeds.push(yield* warmFeed(size))
  const casts = [new Rehearsal(), new Rehearsal()]
  for (let i = 0; i < PERFORMANCES; i++)
    for (const feed of feeds) for (const cast of casts) yield* cast.play(feed)
}

/** One reflector with a peer that sends and one that receives. */
export class Rehearsal {
  readonly #rib: Rib
  readonly #deferred: (() => void)[] = []
  readonly #sender: WarmSocket
  readonly #receiver: WarmSocket

  constructor() {
    const clock: Timers = {
      nowMs: () => performance.now(),
      defer: (run) => void this.#deferred.push(run),
      setTimer: () => ({ cancel() {} }),
    }
    let accept: (socket: AcceptedSocket) => void = () => {}
    const transport: Transport = {
      acceptor: (onSocket) => {
        accept = onSocket
        return { listen: async () => {}, endpoints: () => [], close: async () => {} }
      },
      dial: () => {
        throw new Error('peers of a rehearsal are passive')
      },
    }
    const facts = { localAs: LOCAL_AS, routerId: ROUTER_ID, clusterId: ROUTER_ID }
    const rib = new Rib({ ...facts, clock, hashSeed: 1 })
    this.#rib = rib
    const speaker = new Speaker({ ...facts, rib, clock, log: silentLog, transport })
    speaker.setPeers(['192.0.2.2', '192.0.2.3'].map(peerAt))
    this.#receiver = this.#connect('192.0.2.3', accept, 3)
    this.#sender = this.#connect('192.0.2.2', accept, 2)
  }

  /** Everything is announced and withdrawn, in steps. */
  *play({ announce, withdraw }: WarmFeed): Generator<undefined> {
    for (const octets of [announce, withdraw]) {
      for (let at = 0; at < octets.length; at += CHUNK_OCTETS) {
        this.#sender.bring(octets.subarray(at, at + CHUNK_OCTETS))
        yield
        yield* this.#settle()
      }
    }
  }

  get routeCount(): number {
    return this.#rib.master(Family.inetVpn)!.routeCount
  }

  /** Octets that the receiver got. */
  get written(): number {
    return this.#receiver.written
  }

  #connect(address: string, accept: (socket: AcceptedSocket) => void, identifier: number): WarmSocket {
    const socket = new WarmSocket(address)
    accept(socket.socket)
    const open = encodeOpen({
      version: 4,
      asn: LOCAL_AS,
      holdTimeSec: HOLD_TIME_SEC,
      identifier,
      capabilities: [
        { kind: 'multiprotocol', family: Family.inetVpn },
        { kind: 'as4', asn: LOCAL_AS },
      ],
    })
    for (const octets of [open, keepalive]) {
      socket.bring(octets)
      for (const _ of this.#settle());
    }
    return socket
  }

  /** What follows, turn by turn. */
  *#settle(): Generator<undefined> {
    for (let run = this.#deferred.shift(); run; run = this.#deferred.shift()) {
      run()
      yield
    }
  }
}

function peerAt(address: string): PeerConfig {
  return {
    name: address,
    address: parseIpAddress(address)!,
    range: undefined,
    port: 179,
    autonomousSystem: LOCAL_AS,
    passive: true,
    families: [Family.inetVpn],
    routeReflectorClient: true,
    holdTimeSec: HOLD_TIME_SEC,
    ebgpRequiresPolicy: false,
    adminDown: false,
  }
}
