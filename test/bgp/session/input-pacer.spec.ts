import { expect } from 'chai'
import { InputPacer } from '../../../bgp/session/input-pacer.ts'
import type { InputStream } from '../../../bgp/session/input-pacer.ts'
import type { Clock } from '../../../rib/clock.ts'

class RoundClock implements Clock {
  ms = 0
  #deferred: (() => void)[] = []

  nowMs(): number {
    return this.ms
  }

  defer(run: () => void): void {
    this.#deferred.push(run)
  }

  /** One round of the event loop. */
  round(): void {
    for (const run of this.#deferred.splice(0)) run()
  }
}

class Stream implements InputStream {
  isPaused = false
  pause(): void {
    this.isPaused = true
  }
  resume(): void {
    this.isPaused = false
  }
}

describe('InputPacer', () => {
  let clock: RoundClock
  let isBehind: boolean
  let pacer: InputPacer
  let first: Stream
  let second: Stream

  beforeEach(() => {
    clock = new RoundClock()
    isBehind = false
    pacer = new InputPacer(clock, () => isBehind)
    first = new Stream()
    second = new Stream()
  })

  function take(stream: Stream, ms: number, octets = 65_536): void {
    pacer.begin()
    clock.ms += ms
    pacer.end(stream, octets)
  }

  it('lets streams read on while a round is short', () => {
    take(first, 0.2)
    take(second, 0.2)
    expect([first.isPaused, second.isPaused]).to.deep.equal([false, false])
  })

  it('pauses every stream that brings more once the round is long, until the next one', () => {
    take(first, 5)
    take(second, 0)
    expect([first.isPaused, second.isPaused]).to.deep.equal([true, true])
    clock.round()
    expect([first.isPaused, second.isPaused]).to.deep.equal([false, false])
  })

  it('ends a round with the first chunk of a table', () => {
    take(first, 0.6)
    take(second, 0.1)
    expect([first.isPaused, second.isPaused]).to.deep.equal([true, true])
  })

  it('keeps them paused while the RIB is behind, but not for ever', () => {
    isBehind = true
    take(first, 0)
    for (let i = 0; i < 10; i++) clock.round()
    expect(first.isPaused).to.equal(true)
    for (let i = 0; i < 10; i++) clock.round()
    expect(first.isPaused).to.equal(false)
  })

  it('lets a stream with little to say read on while the RIB is behind', () => {
    isBehind = true
    take(first, 0, 100)
    expect(first.isPaused).to.equal(false)
  })

  it('lets a stream with little to say wait one round at most', () => {
    isBehind = true
    take(first, 5)
    take(second, 0, 100)
    clock.round()
    expect([first.isPaused, second.isPaused]).to.deep.equal([true, false])
  })

  it('counts a round once, though input comes while the RIB is behind', () => {
    isBehind = true
    take(first, 0)
    for (let i = 0; i < 10; i++) {
      take(second, 0, 100)
      clock.round()
    }
    expect(first.isPaused).to.equal(true)
  })

  it('does not resume a stream that is gone', () => {
    take(first, 5)
    pacer.forget(first)
    clock.round()
    expect(first.isPaused).to.equal(true)
  })
})
