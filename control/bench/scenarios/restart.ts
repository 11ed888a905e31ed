/**
 * Scenario G: the daemon is killed without a word and started again; agents and gateways reconnect at once and publish
 * again. The clock starts with the kill and stops when all is as before.
 */
import { cpuSeconds, peakOctets } from '../daemons/process-figures.ts'
import { UP_BOUND_MS } from '../stage.ts'
import { crowdSize, openCrowd, sendAndAwait } from './agents.ts'
import { countText, secondsBetween, withAgents } from './scenario.ts'
import type { Scenario } from './scenario.ts'

const GATEWAYS = 2

export const restart: Scenario = {
  letter: 'G',
  phases: ['restart'],
  ability: withAgents,
  title: (stage) => {
    const { networks, agentsEach, routesEach } = crowdSize(stage, GATEWAYS)
    return (
      `killed and started again: ${countText(networks * agentsEach, 'agent')} with ${routesEach} routes each and ` +
      `${countText(GATEWAYS, 'gateway')} reconnect at once`
    )
  },
  run: async (stage, kind) => {
    const size = crowdSize(stage, GATEWAYS)
    const { child, right } = await openCrowd(stage, size, async (setup) => await stage.start(kind, setup))
    const wanted = right()
    await sendAndAwait(stage, child, 'publish', undefined, wanted)
    const startNs = process.hrtime.bigint()
    await child.kill()
    child.launch()
    const up = stage.sink.call('redial', { bgp: child.bgp, agents: child.agents, withinMs: UP_BOUND_MS })
    const [endNs] = await Promise.all([stage.awaitInSink(wanted, 'all as before'), up])
    return {
      restart: {
        seconds: secondsBetween(startNs, endNs),
        cpuSec: cpuSeconds(child.pid),
        peakOctets: peakOctets(child.pid),
      },
    }
  },
}
