/**
 * Scenario F: routes of one VRF; other VRFs begin, and then cease, to import its target, by a change of the configuration
 * file and SIGHUP. Agents of those VRFs get and lose all routes, and a gateway, to which nothing may happen, looks on.
 */
import type { Child } from '../daemons/child.ts'
import { cpuSeconds, peakOctets } from '../daemons/process-figures.ts'
import type { Sample } from '../figures.ts'
import { FIRST_ITEM_PREFIX, loadNetwork } from '../load/agent-feed.ts'
import type { AgentSpec } from '../load/agent-feed.ts'
import { nothing } from '../load/holdings.ts'
import type { Expectation } from '../load/holdings.ts'
import { UP_BOUND_MS } from '../stage.ts'
import type { Stage } from '../stage.ts'
import { agentAddress, crowdGateways, crowdSetup } from './agent-crowd.ts'
import { countText, secondsBetween, withAgents } from './scenario.ts'
import type { Scenario } from './scenario.ts'

const ROUTES = 10_000
const IMPORTERS = 20
const WATCHERS = 100

export const targetChange: Scenario = {
  letter: 'F',
  phases: ['import', 'cease'],
  ability: withAgents,
  title: (stage) =>
    `${countText(stage.scaled(ROUTES), 'route')} in one VRF, ${IMPORTERS} others add and remove its target to import; ` +
    `${countText(WATCHERS, 'agent')} of theirs and a gateway look on`,
  run: async (stage, kind) => {
    const specs = agentSpecs(stage.scaled(ROUTES))
    const facts = await stage.sink.call('makeAgents', specs)
    const gateways = crowdGateways(1, stage.scaled(ROUTES))
    const child = await stage.start(kind, setupOf(gateways, false))
    await stage.alive(open(stage, child, gateways))
    const { items, vpnRoutes } = facts[0]!
    const wanted = (watcher: Expectation): Expectation[] => [
      vpnRoutes,
      items,
      ...Array.from({ length: WATCHERS }, () => watcher),
    ]
    await Promise.all([
      stage.awaitInSink(wanted(nothing), 'publish'),
      stage.sink.call('sendAgents', { part: 'publish', network: undefined }),
    ])
    await stage.settle()
    return {
      import: await change(stage, child, setupOf(gateways, true), wanted(items)),
      cease: await change(stage, child, setupOf(gateways, false), wanted(nothing)),
    }
  },
}

/** Agent 0 publishes in network 0; the others are of networks 1 to 20 and publish nothing. */
function agentSpecs(routes: number): AgentSpec[] {
  const range = { first: FIRST_ITEM_PREFIX, count: routes }
  return Array.from({ length: 1 + WATCHERS }, (_, number) => ({
    number,
    address: agentAddress(number),
    network: number === 0 ? 0 : 1 + ((number - 1) % IMPORTERS),
    routes: number === 0 ? range : { ...range, count: 0 },
    range,
  }))
}

function setupOf(
  gateways: ReturnType<typeof crowdGateways>,
  isImporting: boolean,
): ReturnType<typeof crowdSetup> {
  const networks = Array.from({ length: 1 + IMPORTERS }, (_, number) => ({
    number,
    imports: isImporting && number > 0 ? [loadNetwork(0).target] : [],
  }))
  return crowdSetup(gateways, networks)
}

async function open(stage: Stage, child: Child, gateways: ReturnType<typeof crowdGateways>): Promise<void> {
  await stage.sink.call('dialPeers', { target: child.bgp, ends: gateways, withinMs: UP_BOUND_MS })
  await stage.sink.call('dialAgents', { target: child.agents, withinMs: UP_BOUND_MS })
  await stage.settle()
}

async function change(
  stage: Stage,
  child: Child,
  setup: ReturnType<typeof crowdSetup>,
  wanted: readonly Expectation[],
): Promise<Sample> {
  child.configure(setup)
  const cpuBefore = cpuSeconds(child.pid)
  const done = stage.awaitInSink(wanted, 'everyone is right')
  const startNs = process.hrtime.bigint()
  child.reload()
  return {
    seconds: secondsBetween(startNs, await done),
    cpuSec: cpuSeconds(child.pid) - cpuBefore,
    peakOctets: peakOctets(child.pid),
  }
}
