/**
 * The result as tables of text, whatever they are written as: one for each scenario, one of targets, and the summary, where
 * a row is a phase and a column a daemon. A figure is `min / median / max` of the runs.
 */
import type { Cell, Column } from '../cli/table-writer.ts'
import { figureNames, figures } from './figures.ts'
import type { FigureName, Spread } from './figures.ts'
import type { BenchResult, ScoredRow, Subject } from './result.ts'
import type { Verdict } from './targets.ts'

export interface Table {
  readonly title: string
  readonly columns: readonly Column[]
  readonly rows: readonly Cell[][]
}

const MIB = 1024 * 1024

const subjectTitles: Record<Subject, string> = {
  self: 'load alone',
  heddle: 'heddle',
  bird: 'BIRD',
  frr: 'FRR',
  gobgp: 'GoBGP',
}

/** When, where, with what, and how often: a line each. */
export function circumstances({
  machine,
  heddle,
  build,
  versions,
  runs,
  scale,
  startedAt,
}: BenchResult): string[] {
  const gib = (machine.memoryOctets / MIB / 1024).toFixed(0)
  const peers = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const size = scale === 1 ? '' : `, scale ${scale}: sizes and ratios are not those of the full benchmark`
  return [
    `${machine.processor}, ${machine.cores} cores, ${gib} GiB, Linux ${machine.kernel}, Node ${machine.node}`,
    [`heddle ${heddle} (${build})`, ...peers].join(', '),
    `${runs} ${runs === 1 ? 'run' : 'runs'}, ${startedAt.slice(0, 10)}${size}`,
  ]
}

export function scenarioTables({ scenarios, rows }: BenchResult): Table[] {
  return scenarios.map(({ letter, title }) =>
    scenarioTable(
      `${letter}  ${title}`,
      rows.filter(({ scenario }) => scenario === letter),
    ),
  )
}

function scenarioTable(title: string, rows: readonly ScoredRow[]): Table {
  const shown = figureNames.filter((name) => rows.some((row) => row.figures[name] !== undefined))
  // Where nobody measured anything there still are words.
  if (shown.length === 0) shown.push('seconds')
  const hasSpeed = rows.some(({ speed }) => speed !== undefined)
  const hasMemory = rows.some(({ memory }) => memory !== undefined)
  const columns: Column[] = [
    { title: 'phase' },
    { title: 'daemon' },
    ...shown.map((name) => ({ title: figures[name].title, align: 'right' as const })),
    ...(hasSpeed ? [{ title: 'against fastest peer', align: 'right' as const }] : []),
    ...(hasMemory ? [{ title: 'against leanest peer', align: 'right' as const }] : []),
    { title: '' },
  ]
  const cells = rows.map((row) => [
    row.phase,
    subjectTitles[row.subject],
    ...shown.map((name, i) => (i === 0 ? word(row) : undefined) ?? figureCell(row, name)),
    ...(hasSpeed ? [row.speed === undefined ? '' : `${formatRatio(row.speed)} times as fast`] : []),
    ...(hasMemory ? [row.memory === undefined ? '' : `${formatRatio(row.memory)} of it`] : []),
    remarkOf(row),
  ])
  return { title, columns, rows: cells }
}

/** What stands in place of a figure. */
function word({ outcome }: ScoredRow): string | undefined {
  if (outcome.kind === 'cannot') return 'cannot'
  return outcome.kind === 'notMeasured' ? 'not measured' : undefined
}

function figureCell(row: ScoredRow, name: FigureName): string {
  const spread = row.figures[name]
  return spread ? formatSpread(spread, figures[name].format) : ''
}

export function formatSpread({ min, median, max }: Spread, format: (value: number) => string): string {
  return min === max ? format(median) : [min, median, max].map(format).join(' / ')
}

export function formatRatio(ratio: number): string {
  if (ratio >= 10) return ratio.toFixed(0)
  return ratio >= 1 ? ratio.toFixed(1) : ratio.toFixed(2)
}

function remarkOf({ outcome }: ScoredRow): Cell {
  if (outcome.kind === 'failed') return { text: `failed: ${outcome.reason}`, style: 'red' }
  return outcome.kind === 'notInstalled' ? 'not installed' : ''
}

export function targetTable(verdicts: readonly Verdict[]): Table {
  const columns = ['', 'phase', 'figure of heddle', 'asked', 'got', 'reached'].map((title) => ({ title }))
  const rows = verdicts.map(({ scenario, phase, what, asked, got, isMet }): Cell[] => [
    scenario,
    phase,
    what,
    asked,
    got,
    reachedCell(isMet),
  ])
  return { title: 'What is asked of heddle', columns, rows }
}

function reachedCell(isMet: boolean | undefined): Cell {
  if (isMet === undefined) return 'not measured'
  return isMet ? { text: 'yes', style: 'green' } : { text: 'no', style: 'red' }
}

const daemons: readonly Subject[] = ['heddle', 'bird', 'frr', 'gobgp']
/** What stands for a phase, the first that was measured, with its unit. */
const leading: readonly (readonly [FigureName, string])[] = [
  ['microsEach', 'µs a route'],
  ['seconds', 's'],
  ['p99Ms', 'ms (p99)'],
  ['octetsEach', 'octets each'],
]

/** One row to a phase: every daemon's leading figure and its peak, and heddle's ratios. */
export function summaryTable({ rows }: BenchResult): Table {
  const phases = rows.filter((row, i) => i === rows.findIndex((each) => isSamePhase(each, row)))
  return {
    title: 'In short',
    columns: [
      '',
      'phase',
      ...daemons.map((subject) => subjectTitles[subject]),
      'heddle against fastest peer',
      'its peak against leanest peer',
    ].map((title) => ({ title })),
    rows: phases.map((phase) => summaryRow(phase, rows)),
  }
}

function summaryRow({ scenario, phase }: ScoredRow, rows: readonly ScoredRow[]): Cell[] {
  const found = daemons.map((wanted) =>
    rows.find((row) => isSamePhase(row, { scenario, phase }) && row.subject === wanted),
  )
  const { speed, memory } = found[0] ?? { speed: undefined, memory: undefined }
  return [
    scenario,
    phase,
    ...found.map((row) => (row ? summaryCell(row) : '')),
    speed === undefined ? '' : `${formatRatio(speed)} times as fast`,
    memory === undefined ? '' : `${formatRatio(memory)} of it`,
  ]
}

function isSamePhase(
  a: Pick<ScoredRow, 'scenario' | 'phase'>,
  b: Pick<ScoredRow, 'scenario' | 'phase'>,
): boolean {
  return a.scenario === b.scenario && a.phase === b.phase
}

function summaryCell(row: ScoredRow): string {
  if (row.outcome.kind === 'failed') return 'failed'
  const lead = leading.find(([name]) => row.figures[name] !== undefined)
  if (!lead) return word(row) ?? (row.outcome.kind === 'notInstalled' ? 'not installed' : '')
  const peak = row.figures.peakOctets
  const memory = peak ? `, ${(peak.median / MIB).toFixed(0)} MiB` : ''
  return `${figureCell(row, lead[0])} ${lead[1]}${memory}`
}
