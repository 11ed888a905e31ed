/**
 * NOTIFICATIONs that the machine itself sends (RFC 4271 §6.5 to 6.8, RFC 6608, RFC 9687).
 */
import type { Notification } from './types.ts'

const none = new Uint8Array(0)

/** RFC 4271 §6.5. */
export const holdTimerExpired: Notification = { code: 4, subcode: 0, octets: none }

/** RFC 9687 §3.3. */
export const sendHoldTimerExpired: Notification = { code: 8, subcode: 0, octets: none }

/** CEASE, Connection Collision Resolution (RFC 4271 §6.8, RFC 4486). */
export const connectionCollision: Notification = { code: 6, subcode: 7, octets: none }

/** Subcode of an FSM error by the state it came in (RFC 6608 §3); 0 elsewhere. */
export const fsmErrorSubcodes = { OpenSent: 1, OpenConfirm: 2, Established: 3 } as const

/** Finite State Machine Error; the data is the type of the message that was not expected (RFC 6608 §4). */
export function fsmError(state: keyof typeof fsmErrorSubcodes, messageType: number): Notification {
  return { code: 5, subcode: fsmErrorSubcodes[state], octets: Uint8Array.of(messageType) }
}

/** OPEN Message Error (RFC 4271 §6.2). */
export function openError(subcode: number, octets: Uint8Array = none): Notification {
  return { code: 2, subcode, octets }
}
