/**
 * Idle, Connect and Active (RFC 4271 §8.2.2): no session yet, at most a transport that waits for DelayOpen.
 *
 * Where the RFC goes back to Idle after a failed connection attempt, this goes to Active with the ConnectRetryTimer as
 * backoff, as every implementation in the field does: "Active" is what an operator expects to read there.
 */
import type { Draft } from './draft.ts'
import { isRefusal, negotiate } from './negotiate.ts'
import type { Open } from '../wire/open.ts'
import type { DownCause, Event } from './types.ts'

/** A filter on the way, a wrong key (RFC 2385 drops without a word), or nobody there. */
export const NO_ANSWER = 'no answer to the connection attempt'

/** Idle: refuses connections, waits for a start. */
export function stepIdle(draft: Draft, event: Event): void {
  switch (event.kind) {
    case 'ManualStart':
      draft.failures = 0
      begin(draft)
      return
    case 'AutomaticStart':
      if (event.damped && !draft.before.config.passive) draft.idleHold()
      else begin(draft)
      return
    case 'IdleHoldTimerExpires':
      begin(draft)
      return
    case 'ManualStop':
    case 'OpenCollisionDump':
      draft.park()
      return
    case 'TcpCRAcked':
    case 'TcpConnectionConfirmed':
      draft.actions.push({ kind: 'disconnect' })
      return
    default:
      return
  }
}

function begin(draft: Draft): void {
  draft.stop('idleHold')
  if (draft.before.config.passive) draft.waitActive()
  else draft.connect()
}

/** Connect: a connection attempt is under way. */
export function stepConnect(draft: Draft, event: Event): void {
  if (event.kind !== 'ConnectRetryTimerExpires') return stepWaiting(draft, event)
  // RFC 4271 §8.2.2, Connect, event 9: drop the attempt, start another.
  draft.failures++
  draft.actions.push({ kind: 'disconnect' })
  draft.actions.push({ kind: 'attemptFailed', cause: { kind: 'connectionLost', detail: NO_ANSWER } })
  draft.connect()
}

/** Active: waits for the peer to connect, or for the next attempt of ours. */
export function stepActive(draft: Draft, event: Event): void {
  if (event.kind === 'ConnectRetryTimerExpires') draft.connect()
  else stepWaiting(draft, event)
}

/** What Connect and Active have in common. */
function stepWaiting(draft: Draft, event: Event): void {
  switch (event.kind) {
    case 'TcpCRAcked':
      draft.transportUp(false)
      return
    case 'TcpConnectionConfirmed':
      draft.transportUp(true)
      return
    case 'DelayOpenTimerExpires':
      draft.sendOpen()
      return
    case 'TcpConnectionFails':
      connectionFailed(draft, { kind: 'connectionLost', detail: event.detail })
      return
    case 'BgpOpen':
      openWhileDelayed(draft, event.open)
      return
    case 'BgpHeaderErr':
    case 'BgpOpenMsgErr':
    case 'UpdateMsgErr':
    case 'AutomaticStop':
      draft.refuse(event.notification)
      return
    case 'NotifMsg':
      draft.fail({ kind: 'notificationReceived', notification: event.notification })
      return
    case 'ManualStop':
      draft.failures = 0
      draft.halt({ kind: 'notificationSent', notification: event.notification })
      return
    case 'OpenCollisionDump':
      draft.park()
      return
    case 'KeepAliveMsg':
    case 'UpdateMsg':
    case 'RouteRefreshMsg':
      // RFC 4271 §8.2.2: "any other event" goes to Idle; a message can only come while DelayOpen waits.
      draft.fail({ kind: 'connectionLost', detail: 'message before OPEN' })
      return
    default:
      return
  }
}

/** RFC 4271 §8.2.2, event 18. */
export function connectionFailed(draft: Draft, cause: DownCause): void {
  if (!draft.before.dials) return draft.fail(cause)
  draft.failures++
  draft.halt(cause)
  draft.waitActive()
}

/** RFC 4271 §8.2.2, event 20: the peer was first, so both OPENs go without more delay. */
function openWhileDelayed(draft: Draft, open: Open): void {
  if (!draft.runs('delayOpen')) {
    draft.fail({ kind: 'connectionLost', detail: 'OPEN before the connection was up' })
    return
  }
  const result = negotiate(open, draft.before.config)
  if (isRefusal(result)) return draft.refuse(result)
  draft.sendOpen()
  draft.confirm(result)
}
