/**
 * NOTIFICATION (RFC 4271 §4.5), the last message of a session:
 *
 *   | error code (1) | subcode (1) | octets that depend on both |
 *
 * Cease / Administrative Shutdown and Reset carry a text (RFC 9003): one length octet, then UTF-8.
 */
import { families, familyAfi, familyName, familySafi } from '../../rib/model/family.ts'
import { copyOf } from '../../rib/model/ip-address.ts'
import { CeaseError, ErrorCode, HEADER_LENGTH, MAX_MESSAGE_LENGTH, MessageType } from './iana.ts'
import type { NotificationCause } from './wire-error.ts'
import { finishMessage, messageWriter } from './writer.ts'

export type Notification = NotificationCause

const MAX_OCTETS = MAX_MESSAGE_LENGTH - HEADER_LENGTH - 2

export function encodeNotification(notification: Notification): Uint8Array {
  const writer = messageWriter()
  writer.u8(notification.code)
  writer.u8(notification.subcode)
  writer.put(notification.octets.subarray(0, MAX_OCTETS))
  return finishMessage(writer, MessageType.notification)
}

/** Decodes the body at [start, end). There is no answer to a bad NOTIFICATION (RFC 4271 §6.4), hence no error either. */
export function decodeNotification(octets: Uint8Array, start: number, end: number): Notification {
  return {
    code: start < end ? octets[start] : 0,
    subcode: start + 1 < end ? octets[start + 1] : 0,
    octets: copyOf(octets, Math.min(start + 2, end), end),
  }
}

/** Cease with a text for the operator at the other end (RFC 9003 §2), cut at a character to what fits its length octet. */
export function ceaseWithText(subcode: number, text: string): Notification {
  let octets = new TextEncoder().encode(text)
  if (octets.length > 255) {
    let end = 255
    while (end > 0 && (octets[end] & 0xc0) === 0x80) end--
    octets = octets.slice(0, end)
  }
  const withLength = new Uint8Array(1 + octets.length)
  withLength[0] = octets.length
  withLength.set(octets, 1)
  return { code: ErrorCode.cease, subcode, octets: text === '' ? new Uint8Array(0) : withLength }
}

/** The text of a Cease, or undefined when it carries none or a broken one. */
export function ceaseText(notification: Notification): string | undefined {
  const { code, subcode, octets } = notification
  if (
    code !== ErrorCode.cease ||
    subcode === CeaseError.maximumPrefixes ||
    subcode === CeaseError.hardReset
  ) {
    return undefined
  }
  if (octets.length < 2 || octets[0] !== octets.length - 1) return undefined
  // RFC 9003 §3: what a peer writes must not be able to forge log lines or move a cursor.
  return new TextDecoder().decode(octets.subarray(1)).replace(/[\p{Cc}\u2028\u2029]/gu, ' ')
}

const names: Readonly<
  Record<number, { readonly name: string; readonly subcodes: readonly (string | undefined)[] }>
> = {
  [ErrorCode.header]: {
    name: 'Message Header Error',
    subcodes: [undefined, 'Connection Not Synchronized', 'Bad Message Length', 'Bad Message Type'],
  },
  [ErrorCode.open]: {
    name: 'OPEN Message Error',
    subcodes: [
      undefined,
      'Unsupported Version Number',
      'Bad Peer AS',
      'Bad BGP Identifier',
      'Unsupported Optional Parameter',
      undefined,
      'Unacceptable Hold Time',
      'Unsupported Capability',
      ...[undefined, undefined, undefined],
      'Role Mismatch',
    ],
  },
  [ErrorCode.update]: {
    name: 'UPDATE Message Error',
    subcodes: [
      undefined,
      'Malformed Attribute List',
      'Unrecognized Well-known Attribute',
      'Missing Well-known Attribute',
      'Attribute Flags Error',
      'Attribute Length Error',
      'Invalid ORIGIN Attribute',
      undefined,
      'Invalid NEXT_HOP Attribute',
      'Optional Attribute Error',
      'Invalid Network Field',
      'Malformed AS_PATH',
    ],
  },
  [ErrorCode.holdTimer]: { name: 'Hold Timer Expired', subcodes: [] },
  [ErrorCode.fsm]: {
    name: 'Finite State Machine Error',
    subcodes: [
      undefined,
      'Unexpected Message in OpenSent',
      'Unexpected Message in OpenConfirm',
      'Unexpected Message in Established',
    ],
  },
  [ErrorCode.cease]: {
    name: 'Cease',
    subcodes: [
      undefined,
      'Maximum Number of Prefixes Reached',
      'Administrative Shutdown',
      'Peer De-configured',
      'Administrative Reset',
      'Connection Rejected',
      'Other Configuration Change',
      'Connection Collision Resolution',
      'Out of Resources',
      'Hard Reset',
    ],
  },
  [ErrorCode.routeRefresh]: {
    name: 'ROUTE-REFRESH Message Error',
    subcodes: [undefined, 'Invalid Message Length'],
  },
  [ErrorCode.sendHoldTimer]: { name: 'Send Hold Timer Expired', subcodes: [] },
}

/** One line for operators: `Cease/Administrative Shutdown: "maintenance"`, or the numbers where they mean nothing to us. */
export function describeNotification(notification: Notification): string {
  const { code, subcode, octets } = notification
  const row = names[code]
  const subname = row?.subcodes[subcode]
  const head = row?.name ?? `error ${code}`
  const line = subname ? `${head}/${subname}` : subcode === 0 ? head : `${head}/${subcode}`
  // RFC 8538 §3: a hard reset wraps the NOTIFICATION that would have been sent without graceful restart.
  if (code === ErrorCode.cease && subcode === CeaseError.hardReset && octets.length >= 2) {
    const inner = { code: octets[0], subcode: octets[1], octets: octets.subarray(2) }
    const isNested = inner.code === ErrorCode.cease && inner.subcode === CeaseError.hardReset
    return isNested ? line : `${line} (${describeNotification(inner)})`
  }
  if (code === ErrorCode.cease && subcode === CeaseError.maximumPrefixes && octets.length >= 7) {
    return `${line}: ${prefixBound(octets)}`
  }
  const text = ceaseText(notification)
  return text === undefined ? line : `${line}: "${text}"`
}

/** AFI, SAFI and the bound that was passed (RFC 4486 §4). */
function prefixBound(octets: Uint8Array): string {
  const view = new DataView(octets.buffer, octets.byteOffset)
  const [afi, safi] = [view.getUint16(0), view.getUint8(2)]
  const family = families.find((each) => familyAfi(each) === afi && familySafi(each) === safi)
  return `more than ${view.getUint32(3)} of ${family === undefined ? `${afi}/${safi}` : familyName(family)}`
}
