/**
 * Scenarios A to D: reflection of VPN-IPv4 routes between iBGP peers, then all are withdrawn. A run ends when the last
 * receiver holds every route with the content that was sent; for several senders of the same routes, each adds a last
 * route of its own, so that all paths have been taken in by then.
 */
import { Family } from '../../../rib/model/family.ts'
import type { Child } from '../daemons/child.ts'
import { HOLD_TIME_SEC, HOST, vpnPeers } from '../daemons/setup.ts'
import type { DaemonKind } from '../daemons/daemon-kind.ts'
import { cpuSeconds, forgetPeak, peakOctets } from '../daemons/process-figures.ts'
import type { Sample } from '../figures.ts'
import type { BgpEndSpec } from '../load/bgp-end.ts'
import { nothing, sumOf } from '../load/holdings.ts'
import type { Expectation } from '../load/holdings.ts'
import type { FeedFacts } from '../load/load-calls.ts'
import { FIRST_PREFIX } from '../load/vpn-feed.ts'
import type { VpnFeedSpec } from '../load/vpn-feed.ts'
import { UP_BOUND_MS } from '../stage.ts'
import type { Stage } from '../stage.ts'
import { countText, secondsBetween } from './scenario.ts'
import type { Scenario } from './scenario.ts'

export interface ReflectionSize {
  readonly letter: string
  readonly routes: number
  readonly attributeSets: number
  readonly perUpdate: number
  readonly senders: number
  readonly receivers: number
}

const phases = ['announce', 'withdraw'] as const
type Phase = (typeof phases)[number]

/** The senders' best: what the others announce loses by LOCAL_PREF, in every implementation alike. */
const BEST_LOCAL_PREF = 200
const LOCAL_PREF = 100

export function reflection(size: ReflectionSize): Scenario {
  return {
    letter: size.letter,
    phases,
    ability: () => 'plays',
    title: (stage) => titleOf(size, stage),
    run: async (stage, kind) => await reflect(size, stage, kind),
    runSelf: async (stage) => await deliver(size, stage),
  }
}

/** One run with a daemon. */
export async function reflect(
  size: ReflectionSize,
  stage: Stage,
  kind: DaemonKind,
): Promise<Record<Phase, Sample>> {
  const feeds = await stage.sender.call('makeFeeds', feedSpecs(size, stage))
  const senders = endSpecs(1, size, stage, size.senders)
  const receivers = endSpecs(2, size, stage, size.receivers)
  const child = await stage.start(kind, { peers: vpnPeers([...senders, ...receivers]) })
  await stage.alive(dialAll(stage, child, senders, receivers))
  const wanted = wantedOf(feeds)
  return await runPhases(
    stage,
    receivers.map(() => wanted),
    child,
  )
}

/**
 * The same octets from the senders straight to as many receivers: what the load could do if no daemon were there. The
 * second of two deliveries: during the first the code of the load is still being compiled.
 */
export async function deliver(size: ReflectionSize, stage: Stage): Promise<Record<Phase, Sample>> {
  await deliverOnce(size, stage)
  await stage.clear()
  return await deliverOnce(size, stage)
}

async function deliverOnce(size: ReflectionSize, stage: Stage): Promise<Record<Phase, Sample>> {
  const feeds = await stage.sender.call('makeFeeds', feedSpecs(size, stage))
  const count = Math.max(size.senders, size.receivers)
  const ends = endSpecs(1, size, stage, count)
  const port = await stage.sender.call('listenPeers', { host: HOST, ends })
  const receivers = endSpecs(2, size, stage, count)
  const target = { host: HOST, port }
  await stage.sink.call('dialPeers', { target, ends: receivers, withinMs: UP_BOUND_MS })
  await stage.sender.call('peersUp', { withinMs: UP_BOUND_MS })
  const wanted = receivers.map((_, i) => {
    const { routes, last } = feeds[i % feeds.length]!
    return sumOf([routes, last])
  })
  return await runPhases(stage, wanted, undefined)
}

function titleOf(size: ReflectionSize, stage: Stage): string {
  const { routes, attributeSets, perUpdate } = sizeAt(size, stage)
  const senders = size.senders > 1 ? `the same from ${size.senders} senders` : '1 sender'
  return (
    `${countText(routes, 'VPN route')}, ${countText(attributeSets, 'attribute set')}, ${perUpdate} to an UPDATE, ` +
    `${senders}, ${countText(size.receivers, 'receiver')}`
  )
}

export function sizeAt(size: ReflectionSize, stage: Stage): ReflectionSize {
  const { routes, attributeSets } = size
  return { ...size, routes: stage.scaled(routes), attributeSets: stage.scaled(attributeSets) }
}

export function feedSpecs(size: ReflectionSize, stage: Stage): VpnFeedSpec[] {
  const { routes, attributeSets, perUpdate, senders } = sizeAt(size, stage)
  return Array.from({ length: senders }, (_, sender) => ({
    routes,
    attributeSets,
    perUpdate,
    sender,
    localPref: sender === 0 ? BEST_LOCAL_PREF : LOCAL_PREF,
    ...(senders > 1 ? { lastRoute: routes + sender } : {}),
  }))
}

/** Peers 127.(group).0.1 and on. */
export function endSpecs(group: number, size: ReflectionSize, stage: Stage, count: number): BgpEndSpec[] {
  const { routes, senders } = sizeAt(size, stage)
  return Array.from({ length: count }, (_, i) => ({
    address: `127.${group}.0.${i + 1}`,
    holdTimeSec: HOLD_TIME_SEC,
    range: { first: FIRST_PREFIX, count: routes + senders },
    families: [Family.inetVpn],
  }))
}

async function dialAll(
  stage: Stage,
  child: Child,
  senders: readonly BgpEndSpec[],
  receivers: readonly BgpEndSpec[],
): Promise<void> {
  const target = child.bgp
  await stage.sink.call('dialPeers', { target, ends: receivers, withinMs: UP_BOUND_MS })
  await stage.sender.call('dialPeers', { target, ends: senders, withinMs: UP_BOUND_MS })
  await stage.settle()
}

/** The first sender's routes win; the last route of each is its own. */
function wantedOf(feeds: readonly FeedFacts[]): Expectation {
  return sumOf([feeds[0]!.routes, ...feeds.map(({ last }) => last)])
}

async function runPhases(
  stage: Stage,
  wanted: readonly Expectation[],
  child: Child | undefined,
): Promise<Record<Phase, Sample>> {
  const announce = await runPhase(stage, 'announce', wanted, child)
  const withdraw = await runPhase(
    stage,
    'withdraw',
    wanted.map(() => nothing),
    child,
  )
  return { announce, withdraw }
}

async function runPhase(
  stage: Stage,
  part: Phase,
  wanted: readonly Expectation[],
  child: Child | undefined,
): Promise<Sample> {
  const cpuBefore = child ? cpuSeconds(child.pid) : 0
  if (child) forgetPeak(child.pid)
  const busyBefore = stage.loadBusyMs()
  const [endNs, startNs] = await Promise.all([
    stage.awaitInSink(wanted, part),
    stage.sender.call('sendFeeds', { part }),
  ])
  const seconds = secondsBetween(startNs, endNs)
  if (!child) return { seconds }
  const busyMs = Math.max(...stage.loadBusyMs().map((ms, i) => ms - busyBefore[i]!))
  return {
    seconds,
    cpuSec: cpuSeconds(child.pid) - cpuBefore,
    peakOctets: peakOctets(child.pid),
    // The busier of sender and sink: what is far from 1 has waited for the daemon.
    loadShare: Math.min(1, busyMs / 1000 / seconds),
  }
}
