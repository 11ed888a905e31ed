/**
 * Vocabulary of the BGP finite state machine (RFC 4271 §8): states, events and actions under the RFC's names.
 *
 *              AutomaticStart            TcpCRAcked              BgpOpen            KeepAliveMsg
 *      Idle ------------------> Connect -----------> OpenSent ------------> OpenConfirm -------> Established
 *        ^   passive              |  ^ ConnectRetry      |                       |                    |
 *        |      \                 v  |                   |                       |                    |
 *        |       `-----------> Active -------------------+-- any error ----------+--------------------'
 *        `---- IdleHoldTimer runs, then it starts again
 *
 * An Fsm is one connection. A peering (peering.ts) holds the one that dials and those the peer opened, and settles
 * collisions between them.
 */
import type { Open } from '../wire/open.ts'
import type { Family } from '../../rib/model/family.ts'
import type { AddPathOffer } from './add-path.ts'
import type { RestartRole } from './graceful-restart.ts'
import type { Negotiated } from './negotiate.ts'
import type { RoleSettings } from './role.ts'

export type State = 'Idle' | 'Connect' | 'Active' | 'OpenSent' | 'OpenConfirm' | 'Established'

export const states: readonly State[] = [
  'Idle',
  'Connect',
  'Active',
  'OpenSent',
  'OpenConfirm',
  'Established',
]

/** Timers of one connection (RFC 4271 §8.1.3; sendHold is RFC 9687). */
export type TimerName = 'connectRetry' | 'hold' | 'keepalive' | 'delayOpen' | 'idleHold' | 'sendHold'

/** Code, subcode and data of a NOTIFICATION (RFC 4271 §4.5). */
export interface Notification {
  readonly code: number
  readonly subcode: number
  readonly octets: Uint8Array
}

export type Event =
  | { readonly kind: 'ManualStart' }
  /** Damped: through the IdleHoldTimer first (RFC 4271 §8.1.1 DampPeerOscillations). */
  | { readonly kind: 'AutomaticStart'; readonly damped: boolean }
  /** The operator's stop: says why, and stays down. */
  | { readonly kind: 'ManualStop'; readonly notification: Notification }
  /** A stop of our own: says why, and starts again. */
  | { readonly kind: 'AutomaticStop'; readonly notification: Notification }
  | { readonly kind: 'ConnectRetryTimerExpires' }
  | { readonly kind: 'HoldTimerExpires' }
  | { readonly kind: 'KeepaliveTimerExpires' }
  | { readonly kind: 'DelayOpenTimerExpires' }
  | { readonly kind: 'IdleHoldTimerExpires' }
  | { readonly kind: 'SendHoldTimerExpires' }
  /** The connection that we opened is up (event 16). */
  | { readonly kind: 'TcpCRAcked' }
  /** A connection that the peer opened is up (event 17). */
  | { readonly kind: 'TcpConnectionConfirmed' }
  | { readonly kind: 'TcpConnectionFails'; readonly detail: string }
  | { readonly kind: 'BgpOpen'; readonly open: Open }
  | { readonly kind: 'BgpHeaderErr'; readonly notification: Notification }
  | { readonly kind: 'BgpOpenMsgErr'; readonly notification: Notification }
  | { readonly kind: 'OpenCollisionDump' }
  /** A NOTIFICATION came; events 24 and 25 are one here, the code tells them apart. */
  | { readonly kind: 'NotifMsg'; readonly notification: Notification }
  | { readonly kind: 'KeepAliveMsg' }
  | { readonly kind: 'UpdateMsg' }
  | { readonly kind: 'UpdateMsgErr'; readonly notification: Notification }
  | { readonly kind: 'RouteRefreshMsg' }

export type EventKind = Event['kind']

/** Why a connection ended: decides over graceful restart (RFC 4724 §4.2) and is what the operator reads. */
export type DownCause =
  | { readonly kind: 'notificationSent'; readonly notification: Notification }
  | { readonly kind: 'notificationReceived'; readonly notification: Notification }
  | { readonly kind: 'connectionLost'; readonly detail: string }

export type Action =
  | { readonly kind: 'connect' }
  /** Ends the transport, after what was written before. */
  | { readonly kind: 'disconnect' }
  | { readonly kind: 'sendOpen'; readonly open: Open }
  | { readonly kind: 'sendKeepalive' }
  | { readonly kind: 'sendNotification'; readonly notification: Notification }
  /** Starts or restarts. Jittered: times a factor from 0.75 to 1 (RFC 4271 §10) that the executor draws. */
  | {
      readonly kind: 'startTimer'
      readonly timer: TimerName
      readonly ms: number
      readonly jittered: boolean
    }
  | { readonly kind: 'stopTimer'; readonly timer: TimerName }
  | { readonly kind: 'sessionUp'; readonly negotiated: Negotiated }
  /** Only where sessionUp went before. */
  | { readonly kind: 'sessionDown'; readonly cause: DownCause }
  /** A connection attempt failed before the session was up. */
  | { readonly kind: 'attemptFailed'; readonly cause: DownCause }

/** What a peering brings into its connections. */
export interface FsmConfig {
  readonly localAs: number
  readonly peerAs: number
  /** Our BGP identifier, unsigned. */
  readonly routerId: number
  readonly holdTimeSec: number
  readonly families: readonly Family[]
  /** Never dials. */
  readonly passive: boolean
  /** How long an accepted connection waits for the peer's OPEN before it sends its own; 0: not at all. */
  readonly delayOpenSec: number
  /** RFC 9687; 0 takes the RFC's default of max(480, 2 * hold time). */
  readonly sendHoldTimeSec: number
  /** Wait for the peer's OPEN; 0 takes the RFC's four minutes. */
  readonly openHoldTimeSec: number
  /** Time between KEEPALIVEs; 0 takes a third of the negotiated hold time, which is the most there is. */
  readonly keepaliveSec: number
  /** Longest wait between two attempts to connect; 0 takes a minute. */
  readonly connectRetrySec: number
  /** First wait after a failure; 0 takes a second. */
  readonly idleHoldSec: number
  readonly restart: RestartRole
  /** RFC 7911; nothing is offered unless given. */
  readonly addPath?: AddPathOffer | undefined
  /** Take IPv6 next hops of IPv4 routes, and send them where they are taken. */
  readonly extendedNextHop?: boolean
  /** What we are to a peer of another AS (RFC 9234). */
  readonly role?: RoleSettings | undefined
}

/** One connection's machine: a value, replaced by each step. */
export interface Fsm {
  readonly state: State
  readonly config: FsmConfig
  /** True: opens connections and starts again after a failure. False: lives for one connection of the peer's. */
  readonly dials: boolean
  /** Failed attempts in a row: the exponent of the backoff. */
  readonly failures: number
  readonly running: ReadonlySet<TimerName>
  /** What the OPENs agreed on, from OpenConfirm on. */
  readonly negotiated: Negotiated | undefined
  /** Established for a keepalive time: another connection can no longer be one that crossed with this one. */
  readonly isSettled: boolean
  /** A KEEPALIVE has gone out to find out whether the peer still knows the session, since the last regular one. */
  readonly isProbed: boolean
}

/** What a step yields. */
export interface Transition {
  readonly fsm: Fsm
  readonly actions: readonly Action[]
}
