/**
 * One JSON document around lines that arrive one by one: {"routes":[...],"count":n}. Nothing is written before the first
 * line or the end is known, so that an error right away is the whole document; an error later closes the list and stands
 * behind it, so that what was written stays one valid document.
 */
import { CliError } from './cli-error.ts'
import type { Output } from './output.ts'

const CHUNK_CHARACTERS = 32 * 1024

export class JsonListWriter {
  count = 0
  readonly #output: Output
  readonly #key: string
  #pending = ''

  constructor(output: Output, key: string) {
    this.#output = output
    this.#key = key
  }

  /** Writes the document; throws what fails before it began, and returns what failed later. */
  async writeAll(lines: AsyncIterable<string>): Promise<ReportedError | undefined> {
    try {
      for await (const line of lines) {
        this.#pending += `${this.count++ === 0 ? this.#head() : ','}\n${line}`
        if (this.#pending.length >= CHUNK_CHARACTERS) await this.#flush()
      }
    } catch (error) {
      if (this.count === 0 || !(error instanceof CliError)) throw error
      this.#pending += `\n],"count":${this.count},"error":${JSON.stringify(error.facts())}}\n`
      await this.#flush()
      return new ReportedError(error)
    }
    this.#pending += this.count === 0 ? `${this.#head()}],"count":0}\n` : `\n],"count":${this.count}}\n`
    await this.#flush()
    return undefined
  }

  #head(): string {
    return `{${JSON.stringify(this.#key)}:[`
  }

  async #flush(): Promise<void> {
    const text = this.#pending
    this.#pending = ''
    await this.#output.write(text)
  }
}

/** An error that the document already holds: only the exit status is left to say. */
export class ReportedError extends Error {
  override readonly name = 'ReportedError'

  constructor(cause: CliError) {
    super(cause.message, { cause })
  }
}
