/** Machines and OPENs for the FSM tests. */
import type { Open } from '../../../bgp/wire/open.ts'
import { offeredOpen } from '../../../bgp/fsm/negotiate.ts'
import { acceptingFsm, dialingFsm, step } from '../../../bgp/fsm/transition.ts'
import type { Action, Event, EventKind, Fsm, FsmConfig, Notification, State } from '../../../bgp/fsm/types.ts'
import { Family } from '../../../rib/model/family.ts'

export const config: FsmConfig = {
  localAs: 64512,
  peerAs: 64512,
  routerId: 0x0a000001,
  holdTimeSec: 90,
  families: [Family.inetVpn, Family.routeTarget],
  passive: false,
  delayOpenSec: 0,
  sendHoldTimeSec: 0,
  openHoldTimeSec: 0,
  keepaliveSec: 0,
  connectRetrySec: 0,
  restart: 'helper',
  idleHoldSec: 0,
}

/** The OPEN of the peer at the other end of `config`. */
export function peerOpen(overrides: Partial<Open> = {}): Open {
  const mirrored = offeredOpen({
    ...config,
    localAs: config.peerAs,
    peerAs: config.localAs,
    routerId: 0x0a000002,
  })
  return { ...mirrored, ...overrides }
}

export const cease: Notification = { code: 6, subcode: 2, octets: new Uint8Array(0) }
export const headerError: Notification = { code: 1, subcode: 2, octets: new Uint8Array(0) }

/** One event of each kind. */
export const sampleEvents: Record<EventKind, Event> = {
  ManualStart: { kind: 'ManualStart' },
  AutomaticStart: { kind: 'AutomaticStart', damped: false },
  ManualStop: { kind: 'ManualStop', notification: cease },
  AutomaticStop: { kind: 'AutomaticStop', notification: cease },
  ConnectRetryTimerExpires: { kind: 'ConnectRetryTimerExpires' },
  HoldTimerExpires: { kind: 'HoldTimerExpires' },
  KeepaliveTimerExpires: { kind: 'KeepaliveTimerExpires' },
  DelayOpenTimerExpires: { kind: 'DelayOpenTimerExpires' },
  IdleHoldTimerExpires: { kind: 'IdleHoldTimerExpires' },
  SendHoldTimerExpires: { kind: 'SendHoldTimerExpires' },
  TcpCRAcked: { kind: 'TcpCRAcked' },
  TcpConnectionConfirmed: { kind: 'TcpConnectionConfirmed' },
  TcpConnectionFails: { kind: 'TcpConnectionFails', detail: 'ECONNRESET' },
  BgpOpen: { kind: 'BgpOpen', open: peerOpen() },
  BgpHeaderErr: { kind: 'BgpHeaderErr', notification: headerError },
  BgpOpenMsgErr: { kind: 'BgpOpenMsgErr', notification: { ...headerError, code: 2, subcode: 4 } },
  OpenCollisionDump: { kind: 'OpenCollisionDump' },
  NotifMsg: { kind: 'NotifMsg', notification: cease },
  KeepAliveMsg: { kind: 'KeepAliveMsg' },
  UpdateMsg: { kind: 'UpdateMsg' },
  UpdateMsgErr: { kind: 'UpdateMsgErr', notification: { ...headerError, code: 3, subcode: 1 } },
  RouteRefreshMsg: { kind: 'RouteRefreshMsg' },
}

export function run(fsm: Fsm, ...events: Event[]): Fsm {
  for (const event of events) fsm = step(fsm, event).fsm
  return fsm
}

const way: Event[] = [
  sampleEvents.ManualStart,
  sampleEvents.TcpCRAcked,
  sampleEvents.BgpOpen,
  sampleEvents.KeepAliveMsg,
]

/** A dialing machine in a state, by the straight way there. */
export function dialingIn(state: State, overrides: Partial<FsmConfig> = {}): Fsm {
  const fsm = dialingFsm({ ...config, ...overrides })
  switch (state) {
    case 'Idle':
      return fsm
    case 'Connect':
      return run(fsm, ...way.slice(0, 1))
    case 'Active':
      return run(fsm, way[0]!, sampleEvents.TcpConnectionFails)
    case 'OpenSent':
      return run(fsm, ...way.slice(0, 2))
    case 'OpenConfirm':
      return run(fsm, ...way.slice(0, 3))
    case 'Established':
      return run(fsm, ...way)
  }
}

export function accepting(overrides: Partial<FsmConfig> = {}): Fsm {
  return acceptingFsm({ ...config, ...overrides })
}

/** An action as the tables of the specs spell it; timers are not told. */
export function actionText(action: Action): string[] {
  switch (action.kind) {
    case 'startTimer':
    case 'stopTimer':
      return []
    case 'sendNotification':
      return [`${action.notification.code}/${action.notification.subcode}`]
    case 'sendOpen':
      return ['open']
    case 'sendKeepalive':
      return ['keepalive']
    case 'sessionUp':
      return ['up']
    case 'sessionDown':
      return ['down']
    case 'attemptFailed':
      return ['miss']
    default:
      return [action.kind]
  }
}
