/**
 * How the demo speaks: titled parts, tables, and claims, each of which was looked up before it is made. With -j nothing is
 * written until the end, and then one document.
 */
import type { Output } from '../cli/output.ts'
import { TableWriter } from '../cli/table-writer.ts'
import type { Cell } from '../cli/table-writer.ts'

export interface Claim {
  readonly claim: string
  readonly holds: boolean
  /** What was found instead of, or as proof of, what is claimed. */
  readonly seen: unknown
}

export class Narration {
  readonly claims: Claim[] = []
  readonly #output: Output
  readonly #isSilent: boolean

  constructor(output: Output, isSilent: boolean) {
    this.#output = output
    this.#isSilent = isSilent
  }

  get failed(): readonly Claim[] {
    return this.claims.filter(({ holds }) => !holds)
  }

  async title(text: string): Promise<void> {
    await this.#write(`\n${this.#output.paint('bold', text)}\n`)
  }

  async line(text: string): Promise<void> {
    await this.#write(`  ${text}\n`)
  }

  /** Says what is so, with a mark that tells whether it is. */
  async claim(claim: string, holds: boolean, seen: unknown): Promise<void> {
    this.claims.push({ claim, holds, seen })
    const mark = holds ? this.#output.paint('green', '✔') : this.#output.paint('red', '✘')
    const found = holds ? '' : `\n    found: ${JSON.stringify(seen)}`
    await this.#write(`  ${mark} ${claim}${found}\n`)
  }

  async table(titles: readonly string[], rows: readonly (readonly Cell[])[]): Promise<void> {
    if (this.#isSilent) return
    const writer = new TableWriter(
      this.#output,
      ['', ...titles].map((title) => ({ title })),
    )
    // An empty first column indents the table.
    for (const row of rows) await writer.row(['', ...row])
    await writer.flush()
  }

  async #write(text: string): Promise<void> {
    if (!this.#isSilent) await this.#output.write(text)
  }
}
