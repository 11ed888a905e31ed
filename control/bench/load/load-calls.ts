/**
 * What the benchmark asks of a thread of the load, and what it gets. Receivers are the thread's BGP peers, then its agents.
 */
import type { AgentSpec } from './agent-feed.ts'
import type { BgpEndSpec } from './bgp-end.ts'
import type { Expectation } from './holdings.ts'
import type { LinkTarget } from './link.ts'
import type { ProbeReport, ProbeRequest, ProbeSpec } from './probe.ts'
import type { VpnFeedSpec } from './vpn-feed.ts'

export interface FeedFacts {
  readonly octets: number
  readonly routes: Expectation
  readonly last: Expectation
}

export interface AgentFacts {
  readonly items: Expectation
  readonly vpnRoutes: Expectation
}

export interface AwaitRequest {
  /** One for each receiver. */
  readonly wanted: readonly Expectation[]
  readonly withinMs: number
  /** Nothing may move for so long afterwards; it does not count. */
  readonly quietMs: number
  /** Every receiver has its number of routes, nothing has moved for so long, and it is still not right: a failure. */
  readonly hopelessMs: number
}

/** Call → what goes in and what comes out. Times are those of the monotonic clock that all threads share. */
export interface LoadCalls {
  /** Makes the octets of BGP senders; they serve until others are made. */
  makeFeeds: { in: readonly VpnFeedSpec[]; out: FeedFacts[] }
  dialPeers: { in: { target: LinkTarget; ends: readonly BgpEndSpec[]; withinMs: number }; out: undefined }
  /** Waits for connections instead; the port. */
  listenPeers: { in: { host: string; ends: readonly BgpEndSpec[] }; out: number }
  peersUp: { in: { withinMs: number }; out: undefined }
  /** Peer i sends feed i, or all the only one; the time before the first octet. */
  sendFeeds: { in: { part: 'announce' | 'withdraw' }; out: bigint }
  /** Announces and withdraws without end. */
  startFlapping: { in: undefined; out: undefined }
  /** How many times all was announced and withdrawn. */
  stopFlapping: { in: undefined; out: number }
  makeAgents: { in: readonly AgentSpec[]; out: AgentFacts[] }
  dialAgents: { in: { target: LinkTarget; withinMs: number }; out: undefined }
  /** The agents of one network, or all, send; the time before the first octet. */
  sendAgents: { in: { part: 'publish' | 'retract'; network: number | undefined }; out: bigint }
  /** Holdings are forgotten and everything is dialed again; agents publish as soon as they are up. */
  redial: { in: { bgp: LinkTarget; agents: LinkTarget; withinMs: number }; out: undefined }
  /** When the last receiver held what it should. */
  await: { in: AwaitRequest; out: bigint }
  /** Routes held by all receivers together. */
  progress: { in: undefined; out: number }
  /** Longest time between two messages of the daemon to one peer since the last call. */
  longestSilence: { in: undefined; out: number }
  openProbe: { in: ProbeSpec; out: undefined }
  probe: { in: ProbeRequest; out: ProbeReport }
  /** Ends all sessions. */
  close: { in: undefined; out: undefined }
}

export type CallName = keyof LoadCalls

export interface CallMessage {
  readonly id: number
  readonly name: CallName
  readonly input: unknown
}

export type ReplyMessage =
  { readonly id: number; readonly output: unknown } | { readonly id: number; readonly error: string }

/** Both ends of the table, typed: what a thread must implement. */
export type LoadHandlers = {
  readonly [K in CallName]: (input: LoadCalls[K]['in']) => LoadCalls[K]['out'] | Promise<LoadCalls[K]['out']>
}
