/**
 * Where a command writes: stdout with backpressure, so that a table of a million routes never waits in memory, and with a
 * quiet end when the reader has gone (`heddle show routes | head`). Colour only for people: a terminal, and no NO_COLOR.
 */
import { styleText } from 'node:util'
import type { Writable } from 'node:stream'

/** The process's surroundings, as an argument, so that tests run commands in-process. */
export interface Surroundings {
  readonly stdout: Writable & { readonly isTTY?: boolean }
  readonly stderr: Writable & { readonly isTTY?: boolean }
  readonly env: Readonly<Record<string, string | undefined>>
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow'

/** The reader of stdout has closed it: nothing is wrong, there is only nobody left to write to. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed'
}

export class Output {
  readonly isTerminal: boolean
  readonly #around: Surroundings
  readonly #colours: boolean
  #failure: Error | undefined
  readonly #failed = Promise.withResolvers<never>()
  #onFailure: (() => void) | undefined

  constructor(around: Surroundings) {
    this.#around = around
    this.isTerminal = around.stdout.isTTY === true
    // https://no-color.org: any value that is not empty.
    this.#colours = this.isTerminal && !around.env['NO_COLOR'] && around.env['TERM'] !== 'dumb'
    around.stdout.on('error', this.#fail)
    this.#failed.promise.catch(ignore)
  }

  /** Throws what `write` would, as soon as it is known: for who waits for other things than room to write. */
  get failed(): Promise<never> {
    return this.#failed.promise
  }

  /** Writes to stdout; resolves when there is room for more. Throws OutputClosed when nobody reads. */
  async write(text: string): Promise<void> {
    this.#throwFailure()
    if (text === '' || this.#around.stdout.write(text)) return
    await new Promise<void>((resolve) => {
      this.#onFailure = resolve
      this.#around.stdout.once('drain', resolve)
    })
    this.#onFailure = undefined
    this.#throwFailure()
  }

  async line(text: string): Promise<void> {
    await this.write(`${text}\n`)
  }

  /** A remark for people, beside the output. */
  remark(text: string): void {
    this.#around.stderr.write(`${text}\n`)
  }

  paint(style: Style, text: string): string {
    return this.#colours ? styleText(style, text, { validateStream: false }) : text
  }

  /** Gives the stream back. */
  release(): void {
    this.#around.stdout.off('error', this.#fail)
    // An EPIPE may still be under way for octets that were accepted above.
    this.#around.stdout.on('error', ignore)
  }

  readonly #fail = (error: Error): void => {
    this.#failure ??= 'code' in error && error.code === 'EPIPE' ? new OutputClosed() : error
    this.#failed.reject(this.#failure)
    this.#onFailure?.()
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure
  }
}

function ignore(): void {}

/** Text of a peer, an agent or a name may hold escape sequences: none reaches the terminal. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (char) =>
    char === '\n' || char === '\t' ? ' ' : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}
