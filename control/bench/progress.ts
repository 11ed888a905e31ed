/**
 * What is going on, on stderr: one line that changes on a terminal, a line for each run that ended elsewhere.
 */
import type { Surroundings } from '../cli/output.ts'

const EVERY_MS = 500

export class Progress {
  readonly #stderr: Surroundings['stderr']
  #title = ''

  constructor(stderr: Surroundings['stderr']) {
    this.#stderr = stderr
  }

  /** Somebody sees the line change. */
  get isLive(): boolean {
    return this.#stderr.isTTY === true
  }

  /** A line that stays. */
  say(text: string): void {
    this.#stderr.write(`${text}\n`)
  }

  begin(title: string): void {
    this.#title = title
    this.step('starting')
  }

  /** What the run is at. */
  step(text: string): void {
    if (this.#stderr.isTTY === true) this.#stderr.write(`\r\u001b[K${this.#title}  ${text}`)
  }

  end(text: string): void {
    const line = `${this.#title}  ${text}\n`
    this.#stderr.write(this.#stderr.isTTY === true ? `\r\u001b[K${line}` : line)
  }

  /** Says what `ask` answers, again and again, until the work is done. What it throws ends the waiting. */
  async during<T>(work: Promise<T>, ask: () => Promise<string>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const trouble = new Promise<never>((_, reject) => {
      timer = setInterval(() => {
        ask().then((text) => this.step(text), reject)
      }, EVERY_MS)
    })
    try {
      return await Promise.race([work, trouble])
    } finally {
      clearInterval(timer)
    }
  }
}
