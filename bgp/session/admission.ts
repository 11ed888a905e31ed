/**
 * Who may connect, and how often, before anything is read or written:
 *
 *   unknown address            closed without an octet, counted
 *   too many attempts          a bucket for each address: BURST at once, then PER_SEC; closed without an octet, counted
 *   too many without an OPEN   addresses of ranges that have connected and said nothing yet: MAX_UNIDENTIFIED together
 *
 * The table of addresses is bounded: the one that was not heard of for longest is forgotten, so a flood with many source
 * addresses costs no more than one with few. Log lines thin out as their number doubles.
 */
import type { Clock } from '../../rib/clock.ts'
import type { Log } from '../../rib/log.ts'
import { isWorthLogging } from './error-log.ts'

/** Attempts of one address at once, and the pace at which more are taken. */
const BURST = 200
const PER_SEC = 20

/** Connections of dynamic peers that have not sent their OPEN. */
export const MAX_UNIDENTIFIED = 256

const MAX_SOURCES = 1_024

export type RefusalReason = 'unknown' | 'tooManyAttempts' | 'tooManyUnidentified'

/** An address whose connections were refused, as an operator sees it. */
export interface RefusedSource {
  readonly address: string
  readonly count: number
  readonly reason: RefusalReason
  /** Of the last one, on the monotonic clock. */
  readonly atMs: number
}

interface Source {
  tokens: number
  filledAtMs: number
  refused: number
  reason: RefusalReason
  refusedAtMs: number
}

export class Admission {
  /** Connections refused here since the start, by reason. */
  readonly counts: Record<RefusalReason, number> = { unknown: 0, tooManyAttempts: 0, tooManyUnidentified: 0 }
  readonly #clock: Clock
  readonly #log: Log
  /** In the order in which they were heard of, the latest last. */
  readonly #sources = new Map<string, Source>()

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
  }

  get count(): number {
    return this.counts.unknown + this.counts.tooManyAttempts + this.counts.tooManyUnidentified
  }

  /** Takes note of an attempt; false when there are too many from the address, which is counted. */
  admits(address: string): boolean {
    const source = this.#touch(address)
    const now = this.#clock.nowMs()
    source.tokens = Math.min(BURST, source.tokens + ((now - source.filledAtMs) * PER_SEC) / 1000)
    source.filledAtMs = now
    if (source.tokens < 1) {
      this.refuse(address, 'tooManyAttempts')
      return false
    }
    source.tokens--
    return true
  }

  /** Counts a connection that is closed without a word. */
  refuse(address: string, reason: RefusalReason): void {
    const source = this.#touch(address)
    source.refused++
    source.reason = reason
    source.refusedAtMs = this.#clock.nowMs()
    const count = ++this.counts[reason]
    if (isWorthLogging(count)) this.#log.warn('bgp.connectionRefused', { address, reason, count })
  }

  /** Addresses that were refused, the latest first. */
  refused(limit: number): RefusedSource[] {
    const refused = [...this.#sources].filter(([, source]) => source.refused > 0)
    return refused
      .toSorted(([, a], [, b]) => b.refusedAtMs - a.refusedAtMs || b.refused - a.refused)
      .slice(0, limit)
      .map(([address, { refused: count, reason, refusedAtMs }]) => ({
        address,
        count,
        reason,
        atMs: refusedAtMs,
      }))
  }

  /** Addresses in the table. */
  get size(): number {
    return this.#sources.size
  }

  #touch(address: string): Source {
    const known = this.#sources.get(address)
    const source = known ?? {
      tokens: BURST,
      filledAtMs: this.#clock.nowMs(),
      refused: 0,
      reason: 'unknown' as const,
      refusedAtMs: 0,
    }
    this.#sources.delete(address)
    this.#sources.set(address, source)
    if (this.#sources.size > MAX_SOURCES) {
      for (const oldest of this.#sources.keys()) {
        this.#sources.delete(oldest)
        break
      }
    }
    return source
  }
}
