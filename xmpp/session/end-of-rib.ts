/**
 * When an agent is told that it has everything (agent-channel reference 4.7): once per session, when nothing is left to
 * dump and nothing was said for a second, VRFs or not. A marker that comes too early makes an agent drop good routes,
 * so anything that moves starts the second anew, within a bound.
 */
import type { Timers } from '../../rib/clock.ts'
import { Deadline } from './deadline.ts'

export const END_OF_RIB_QUIET_MS = 1_000

/** However busy the session is, the marker is sent after this. */
export const END_OF_RIB_LIMIT_MS = 300_000

export interface EndOfRibOptions {
  readonly clock: Timers
  /** Everything has been written, and the transport takes more. */
  isSettled(): boolean
  send(): void
}

export class EndOfRibSender {
  readonly #options: EndOfRibOptions
  readonly #deadline: Deadline
  readonly #startMs: number
  #isDone = false

  constructor(options: EndOfRibOptions) {
    this.#options = options
    this.#startMs = options.clock.nowMs()
    this.#deadline = new Deadline(options.clock, () => {
      this.#consider()
    })
    this.#deadline.restart(END_OF_RIB_QUIET_MS)
  }

  /** The agent subscribed, or got something. */
  // hot: once per write
  disturb(): void {
    if (this.#isDone || this.#isOverdue) return
    this.#deadline.restart(END_OF_RIB_QUIET_MS)
  }

  stop(): void {
    this.#isDone = true
    this.#deadline.stop()
  }

  get #isOverdue(): boolean {
    return this.#options.clock.nowMs() - this.#startMs >= END_OF_RIB_LIMIT_MS
  }

  #consider(): void {
    if (this.#isDone) return
    if (!this.#options.isSettled()) {
      this.#deadline.restart(END_OF_RIB_QUIET_MS)
      return
    }
    this.#isDone = true
    this.#options.send()
  }
}
