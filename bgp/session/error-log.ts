/**
 * What a peer sends wrong, logged so that an operator sees it and a hostile peer cannot fill the disk (RFC 7606 §6: log
 * what was received): the first few of a kind with their octets, later ones only at powers of two.
 */
import type { Clock } from '../../rib/clock.ts'
import type { Log } from '../../rib/log.ts'
import type { Frame } from '../wire/framer.ts'
import { ErrorCode } from '../wire/iana.ts'
import { describeNotification } from '../wire/notification.ts'
import type { Notification } from '../wire/notification.ts'
import { sessionError } from '../wire/wire-error.ts'
import type { WireError } from '../wire/wire-error.ts'
import { ErrorJournal } from './error-journal.ts'

const ALWAYS = 4
const MAX_LOGGED_OCTETS = 512

export class ErrorLog {
  readonly journal = new ErrorJournal()
  readonly #log: Log
  readonly #clock: Clock
  readonly #peer: string
  readonly #counts = new Map<string, number>()
  /** What the last error noted asks the session to say. */
  #noted: Notification | undefined

  constructor(log: Log, clock: Clock, peer: string) {
    this.#log = log
    this.#clock = clock
    this.#peer = peer
  }

  /** Errors by their code, since the peer was configured. */
  counts(): ReadonlyMap<string, number> {
    return this.#counts
  }

  /** Counts an error and logs it unless it has become too common. */
  note(error: WireError, octets: Uint8Array, start: number, end: number): void {
    const count = (this.#counts.get(error.code) ?? 0) + 1
    this.#counts.set(error.code, count)
    this.#noted = error.notification
    this.journal.note(error, octets, start, end, this.#clock.nowMs())
    if (!isWorthLogging(count)) return
    this.#log.warn('bgp.malformed', {
      peer: this.#peer,
      error: error.code,
      clause: error.clause,
      detail: error.detail,
      attribute: error.attributeType,
      count,
      hex: hexOf(octets, start, end),
    })
  }

  /**
   * A NOTIFICATION leaves because of this message. What the decoder found has been noted; what only the state machine
   * objects to (an OPEN that does not suit, a message that the state does not allow) is noted here.
   */
  noteRefusal(notification: Notification, frame: Frame): void {
    const refused = refusals[notification.code]
    if (refused === undefined || notification === this.#noted) return
    const { code, subcode, octets } = notification
    const detail = describeNotification(notification)
    const error = sessionError(refused.error, [code, subcode], refused.clause, detail, octets)
    this.note(error, frame.octets, frame.start, frame.end)
  }
}

/** By error code of the NOTIFICATION. */
const refusals: Readonly<Record<number, { readonly error: string; readonly clause: string }>> = {
  [ErrorCode.open]: { error: 'open-refused', clause: 'RFC 4271 §6.2' },
  [ErrorCode.fsm]: { error: 'unexpected-message', clause: 'RFC 6608 §4' },
}

/** True for the first few of something and then at powers of two: what goes on for ever takes few lines. */
export function isWorthLogging(count: number): boolean {
  return count <= ALWAYS || (count & (count - 1)) === 0
}

/** Octets as hex, cut at what a log line should hold. */
export function hexOf(octets: Uint8Array, start: number, end: number): string {
  const to = Math.min(end, start + MAX_LOGGED_OCTETS)
  const text = Buffer.from(octets.buffer, octets.byteOffset + start, to - start).toString('hex')
  return to < end ? `${text}...` : text
}
