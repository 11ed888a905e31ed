/**
 * Columns for people, streamed: the widths come from the rows of the first page; later rows that are wider push to the
 * right. So the first screen stands at once and a table of any length is never held.
 */
import type { Output, Style } from './output.ts'
import { printable } from './output.ts'

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
}

/** One cell: text, or text with a style for terminals. */
export type Cell = string | { readonly text: string; readonly style: Style }

const FIRST_PAGE_ROWS = 64
const GAP = '  '
/** A single long cell (an AS_PATH, a list of targets) does not decide the width of its column. */
const MAX_MEASURED_WIDTH = 48

export class TableWriter {
  rowCount = 0
  readonly #output: Output
  readonly #columns: readonly Column[]
  #firstPage: Cell[][] | undefined = []
  #widths: number[] = []

  constructor(output: Output, columns: readonly Column[]) {
    this.#output = output
    this.#columns = columns
  }

  async row(cells: Cell[]): Promise<void> {
    this.rowCount++
    if (!this.#firstPage) return this.#output.line(this.#format(cells))
    this.#firstPage.push(cells)
    if (this.#firstPage.length >= FIRST_PAGE_ROWS) await this.flush()
  }

  /** Writes what the first page holds: at the end of the table, or when the source pauses. Nothing without rows. */
  async flush(): Promise<void> {
    const page = this.#firstPage
    if (!page || page.length === 0) return
    this.#firstPage = undefined
    this.#widths = this.#columns.map((column, i) =>
      Math.max(column.title.length, ...page.map((cells) => measured(textOf(cells[i])))),
    )
    const lines = [this.#format(this.#columns.map(({ title }) => ({ text: title, style: 'bold' })))]
    for (const cells of page) lines.push(this.#format(cells))
    await this.#output.write(`${lines.join('\n')}\n`)
  }

  #format(cells: readonly Cell[]): string {
    return this.#columns
      .map((column, i) => {
        const cell = cells[i] ?? ''
        const text = printable(textOf(cell))
        const padding = ' '.repeat(Math.max(0, this.#widths[i]! - text.length))
        const painted = typeof cell === 'string' ? text : this.#output.paint(cell.style, text)
        return column.align === 'right' ? padding + painted : painted + padding
      })
      .join(GAP)
      .trimEnd()
  }
}

function textOf(cell: Cell | undefined): string {
  return typeof cell === 'object' ? cell.text : (cell ?? '')
}

function measured(text: string): number {
  return text.length > MAX_MEASURED_WIDTH ? 0 : text.length
}

/** Seconds as people read them: `42s`, `3m07s`, `5h12m`, `12d03h`. */
export function formatAge(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  if (whole < 60) return `${whole}s`
  if (whole < 3600) return `${Math.floor(whole / 60)}m${pad(whole % 60)}s`
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h${pad(Math.floor(whole / 60) % 60)}m`
  return `${Math.floor(whole / 86_400)}d${pad(Math.floor(whole / 3600) % 24)}h`
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
