/**
 * Keeps a burst of stanzas from taking the event loop: agents that bring more than fits into a round of it wait, unread,
 * until the next one, and a little longer while the RIB is behind. What waits stays in the agent's TCP: nothing is
 * dropped (agent-channel reference 10.13).
 */
import type { Clock } from '../../rib/clock.ts'
import type { Connection } from './connection.ts'

/** Milliseconds of input in one round of the event loop: what an agent with little to say waits for the others. */
const ROUND_MS = 2

/** Octets of a chunk with so little that it never waits for the RIB: a few routes. */
const SMALL_CHUNK_OCTETS = 8_192

/** Rounds that input waits for a RIB that is behind; more would starve agents with little to say. */
const MAX_WAIT_ROUNDS = 16

export class InputPacer {
  readonly #clock: Clock
  readonly #isBehind: () => boolean
  /** Those that wait for the next round only, and those that brought so much that they wait for the RIB, too. */
  readonly #light = new Set<Connection>()
  readonly #heavy = new Set<Connection>()
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
  afterStanza(connection: Connection, chunkOctets: number): void {
    if (!this.#hasTime) this.#pause(connection, chunkOctets)
  }

  /** After a chunk: for a RIB that is behind, too. */
  afterChunk(connection: Connection, chunkOctets: number): void {
    const waitsForRib = chunkOctets >= SMALL_CHUNK_OCTETS && this.#isBehind()
    if (!this.#hasTime || waitsForRib) this.#pause(connection, chunkOctets)
  }

  forget(connection: Connection): void {
    this.#light.delete(connection)
    this.#heavy.delete(connection)
  }

  #endRound(): void {
    this.#isScheduled = false
    this.#startMs = undefined
    if (this.#light.size + this.#heavy.size === 0) return
    this.begin()
    const isOverdue = this.#heavy.size > 0 && this.#waited >= MAX_WAIT_ROUNDS
    if (isOverdue && !this.#resumeHeavy()) return
    const hasTime = this.#resume(this.#light)
    if (this.#heavy.size === 0) return
    if (!hasTime || this.#isBehind()) this.#waited++
    else this.#resumeHeavy()
  }

  #resumeHeavy(): boolean {
    this.#waited = 0
    return this.#resume(this.#heavy)
  }

  /**
   * Who waited longest goes first; what it has still from before is looked at now, so the others may have to wait on.
   * False when the round is used up.
   */
  #resume(paused: Set<Connection>): boolean {
    for (const connection of [...paused]) {
      paused.delete(connection)
      connection.resume()
      if (!this.#hasTime) return false
    }
    return true
  }

  /** One end for each round, whatever begins it. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#clock.defer(() => {
      this.#endRound()
    })
  }

  #pause(connection: Connection, chunkOctets: number): void {
    connection.pause()
    ;(chunkOctets < SMALL_CHUNK_OCTETS ? this.#light : this.#heavy).add(connection)
  }

  get #hasTime(): boolean {
    return this.#startMs !== undefined && this.#clock.nowMs() - this.#startMs < ROUND_MS
  }
}
