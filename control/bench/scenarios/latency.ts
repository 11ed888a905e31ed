/**
 * Scenario H: one floating IP is published a thousand times a minute, from an agent to a gateway that wants its target
 * only; first by itself, then while two more gateways are there and the routes of scenario A load and flap between them.
 * With it what an echo takes on the same way, the longest stall of the event loop, with and without the time that the
 * kernel gave the core to somebody else, and how late the keepalive to a silent peer was.
 */
import type { Child } from '../daemons/child.ts'
import { vpnPeers } from '../daemons/setup.ts'
import type { Setup } from '../daemons/setup.ts'
import { cpuSeconds, peakOctets } from '../daemons/process-figures.ts'
import { quantile } from '../figures.ts'
import type { Sample } from '../figures.ts'
import type { BgpEndSpec } from '../load/bgp-end.ts'
import { EchoServer } from '../load/echo.ts'
import type { LinkTarget } from '../load/link.ts'
import { UP_BOUND_MS } from '../stage.ts'
import type { Stage } from '../stage.ts'
import { agentAddress } from './agent-crowd.ts'
import { endSpecs, feedSpecs } from './reflection.ts'
import { scenarioA } from './sizes.ts'
import { countText, withAgents } from './scenario.ts'
import type { Scenario } from './scenario.ts'

const EVERY_MS = 60
const IDLE_TIMES = 500
const LOADED_TIMES = 1000
const LEAST_TIMES = 20
const WARM_UP_TIMES = 2000
const WARM_UP_EVERY_MS = 2
/** Short, so that some keepalives are due meanwhile: one every three seconds. */
const HOLD_TIME_SEC = 9
const KEEPALIVE_MS = (HOLD_TIME_SEC * 1000) / 3
const GATEWAY = '127.3.0.1'

export const latency: Scenario = {
  letter: 'H',
  phases: ['idle', 'under load'],
  ability: withAgents,
  title: (stage) =>
    `one floating IP published every ${EVERY_MS} ms, from the agent's write to the gateway's read: by itself, and while ` +
    `${countText(stage.scaled(scenarioA.routes), 'VPN route')} load and flap`,
  run: async (stage, kind) => {
    await stage.sender.call('makeFeeds', feedSpecs(scenarioA, stage))
    const [sender, receiver] = [
      withHoldTime(endSpecs(1, scenarioA, stage, 1)),
      withHoldTime(endSpecs(2, scenarioA, stage, 1)),
    ]
    const child = await stage.start(kind, setupOf([...sender, ...receiver]), true)
    const echo = await EchoServer.open(child.bgp.host)
    try {
      return await play(stage, child, { sender, receiver, echo: echo.target })
    } finally {
      echo.close()
    }
  },
}

interface Ends {
  readonly sender: readonly BgpEndSpec[]
  readonly receiver: readonly BgpEndSpec[]
  readonly echo: LinkTarget
}

async function play(stage: Stage, child: Child, ends: Ends): Promise<Record<string, Sample>> {
  await stage.alive(openProbe(stage, child, ends.echo))
  const idle = await measure(stage, child, { times: IDLE_TIMES, loads: false })
  await stage.alive(openLoad(stage, child, ends))
  await stage.sender.call('startFlapping', undefined)
  const loaded = await measure(stage, child, { times: LOADED_TIMES, loads: true })
  const flaps = await stage.sender.call('stopFlapping', undefined)
  return { idle, 'under load': { ...loaded, flaps } }
}

function withHoldTime(ends: readonly BgpEndSpec[]): BgpEndSpec[] {
  return ends.map((end) => ({ ...end, holdTimeSec: HOLD_TIME_SEC }))
}

function setupOf(peers: readonly BgpEndSpec[]): Setup {
  return {
    peers: [...vpnPeers(peers), { address: GATEWAY, families: ['inet-vpn', 'route-target'] }],
    networks: [{ number: 0 }],
    holdTimeSec: HOLD_TIME_SEC,
  }
}

/**
 * One agent and one gateway. The gateways of the load come later: what is published goes to them, too, and on two cores
 * their threads would read it before the gateway that is measured.
 */
async function openProbe(stage: Stage, child: Child, echo: LinkTarget): Promise<void> {
  await stage.prober.call('openProbe', {
    bgp: child.bgp,
    agents: child.agents,
    echo,
    gatewayAddress: GATEWAY,
    agentAddress: agentAddress(0),
    agent: 0,
    network: 0,
    withinMs: UP_BOUND_MS,
  })
  // A control node that runs for months has warm code: two minutes of what follows.
  const times = stage.scaled(WARM_UP_TIMES, LEAST_TIMES)
  await stage.prober.call('probe', { times, everyMs: WARM_UP_EVERY_MS })
  await stage.settle()
}

async function openLoad(stage: Stage, child: Child, { sender, receiver }: Ends): Promise<void> {
  await stage.sink.call('dialPeers', { target: child.bgp, ends: receiver, withinMs: UP_BOUND_MS })
  await stage.sender.call('dialPeers', { target: child.bgp, ends: sender, withinMs: UP_BOUND_MS })
  await stage.settle()
}

interface Wanted {
  readonly times: number
  /** The peers of the load are there. */
  readonly loads: boolean
}

async function measure(stage: Stage, child: Child, wanted: Wanted): Promise<Sample> {
  const times = stage.scaled(wanted.times, LEAST_TIMES)
  await child.ask('stall')
  await child.ask('ownStall')
  await stage.sender.call('longestSilence', undefined)
  const cpuBefore = cpuSeconds(child.pid)
  const probe = stage.prober.call('probe', { times, everyMs: EVERY_MS })
  const { latenciesMs, floorsMs } = await stage.options.progress.during(stage.alive(probe), async () => {
    const [held] = await Promise.all([
      stage.sink.call('progress', undefined),
      stage.sender.call('progress', undefined),
    ])
    return `publishing ${times} times; ${held.toLocaleString('en')} VPN routes are out`
  })
  // The sender gets no routes, so all it hears is keepalives.
  const silenceMs = await stage.sender.call('longestSilence', undefined)
  return {
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
    maxMs: quantile(latenciesMs, 1),
    floorP50Ms: quantile(floorsMs, 0.5),
    floorP99Ms: quantile(floorsMs, 0.99),
    // The other way round than before, so that none is in the shorter time alone.
    ownStallMs: await child.ask('ownStall'),
    stallMs: await child.ask('stall'),
    ...(wanted.loads ? { keepaliveLateMs: Math.max(0, silenceMs - KEEPALIVE_MS) } : {}),
    cpuSec: cpuSeconds(child.pid) - cpuBefore,
    peakOctets: peakOctets(child.pid),
  }
}
