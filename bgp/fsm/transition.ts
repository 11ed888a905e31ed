/**
 * The step of the BGP machine: (machine, event) -> (machine, actions). Pure and total: every state takes every event,
 * and nothing throws. The executor (bgp/session/peer.ts) carries the actions out in their order.
 */
import { stepActive, stepConnect, stepIdle } from './connecting-states.ts'
import { Draft } from './draft.ts'
import { stepEstablished, stepOpenConfirm, stepOpenSent } from './session-states.ts'
import type { Event, Fsm, FsmConfig, State, TimerName, Transition } from './types.ts'

const steps: Record<State, (draft: Draft, event: Event) => void> = {
  Idle: stepIdle,
  Connect: stepConnect,
  Active: stepActive,
  OpenSent: stepOpenSent,
  OpenConfirm: stepOpenConfirm,
  Established: stepEstablished,
}

const timerOfEvent: Partial<Record<Event['kind'], TimerName>> = {
  ConnectRetryTimerExpires: 'connectRetry',
  HoldTimerExpires: 'hold',
  KeepaliveTimerExpires: 'keepalive',
  DelayOpenTimerExpires: 'delayOpen',
  IdleHoldTimerExpires: 'idleHold',
  SendHoldTimerExpires: 'sendHold',
}

const newFsm = { failures: 0, negotiated: undefined, isSettled: false, isProbed: false }

/** The machine that dials: Idle until a start event. */
export function dialingFsm(config: FsmConfig): Fsm {
  return { ...newFsm, state: 'Idle', config, dials: true, running: new Set() }
}

/** The machine of a connection that the peer opens: Active, about to get TcpConnectionConfirmed; its end is Idle. */
export function acceptingFsm(config: FsmConfig): Fsm {
  return { ...newFsm, state: 'Active', config, dials: false, running: new Set() }
}

/** One step. */
export function step(fsm: Fsm, event: Event): Transition {
  const draft = new Draft(fsm)
  const timer = timerOfEvent[event.kind]
  // An expiry that was queued before its timer was stopped means nothing any more.
  if (timer !== undefined && !draft.expire(timer)) return { fsm, actions: [] }
  steps[fsm.state](draft, event)
  return draft.finish()
}
