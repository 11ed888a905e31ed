/**
 * OpenSent, OpenConfirm and Established (RFC 4271 §8.2.2): the transport is up and our OPEN is out.
 *
 * A message that the state does not allow is an FSM error with the subcode of RFC 6608 and the message type as data.
 */
import { assertNever } from '../../rib/invariant.ts'
import { connectionFailed } from './connecting-states.ts'
import type { Draft } from './draft.ts'
import { isRefusal, negotiate } from './negotiate.ts'
import { connectionCollision, fsmError, holdTimerExpired, sendHoldTimerExpired } from './notifications.ts'
import type { Event } from './types.ts'

/** Message types (RFC 4271 §4.1, RFC 2918). */
const MessageType = { open: 1, update: 2, keepalive: 4, routeRefresh: 5 } as const

/** OpenSent: waits for the peer's OPEN. */
export function stepOpenSent(draft: Draft, event: Event): void {
  switch (event.kind) {
    case 'BgpOpen': {
      const result = negotiate(event.open, draft.before.config)
      if (isRefusal(result)) draft.refuse(result)
      else draft.confirm(result)
      return
    }
    case 'TcpConnectionFails':
      // RFC 4271 §8.2.2, OpenSent, event 18: Active, not Idle.
      connectionFailed(draft, { kind: 'connectionLost', detail: event.detail })
      return
    case 'KeepAliveMsg':
      draft.refuse(fsmError('OpenSent', MessageType.keepalive))
      return
    case 'UpdateMsg':
      draft.refuse(fsmError('OpenSent', MessageType.update))
      return
    case 'RouteRefreshMsg':
      draft.refuse(fsmError('OpenSent', MessageType.routeRefresh))
      return
    default:
      stepWithTransport(draft, event)
  }
}

/** OpenConfirm: waits for the KEEPALIVE that accepts our OPEN. */
export function stepOpenConfirm(draft: Draft, event: Event): void {
  switch (event.kind) {
    case 'KeepAliveMsg':
      if (draft.negotiated) draft.establish(draft.negotiated)
      return
    case 'BgpOpen':
      draft.refuse(fsmError('OpenConfirm', MessageType.open))
      return
    case 'UpdateMsg':
      draft.refuse(fsmError('OpenConfirm', MessageType.update))
      return
    case 'RouteRefreshMsg':
      draft.refuse(fsmError('OpenConfirm', MessageType.routeRefresh))
      return
    default:
      stepWithTransport(draft, event)
  }
}

/** Established. A session in this state may skip the step for a good UPDATE and restart its HoldTimer by itself. */
export function stepEstablished(draft: Draft, event: Event): void {
  switch (event.kind) {
    case 'KeepAliveMsg':
    case 'UpdateMsg':
    case 'RouteRefreshMsg':
      draft.restartHold()
      return
    case 'BgpOpen':
    case 'BgpOpenMsgErr':
      // RFC 4271 §8.2.2, Established, event 22: whatever is wrong with it, an OPEN has no place here.
      draft.refuse(fsmError('Established', MessageType.open))
      return
    case 'KeepaliveTimerExpires':
      // A third of the hold time has passed without trouble: the next failure starts the backoff from its beginning.
      draft.failures = 0
      draft.isSettled = true
      draft.isProbed = false
      stepWithTransport(draft, event)
      return
    default:
      stepWithTransport(draft, event)
  }
}

/** What the three states have in common. */
function stepWithTransport(draft: Draft, event: Event): void {
  switch (event.kind) {
    case 'ManualStop':
      draft.failures = 0
      draft.halt({ kind: 'notificationSent', notification: event.notification })
      return
    case 'OpenCollisionDump':
      draft.halt({ kind: 'notificationSent', notification: connectionCollision })
      return
    case 'AutomaticStop':
    case 'BgpHeaderErr':
    case 'BgpOpenMsgErr':
    case 'UpdateMsgErr':
      draft.refuse(event.notification)
      return
    case 'HoldTimerExpires':
      draft.refuse(holdTimerExpired)
      return
    case 'SendHoldTimerExpires':
      draft.refuse(sendHoldTimerExpired)
      return
    case 'KeepaliveTimerExpires':
      draft.actions.push({ kind: 'sendKeepalive' })
      draft.restartKeepalive()
      return
    case 'NotifMsg':
      draft.fail({ kind: 'notificationReceived', notification: event.notification })
      return
    case 'TcpConnectionFails':
      draft.fail({ kind: 'connectionLost', detail: event.detail })
      return
    case 'ManualStart':
    case 'AutomaticStart':
    case 'ConnectRetryTimerExpires':
    case 'DelayOpenTimerExpires':
    case 'IdleHoldTimerExpires':
    case 'TcpCRAcked':
    case 'TcpConnectionConfirmed':
    case 'BgpOpen':
    case 'KeepAliveMsg':
    case 'UpdateMsg':
    case 'RouteRefreshMsg':
      return
    default:
      assertNever(event)
  }
}
