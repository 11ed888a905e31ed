/**
 * What came out: a row for each scenario, phase and daemon, and the rows with their arithmetic: spread over the runs, and
 * the ratio to the best of the peers, which are BIRD, FRR and GoBGP.
 */
import type { DaemonName } from './daemons/daemon-kind.ts'
import type { Machine } from './daemons/version.ts'
import { figureNames, figures, spreadOf } from './figures.ts'
import type { FigureName, Sample, Spread } from './figures.ts'
import { judge } from './targets.ts'
import type { Verdict } from './targets.ts'

/** A daemon, or the load against itself. */
export type Subject = DaemonName | 'self'

export type Outcome =
  | { readonly kind: 'measured'; readonly samples: readonly Sample[] }
  /** It has no such function. */
  | { readonly kind: 'cannot' }
  /** It could, but this benchmark does not make it. */
  | { readonly kind: 'notMeasured' }
  | { readonly kind: 'notInstalled' }
  | { readonly kind: 'failed'; readonly reason: string }

export interface Row {
  /** Letter of the scenario. */
  readonly scenario: string
  readonly phase: string
  readonly subject: Subject
  readonly outcome: Outcome
}

export interface ScoredRow extends Row {
  readonly figures: Readonly<Partial<Record<FigureName, Spread>>>
  /** Fastest peer's median by this median: 2 is twice as fast. */
  readonly speed: number | undefined
  /** This median by the leanest peer's: 0.5 is half of it. */
  readonly memory: number | undefined
}

export interface ScenarioTitle {
  readonly letter: string
  readonly title: string
}

/** Of JSON files that can be read again. */
export const FORMAT = 'heddle-bench/1'

/** What was measured, by whom, and where. */
export interface Measurement {
  readonly format: typeof FORMAT
  readonly heddle: string
  /** What of it was run: the compiled program, as it is installed, or the sources of a checkout. */
  readonly build: 'compiled' | 'sources'
  readonly startedAt: string
  readonly endedAt: string
  readonly machine: Machine
  /** Versions of the peers that were found. */
  readonly versions: Readonly<Record<string, string>>
  readonly runs: number
  readonly scale: number
  readonly scenarios: readonly ScenarioTitle[]
  readonly rows: readonly Row[]
}

/** The same with what follows from it. */
export interface BenchResult extends Measurement {
  readonly rows: readonly ScoredRow[]
  /** Of full sizes only. */
  readonly verdicts: readonly Verdict[]
}

export function scoreMeasurement(measurement: Measurement): BenchResult {
  const rows = scoreRows(measurement.rows)
  return { ...measurement, rows, verdicts: measurement.scale === 1 ? judge(rows) : [] }
}

export function scoreRows(rows: readonly Row[]): ScoredRow[] {
  return rows.map((row) => {
    const spreads = spreadsOf(row)
    return { ...row, figures: spreads, speed: speedOf(rows, row), memory: memoryOf(rows, row) }
  })
}

function spreadsOf({ outcome }: Row): Partial<Record<FigureName, Spread>> {
  if (outcome.kind !== 'measured') return {}
  const entries = figureNames.flatMap((name) => {
    const values = outcome.samples.map((sample) => sample[name]).filter((value) => value !== undefined)
    return values.length === 0 ? [] : [[name, spreadOf(values)] as const]
  })
  return Object.fromEntries(entries)
}

function speedOf(rows: readonly Row[], row: Row): number | undefined {
  return ratio(rows, row, 'speed', (own, best) => best / own)
}

function memoryOf(rows: readonly Row[], row: Row): number | undefined {
  return ratio(rows, row, 'memory', (own, best) => own / best)
}

function ratio(
  rows: readonly Row[],
  row: Row,
  compared: 'speed' | 'memory',
  of: (own: number, best: number) => number,
): number | undefined {
  const own = comparedMedian(row, compared)
  const peers = rows
    .filter(({ scenario, phase }) => scenario === row.scenario && phase === row.phase)
    .filter(({ subject }) => subject !== 'heddle' && subject !== 'self')
    .map((peer) => comparedMedian(peer, compared))
    .filter((median) => median !== undefined)
  return own === undefined || peers.length === 0 ? undefined : of(own, Math.min(...peers))
}

function comparedMedian(row: Row, compared: 'speed' | 'memory'): number | undefined {
  const spreads = spreadsOf(row)
  // What one thing costs says more than the peak of all, where both are there.
  const name = figureNames.findLast((each) => comparisonOf(each) === compared && spreads[each] !== undefined)
  return name && spreads[name]!.median
}

function comparisonOf(name: FigureName): string | undefined {
  const figure = figures[name]
  return 'compared' in figure ? figure.compared : undefined
}
