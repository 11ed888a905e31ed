/** The result for people at a terminal. */
import type { Output } from '../cli/output.ts'
import { TableWriter } from '../cli/table-writer.ts'
import { circumstances, scenarioTables, targetTable } from './result-tables.ts'
import type { Table } from './result-tables.ts'
import type { BenchResult } from './result.ts'

export async function writeResult(output: Output, result: BenchResult): Promise<void> {
  for (const line of circumstances(result)) await output.line(line)
  const tables = scenarioTables(result)
  if (result.verdicts.length > 0) tables.push(targetTable(result.verdicts))
  for (const table of tables) await writeTable(output, table)
}

async function writeTable(output: Output, { title, columns, rows }: Table): Promise<void> {
  await output.line('')
  await output.line(output.paint('bold', title))
  const writer = new TableWriter(output, columns)
  for (const row of rows) await writer.row([...row])
  await writer.flush()
}
