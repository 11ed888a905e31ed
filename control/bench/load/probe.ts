/**
 * The latency of one floating IP: an agent publishes it again and again, each time with another label, and a gateway that
 * wants only its target (RFC 4684) reads the UPDATEs.
 *
 *   agent's socket write ──► control node ──► gateway's socket read        by the clock of this one thread
 *   socket write ──► echo ──► socket read                                  in between: the floor (echo.ts)
 */
import { setTimeout as pause } from 'node:timers/promises'
import { MessagePieces } from '../../../bgp/wire/message-pieces.ts'
import { UpdateEncoder } from '../../../bgp/wire/update-encode.ts'
import { AttrTable } from '../../../rib/attr-table.ts'
import { plainAttributes } from '../../../rib/model/attr-set.ts'
import { Family } from '../../../rib/model/family.ts'
import { parseIpv4 } from '../../../rib/model/ip-address.ts'
import { membershipKey } from '../../../rib/model/route-key.ts'
import { parseRouteTarget } from '../../../rib/model/route-target.ts'
import { AgentEnd } from './agent-end.ts'
import {
  agentName,
  changeText,
  computeAddress,
  FIRST_ITEM_PREFIX,
  loadNetwork,
  makeAgentFeed,
} from './agent-feed.ts'
import { BgpEnd } from './bgp-end.ts'
import { EchoClient } from './echo.ts'
import type { LinkTarget } from './link.ts'
import { ASN } from './vpn-feed.ts'

const FIRST_LABEL = 16
const HOLD_TIME_SEC = 90
const POLL_MS = 5
/** How long the last ones may be under way. */
const LAST_BOUND_MS = 20_000
const NOTHING_TO_SEND = { first: FIRST_ITEM_PREFIX, count: 0 }

export interface ProbeSpec {
  readonly bgp: LinkTarget
  readonly agents: LinkTarget
  readonly echo: LinkTarget
  readonly gatewayAddress: string
  readonly agentAddress: string
  /** Numbers of the compute node and of the network. */
  readonly agent: number
  readonly network: number
  readonly withinMs: number
}

export interface ProbeRequest {
  readonly times: number
  readonly everyMs: number
}

export interface ProbeReport {
  /** Milliseconds, in the order of publishing. */
  readonly latenciesMs: readonly number[]
  /** Of the echoes between them. */
  readonly floorsMs: readonly number[]
  /** Publications that a newer one overtook: as late as that. */
  readonly overtaken: number
}

/** One agent and one gateway. */
export class Probe {
  readonly #spec: ProbeSpec
  readonly #gateway: BgpEnd
  readonly #agent: AgentEnd
  #echo: EchoClient | undefined
  /** Publications so far: the next one's label. */
  #published = 0

  constructor(spec: ProbeSpec) {
    this.#spec = spec
    const range = { first: FIRST_ITEM_PREFIX, count: 1 }
    const { agent: number, network, agentAddress: address } = spec
    const families = [Family.inetVpn, Family.routeTarget]
    this.#gateway = new BgpEnd({ address: spec.gatewayAddress, holdTimeSec: HOLD_TIME_SEC, range, families })
    const agentSpec = { number, address, network, routes: NOTHING_TO_SEND, range }
    this.#agent = new AgentEnd(agentSpec, makeAgentFeed(agentSpec))
  }

  async open(): Promise<void> {
    const { bgp, agents, withinMs } = this.#spec
    const stop = new AbortController()
    const bound = pause(withinMs, false, { signal: stop.signal }).catch(() => false)
    const up = Promise.all([this.#gateway.dial(bgp), this.#agent.dial(agents)]).then(() => true)
    const isUp = await Promise.race([up, bound])
    stop.abort()
    const late = this.#gateway.link.isUp ? this.#agent : this.#gateway
    if (!isUp) throw new Error(`after ${withinMs / 1000} s: ${late.link.lastReason}`)
    this.#echo = await EchoClient.dial(this.#spec.echo)
    this.#gateway.send(membership(this.#spec))
    this.#gateway.sendEndOfRib()
  }

  async publish({ times, everyMs }: ProbeRequest): Promise<ProbeReport> {
    const first = this.#published
    this.#published += times
    const texts = publications(this.#spec, first, times)
    const writtenMs = new Float64Array(times)
    const latenciesMs = new Float64Array(times)
    let [newest, overtaken] = [-1, 0]
    this.#gateway.hears = (prefix, label) => {
      if (prefix !== FIRST_ITEM_PREFIX) return
      const now = performance.now()
      const seen = label - FIRST_LABEL - first
      for (let i = newest + 1; i <= seen; i++) {
        if (i < seen) overtaken++
        latenciesMs[i] = now - writtenMs[i]!
      }
      newest = Math.max(newest, seen)
    }
    this.#echo!.take()
    const startMs = performance.now()
    const until = async (atMs: number): Promise<void> => {
      await pause(Math.max(0, startMs + atMs - performance.now()))
    }
    for (const [i, text] of texts.entries()) {
      await until(i * everyMs)
      this.#throwFailure()
      writtenMs[i] = performance.now()
      this.#agent.send(text)
      await until((i + 0.5) * everyMs)
      this.#echo!.send(text)
    }
    const deadlineMs = performance.now() + LAST_BOUND_MS
    while (newest < times - 1) {
      this.#throwFailure()
      if (performance.now() > deadlineMs) {
        throw new Error(`the gateway saw publication ${newest + 1} of ${times} last`)
      }
      await pause(POLL_MS)
    }
    return { latenciesMs: [...latenciesMs], floorsMs: this.#echo!.take(), overtaken }
  }

  close(): void {
    this.#gateway.close()
    this.#agent.close()
    this.#echo?.close()
  }

  #throwFailure(): void {
    for (const { link } of [this.#gateway, this.#agent]) {
      if (link.failure !== undefined) throw new Error(link.lastReason)
    }
  }
}

function publications({ agent, network }: ProbeSpec, first: number, times: number): Buffer[] {
  const { vrf } = loadNetwork(network)
  return Array.from({ length: times }, (_, i) => {
    const n = first + i
    const route = { prefix: FIRST_ITEM_PREFIX, nextHop: computeAddress(agent), label: FIRST_LABEL + n }
    return Buffer.from(changeText(agentName(agent), vrf, route, n).publish)
  })
}

/** The membership of the network's target, as an UPDATE. */
function membership({ network, gatewayAddress }: ProbeSpec): Buffer {
  const attrs = new AttrTable().intern({
    ...plainAttributes,
    nextHop: parseIpv4(gatewayAddress)!,
    localPref: 100,
  })
  const words = membershipKey(ASN, parseRouteTarget(loadNetwork(network).target)!)
  const out = new MessagePieces()
  const encoder = new UpdateEncoder({ as4: true, isIbgp: true, maxMessageLength: 4096 })
  const nlri = { words, offsets: Int32Array.of(0), labels: Int32Array.of(0), from: 0 }
  encoder.reach(out, Family.routeTarget, attrs, nlri, 1)
  return Buffer.concat(out.take())
}
