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
  #isScheduled = false

  constructor(clock: Clock, isBehind: () => boolean) {
    this.#clock = clock
    this.#isBehind = isBehind
  }

  /** Before input is looked at. */
  begin(): void {
    if (this.#startMs !== undefined) return
    this.#startMs = this.#clock.nowMs()
    this.#schedule()
  }

  /** After a stanza: pauses the connection when the round is used up. */
  // hot: twice per route
  afterStanza(connection: Connection): void {
    if (!this.#hasTime) this.#pause(connection)
  }

  /** After a chunk: for a RIB that is behind, too. */
  afterChunk(connection: Connection): void {
    if (!this.#hasTime || this.#isBehind()) this.#pause(connection)
  }

  forget(connection: Connection): void {
    this.#paused.delete(connection)
  }

  #endRound(): void {
    this.#isScheduled = false
    this.#startMs = undefined
    if (this.#paused.size === 0) return
    if (this.#isBehind() && this.#waited++ < MAX_WAIT_ROUNDS) {
      this.#schedule()
      return
    }
    this.#waited = 0
    this.begin()
    // Who waited longest goes first; what it has still from before is looked at now, so the others may have to wait on.
    for (const connection of [...this.#paused]) {
      this.#paused.delete(connection)
      connection.resume()
      if (!this.#hasTime) return
    }
  }

  /** One end for each round, whatever begins it. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#clock.defer(() => {
      this.#endRound()
    })
  }

  #pause(connection: Connection): void {
    connection.pause()
    this.#paused.add(connection)
  }

  get #hasTime(): boolean {
    return this.#startMs !== undefined && this.#clock.nowMs() - this.#startMs < ROUND_MS
  }
}
