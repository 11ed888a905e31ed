import { expect } from 'chai'
import { step } from '../../../bgp/fsm/transition.ts'
import { states } from '../../../bgp/fsm/types.ts'
import type { Action, EventKind, State } from '../../../bgp/fsm/types.ts'
import { accepting, actionText, cease, dialingIn, peerOpen, run, sampleEvents } from './machines.ts'

/**
 * Every state x every event (RFC 4271 §8.2.2). A cell: the next state, then the actions that are no timers, NOTIFICATIONs
 * as code/subcode. '-': the event changes nothing. Down: 'down' is sessionDown, 'miss' attemptFailed.
 */
const matrix: Record<EventKind, Record<State, string>> = {
  ManualStart: row('Connect connect', '-', '-', '-', '-', '-'),
  AutomaticStart: row('Connect connect', '-', '-', '-', '-', '-'),
  ManualStop: row('-', 'Idle disconnect miss', 'Idle disconnect miss', ...stopped('6/2', '6/9')),
  AutomaticStop: row('-', 'Idle disconnect miss', 'Idle disconnect miss', ...stopped('6/2', '6/9')),
  ConnectRetryTimerExpires: row('-', 'Connect disconnect miss connect', 'Connect connect', '-', '-', '-'),
  HoldTimerExpires: row('-', '-', '-', ...stopped('4/0')),
  KeepaliveTimerExpires: row('-', '-', '-', '-', 'OpenConfirm keepalive', 'Established keepalive'),
  DelayOpenTimerExpires: row('-', '-', '-', '-', '-', '-'),
  IdleHoldTimerExpires: row('-', '-', '-', '-', '-', '-'),
  SendHoldTimerExpires: row('-', '-', '-', '-', '-', 'Idle 8/0 disconnect down'),
  TcpCRAcked: row('Idle disconnect', 'OpenSent open', 'OpenSent open', '-', '-', '-'),
  TcpConnectionConfirmed: row('Idle disconnect', 'OpenSent open', 'OpenSent open', '-', '-', '-'),
  TcpConnectionFails: row(
    '-',
    'Active disconnect miss',
    'Active disconnect miss',
    'Active disconnect miss',
    'Idle disconnect miss',
    'Idle disconnect down',
  ),
  BgpOpen: row(
    '-',
    'Idle disconnect miss',
    'Idle disconnect miss',
    'OpenConfirm keepalive',
    'Idle 5/2 disconnect miss',
    'Idle 5/3 disconnect down',
  ),
  BgpHeaderErr: row('-', 'Idle disconnect miss', 'Idle disconnect miss', ...stopped('1/2')),
  BgpOpenMsgErr: row(
    '-',
    'Idle disconnect miss',
    'Idle disconnect miss',
    'Idle 2/4 disconnect miss',
    'Idle 2/4 disconnect miss',
    // "Any other event" there: an FSM error, not the OPEN's own.
    'Idle 5/3 disconnect down',
  ),
  OpenCollisionDump: row('-', 'Idle disconnect', 'Idle disconnect', ...stopped('6/7')),
  NotifMsg: row(
    '-',
    'Idle disconnect miss',
    'Idle disconnect miss',
    'Idle disconnect miss',
    'Idle disconnect miss',
    'Idle disconnect down',
  ),
  KeepAliveMsg: row(
    '-',
    'Idle disconnect miss',
    'Idle disconnect miss',
    'Idle 5/1 disconnect miss',
    'Established up',
    '-',
  ),
  UpdateMsg: unexpected(),
  UpdateMsgErr: row('-', 'Idle disconnect miss', 'Idle disconnect miss', ...stopped('3/1')),
  RouteRefreshMsg: unexpected(),
}

function row(...cells: string[]): Record<State, string> {
  return Object.fromEntries(states.map((state, i) => [state, cells[i]])) as Record<State, string>
}

/** RFC 8538 §3.1: a session that is to end for good with a peer that has the N bit ends in a Hard Reset (6/9). */
function stopped(notification: string, ofSession = notification): string[] {
  return [
    `Idle ${notification} disconnect miss`,
    `Idle ${notification} disconnect miss`,
    `Idle ${ofSession} disconnect down`,
  ]
}

function unexpected(): Record<State, string> {
  return row(
    '-',
    'Idle disconnect miss',
    'Idle disconnect miss',
    'Idle 5/1 disconnect miss',
    'Idle 5/2 disconnect miss',
    '-',
  )
}

describe('step: every state and event (RFC 4271 §8.2.2)', () => {
  for (const [kind, cells] of Object.entries(matrix) as [EventKind, Record<State, string>][]) {
    for (const state of states) {
      it(`${state} takes ${kind}: ${cells[state]}`, () => {
        const fsm = dialingIn(state)
        const result = step(fsm, sampleEvents[kind])
        const text = [result.fsm.state, ...result.actions.flatMap(actionText)].join(' ')
        expect(text).to.equal(cells[state] === '-' ? state : cells[state])
      })
    }
  }
})

function started(actions: readonly Action[], timer: string): number | undefined {
  let ms: number | undefined
  for (const action of actions) if (action.kind === 'startTimer' && action.timer === timer) ms = action.ms
  return ms
}

describe('step: timers', () => {
  it('doubles the wait between connection attempts from 1 s up to 60 s', () => {
    let fsm = dialingIn('Connect')
    const waits: (number | undefined)[] = []
    for (let i = 0; i < 9; i++) {
      const failed = step(fsm, sampleEvents.TcpConnectionFails)
      waits.push(started(failed.actions, 'connectRetry'))
      fsm = run(failed.fsm, sampleEvents.ConnectRetryTimerExpires)
      expect(fsm.state).to.equal('Connect')
    }
    expect(waits).to.deep.equal([1, 2, 4, 8, 16, 32, 60, 60, 60].map((sec) => sec * 1000))
  })

  it('backs off when the peer refuses every OPEN', () => {
    let fsm = dialingIn('OpenSent')
    const waits: (number | undefined)[] = []
    for (let i = 0; i < 8; i++) {
      const refused = step(fsm, sampleEvents.NotifMsg)
      waits.push(started(refused.actions, 'idleHold'))
      fsm = run(refused.fsm, sampleEvents.IdleHoldTimerExpires, sampleEvents.TcpCRAcked)
      expect(fsm.state).to.equal('OpenSent')
    }
    expect(waits).to.deep.equal([1, 2, 4, 8, 16, 32, 60, 60].map((sec) => sec * 1000))
  })

  it('forgets the failures once the session has lasted a keepalive time', () => {
    const failing = { ...dialingIn('Established'), failures: 6 }
    expect(run(failing, sampleEvents.KeepaliveTimerExpires).failures).to.equal(0)
  })

  it('asks for jitter where RFC 4271 §10 wants it', () => {
    const failed = step(dialingIn('Connect'), sampleEvents.TcpConnectionFails)
    const retry = failed.actions.find((action) => action.kind === 'startTimer')
    expect(retry).to.include({ timer: 'connectRetry', jittered: true })
  })

  it('holds 240 s in OpenSent, then the smaller of both hold times (RFC 4271 §4.2)', () => {
    const sent = step(dialingIn('Connect'), sampleEvents.TcpCRAcked)
    expect(started(sent.actions, 'hold')).to.equal(240_000)
    const confirmed = step(sent.fsm, { kind: 'BgpOpen', open: peerOpen({ holdTimeSec: 30 }) })
    expect(started(confirmed.actions, 'hold')).to.equal(30_000)
    expect(started(confirmed.actions, 'keepalive')).to.equal(10_000)
  })

  it('runs neither hold nor keepalive timer when the hold time is 0', () => {
    const open = { kind: 'BgpOpen', open: peerOpen({ holdTimeSec: 0 }) } as const
    const fsm = run(dialingIn('OpenSent'), open, sampleEvents.KeepAliveMsg)
    expect(fsm.state).to.equal('Established')
    expect([...fsm.running]).to.deep.equal(['sendHold'])
    expect(started(step(fsm, sampleEvents.UpdateMsg).actions, 'hold')).to.equal(undefined)
  })

  it('restarts the hold timer on KEEPALIVE, UPDATE and ROUTE-REFRESH', () => {
    for (const kind of ['KeepAliveMsg', 'UpdateMsg', 'RouteRefreshMsg'] as const) {
      const result = step(dialingIn('Established'), sampleEvents[kind])
      expect(started(result.actions, 'hold'), kind).to.equal(90_000)
    }
  })

  it('limits a session that cannot send to max(480 s, twice the hold time) (RFC 9687 §3.1)', () => {
    expect(started(step(dialingIn('OpenConfirm'), sampleEvents.KeepAliveMsg).actions, 'sendHold')).to.equal(
      480_000,
    )
    const fsm = dialingIn('OpenConfirm', { sendHoldTimeSec: 20 })
    expect(started(step(fsm, sampleEvents.KeepAliveMsg).actions, 'sendHold')).to.equal(20_000)
  })
})

describe('step: passive and DelayOpen', () => {
  it('waits in Active without dialing when passive', () => {
    const result = step(dialingIn('Idle', { passive: true }), sampleEvents.ManualStart)
    expect(result.fsm.state).to.equal('Active')
    expect(result.actions).to.deep.equal([])
  })

  it('sends OPEN on an accepted connection only after DelayOpen (RFC 4271 §8.2.1.3)', () => {
    const accepted = step(accepting({ delayOpenSec: 5 }), sampleEvents.TcpConnectionConfirmed)
    expect(accepted.actions.flatMap(actionText)).to.deep.equal([])
    const opened = step(accepted.fsm, sampleEvents.DelayOpenTimerExpires)
    expect(opened.actions.flatMap(actionText)).to.deep.equal(['open'])
    expect(opened.fsm.state).to.equal('OpenSent')
  })

  it('answers an OPEN that comes before that at once: OPEN, KEEPALIVE, OpenConfirm (event 20)', () => {
    const accepted = run(accepting({ delayOpenSec: 5 }), sampleEvents.TcpConnectionConfirmed)
    const confirmed = step(accepted, sampleEvents.BgpOpen)
    expect(confirmed.actions.flatMap(actionText)).to.deep.equal(['open', 'keepalive'])
    expect(confirmed.fsm.state).to.equal('OpenConfirm')
  })

  it('refuses a bad OPEN with its NOTIFICATION while DelayOpen waits', () => {
    const accepted = run(accepting({ delayOpenSec: 5 }), sampleEvents.TcpConnectionConfirmed)
    const refused = step(accepted, { kind: 'BgpOpen', open: peerOpen({ version: 3 }) })
    expect(refused.actions.flatMap(actionText)).to.deep.equal(['2/1', 'disconnect', 'miss'])
  })

  it('ends for good when an accepted connection fails', () => {
    const fsm = run(accepting(), sampleEvents.TcpConnectionConfirmed, sampleEvents.TcpConnectionFails)
    expect(fsm.state).to.equal('Idle')
    expect(fsm.running.size).to.equal(0)
  })

  it('stays down after ManualStop, with no timer left', () => {
    const fsm = run(dialingIn('Established'), { kind: 'ManualStop', notification: cease })
    expect(fsm.state).to.equal('Idle')
    expect(fsm.running.size).to.equal(0)
  })

  it('comes back by itself after AutomaticStop', () => {
    const fsm = run(dialingIn('Established'), { kind: 'AutomaticStop', notification: cease })
    expect(fsm.state).to.equal('Idle')
    expect([...fsm.running]).to.deep.equal(['idleHold'])
  })
})
