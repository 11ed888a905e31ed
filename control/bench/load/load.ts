/**
 * The load in one thread: BGP peers and agents, their octets, and the waiting until they hold what they should.
 */
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { AgentEnd } from './agent-end.ts'
import { makeAgentFeed } from './agent-feed.ts'
import type { AgentFeed } from './agent-feed.ts'
import { BgpEnd } from './bgp-end.ts'
import type { BgpEndSpec } from './bgp-end.ts'
import { Goal } from './goal.ts'
import type { Link, LinkTarget } from './link.ts'
import type { AwaitRequest, LoadHandlers } from './load-calls.ts'
import { Probe } from './probe.ts'
import { makeVpnFeed } from './vpn-feed.ts'
import type { VpnFeed } from './vpn-feed.ts'

const POLL_MS = 10

type Receiver = BgpEnd | AgentEnd

export class Load {
  #feeds: VpnFeed[] = []
  #feedsKey = ''
  #agentFeeds: AgentFeed[] = []
  #agentFeedsKey = ''
  #peers: BgpEnd[] = []
  #agents: AgentEnd[] = []
  #server: Server | undefined
  #adopted: Promise<unknown> = Promise.resolve()
  #probe: Probe | undefined
  #isFlapping = false
  #flaps = 0

  readonly handlers: LoadHandlers = {
    makeFeeds: (specs) => {
      // The runs of a scenario send the same.
      const key = JSON.stringify(specs)
      if (key !== this.#feedsKey) this.#feeds = specs.map(makeVpnFeed)
      this.#feedsKey = key
      return this.#feeds.map(({ announce, routes, last }) => ({ octets: announce.length, routes, last }))
    },
    dialPeers: async ({ target, ends, withinMs }) => {
      this.#peers = ends.map((spec) => new BgpEnd(spec))
      await this.#dial(this.#peers, target, withinMs)
      // A receiver has nothing to announce, and says so.
      if (this.#feeds.length === 0) for (const peer of this.#peers) peer.sendEndOfRib()
    },
    listenPeers: async ({ host, ends }) => await this.#listen(host, ends),
    peersUp: async ({ withinMs }) => {
      await within(this.#adopted, withinMs, () => this.#whoIsMissing(this.#peers))
    },
    sendFeeds: ({ part }) => {
      const startNs = process.hrtime.bigint()
      for (const [i, peer] of this.#peers.entries()) {
        if (part === 'announce') peer.sendTable([this.#feedOf(i).announce])
        else peer.send(this.#feedOf(i).withdraw)
      }
      return startNs
    },
    startFlapping: () => this.#startFlapping(),
    stopFlapping: () => {
      this.#isFlapping = false
      return this.#flaps
    },
    makeAgents: (specs) => {
      const key = JSON.stringify(specs)
      if (key !== this.#agentFeedsKey) this.#agentFeeds = specs.map(makeAgentFeed)
      this.#agentFeedsKey = key
      this.#agents = specs.map((spec, i) => new AgentEnd(spec, this.#agentFeeds[i]!))
      return this.#agents.map(({ feed: { items, vpnRoutes } }) => ({ items, vpnRoutes }))
    },
    dialAgents: async ({ target, withinMs }) => {
      await this.#dial(this.#agents, target, withinMs)
    },
    sendAgents: ({ part, network }) => {
      const startNs = process.hrtime.bigint()
      for (const agent of this.#agents) {
        if (network === undefined || agent.spec.network === network) agent.send(agent.feed[part])
      }
      return startNs
    },
    redial: async ({ bgp, agents, withinMs }) => {
      for (const receiver of this.#receivers) receiver.holdings.clear()
      for (const agent of this.#agents) agent.publishesAtOnce = true
      await Promise.all([this.#dial(this.#peers, bgp, withinMs), this.#dial(this.#agents, agents, withinMs)])
      for (const peer of this.#peers) peer.sendEndOfRib()
    },
    await: async (request) => await this.#await(request),
    progress: () => {
      throwFailure(this.#receivers.map(({ link }) => link))
      return this.#receivers.reduce((sum, { holdings }) => sum + holdings.count, 0)
    },
    longestSilence: () => {
      const longest = Math.max(0, ...this.#peers.map((peer) => peer.longestSilenceMs))
      for (const peer of this.#peers) peer.measureSilence()
      return longest
    },
    openProbe: async (spec) => {
      this.#probe = new Probe(spec)
      await this.#probe.open()
    },
    probe: async (request) => await this.#probe!.publish(request),
    close: () => this.#close(),
  }

  get #receivers(): Receiver[] {
    return [...this.#peers, ...this.#agents]
  }

  #feedOf(peer: number): VpnFeed {
    return this.#feeds[peer % this.#feeds.length]!
  }

  async #dial(receivers: readonly Receiver[], target: LinkTarget, withinMs: number): Promise<void> {
    const all = Promise.all(receivers.map((receiver) => receiver.dial(target)))
    await within(all, withinMs, () => this.#whoIsMissing(receivers))
  }

  #whoIsMissing(receivers: readonly Receiver[]): string {
    const missing = receivers.filter(({ link }) => !link.isUp)
    return `${missing.length} of ${receivers.length} sessions did not come up; ${missing[0]?.link.lastReason}`
  }

  async #listen(host: string, ends: readonly BgpEndSpec[]): Promise<number> {
    this.#peers = ends.map((spec) => new BgpEnd(spec))
    const waiting = [...this.#peers]
    const adoptions: Promise<void>[] = []
    this.#adopted = new Promise<void>((resolve, reject) => {
      this.#server = createServer((socket) => {
        const peer = waiting.shift()
        if (peer) adoptions.push(peer.adopt(socket))
        else socket.destroy()
        if (adoptions.length === ends.length) void Promise.all(adoptions).then(() => resolve())
      }).on('error', reject)
    })
    const server = this.#server!
    await new Promise<void>((resolve) => server.listen(0, host, resolve))
    return (server.address() as AddressInfo).port
  }

  #startFlapping(): undefined {
    this.#isFlapping = true
    this.#flaps = 0
    for (const [i, peer] of this.#peers.entries()) this.#flap(peer, this.#feedOf(i), 'announce')
  }

  /** The next part goes out when the kernel has all of the last one. */
  #flap(peer: BgpEnd, feed: VpnFeed, part: 'announce' | 'withdraw'): void {
    if (!this.#isFlapping || peer.link.failure !== undefined) return
    peer.send(feed[part], () => {
      if (part === 'withdraw') this.#flaps++
      this.#flap(peer, feed, part === 'announce' ? 'withdraw' : 'announce')
    })
  }

  async #await({ wanted, withinMs, quietMs, hopelessMs }: AwaitRequest): Promise<bigint> {
    const receivers = this.#receivers
    const nowNs = (): bigint => process.hrtime.bigint()
    const goal = new Goal(
      receivers.map(({ holdings }) => holdings),
      wanted,
      nowNs,
    )
    for (const [i, { link }] of receivers.entries()) link.onTouched = (before) => goal.touched(i, before)
    const deadlineNs = nowNs() + milliseconds(withinMs)
    for (;;) {
      throwFailure(receivers.map(({ link }) => link))
      const now = nowNs()
      const quietNs = now - goal.movedNs
      if (goal.reachedNs !== undefined && quietNs >= milliseconds(quietMs)) return goal.reachedNs
      if (now > deadlineNs) throw new Error(`not right after ${withinMs / 1000} s: ${goal.shortfall}`)
      if (goal.isCounted && goal.reachedNs === undefined && quietNs > milliseconds(hopelessMs)) {
        throw new Error(`nothing moves any more: ${goal.shortfall}`)
      }
      await pause(POLL_MS)
    }
  }

  #close(): undefined {
    this.#isFlapping = false
    for (const receiver of this.#receivers) receiver.close()
    this.#peers = []
    this.#agents = []
    this.#probe?.close()
    this.#probe = undefined
    this.#server?.close()
    this.#server = undefined
  }
}

function milliseconds(ms: number): bigint {
  return BigInt(Math.ceil(ms)) * 1_000_000n
}

function throwFailure(links: readonly Link[]): void {
  const lost = links.filter(({ failure }) => failure !== undefined)
  if (lost.length > 0) throw new Error(`${lost.length} sessions were lost; ${lost[0]!.lastReason}`)
}

async function within(work: Promise<unknown>, ms: number, explain: () => string): Promise<void> {
  const stop = new AbortController()
  const tooLate = pause(ms, undefined, { signal: stop.signal }).then(
    () => {
      throw new Error(`after ${ms / 1000} s: ${explain()}`)
    },
    () => undefined,
  )
  try {
    await Promise.race([work, tooLate])
  } finally {
    stop.abort()
  }
}
