/**
 * Why a connection ended, in the operator's words.
 */
import { NO_ANSWER } from '../fsm/connecting-states.ts'
import { connectionCollision } from '../fsm/notifications.ts'
import type { DownCause } from '../fsm/types.ts'
import { CeaseError } from '../wire/iana.ts'
import { ceaseWithText, describeNotification } from '../wire/notification.ts'
import type { Notification } from '../wire/notification.ts'
import type { PeerConfig } from './peer-config.ts'

/** One line for views and the log. */
export function causeText(cause: DownCause): string {
  switch (cause.kind) {
    case 'notificationSent':
      return `sent ${describeNotification(cause.notification)}`
    case 'notificationReceived':
      return `received ${describeNotification(cause.notification)}`
    case 'connectionLost':
      return cause.detail
  }
}

/** What to look at where a peer is silent: a segment that is not as it should be is dropped without a word. */
export function silenceHint(cause: DownCause, { password, ttlSecurityHops }: PeerConfig): string {
  if (cause.kind !== 'connectionLost' || cause.detail !== NO_ANSWER) return ''
  if (password) return ' (with TCP MD5: is the key the same on both sides?)'
  return ttlSecurityHops === undefined
    ? ''
    : ` (with TTL security: does the peer send 255, ${ttlSecurityHops} hops away?)`
}

/** True where our connection lost a collision: nothing that went wrong. */
export function isCollision(cause: DownCause): boolean {
  if (cause.kind === 'connectionLost') return false
  const { code, subcode } = cause.notification
  return code === connectionCollision.code && subcode === connectionCollision.subcode
}

/** CEASE/2 with the operator's words (RFC 9003). */
export function administrativeShutdown(config: PeerConfig): Notification {
  return ceaseWithText(CeaseError.administrativeShutdown, config.shutdownText ?? 'administratively down')
}
