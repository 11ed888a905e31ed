import { expect } from 'chai'
import { warmFeed } from '../../control/warm-up/warm-feed.ts'
import { Rehearsal, warmUp } from '../../control/warm-up/warm-up.ts'

describe('the rehearsal of a daemon', () => {
  it('comes to its end', async () => {
    await warmUp(Infinity, () => true)
  })

  it('takes routes through real sessions to the receiver, and leaves none', () => {
    const rehearsal = new Rehearsal()
    const octets: number[] = []
    const few = { sets: 8, updatesPerSet: 1, perUpdate: 50 }
    const many = { sets: 64, updatesPerSet: 2, perUpdate: 1 }
    for (const size of [few, many, few]) {
      const before = rehearsal.written
      runOut(rehearsal.play(runOut(warmFeed(size))))
      octets.push(rehearsal.written - before)
    }
    // A label, RD and prefix are 15 octets, announced and withdrawn; attributes come on top.
    expect(octets[0]).to.be.greaterThan(2 * 400 * 15)
    expect(octets[1]).to.be.greaterThan(2 * 128 * 15)
    expect(octets[2], 'as much as the first time').to.equal(octets[0])
    expect(rehearsal.routeCount).to.equal(0)
  })

  it('ends when there is real work', async () => {
    let asked = 0
    await warmUp(Infinity, () => ++asked < 3)
    expect(asked).to.equal(3)
  })

  it('ends when its time is used up', async () => {
    let asked = 0
    await warmUp(0, () => ++asked > 0)
    expect(asked).to.equal(0)
  })
})

function runOut<T>(steps: Generator<undefined, T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}
