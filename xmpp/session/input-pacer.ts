/**
 * Keeps a burst of stanzas from taking the event loop: agents that bring more than fits into a round of it wait, unread,
 * until the next one, and a little longer while the RIB is behind. What waits stays in the agent's TCP: nothing is
 * dropped (agent-channel reference 10.13).
 */
import type { Clock } from '../../rib/clock.ts'
import type { Connection } from './connection.ts'

/** Milliseconds of input in one round of the event loop. */
const ROUND_MS = 4

/** Rounds that input waits for a RIB that is behind; more would starve agents with little to say. */
const MAX_WAIT_ROUNDS = 16

export class InputPacer {
  readonly #clock: Clock
  readonly #isBehind: () => boolean
  readonly #paused = new Set<Connection>()
  #startMs: number | undefined
  #waited = 0

  constructor(clock: Clock, isBehind: () => boolean) {
    this.#clock = clock
    this.#isBehind = isBehind
  }

  /** Before a chunk is looked at. */
  begin(): void {
    if (this.#startMs !== undefined) return
    this.#startMs = this.#clock.nowMs()
    this.#clock.defer(() => {
      this.#endRound()
    })
  }

  /** After a chunk: pauses the connection when the round is used up. */
  end(connection: Connection): void {
    const spentMs = this.#clock.nowMs() - (this.#startMs ?? 0)
    if (this.#startMs !== undefined && spentMs < ROUND_MS && !this.#isBehind()) return
    connection.pause()
    this.#paused.add(connection)
  }

  forget(connection: Connection): void {
    this.#paused.delete(connection)
  }

  #endRound(): void {
    this.#startMs = undefined
    if (this.#paused.size === 0) return
    if (this.#isBehind() && this.#waited++ < MAX_WAIT_ROUNDS) {
      this.#clock.defer(() => {
        this.#endRound()
      })
      return
    }
    this.#waited = 0
    const paused = [...this.#paused]
    this.#paused.clear()
    for (const connection of paused) connection.resume()
  }
}
