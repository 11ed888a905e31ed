/**
 * What is asked of heddle, figure by figure, and whether it was reached. The only place with these numbers; they are for
 * full sizes, so a smaller run is not judged. Medians count.
 */
import { figures } from './figures.ts'
import type { FigureName } from './figures.ts'
import type { ScoredRow, Subject } from './result.ts'

const MIB = 1024 * 1024
const KIB = 1024

export type Measure =
  /** Against the fastest and the leanest of the peers. */
  | { readonly kind: 'speed' }
  | { readonly kind: 'memory' }
  | { readonly kind: 'figure'; readonly name: FigureName }
  /** The figure, by the same of another phase. */
  | { readonly kind: 'growth'; readonly name: FigureName; readonly since: string }
  /** The load alone against the fastest daemon, heddle or peer. */
  | { readonly kind: 'headroom' }

export interface Target {
  readonly scenario: string
  readonly phase: string
  readonly measure: Measure
  readonly least?: number
  readonly most?: number
  /** Not demanded, and worth the work. */
  readonly aim?: number
}

export interface Verdict {
  readonly scenario: string
  readonly phase: string
  /** What was measured. */
  readonly what: string
  readonly asked: string
  readonly got: string
  /** Undefined: it was not measured, or there is nobody to compare with. */
  readonly isMet: boolean | undefined
}

type Bounds = Pick<Target, 'least' | 'most' | 'aim'>

function speed(scenario: string, phase: string, bounds: Bounds): Target {
  return { scenario, phase, measure: { kind: 'speed' }, ...bounds }
}

function most(scenario: string, phase: string, name: FigureName, bound: number): Target {
  return { scenario, phase, measure: { kind: 'figure', name }, most: bound }
}

/** Linear cost: a route of the larger run is at most so much dearer. */
const LINEAR = 1.25
/** The load alone does several times what the fastest daemon does. */
const HEADROOM = 3

function linear(scenario: string, part: string, factor: number, since: number): Target {
  const measure = { kind: 'growth', name: 'microsEach', since: `${part} x${since}` } as const
  return { scenario, phase: `${part} x${factor}`, measure, most: LINEAR }
}

const parts = ['announce', 'withdraw'] as const

export const targets: readonly Target[] = [
  speed('A', 'announce', { least: 5, aim: 10 }),
  { scenario: 'A', phase: 'announce', measure: { kind: 'memory' }, most: 0.5 },
  speed('A', 'withdraw', { least: 2 }),
  {
    scenario: 'A',
    phase: 'withdraw',
    measure: { kind: 'growth', name: 'peakOctets', since: 'announce' },
    most: 1,
  },
  speed('B', 'announce', { least: 5, aim: 10 }),
  most('B', 'announce', 'peakOctets', 200 * MIB),
  speed('C', 'announce', { least: 5, aim: 10 }),
  most('C', 'announce', 'peakOctets', 200 * MIB),
  speed('D', 'announce', { least: 2 }),
  most('D', 'announce', 'peakOctets', 150 * MIB),
  most('E', 'publish', 'seconds', 5),
  most('E', 'publish', 'peakOctets', 600 * MIB),
  most('F', 'import', 'seconds', 1),
  most('F', 'cease', 'seconds', 1),
  most('G', 'restart', 'seconds', 10),
  most('G', 'restart', 'peakOctets', 600 * MIB),
  most('H', 'idle', 'p99Ms', 1),
  most('H', 'under load', 'p99Ms', 10),
  // Waiting for a core is not of our making; the row has the longest with it, too.
  most('H', 'under load', 'ownStallMs', 20),
  // As late as a stall may be, and the timer's own grain.
  most('H', 'under load', 'keepaliveLateMs', 50),
  most('I', 'a VPN route', 'octetsEach', 160),
  most('I', 'an agent', 'octetsEach', 100 * KIB),
  most('I', 'a VRF', 'octetsEach', 8 * KIB),
  ...['L1', 'L2'].flatMap((scenario) =>
    parts.flatMap((part) => [linear(scenario, part, 10, 1), linear(scenario, part, 100, 10)]),
  ),
  ...['A', 'B', 'C', 'D'].map((scenario): Target => ({
    scenario,
    phase: 'announce',
    measure: { kind: 'headroom' },
    least: HEADROOM,
  })),
]

/** Verdicts on the phases that are among the rows. */
export function judge(rows: readonly ScoredRow[]): Verdict[] {
  return targets
    .filter((target) => rowOf(rows, target, 'heddle') !== undefined)
    .map((target) => {
      const value = measured(rows, target)
      const { scenario, phase, measure } = target
      const got = value === undefined ? missing(rows, target) : textOf(measure, value)
      const isMet = value === undefined ? missed(rows, target) : isWithin(target, value)
      return { scenario, phase, what: titleOf(measure), asked: askedText(target), got, isMet }
    })
}

function isWithin({ least = -Infinity, most: upper = Infinity }: Target, value: number): boolean {
  return value >= least && value <= upper
}

function measured(rows: readonly ScoredRow[], target: Target): number | undefined {
  const row = rowOf(rows, target, 'heddle')!
  const { measure } = target
  switch (measure.kind) {
    case 'speed':
      return row.speed
    case 'memory':
      return row.memory
    case 'figure':
      return row.figures[measure.name]?.median
    case 'growth': {
      const before = rowOf(rows, { ...target, phase: measure.since }, 'heddle')?.figures[measure.name]
      const now = row.figures[measure.name]
      return before && now && now.median / before.median
    }
    case 'headroom': {
      const own = rowOf(rows, target, 'self')?.figures.seconds?.median
      const daemons = rows
        .filter(({ scenario, phase, subject }) => isOf(target, scenario, phase) && subject !== 'self')
        .map((each) => each.figures.seconds?.median)
        .filter((median) => median !== undefined)
      return own === undefined || daemons.length === 0 ? undefined : Math.min(...daemons) / own
    }
  }
}

function rowOf(
  rows: readonly ScoredRow[],
  target: Pick<Target, 'scenario' | 'phase'>,
  wanted: Subject,
): ScoredRow | undefined {
  return rows.find(({ scenario, phase, subject }) => isOf(target, scenario, phase) && subject === wanted)
}

function isOf(target: Pick<Target, 'scenario' | 'phase'>, scenario: string, phase: string): boolean {
  return target.scenario === scenario && target.phase === phase
}

/** heddle failed: that is missed. No peer, or another phase left out: nobody knows. */
function missed(rows: readonly ScoredRow[], target: Target): false | undefined {
  return rowOf(rows, target, 'heddle')!.outcome.kind === 'failed' ? false : undefined
}

function missing(rows: readonly ScoredRow[], target: Target): string {
  return missed(rows, target) === false ? 'failed' : 'not measured'
}

function titleOf(measure: Measure): string {
  switch (measure.kind) {
    case 'speed':
      return 'times as fast as the fastest peer'
    case 'memory':
      return 'memory of the leanest peer'
    case 'figure':
      return figures[measure.name].title
    case 'growth':
      return `${figures[measure.name].title}, by that of ${measure.since}`
    case 'headroom':
      return 'load alone, times the fastest daemon'
  }
}

function askedText({ measure, least, most: upper, aim }: Target): string {
  const bound =
    least === undefined ? `at most ${textOf(measure, upper!)}` : `at least ${textOf(measure, least)}`
  return aim === undefined ? bound : `${bound}, aim ${textOf(measure, aim)}`
}

function textOf(measure: Measure, value: number): string {
  if (measure.kind === 'figure') {
    // A bound has no digits behind the point that say nothing.
    return figures[measure.name].format(value).replace(/\.0+$/, '')
  }
  return value >= 10 ? value.toFixed(0) : value.toFixed(2).replace(/\.?0+$/, '')
}
