/**
 * Log lines that a stranger can cause: so many a minute, and the rest counted, so that a flood of whatever it is neither
 * fills the disk nor hides the other lines.
 */
import type { Clock } from './clock.ts'
import type { Log } from './log.ts'

const PERIOD_MS = 60_000
const LINES = 20

export class LimitedLines {
  readonly #clock: Clock
  readonly #log: Log
  readonly #event: string
  #beganAtMs = -PERIOD_MS
  #said = 0
  #unsaid = 0

  constructor(clock: Clock, log: Log, event: string) {
    this.#clock = clock
    this.#log = log
    this.#event = event
  }

  /** A warning with these fields; `unsaid` is how many there was no line for before it. */
  warn(fields: object): void {
    const now = this.#clock.nowMs()
    if (now - this.#beganAtMs >= PERIOD_MS) {
      this.#beganAtMs = now
      this.#said = 0
    }
    if (this.#said >= LINES) {
      this.#unsaid++
      return
    }
    this.#said++
    this.#log.warn(this.#event, this.#unsaid > 0 ? { ...fields, unsaid: this.#unsaid } : fields)
    this.#unsaid = 0
  }
}
