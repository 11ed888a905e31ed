/**
 * What a peer sent wrong, for the operator: the last errors with the message they came in, and how often each attribute
 * was at fault (RFC 7606 §6 and §8 ask for both). It belongs to the peer, not to a session, so a reset does not wipe it.
 *
 *   records    a ring of MAX_RECORDS, the oldest overwritten; each keeps a copy of at most MAX_KEPT_OCTETS
 *   tallies    one row per attribute type at fault, and one for what is no attribute: 257 at most
 */
import { copyOf } from '../../rib/model/ip-address.ts'
import { Severity } from '../wire/wire-error.ts'
import type { WireError } from '../wire/wire-error.ts'

const MAX_RECORDS = 32
const MAX_KEPT_OCTETS = 512

/** What heddle did because of an error, in the words of RFC 7606 §2. */
export type Reaction = 'attribute discard' | 'treat-as-withdraw' | 'session reset'

export interface ErrorRecord {
  /** On the monotonic clock; only differences mean anything. */
  readonly atMs: number
  readonly code: string
  readonly clause: string
  readonly detail: string
  readonly attributeType: number | undefined
  readonly reaction: Reaction
  /** Octets of the message's body, or of its header where that is wrong. */
  readonly length: number
  /** The first of them. */
  readonly octets: Uint8Array
}

/** How often an attribute led to each reaction; `attributeType` is undefined for what is no attribute. */
export interface AttributeTally {
  readonly attributeType: number | undefined
  discarded: number
  withdrawn: number
  resets: number
}

export class ErrorJournal {
  readonly #ring: ErrorRecord[] = []
  readonly #tallies = new Map<number | undefined, AttributeTally>()
  #next = 0

  /** Notes an error of the message at [start, end). */
  note(error: WireError, octets: Uint8Array, start: number, end: number, atMs: number): void {
    const { code, clause, detail, attributeType, severity } = error
    const reaction = reactionTo(severity)
    this.#count(attributeType, reaction)
    // Copied: the octets are the receive buffer's.
    const kept = copyOf(octets, start, Math.min(end, start + MAX_KEPT_OCTETS))
    const record = { atMs, code, clause, detail, attributeType, reaction, length: end - start, octets: kept }
    this.#ring[this.#next] = record
    this.#next = (this.#next + 1) % MAX_RECORDS
  }

  /** The last errors, the newest first. */
  records(): ErrorRecord[] {
    return [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)].toReversed()
  }

  /** By attribute type, those that are no attribute last. */
  tallies(): AttributeTally[] {
    return [...this.#tallies.values()].sort((a, b) => (a.attributeType ?? 256) - (b.attributeType ?? 256))
  }

  #count(attributeType: number | undefined, reaction: Reaction): void {
    let tally = this.#tallies.get(attributeType)
    if (!tally) {
      tally = { attributeType, discarded: 0, withdrawn: 0, resets: 0 }
      this.#tallies.set(attributeType, tally)
    }
    if (reaction === 'attribute discard') tally.discarded++
    else if (reaction === 'treat-as-withdraw') tally.withdrawn++
    else tally.resets++
  }
}

function reactionTo(severity: Severity): Reaction {
  switch (severity) {
    case Severity.discard:
      return 'attribute discard'
    case Severity.treatAsWithdraw:
      return 'treat-as-withdraw'
    case Severity.disableFamily:
    case Severity.reset:
      return 'session reset'
  }
}
