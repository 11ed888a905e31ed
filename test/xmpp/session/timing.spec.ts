import { expect } from 'chai'
import type { Connection } from '../../../xmpp/session/connection.ts'
import { Deadline } from '../../../xmpp/session/deadline.ts'
import { InputPacer } from '../../../xmpp/session/input-pacer.ts'
import { FakeClock } from '../../support/fake-clock.ts'

class PausableConnection {
  isPaused = false
  pauses = 0

  pause(): void {
    this.isPaused = true
    this.pauses++
  }

  resume(): void {
    this.isPaused = false
  }
}

describe('Deadline', () => {
  it('fires once, at the last deadline given, earlier or later than the first', () => {
    const clock = new FakeClock()
    const fired: number[] = []
    const deadline = new Deadline(clock, () => fired.push(clock.nowMs()))
    const start = clock.nowMs()
    deadline.restart(100)
    clock.advance(60)
    deadline.restart(100)
    clock.advance(99)
    expect(fired).to.deep.equal([])
    clock.advance(1)
    deadline.restart(1_000)
    deadline.restart(10)
    clock.advance(2_000)
    expect(fired).to.deep.equal([start + 160, start + 170])
  })

  it('does not fire once stopped, and leaves no timer behind', () => {
    const clock = new FakeClock()
    const deadline = new Deadline(clock, () => expect.fail('it fired'))
    deadline.restart(10)
    deadline.stop()
    expect(clock.timerCount).to.equal(0)
    clock.advance(100)
  })
})

describe('InputPacer', () => {
  let clock: FakeClock
  let isBehind: boolean
  let pacer: InputPacer
  let connection: PausableConnection
  beforeEach(() => {
    clock = new FakeClock()
    isBehind = false
    pacer = new InputPacer(clock, () => isBehind)
    connection = new PausableConnection()
  })

  function chunk(tookMs: number): void {
    pacer.begin()
    // Time passes without deferred work: the event loop is busy.
    const held = clock.nowMs() + tookMs
    Object.defineProperty(clock, 'nowMs', { value: () => held, configurable: true })
    pacer.end(connection as unknown as Connection)
  }

  it('lets input go on while the round has time left', () => {
    chunk(1)
    expect(connection.pauses).to.equal(0)
  })

  it('pauses a connection that used the round up, and resumes it in the next', () => {
    chunk(5)
    expect(connection.isPaused).to.equal(true)
    clock.settle()
    expect(connection.isPaused).to.equal(false)
  })

  it('waits while the RIB is behind, but not for ever', () => {
    isBehind = true
    chunk(0)
    expect(connection.isPaused).to.equal(true)
    clock.settle()
    expect(connection.isPaused).to.equal(false)
  })

  it('does not touch a connection that is gone', () => {
    chunk(5)
    pacer.forget(connection as unknown as Connection)
    clock.settle()
    expect(connection.isPaused).to.equal(true)
  })
})
