/**
 * What a peer sent wrong, as a value: nothing in bgp/wire throws. Severities are those of RFC 7606 §2, ordered, so that
 * the worst of several errors decides what becomes of an UPDATE and its session.
 */
import { copyOf } from '../../rib/model/ip-address.ts'
import { ErrorCode, MAX_MESSAGE_LENGTH, HEADER_LENGTH } from './iana.ts'

export const Severity = {
  /** The attribute is left out, the routes stay (RFC 7606 §2, "attribute discard"). */
  discard: 1,
  /** The routes of the UPDATE are withdrawn. */
  treatAsWithdraw: 2,
  /** RFC 7606 §2 "AFI/SAFI disable". Never produced here: where the RFC allows it, heddle takes `reset`, as GoBGP does,
   * because a session that is up and silently deaf for one family is worse to operate than one that restarts. */
  disableFamily: 3,
  reset: 4,
} as const
export type Severity = (typeof Severity)[keyof typeof Severity]

/** The NOTIFICATION that ends the session when the severity is `reset` (RFC 4271 §4.5). */
export interface NotificationCause {
  readonly code: number
  readonly subcode: number
  readonly octets: Uint8Array
}

export interface WireError {
  /** Stable name for counters and logs, e.g. `malformed-as-path`. */
  readonly code: string
  readonly severity: Severity
  readonly notification: NotificationCause
  /** The clause that demands this reaction, e.g. `RFC 7606 §7.1`. */
  readonly clause: string
  readonly detail: string
  readonly attributeType?: number | undefined
}

const noOctets = new Uint8Array(0)

/** Octets that fit into a NOTIFICATION beside its header and two codes. */
const MAX_CAUSE_OCTETS = MAX_MESSAGE_LENGTH - HEADER_LENGTH - 2

/** An error in the message header, in OPEN or in ROUTE-REFRESH: always the end of the session. */
export function sessionError(
  code: string,
  cause: readonly [code: number, subcode: number],
  clause: string,
  detail: string,
  octets: Uint8Array = noOctets,
): WireError {
  return { code, severity: Severity.reset, notification: notificationCause(cause, octets), clause, detail }
}

/** An error in an UPDATE; `octets` (copied) is the offending attribute where RFC 4271 §6.3 wants it in the NOTIFICATION. */
export function updateError(
  code: string,
  severity: Severity,
  subcode: number,
  clause: string,
  detail: string,
  attribute?: { readonly type: number; readonly octets?: Uint8Array },
): WireError {
  return {
    code,
    severity,
    notification: notificationCause([ErrorCode.update, subcode], attribute?.octets ?? noOctets),
    clause,
    detail,
    attributeType: attribute?.type,
  }
}

function notificationCause(cause: readonly [number, number], octets: Uint8Array): NotificationCause {
  return {
    code: cause[0],
    subcode: cause[1],
    octets: copyOf(octets, 0, Math.min(octets.length, MAX_CAUSE_OCTETS)),
  }
}

/** The first error of the highest severity: the one a NOTIFICATION reports. */
export function worstError(errors: readonly WireError[]): WireError | undefined {
  let worst: WireError | undefined
  for (const error of errors) if (worst === undefined || error.severity > worst.severity) worst = error
  return worst
}

/** Tells an error from a decoded message where a decoder returns either. */
export function isWireError(value: object): value is WireError {
  return 'severity' in value && 'clause' in value
}
