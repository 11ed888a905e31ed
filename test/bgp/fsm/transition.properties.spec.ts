import { expect } from 'chai'
import fc from 'fast-check'
import { hasTransport } from '../../../bgp/fsm/draft.ts'
import { step } from '../../../bgp/fsm/transition.ts'
import type { Event, Fsm } from '../../../bgp/fsm/types.ts'
import { accepting, dialingIn, peerOpen, sampleEvents } from './machines.ts'

const openEvent = fc
  .record({ holdTimeSec: fc.constantFrom(0, 1, 3, 90), version: fc.constantFrom(4, 4, 4, 3) })
  .map((overrides): Event => ({ kind: 'BgpOpen', open: peerOpen(overrides) }))
const likely = fc.constantFrom<Event>(
  sampleEvents.AutomaticStart,
  sampleEvents.IdleHoldTimerExpires,
  sampleEvents.TcpCRAcked,
  sampleEvents.KeepAliveMsg,
)
const anyEvent = fc.oneof(fc.constantFrom(...Object.values(sampleEvents)), openEvent, likely)
const machine = fc.record({ dials: fc.boolean(), delayOpenSec: fc.constantFrom(0, 5), passive: fc.boolean() })

/** Runs events through a machine and shows every step. */
function replay(
  setup: { dials: boolean; delayOpenSec: number; passive: boolean },
  events: readonly Event[],
  look: (before: Fsm, event: Event, after: Fsm, armed: ReadonlySet<string>) => void,
): void {
  let fsm = setup.dials ? dialingIn('Idle', setup) : accepting(setup)
  const armed = new Set<string>()
  for (const event of events) {
    const result = step(fsm, event)
    const expired = /^(.*)TimerExpires$/.exec(event.kind)
    if (expired) armed.delete(expired[1]![0]!.toLowerCase() + expired[1]!.slice(1))
    for (const action of result.actions) {
      if (action.kind === 'startTimer') armed.add(action.timer)
      if (action.kind === 'stopTimer') armed.delete(action.timer)
    }
    look(fsm, event, result.fsm, armed)
    fsm = result.fsm
  }
}

describe('step: any string of events', () => {
  const histories = fc.array(anyEvent, { maxLength: 40 })

  it('knows exactly the timers that its actions left running', () => {
    fc.assert(
      fc.property(machine, histories, (setup, events) => {
        replay(setup, events, (_before, _event, after, armed) => {
          expect([...after.running].sort()).to.deep.equal([...armed].sort())
        })
      }),
    )
  })

  it('runs the timers that each state needs, and no other', () => {
    fc.assert(
      fc.property(machine, histories, (setup, events) => {
        replay(setup, events, (_before, _event, after) => {
          const holds = (after.negotiated?.holdTimeSec ?? 0) > 0
          const allowed: Record<Fsm['state'], string[]> = {
            Idle: after.running.size > 0 ? ['idleHold'] : [],
            Connect: after.running.has('delayOpen') ? ['delayOpen'] : ['connectRetry'],
            Active: [...after.running].filter((timer) => timer === 'connectRetry' || timer === 'delayOpen'),
            OpenSent: ['hold'],
            OpenConfirm: holds ? ['hold', 'keepalive'] : [],
            Established: holds ? ['hold', 'keepalive', 'sendHold'] : ['sendHold'],
          }
          expect([...after.running].sort()).to.deep.equal(allowed[after.state])
        })
      }),
    )
  })

  it('is Established only by a KEEPALIVE after a good OPEN (RFC 4271 §8.2.2)', () => {
    fc.assert(
      fc.property(machine, histories, (setup, events) => {
        let opened = false
        replay(setup, events, (before, event, after) => {
          if (event.kind === 'BgpOpen' && after.state === 'OpenConfirm') opened = true
          if (after.state === 'Established' && before.state !== 'Established') {
            expect([before.state, event.kind, opened]).to.deep.equal(['OpenConfirm', 'KeepAliveMsg', true])
          }
          if (!hasTransport(after)) opened = false
        })
      }),
    )
  })

  it('pairs sessionUp with sessionDown, and writes only while a transport is up', () => {
    fc.assert(
      fc.property(machine, histories, (setup, events) => {
        let fsm = setup.dials ? dialingIn('Idle', setup) : accepting(setup)
        let up = 0
        for (const event of events) {
          const connected = hasTransport(fsm) || event.kind.startsWith('TcpC')
          const result = step(fsm, event)
          for (const action of result.actions) {
            if (action.kind === 'sessionUp') up++
            if (action.kind === 'sessionDown') up--
            if (action.kind.startsWith('send')) expect(connected, event.kind).to.equal(true)
          }
          expect(up).to.equal(result.fsm.state === 'Established' ? 1 : 0)
          fsm = result.fsm
        }
      }),
    )
  })
})
