/**
 * ROUTE-REFRESH (RFC 2918 §3, RFC 7313 §3.2):
 *
 *   | AFI (2) | subtype (1) | SAFI (1) |        subtype 0 request, 1 BoRR, 2 EoRR
 */
import { familyAfi, familyOf, familySafi } from '../../rib/model/family.ts'
import type { Family } from '../../rib/model/family.ts'
import { copyOf } from '../../rib/model/ip-address.ts'
import { ErrorCode, HEADER_LENGTH, HeaderError, MessageType } from './iana.ts'
import { sessionError } from './wire-error.ts'
import type { WireError } from './wire-error.ts'
import { finishMessage, messageWriter } from './writer.ts'

export const RefreshSubtype = { request: 0, begin: 1, end: 2 } as const

export interface RouteRefresh {
  /** Undefined when heddle does not know the family: RFC 2918 §4 has the receiver ignore it. */
  readonly family: Family | undefined
  readonly afi: number
  readonly safi: number
  readonly subtype: number
}

export function encodeRouteRefresh(family: Family, subtype: number = RefreshSubtype.request): Uint8Array {
  const writer = messageWriter(HEADER_LENGTH + 4)
  writer.u16(familyAfi(family))
  writer.u8(subtype)
  writer.u8(familySafi(family))
  return finishMessage(writer, MessageType.routeRefresh)
}

/** Decodes the body at [start, end). `enhanced`: the peer has the capability of RFC 7313. */
export function decodeRouteRefresh(
  octets: Uint8Array,
  start: number,
  end: number,
  enhanced: boolean,
): RouteRefresh | WireError {
  const length = end - start
  if (length < 4) return badLength(length)
  const subtype = octets[start + 2]
  // RFC 7313 §5: the markers have exactly four octets, when they come from a peer with the capability; without it the
  // subtype is reserved. A request may be longer, with filters (RFC 5291), ignored here.
  if (enhanced && length > 4 && (subtype === RefreshSubtype.begin || subtype === RefreshSubtype.end)) {
    return sessionError(
      'bad-route-refresh-length',
      [ErrorCode.routeRefresh, 1],
      'RFC 7313 §5',
      `subtype ${subtype} with ${length} octets`,
      copyOf(octets, Math.max(0, start - HEADER_LENGTH), end),
    )
  }
  const afi = (octets[start] << 8) | octets[start + 1]
  const safi = octets[start + 3]
  return { family: familyOf(afi, safi), afi, safi, subtype }
}

function badLength(length: number): WireError {
  const total = length + HEADER_LENGTH
  return sessionError(
    'bad-message-length',
    [ErrorCode.header, HeaderError.badLength],
    'RFC 4271 §6.1',
    `ROUTE-REFRESH of ${total} octets`,
    Uint8Array.of(total >>> 8, total),
  )
}
