/**
 * One framed message as an event of the state machine. While Established, UPDATEs and ROUTE-REFRESHes are taken by the
 * session, and only what goes wrong with them becomes an event: the machine would do no more for a good UPDATE than
 * restart the HoldTimer, which received data does already.
 */
import type { Event } from '../fsm/types.ts'
import type { Frame } from '../wire/framer.ts'
import { MessageType } from '../wire/iana.ts'
import { decodeNotification } from '../wire/notification.ts'
import { decodeOpen } from '../wire/open.ts'
import { isWireError } from '../wire/wire-error.ts'
import type { PeerCounters } from './counters.ts'
import type { ErrorLog } from './error-log.ts'
import type { Session } from './session.ts'

export interface MessageContext {
  /** Set while Established on the connection that the message came on. */
  readonly session: Session | undefined
  readonly counters: PeerCounters
  readonly errors: ErrorLog
}

/** The event, or undefined when the session has taken the message. */
export function messageEvent(frame: Frame, context: MessageContext): Event | undefined {
  const { session, counters } = context
  counters.messagesIn++
  switch (frame.type) {
    case MessageType.update: {
      counters.updatesIn++
      if (!session) return { kind: 'UpdateMsg' }
      const refusal = session.receiveUpdate(frame)
      return refusal && { kind: 'UpdateMsgErr', notification: refusal }
    }
    case MessageType.keepalive:
      counters.keepalivesIn++
      return { kind: 'KeepAliveMsg' }
    case MessageType.open:
      counters.opensIn++
      return openEvent(frame, context)
    case MessageType.notification: {
      counters.notificationsIn++
      const notification = decodeNotification(frame.octets, frame.start, frame.end)
      return { kind: 'NotifMsg', notification }
    }
    default: {
      const refusal = session?.receiveRouteRefresh(frame)
      return refusal ? { kind: 'UpdateMsgErr', notification: refusal } : { kind: 'RouteRefreshMsg' }
    }
  }
}

function openEvent(frame: Frame, { errors }: MessageContext): Event {
  const open = decodeOpen(frame.octets, frame.start, frame.end)
  if (!isWireError(open)) return { kind: 'BgpOpen', open }
  errors.note(open, frame.octets, frame.start, frame.end)
  return { kind: 'BgpOpenMsgErr', notification: open.notification }
}
