/** The sizes of scenarios A to D, and of the series. */
import type { ReflectionSize } from './reflection.ts'

export const scenarioA: ReflectionSize = {
  letter: 'A',
  routes: 1_000_000,
  attributeSets: 10_000,
  perUpdate: 50,
  senders: 1,
  receivers: 1,
}

export const scenarioB: ReflectionSize = {
  letter: 'B',
  routes: 200_000,
  attributeSets: 2_000,
  perUpdate: 50,
  senders: 1,
  receivers: 10,
}

export const scenarioC: ReflectionSize = {
  letter: 'C',
  routes: 100_000,
  attributeSets: 1_000,
  perUpdate: 50,
  senders: 10,
  receivers: 1,
}

export const scenarioD: ReflectionSize = {
  letter: 'D',
  routes: 200_000,
  attributeSets: 20_000,
  perUpdate: 1,
  senders: 1,
  receivers: 1,
}

/** L1: the shape of A. */
export const byRoutes: readonly ReflectionSize[] = [10_000, 100_000, 1_000_000].map((routes) => ({
  letter: 'L1',
  routes,
  attributeSets: routes / 100,
  perUpdate: 50,
  senders: 1,
  receivers: 1,
}))

/** L2: a quarter of B, since all of it is delivered a hundred times. */
export const byReceivers: readonly ReflectionSize[] = [1, 10, 100].map((receivers) => ({
  letter: 'L2',
  routes: 50_000,
  attributeSets: 500,
  perUpdate: 50,
  senders: 1,
  receivers,
}))
