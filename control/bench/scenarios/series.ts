/**
 * Scenarios L1 and L2: what a route costs when there are ten and a hundred times as many, and when ten and a hundred
 * receivers get it. Every size is played by a daemon that was just started; where the cost is linear, the microseconds
 * by the route stay the same or fall.
 */
import type { DaemonKind } from '../daemons/daemon-kind.ts'
import type { Sample } from '../figures.ts'
import type { Stage } from '../stage.ts'
import { deliver, reflect, sizeAt } from './reflection.ts'
import type { ReflectionSize } from './reflection.ts'
import type { Scenario } from './scenario.ts'
import { byReceivers, byRoutes } from './sizes.ts'

const parts = ['announce', 'withdraw'] as const
/** How many times the smallest size: by these the phases are named. */
const factors = [1, 10, 100] as const

function series(letter: string, sizes: readonly ReflectionSize[], title: (stage: Stage) => string): Scenario {
  const play = async (
    stage: Stage,
    once: (size: ReflectionSize) => Promise<Readonly<Record<string, Sample>>>,
  ): Promise<Record<string, Sample>> => {
    const samples: Record<string, Sample> = {}
    for (const [i, size] of sizes.entries()) {
      if (i > 0) await stage.clear()
      const played = await once(size)
      const routes = sizeAt(size, stage).routes * size.receivers
      for (const part of parts) samples[`${part} x${factors[i]}`] = perRoute(played[part]!, routes)
    }
    return samples
  }
  return {
    letter,
    isSeries: true,
    phases: parts.flatMap((part) => factors.map((factor) => `${part} x${factor}`)),
    ability: () => 'plays',
    title,
    run: async (stage, kind: DaemonKind) =>
      await play(stage, async (size) => await reflect(size, stage, kind)),
    runSelf: async (stage) => await play(stage, async (size) => await deliver(size, stage)),
  }
}

function perRoute(sample: Sample, routes: number): Sample {
  return { routes, ...sample, microsEach: (sample.seconds! / routes) * 1e6 }
}

export const routeSeries = series('L1', byRoutes, (stage) => {
  const counts = byRoutes.map((size) => sizeAt(size, stage).routes.toLocaleString('en'))
  return `the cost of a route: ${counts.join(', ')} VPN routes, 100 to an attribute set, 50 to an UPDATE, 1 receiver`
})

export const receiverSeries = series('L2', byReceivers, (stage) => {
  const counts = byReceivers.map(({ receivers }) => receivers)
  const routes = sizeAt(byReceivers[0]!, stage).routes.toLocaleString('en')
  return `the cost of a receiver: ${routes} VPN routes to ${counts.join(', ')} receivers`
})
