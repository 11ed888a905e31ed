/** The sizes of scenarios A to D (design section 3). */
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
