/**
 * A fault that comes back as often as something is tried (no file descriptor, no room on the disk): logged when it begins,
 * then once a minute with what came in between, and when it is over. Whoever reads the log sees when and how often, and
 * the log does not make things worse.
 */
import type { Clock } from './clock.ts'
import type { Log } from './log.ts'

const PERIOD_MS = 60_000

export class RecurringFault {
  readonly #clock: Clock
  readonly #log: Log
  readonly #event: string
  #isOn = false
  #saidAtMs = 0
  #unsaid = 0

  /** The event is logged as an error; with `Over` behind it, as information. */
  constructor(clock: Clock, log: Log, event: string) {
    this.#clock = clock
    this.#log = log
    this.#event = event
  }

  /** It has happened (again). */
  note(reason: string): void {
    const now = this.#clock.nowMs()
    if (this.#isOn && now - this.#saidAtMs < PERIOD_MS) {
      this.#unsaid++
      return
    }
    this.#log.error(this.#event, { reason, ...(this.#unsaid > 0 ? { since: this.#unsaid } : {}) })
    this.#isOn = true
    this.#saidAtMs = now
    this.#unsaid = 0
  }

  /** What failed works. */
  over(): void {
    if (!this.#isOn) return
    this.#log.info(`${this.#event}Over`, this.#unsaid > 0 ? { since: this.#unsaid } : {})
    this.#isOn = false
    this.#unsaid = 0
  }
}
