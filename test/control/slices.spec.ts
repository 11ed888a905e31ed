import { expect } from 'chai'
import { atOnce, inSlices, mapped } from '../../control/slices.ts'
import { FakeClock } from '../support/fake-clock.ts'

describe('work in slices', () => {
  const items = Array.from({ length: 1000 }, (_, i) => i)

  it('lets sockets and timers go first when a slice is used up, and ends with the same', async () => {
    let [nowMs, deferred, longestMs, beganMs] = [0, 0, 0, 0]
    const clock = {
      nowMs: () => nowMs,
      defer: (run: () => void) => {
        deferred++
        longestMs = Math.max(longestMs, nowMs - beganMs)
        beganMs = nowMs
        setImmediate(run)
      },
    }
    const double = (item: number): number => {
      nowMs += 0.1
      return item * 2
    }
    const result = await inSlices(mapped(items, double), clock)
    expect(result).to.deep.equal(atOnce(mapped(items, (item) => item * 2)))
    expect(deferred).to.be.within(10, 30)
    expect(longestMs).to.be.below(8)
  })

  it('runs through where no time passes, and passes on what is thrown', async () => {
    const clock = new FakeClock()
    expect(await inSlices(mapped(items, String), clock)).to.have.length(1000)
    const failing = mapped(items, () => {
      throw new Error('broken')
    })
    const outcome = await inSlices(failing, clock).catch((error: Error) => error.message)
    expect(outcome).to.equal('broken')
  })
})
