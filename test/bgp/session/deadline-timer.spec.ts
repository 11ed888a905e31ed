import { expect } from 'chai'
import { DeadlineTimer } from '../../../bgp/session/deadline-timer.ts'
import { FakeClock } from '../../support/fake-clock.ts'

describe('DeadlineTimer', () => {
  let clock: FakeClock
  let fired: number[]
  let timer: DeadlineTimer

  beforeEach(() => {
    clock = new FakeClock()
    fired = []
    const start = clock.nowMs()
    timer = new DeadlineTimer(clock, () => fired.push(clock.nowMs() - start))
  })

  it('fires once, at its deadline', () => {
    timer.restart(100)
    clock.advance(99)
    expect(fired).to.deep.equal([])
    clock.advance(1_000)
    expect(fired).to.deep.equal([100])
    expect(timer.isRunning).to.equal(false)
  })

  it('fires at the last deadline after many restarts, with one timer below', () => {
    for (let i = 0; i < 50; i++) {
      timer.restart(100)
      clock.advance(10)
      expect(clock.timerCount).to.equal(1)
    }
    clock.advance(1_000)
    expect(fired).to.deep.equal([590])
  })

  it('fires early after a restart with less time', () => {
    timer.restart(1_000)
    timer.restart(50)
    clock.advance(2_000)
    expect(fired).to.deep.equal([50])
  })

  it('does not fire after stop, and can be started again', () => {
    timer.restart(100)
    timer.stop()
    clock.advance(500)
    expect(fired).to.deep.equal([])
    expect(clock.timerCount).to.equal(0)
    timer.restart(100)
    clock.advance(100)
    expect(fired).to.deep.equal([600])
  })
})
