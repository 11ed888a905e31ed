/**
 * Scenario E: agents all publish at once, until every agent has every route of its VRF and the gateway has all; then one
 * VRF's agents all retract.
 */
import { cpuSeconds, peakOctets } from '../daemons/process-figures.ts'
import type { Child } from '../daemons/child.ts'
import type { Sample } from '../figures.ts'
import { UP_BOUND_MS } from '../stage.ts'
import type { Stage } from '../stage.ts'
import { crowdAgents, crowdExpectation, crowdGateways, crowdSetup } from './agent-crowd.ts'
import type { CrowdSize } from './agent-crowd.ts'
import type { Expectation } from '../load/holdings.ts'
import { countText, secondsBetween, withAgents } from './scenario.ts'
import type { Scenario } from './scenario.ts'

const AGENTS_EACH = 10
const ROUTES_EACH = 50
const NETWORKS = 100
const RETRACTED_NETWORK = 0

export const agents: Scenario = {
  letter: 'E',
  phases: ['publish', 'retract'],
  ability: withAgents,
  title: (stage) => {
    const { networks, agentsEach, routesEach, gateways } = crowdSize(stage, 1)
    const items = networks * agentsEach * agentsEach * routesEach
    return (
      `${countText(networks * agentsEach, 'agent')} in ${countText(networks, 'VRF')}, each publishes ${routesEach} ` +
      `routes: ${countText(items, 'item')} to agents, all to ${countText(gateways, 'gateway')}; one VRF retracts`
    )
  },
  run: async (stage, kind) => {
    const size = crowdSize(stage, 1)
    const { child, right } = await openCrowd(stage, size, async (setup) => await stage.start(kind, setup))
    const publish = await sendAndAwait(stage, child, 'publish', undefined, right())
    const retract = await sendAndAwait(stage, child, 'retract', RETRACTED_NETWORK, right(RETRACTED_NETWORK))
    return { publish, retract }
  },
}

export function crowdSize(stage: Stage, gateways: number): CrowdSize {
  return { networks: stage.scaled(NETWORKS), agentsEach: AGENTS_EACH, routesEach: ROUTES_EACH, gateways }
}

export interface Crowd {
  readonly child: Child
  /** What gateways and agents hold when all but one network's agents have published. */
  readonly right: (without?: number) => Expectation[]
}

/** Daemon, gateways and agents, all sessions up; nothing is published yet. */
export async function openCrowd(
  stage: Stage,
  size: CrowdSize,
  start: (setup: ReturnType<typeof crowdSetup>) => Promise<Child>,
): Promise<Crowd> {
  const specs = crowdAgents(size)
  stage.options.progress.step('making the octets of the agents')
  const facts = await stage.sink.call('makeAgents', specs)
  const gateways = crowdGateways(size.gateways, specs.length * size.routesEach)
  const networks = Array.from({ length: size.networks }, (_, number) => ({ number }))
  const child = await start(crowdSetup(gateways, networks))
  await stage.alive(dialCrowd(stage, child, gateways))
  return { child, right: (without) => crowdExpectation(specs, facts, size.gateways, without) }
}

async function dialCrowd(
  stage: Stage,
  child: Child,
  gateways: ReturnType<typeof crowdGateways>,
): Promise<void> {
  stage.options.progress.step('sessions come up')
  await stage.sink.call('dialPeers', { target: child.bgp, ends: gateways, withinMs: UP_BOUND_MS })
  await stage.sink.call('dialAgents', { target: child.agents, withinMs: UP_BOUND_MS })
  await stage.settle()
}

/** All agents, or those of one network, send; a sample of the time until all receivers are right. */
export async function sendAndAwait(
  stage: Stage,
  child: Child,
  part: 'publish' | 'retract',
  network: number | undefined,
  wanted: readonly Expectation[],
): Promise<Sample> {
  const cpuBefore = cpuSeconds(child.pid)
  const [endNs, startNs] = await Promise.all([
    stage.awaitInSink(wanted, part),
    stage.sink.call('sendAgents', { part, network }),
  ])
  return {
    seconds: secondsBetween(startNs, endNs),
    cpuSec: cpuSeconds(child.pid) - cpuBefore,
    peakOctets: peakOctets(child.pid),
  }
}
