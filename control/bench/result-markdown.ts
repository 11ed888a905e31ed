/**
 * The result as Markdown: in short, for the README, and in full. Documents have each between two comments, and a test
 * compares them with the committed result.
 */
import type { Cell, Column } from '../cli/table-writer.ts'
import { circumstances, scenarioTables, summaryTable, targetTable } from './result-tables.ts'
import type { Table } from './result-tables.ts'
import type { BenchResult } from './result.ts'

export type Extent = 'summary' | 'full'

export function markdownOf(result: BenchResult, extent: Extent): string {
  const verdicts = result.verdicts.length > 0 ? [targetTable(result.verdicts)] : []
  const parts =
    extent === 'summary'
      ? [legend(result), tableText(summaryTable(result))]
      : [...scenarioTables(result), ...verdicts].map((table) => `### ${table.title}\n\n${tableText(table)}`)
  return [circumstances(result).join('\\\n'), ...parts].join('\n\n') + '\n'
}

/** What the letters mean. */
function legend({ scenarios }: BenchResult): string {
  return scenarios.map(({ letter, title }) => `- **${letter}** ${title}`).join('\n')
}

function tableText({ columns, rows }: Table): string {
  const lines = [columns.map(({ title }) => title), columns.map(ruler), ...rows.map((row) => row.map(text))]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function ruler({ align }: Column): string {
  return align === 'right' ? '---:' : '---'
}

function text(cell: Cell): string {
  return (typeof cell === 'string' ? cell : cell.text).replaceAll('|', '\\|')
}

function marks(extent: Extent): readonly [string, string] {
  return [`<!-- bench ${extent}: written by .ci/bench-docs.mjs -->\n`, `<!-- end of bench ${extent} -->\n`]
}

/** Where a document has a result: the text between the comments. Undefined without them. */
export function embedded(document: string, extent: Extent): string | undefined {
  const [begin, end] = marks(extent)
  const [from, to] = [document.indexOf(begin), document.indexOf(end)]
  return from < 0 || to < from ? undefined : document.slice(from + begin.length, to)
}

/** The document with another result in the same place. */
export function withEmbedded(document: string, extent: Extent, markdown: string): string {
  const before = embedded(document, extent)
  if (before === undefined) throw new Error(`the document has no place for the ${extent}`)
  const [begin, end] = marks(extent)
  return document.replace(begin + before + end, () => begin + markdown + end)
}
