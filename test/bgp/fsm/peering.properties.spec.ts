import { expect } from 'chai'
import fc from 'fast-check'
import { hasTransport } from '../../../bgp/fsm/draft.ts'
import {
  acceptConnection,
  DIALED,
  newPeering,
  startPeering,
  stepPeering,
  stopPeering,
} from '../../../bgp/fsm/peering.ts'
import type { Peering, PeeringTransition } from '../../../bgp/fsm/peering.ts'
import type { Event, FsmConfig } from '../../../bgp/fsm/types.ts'
import { cease, config, peerOpen, sampleEvents } from './machines.ts'

/** What may happen to a peering: the peer connects, an event on one of its connections, the operator stops and starts. */
type Happening =
  | { readonly kind: 'accept' }
  | { readonly kind: 'stop' | 'reset' | 'start' }
  | { readonly kind: 'event'; readonly connection: number; readonly event: Event }

const identifiers = fc.constantFrom(0x0a000000, 0x0a000002)
const openEvent = fc
  .record({ identifier: identifiers, holdTimeSec: fc.constantFrom(0, 3, 90) })
  .map((overrides): Event => ({ kind: 'BgpOpen', open: peerOpen(overrides) }))
const { AutomaticStart: _, ManualStart: __, ...others } = sampleEvents
const likely = fc.constantFrom<Event>(others.TcpCRAcked, others.KeepAliveMsg, others.IdleHoldTimerExpires)
const event = fc.oneof(openEvent, likely, fc.constantFrom<Event>(...Object.values(others)))
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ kind: 'accept' } as const) },
  { weight: 1, arbitrary: fc.constantFrom('stop', 'reset', 'start').map((kind) => ({ kind }) as const) },
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant('event' as const), connection: fc.nat(3), event }),
  },
)
const setups = fc.record({ passive: fc.boolean(), delayOpenSec: fc.constantFrom(0, 5) })

/** Plays happenings through a peering and shows every step, with the sessions that were told of and not ended. */
function replay(
  setup: Pick<FsmConfig, 'passive' | 'delayOpenSec'>,
  happenings: readonly Happening[],
  look: (peering: Peering, step: PeeringTransition, up: ReadonlySet<number>) => void,
): void {
  let next = DIALED + 1
  const up = new Set<number>()
  let { peering } = startPeering(newPeering({ ...config, ...setup }))
  for (const one of happenings) {
    const before = peering
    const taken = take(before, one, next)
    if (!taken) continue
    if (one.kind === 'accept') next++
    peering = taken.peering
    for (const { id, action } of taken.actions) {
      if (action.kind === 'sessionUp') up.add(id)
      if (action.kind === 'sessionDown') up.delete(id)
    }
    look(before, taken, up)
  }
}

function take(peering: Peering, one: Happening, next: number): PeeringTransition | undefined {
  switch (one.kind) {
    case 'accept':
      return peering.isStarted ? acceptConnection(peering, next) : undefined
    case 'stop':
      return stopPeering(peering, { kind: 'ManualStop', notification: cease })
    case 'reset':
      return stopPeering(peering, { kind: 'AutomaticStop', notification: cease })
    case 'start':
      return peering.isStarted ? undefined : startPeering(peering)
    case 'event': {
      const ids = [...peering.connections.keys()]
      return stepPeering(peering, ids[one.connection % ids.length]!, one.event)
    }
  }
}

describe('a peering: any string of happenings', () => {
  const histories = fc.array(happening, { maxLength: 50 })

  it('has one session at most, and says of each exactly once that it is up and down', () => {
    fc.assert(
      fc.property(setups, histories, (setup, happenings) => {
        replay(setup, happenings, (_before, { peering }, up) => {
          const established = [...peering.connections].filter(([, fsm]) => fsm.state === 'Established')
          expect(established.map(([id]) => id)).to.deep.equal([...up])
          expect(up.size).to.be.at.most(1)
        })
      }),
    )
  })

  it('never has more than two connections that got past their OPEN, and few at all', () => {
    fc.assert(
      fc.property(setups, histories, (setup, happenings) => {
        replay(setup, happenings, (_before, { peering }) => {
          const agreed = [...peering.connections.values()].filter(({ negotiated }) => negotiated)
          expect(agreed.length).to.be.at.most(1)
          expect(peering.connections.size).to.be.at.most(4)
        })
      }),
    )
  })

  it('lets go of every connection of the peer that is over, with a disconnect', () => {
    fc.assert(
      fc.property(setups, histories, (setup, happenings) => {
        replay(setup, happenings, (before, { peering, actions }) => {
          for (const [id, fsm] of peering.connections) {
            if (id !== DIALED) expect(fsm.state).to.not.equal('Idle')
          }
          for (const [id, fsm] of before.connections) {
            if (peering.connections.has(id) || !hasTransport(fsm)) continue
            const ended = actions.some((one) => one.id === id && one.action.kind === 'disconnect')
            expect(ended, `connection ${id}`).to.equal(true)
          }
        })
      }),
    )
  })

  it('goes on: a peering that is started and has no connection dials, waits, or is about to', () => {
    fc.assert(
      fc.property(setups, histories, (setup, happenings) => {
        replay(setup, happenings, (_before, { peering }) => {
          const dial = peering.connections.get(DIALED)!
          const isServed = [...peering.connections].some(([id, fsm]) => id !== DIALED && fsm.negotiated)
          if (!peering.isStarted || isServed || setup.passive) return
          // RFC 4271 §4.2: with a hold time of zero nothing limits the wait for the first KEEPALIVE.
          if (dial.negotiated?.holdTimeSec === 0) return
          expect(dial.running.size, dial.state).to.be.greaterThan(0)
        })
      }),
    )
  })

  it('holds a connection back only while another one may still win, and only a few of its messages', () => {
    fc.assert(
      fc.property(setups, histories, (setup, happenings) => {
        replay(setup, happenings, (_before, { peering }) => {
          if (!peering.held) return
          expect(peering.connections.has(peering.held.id)).to.equal(true)
          expect(peering.held.events.length).to.be.at.most(4)
          expect([...peering.connections.values()].filter(hasTransport).length).to.be.at.least(2)
        })
      }),
    )
  })
})
