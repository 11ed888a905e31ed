/**
 * One benchmark from the order to the result: a stage, the runs, and what is known of machine and versions. Ctrl-C ends it
 * with what was done by then.
 */
import type { CliContext } from '../cli/context.ts'
import { runBench } from './bench.ts'
import { heddleBuild } from './daemons/daemon-kind.ts'
import type { DaemonName } from './daemons/daemon-kind.ts'
import { machine, peerVersions } from './daemons/version.ts'
import { Progress } from './progress.ts'
import { FORMAT, scoreMeasurement } from './result.ts'
import type { BenchResult, Row } from './result.ts'
import { allScenarios } from './scenarios/all-scenarios.ts'
import { Stage } from './stage.ts'

export interface MeasureOrder {
  readonly letters: readonly string[]
  readonly daemons: readonly DaemonName[]
  readonly seriesDaemons: readonly DaemonName[]
  readonly runs: number
  readonly scale: number
  /** heddle's. */
  readonly version: string
}

export interface Measured {
  /** Of the scenarios that were played to their end. */
  readonly result: BenchResult
  readonly isInterrupted: boolean
}

export async function measure(context: CliContext, order: MeasureOrder): Promise<Measured> {
  const startedAt = new Date().toISOString()
  const { runs, scale, daemons } = order
  const path = context.around.env['PATH'] ?? ''
  const stage = new Stage({ scale, path, progress: new Progress(context.around.stderr) })
  const interruption = new Interruption(() => void stage.close())
  const scenarios = allScenarios.filter(({ letter }) => order.letters.includes(letter))
  const rows: Row[] = []
  try {
    await runBench(stage, { ...order, scenarios }, (more) => rows.push(...more))
  } finally {
    await stage.close()
    interruption.forget()
  }
  const result = scoreMeasurement({
    format: FORMAT,
    heddle: order.version,
    build: heddleBuild,
    startedAt,
    endedAt: new Date().toISOString(),
    machine: machine(),
    versions: await peerVersions(daemons, path),
    runs,
    scale,
    scenarios: scenarios
      .filter(({ letter }) => rows.some(({ scenario }) => scenario === letter))
      .map((scenario) => ({ letter: scenario.letter, title: scenario.title(stage) })),
    rows,
  })
  return { result, isInterrupted: interruption.hasCome }
}

/** Ctrl-C and SIGTERM: once they end the benchmark in order, twice at once. */
class Interruption {
  hasCome = false
  readonly #onCome: () => void

  constructor(onCome: () => void) {
    this.#onCome = onCome
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, this.#take)
  }

  forget(): void {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, this.#take)
  }

  readonly #take = (): void => {
    if (this.hasCome) process.exit(2)
    this.hasCome = true
    this.#onCome()
  }
}
