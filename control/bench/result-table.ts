/**
 * The result for people: a table for each scenario. A figure is `min / median / max` of the runs.
 */
import type { Output } from '../cli/output.ts'
import { TableWriter } from '../cli/table-writer.ts'
import type { Cell } from '../cli/table-writer.ts'
import { figureNames, figures } from './figures.ts'
import type { FigureName, Spread } from './figures.ts'
import type { BenchResult, ScoredRow, Subject } from './result.ts'

const MIB = 1024 * 1024

const subjectTitles: Record<Subject, string> = {
  self: 'load alone',
  heddle: 'heddle',
  bird: 'BIRD',
  frr: 'FRR',
  gobgp: 'GoBGP',
}

export async function writeResult(output: Output, result: BenchResult): Promise<void> {
  const { machine, versions, runs, scale } = result
  const peers = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  await output.line(
    `${machine.processor}, ${machine.cores} cores, ${(machine.memoryOctets / MIB / 1024).toFixed(0)} GiB, ` +
      `Linux ${machine.kernel}, Node ${machine.node}`,
  )
  await output.line(['heddle ' + result.heddle, ...peers].join(', '))
  await output.line(`${runs} ${runs === 1 ? 'run' : 'runs'}${scale === 1 ? '' : `, scale ${scale}`}`)
  for (const { letter, title } of result.scenarios) {
    await output.line('')
    await output.line(output.paint('bold', `${letter}  ${title}`))
    await writeRows(
      output,
      result.rows.filter(({ scenario }) => scenario === letter),
    )
  }
}

async function writeRows(output: Output, rows: readonly ScoredRow[]): Promise<void> {
  const shown = figureNames.filter((name) => rows.some((row) => row.figures[name] !== undefined))
  // Where nobody measured anything there still are words.
  if (shown.length === 0) shown.push('seconds')
  const hasSpeed = rows.some(({ speed }) => speed !== undefined)
  const hasMemory = rows.some(({ memory }) => memory !== undefined)
  const writer = new TableWriter(output, [
    { title: 'phase' },
    { title: 'daemon' },
    ...shown.map((name) => ({ title: figures[name].title, align: 'right' as const })),
    ...(hasSpeed ? [{ title: 'against fastest peer', align: 'right' as const }] : []),
    ...(hasMemory ? [{ title: 'against leanest peer', align: 'right' as const }] : []),
    { title: '' },
  ])
  for (const row of rows) {
    const ratios: Cell[] = []
    if (hasSpeed) ratios.push(row.speed === undefined ? '' : `${formatRatio(row.speed)} times as fast`)
    if (hasMemory) ratios.push(row.memory === undefined ? '' : `${formatRatio(row.memory)} of it`)
    const cells = shown.map((name, i) =>
      i === 0 ? (word(row) ?? figureCell(row, name)) : figureCell(row, name),
    )
    await writer.row([row.phase, subjectTitles[row.subject], ...cells, ...ratios, remarkOf(row)])
  }
  await writer.flush()
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
