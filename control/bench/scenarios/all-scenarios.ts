/** The scenarios by their letters, in the order of the issue that names them. */
import { agents } from './agents.ts'
import { latency } from './latency.ts'
import { memory } from './memory.ts'
import { reflection } from './reflection.ts'
import { restart } from './restart.ts'
import type { Scenario } from './scenario.ts'
import { receiverSeries, routeSeries } from './series.ts'
import { scenarioA, scenarioB, scenarioC, scenarioD } from './sizes.ts'
import { targetChange } from './target-change.ts'

export const allScenarios: readonly Scenario[] = [
  reflection(scenarioA),
  reflection(scenarioB),
  reflection(scenarioC),
  reflection(scenarioD),
  agents,
  targetChange,
  restart,
  latency,
  memory,
  routeSeries,
  receiverSeries,
]
