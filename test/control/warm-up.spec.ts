import { expect } from 'chai'
import { warmFeed } from '../../control/warm-up/warm-feed.ts'
import { Rehearsal, warmUp } from '../../control/warm-up/warm-up.ts'

describe('the rehearsal of a daemon', () => {
  it('takes routes through real sessions to the receiver, and leaves none', () => {
    const rehearsal = new Rehearsal()
    const octets: number[] = []
    for (const feed of [warmFeed(8, 50), warmFeed(128, 1), warmFeed(8, 50)]) {
      const before = rehearsal.written
      rehearsal.play(feed)
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
