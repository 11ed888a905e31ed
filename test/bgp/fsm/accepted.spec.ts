import { expect } from 'chai'
import { step } from '../../../bgp/fsm/transition.ts'
import type { EventKind, Fsm } from '../../../bgp/fsm/types.ts'
import { accepting, actionText, run, sampleEvents } from './machines.ts'

/** The places of a connection that the peer opened: it waits for DelayOpen first. */
const places: Readonly<Record<string, Fsm>> = {
  Waiting: run(accepting({ delayOpenSec: 5 }), sampleEvents.TcpConnectionConfirmed),
  OpenSent: run(accepting(), sampleEvents.TcpConnectionConfirmed),
  OpenConfirm: run(accepting(), sampleEvents.TcpConnectionConfirmed, sampleEvents.BgpOpen),
  Established: run(
    accepting(),
    sampleEvents.TcpConnectionConfirmed,
    sampleEvents.BgpOpen,
    sampleEvents.KeepAliveMsg,
  ),
}

/** What each event leads to in each of them; `-` is nothing. Unlike a connection of ours it never starts again. */
const matrix: Readonly<Record<EventKind, readonly string[]>> = {
  ManualStart: ['-', '-', '-', '-'],
  AutomaticStart: ['-', '-', '-', '-'],
  // RFC 8538 §3.1: a Hard Reset where the peer has the N bit.
  ManualStop: ends('6/2', '6/2', '6/2', '6/9'),
  AutomaticStop: ends('6/2', '6/2', '6/2', '6/9'),
  ConnectRetryTimerExpires: ['-', '-', '-', '-'],
  HoldTimerExpires: ['-', ...ends('4/0', '4/0', '4/0')],
  KeepaliveTimerExpires: ['-', '-', 'OpenConfirm keepalive', 'Established keepalive'],
  DelayOpenTimerExpires: ['OpenSent open', '-', '-', '-'],
  IdleHoldTimerExpires: ['-', '-', '-', '-'],
  SendHoldTimerExpires: ['-', '-', '-', 'Idle 8/0 disconnect down'],
  TcpCRAcked: ['OpenSent open', '-', '-', '-'],
  TcpConnectionConfirmed: ['-', '-', '-', '-'],
  TcpConnectionFails: ends('', '', '', ''),
  // RFC 4271 §8.2.2, event 20: the peer's OPEN ends the wait for it.
  BgpOpen: [
    'OpenConfirm open keepalive',
    'OpenConfirm keepalive',
    'Idle 5/2 disconnect miss',
    'Idle 5/3 disconnect down',
  ],
  BgpHeaderErr: ends('1/2', '1/2', '1/2', '1/2'),
  BgpOpenMsgErr: ends('2/4', '2/4', '2/4', '5/3'),
  OpenCollisionDump: [
    'Idle disconnect',
    'Idle 6/7 disconnect miss',
    'Idle 6/7 disconnect miss',
    'Idle 6/7 disconnect down',
  ],
  NotifMsg: ends('', '', '', ''),
  KeepAliveMsg: ['Idle disconnect miss', 'Idle 5/1 disconnect miss', 'Established up', '-'],
  UpdateMsg: ['Idle disconnect miss', 'Idle 5/1 disconnect miss', 'Idle 5/2 disconnect miss', '-'],
  UpdateMsgErr: ends('3/1', '3/1', '3/1', '3/1'),
  RouteRefreshMsg: ['Idle disconnect miss', 'Idle 5/1 disconnect miss', 'Idle 5/2 disconnect miss', '-'],
}

/** The end of the connection in the last places, with these NOTIFICATIONs; the last one of all loses a session. */
function ends(...notifications: string[]): string[] {
  const last = notifications.length - 1
  return notifications.map((notification, i) =>
    ['Idle', notification, 'disconnect', i === last ? 'down' : 'miss']
      .filter((word) => word !== '')
      .join(' '),
  )
}

describe('step: a connection that the peer opened, every place and event (RFC 4271 §8.2.2)', () => {
  for (const [kind, cells] of Object.entries(matrix) as [EventKind, readonly string[]][]) {
    for (const [i, [place, fsm]] of Object.entries(places).entries()) {
      const cell = cells[i]!
      it(`${place} takes ${kind}: ${cell}`, () => {
        const result = step(fsm, sampleEvents[kind])
        const text = [result.fsm.state, ...result.actions.flatMap(actionText)].join(' ')
        expect(text).to.equal(cell === '-' ? fsm.state : cell)
        if (result.fsm.state === 'Idle') expect([...result.fsm.running]).to.deep.equal([])
      })
    }
  }
})
