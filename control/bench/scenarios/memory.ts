/**
 * Scenario I: what stays resident for a VPN route (one path, one RIB, no receiver), for an idle agent with one
 * subscription, and for a VRF. Each is the growth of the resident memory between two moments of idleness, by the number;
 * for heddle also after a garbage collection, which says what is held and not only what the collector has left.
 */
import type { Child } from '../daemons/child.ts'
import type { DaemonKind } from '../daemons/daemon-kind.ts'
import { peakOctets, residentOctets } from '../daemons/process-figures.ts'
import { vpnPeers } from '../daemons/setup.ts'
import type { Setup } from '../daemons/setup.ts'
import type { Sample } from '../figures.ts'
import { UP_BOUND_MS } from '../stage.ts'
import type { Stage } from '../stage.ts'
import { FIRST_ITEM_PREFIX } from '../load/agent-feed.ts'
import { agentAddress } from './agent-crowd.ts'
import { endSpecs, feedSpecs } from './reflection.ts'
import { countText } from './scenario.ts'
import type { Scenario } from './scenario.ts'
import { scenarioA } from './sizes.ts'

const ROUTE = 'a VPN route'
const AGENT = 'an agent'
const VRF = 'a VRF'
const AGENTS = 2_000
const AGENT_NETWORKS = 100
const VRFS = 10_000
const nobody = { first: FIRST_ITEM_PREFIX, count: 0 }

export const memory: Scenario = {
  letter: 'I',
  phases: [ROUTE, AGENT, VRF],
  ability: (kind, phase) => {
    if (phase === ROUTE || kind.servesAgents) return 'plays'
    // GoBGP and FRR have VRFs, each in its own way: what one costs there is another question.
    return phase === AGENT ? 'cannot' : 'notMeasured'
  },
  title: (stage) =>
    `resident memory: by ${countText(stage.scaled(scenarioA.routes), 'VPN route')}, ` +
    `${countText(stage.scaled(AGENTS), 'idle agent')}, ${countText(stage.scaled(VRFS), 'VRF')}`,
  run: async (stage, kind) => {
    const route = await memoryOfRoutes(stage, kind)
    if (!kind.servesAgents) return { [ROUTE]: route }
    await stage.clear()
    const agent = await memoryOfAgents(stage, kind)
    await stage.clear()
    return { [ROUTE]: route, [AGENT]: agent, [VRF]: await memoryOfVrfs(stage, kind) }
  },
}

async function memoryOfRoutes(stage: Stage, kind: DaemonKind): Promise<Sample> {
  const routes = stage.scaled(scenarioA.routes)
  await stage.sender.call('makeFeeds', feedSpecs(scenarioA, stage))
  const ends = endSpecs(1, scenarioA, stage, 1)
  const child = await stage.start(kind, { peers: vpnPeers(ends) }, kind.servesAgents)
  await stage.alive(stage.sender.call('dialPeers', { target: child.bgp, ends, withinMs: UP_BOUND_MS }))
  const before = await residence(stage, child)
  await stage.sender.call('sendFeeds', { part: 'announce' })
  const after = await residence(stage, child)
  // The session must have outlived it.
  await stage.sender.call('progress', undefined)
  return { ...growth(before, after, routes), peakOctets: peakOctets(child.pid) }
}

async function memoryOfAgents(stage: Stage, kind: DaemonKind): Promise<Sample> {
  const count = stage.scaled(AGENTS)
  const specs = Array.from({ length: count }, (_, number) => ({
    number,
    address: agentAddress(number),
    network: number % AGENT_NETWORKS,
    routes: nobody,
    range: nobody,
  }))
  await stage.sink.call('makeAgents', specs)
  const child = await stage.start(kind, networksOnly(AGENT_NETWORKS), true)
  const before = await residence(stage, child)
  await stage.alive(stage.sink.call('dialAgents', { target: child.agents, withinMs: UP_BOUND_MS }))
  const after = await residence(stage, child)
  await stage.sink.call('progress', undefined)
  return { ...growth(before, after, count), peakOctets: peakOctets(child.pid) }
}

async function memoryOfVrfs(stage: Stage, kind: DaemonKind): Promise<Sample> {
  const count = stage.scaled(VRFS)
  const empty = await stage.start(kind, networksOnly(0), true)
  const before = await residence(stage, empty)
  await stage.clear()
  const full = await stage.start(kind, networksOnly(count), true)
  const after = await residence(stage, full)
  return { ...growth(before, after, count), peakOctets: peakOctets(full.pid) }
}

function networksOnly(count: number): Setup {
  return { peers: [], networks: Array.from({ length: count }, (_, number) => ({ number })) }
}

interface Residence {
  readonly octets: number
  readonly collected: number | undefined
}

async function residence(stage: Stage, child: Child): Promise<Residence> {
  // While another process reads its configuration it would pass for idle.
  await stage.alive(child.untilListening(UP_BOUND_MS))
  await stage.alive(stage.untilIdle(child, 'until the daemon is idle'))
  const octets = residentOctets(child.pid)
  return { octets, collected: child.isWatched ? await child.ask('collect') : undefined }
}

function growth(before: Residence, after: Residence, count: number): Sample {
  const each = (from: number, to: number): number => Math.max(0, to - from) / count
  return {
    octetsEach: each(before.octets, after.octets),
    ...(before.collected === undefined || after.collected === undefined
      ? {}
      : { octetsEachCollected: each(before.collected, after.collected) }),
  }
}
