/**
 * Keeps input from taking the event loop: once decoding has used up its share of a loop round, connections that bring
 * more are paused until the next one, and while the RIB is behind a little longer. Keepalives, hold timers and the API
 * then never wait for more than a few milliseconds of route work, and what cannot be taken stays in the peer's TCP.
 */
import type { Clock } from '../../rib/clock.ts'

/**
 * Milliseconds of decoding in one round of the event loop: what a peer with little to say waits for the others. A chunk
 * of 64 KiB may hold four thousand routes, two milliseconds of work for the RIB, so the round ends with the first: two
 * more, and a change that comes after them waits for theirs.
 */
const ROUND_MS = 0.5

/** Octets of a chunk with so little that it never waits for the RIB: a handful of UPDATEs. */
const SMALL_CHUNK_OCTETS = 4_096

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
  /** Those that wait for the next round only, and those that brought so much that they wait for the RIB, too. */
  readonly #light = new Set<InputStream>()
  readonly #heavy = new Set<InputStream>()
  #roundStartMs = -1
  #waitedRounds = 0
  #isScheduled = false

  constructor(clock: Clock, isBehind: () => boolean) {
    this.#clock = clock
    this.#isBehind = isBehind
  }

  /** Before a chunk is decoded. */
  begin(): void {
    if (this.#roundStartMs >= 0) return
    this.#roundStartMs = this.#clock.nowMs()
    this.#schedule()
  }

  /** After a chunk of route work: true when the connection was paused. */
  end(connection: InputStream, octets: number): boolean {
    const isSmall = octets < SMALL_CHUNK_OCTETS
    const hasTime = this.#roundStartMs >= 0 && this.#clock.nowMs() - this.#roundStartMs < ROUND_MS
    if (hasTime && (isSmall || !this.#isBehind())) return false
    connection.pause()
    ;(isSmall ? this.#light : this.#heavy).add(connection)
    return true
  }

  /** The connection is gone. */
  forget(connection: InputStream): void {
    this.#light.delete(connection)
    this.#heavy.delete(connection)
  }

  #endRound(): void {
    this.#roundStartMs = -1
    resumeAll(this.#light)
    if (this.#heavy.size === 0) {
      this.#waitedRounds = 0
      return
    }
    if (this.#isBehind() && this.#waitedRounds++ < MAX_WAIT_ROUNDS) {
      this.#schedule()
      return
    }
    this.#waitedRounds = 0
    resumeAll(this.#heavy)
  }

  /** One end for each round, whatever begins it. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#clock.defer(() => {
      this.#isScheduled = false
      this.#endRound()
    })
  }
}

function resumeAll(paused: Set<InputStream>): void {
  const streams = [...paused]
  paused.clear()
  for (const stream of streams) stream.resume()
}
