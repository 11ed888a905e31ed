import { expect } from 'chai'
import type { Event } from '../../../bgp/fsm/types.ts'
import { Link } from '../../../bgp/session/link.ts'
import { rounds } from '../../support/until.ts'
import { SocketClock } from './nodes.ts'

describe('Link', () => {
  let clock: SocketClock
  let events: Event['kind'][]
  let link: Link

  beforeEach(() => {
    clock = new SocketClock()
    events = []
    link = new Link(1, clock, (event) => events.push(event.kind))
    link.startTimer('hold', 9_000)
  })

  it('reports the end of the hold time when nothing has come (RFC 4271 §6.5)', async () => {
    clock.advance(9_000)
    await rounds()
    expect(events).to.deep.equal(['HoldTimerExpires'])
  })

  it('counts what waited in the socket while this process stood still', async () => {
    clock.advance(20_000)
    link.restartHold()
    await rounds()
    expect(events).to.deep.equal([])
    clock.advance(9_000)
    await rounds()
    expect(events).to.deep.equal(['HoldTimerExpires'])
  })

  it('reports nothing for a hold timer that was stopped meanwhile', async () => {
    clock.advance(9_000)
    link.stopTimer('hold')
    link.restartHold()
    await rounds()
    clock.advance(20_000)
    await rounds()
    expect(events).to.deep.equal([])
  })

  it('leaves no timer behind when it closes', () => {
    link.startTimer('keepalive', 3_000)
    link.startTimer('sendHold', 480_000)
    link.close()
    expect(clock.timerCount).to.equal(0)
  })
})
