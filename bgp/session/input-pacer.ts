/**
 * Keeps input from taking the event loop: once decoding has used up its share of a loop round, connections that bring
 * more are paused until the next one, and while the RIB is behind a little longer. Keepalives, hold timers and the API
 * then never wait for more than a few milliseconds of route work, and what cannot be taken stays in the peer's TCP.
 */
import type { Clock } from '../../rib/clock.ts'

/** Milliseconds of decoding in one round of the event loop. */
const ROUND_MS = 4

/** Rounds that input waits for a RIB that is behind; more would starve peers with little to say. */
const MAX_WAIT_ROUNDS = 16

/** What brings input. */
export interface InputStream {
  pause(): void
  resume(): void
}

export class InputPacer {
  readonly #clock: Clock
  readonly #isBehind: () => boolean
  readonly #paused = new Set<InputStream>()
  #roundStartMs = -1
  #waitedRounds = 0

  constructor(clock: Clock, isBehind: () => boolean) {
    this.#clock = clock
    this.#isBehind = isBehind
  }

  /** Before a chunk is decoded. */
  begin(): void {
    if (this.#roundStartMs >= 0) return
    this.#roundStartMs = this.#clock.nowMs()
    this.#clock.defer(() => {
      this.#endRound()
    })
  }

  /** After a chunk of route work: true when the connection was paused. */
  end(connection: InputStream): boolean {
    if (this.#roundStartMs >= 0 && this.#clock.nowMs() - this.#roundStartMs < ROUND_MS && !this.#isBehind())
      return false
    connection.pause()
    this.#paused.add(connection)
    return true
  }

  /** The connection is gone. */
  forget(connection: InputStream): void {
    this.#paused.delete(connection)
  }

  #endRound(): void {
    this.#roundStartMs = -1
    if (this.#paused.size === 0) {
      this.#waitedRounds = 0
      return
    }
    if (this.#isBehind() && this.#waitedRounds++ < MAX_WAIT_ROUNDS) {
      this.#clock.defer(() => {
        this.#endRound()
      })
      return
    }
    this.#waitedRounds = 0
    const paused = [...this.#paused]
    this.#paused.clear()
    for (const connection of paused) connection.resume()
  }
}
