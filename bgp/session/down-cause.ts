/**
 * Why a connection ended, in the operator's words.
 */
import { connectionCollision } from '../fsm/notifications.ts'
import type { DownCause } from '../fsm/types.ts'
import { describeNotification } from '../wire/notification.ts'

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

/** True where our connection lost a collision: nothing that went wrong. */
export function isCollision(cause: DownCause): boolean {
  if (cause.kind === 'connectionLost') return false
  const { code, subcode } = cause.notification
  return code === connectionCollision.code && subcode === connectionCollision.subcode
}
