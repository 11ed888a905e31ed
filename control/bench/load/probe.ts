/**
 * The latency of one floating IP: an agent publishes it again and again, each time with another label, and a gateway that
 * wants only its target (RFC 4684) reads the UPDATEs.
 *
 *   agent's socket write ──► control node ──► gateway's socket read        microseconds by the clock of this one thread
 */
import { setTimeout as pause } from 'node:timers/promises'
import { UpdateEncoder } from '../../../bgp/wire/update-encode.ts'
import { AttrTable } from '../../../rib/attr-table.ts'
import { plainAttributes } from '../../../rib/model/attr-set.ts'
import { Family } from '../../../rib/model/family.ts'
import { parseIpv4 } from '../../../rib/model/ip-address.ts'
import { membershipKey } from '../../../rib/model/route-key.ts'
import { parseRouteTarget } from '../../../rib/model/route-target.ts'
import { AgentEnd } from './agent-end.ts'
import { agentName, changeText, computeAddress, FIRST_ITEM_PREFIX, loadNetwork } from './agent-feed.ts'
import { BgpEnd } from './bgp-end.ts'
import type { LinkTarget } from './link.ts'
import { ASN } from './vpn-feed.ts'

const FIRST_LABEL = 16
const WARM_UP_EVERY_MS = 5
/** How long the last ones may be under way. */
const LAST_BOUND_MS = 20_000
const NOTHING_TO_SEND = { first: FIRST_ITEM_PREFIX, count: 0 }

export interface ProbeSpec {
  readonly bgp: LinkTarget
  readonly agents: LinkTarget
  readonly gatewayAddress: string
  readonly agentAddress: string
  /** Numbers of the compute node and of the network. */
  readonly agent: number
  readonly network: number
  readonly times: number
  /** Publications before those that count: a control node that runs for months has warm code. */
  readonly warmUpTimes: number
  readonly everyMs: number
  readonly withinMs: number
}

export interface ProbeReport {
  /** Milliseconds, in the order of publishing. */
  readonly latenciesMs: readonly number[]
  /** Publications that a newer one overtook. */
  readonly overtaken: number
}

export async function runProbe(spec: ProbeSpec): Promise<ProbeReport> {
  const range = { first: FIRST_ITEM_PREFIX, count: 1 }
  const gateway = new BgpEnd({
    address: spec.gatewayAddress,
    holdTimeSec: 90,
    range,
    families: [Family.inetVpn, Family.routeTarget],
  })
  const { agent: number, network, agentAddress: address } = spec
  const agent = new AgentEnd({ number, address, network, routes: NOTHING_TO_SEND, range })
  try {
    await Promise.race([open(gateway, agent, spec), tooLate(spec.withinMs, gateway, agent)])
    return await publishAll(gateway, agent, spec)
  } finally {
    gateway.close()
    agent.close()
  }
}

async function open(gateway: BgpEnd, agent: AgentEnd, spec: ProbeSpec): Promise<void> {
  await Promise.all([gateway.dial(spec.bgp), agent.dial(spec.agents)])
  gateway.send(membership(spec))
  gateway.sendEndOfRib()
}

async function tooLate(ms: number, gateway: BgpEnd, agent: AgentEnd): Promise<never> {
  await pause(ms, undefined, { ref: false })
  const late = gateway.link.isUp ? agent : gateway
  throw new Error(`after ${ms / 1000} s: ${late.link.lastReason}`)
}

async function publishAll(gateway: BgpEnd, agent: AgentEnd, spec: ProbeSpec): Promise<ProbeReport> {
  const texts = publications(spec)
  const writtenMs = new Float64Array(texts.length)
  const latenciesMs = new Float64Array(texts.length).fill(-1)
  let [newest, overtaken] = [-1, 0]
  gateway.hears = (_prefix, label) => {
    const now = performance.now()
    const seen = label - FIRST_LABEL
    // One that a newer one replaced is as late as that.
    for (let i = newest + 1; i <= seen; i++) {
      if (i < seen) overtaken++
      latenciesMs[i] = now - writtenMs[i]!
    }
    newest = Math.max(newest, seen)
  }
  let startMs = performance.now()
  for (const [i, text] of texts.entries()) {
    const sinceWarm = i - spec.warmUpTimes
    const dueMs = sinceWarm < 0 ? WARM_UP_EVERY_MS : startMs + sinceWarm * spec.everyMs - performance.now()
    await pause(Math.max(0, dueMs))
    if (sinceWarm === 0) startMs = performance.now()
    throwFailure(gateway, agent)
    writtenMs[i] = performance.now()
    agent.send(text)
  }
  const deadlineMs = performance.now() + LAST_BOUND_MS
  while (newest < texts.length - 1 && performance.now() < deadlineMs) {
    throwFailure(gateway, agent)
    await pause(5)
  }
  if (newest < texts.length - 1)
    throw new Error(`the gateway saw publication ${newest + 1} of ${texts.length} last`)
  return { latenciesMs: [...latenciesMs.subarray(spec.warmUpTimes)], overtaken }
}

function publications({ agent, network, times, warmUpTimes }: ProbeSpec): Buffer[] {
  const { vrf } = loadNetwork(network)
  return Array.from({ length: warmUpTimes + times }, (_, i) => {
    const route = { prefix: FIRST_ITEM_PREFIX, nextHop: computeAddress(agent), label: FIRST_LABEL + i }
    return Buffer.from(changeText(agentName(agent), vrf, route, i).publish)
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
  const out: Uint8Array[] = []
  const encoder = new UpdateEncoder({ as4: true, isIbgp: true, maxMessageLength: 4096 })
  const nlri = { words, offsets: Int32Array.of(0), labels: Int32Array.of(0), from: 0 }
  encoder.reach(out, Family.routeTarget, attrs, nlri, 1)
  return Buffer.concat(out)
}

function throwFailure(...ends: readonly (BgpEnd | AgentEnd)[]): void {
  for (const { link } of ends) if (link.failure !== undefined) throw new Error(link.lastReason)
}
