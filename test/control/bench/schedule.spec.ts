import { expect } from 'chai'
import { aboutText, Schedule } from '../../../control/bench/schedule.ts'

describe('the schedule of a benchmark', () => {
  it('knows runs and time before anything ran', () => {
    const schedule = new Schedule(1)
    schedule.plan('A', 'heddle', 3)
    schedule.plan('A', 'gobgp', 3)
    expect(schedule).to.include({ runs: 6, place: '1/6' })
    const all = schedule.leftSec
    schedule.plan('B', 'gobgp', 3)
    expect(schedule.leftSec).to.be.greaterThan(all)
  })

  it('learns from what ran how fast the machine is', () => {
    const [usual, slow] = [new Schedule(1), new Schedule(1)]
    for (const schedule of [usual, slow]) schedule.plan('A', 'heddle', 2)
    const once = usual.leftSec / 2
    usual.ended('A', 'heddle', once)
    slow.ended('A', 'heddle', once * 3)
    expect(usual.leftSec).to.be.closeTo(once, 1e-6)
    expect(slow.leftSec).to.be.closeTo(once * 3, 1e-6)
    expect(slow.place).to.equal('2/2')
  })

  it('forgets runs that do not take place after a failure', () => {
    const schedule = new Schedule(1)
    schedule.plan('A', 'gobgp', 3)
    schedule.dropped('A', 'gobgp', 2)
    schedule.ended('A', 'gobgp', 1)
    expect(schedule.runs).to.equal(1)
    expect(schedule.leftSec).to.be.closeTo(0, 1e-6)
  })

  it('is told in seconds, and in minutes where seconds say nothing', () => {
    expect([0.2, 40, 89, 200].map(aboutText)).to.deep.equal([
      'about 1 s',
      'about 40 s',
      'about 89 s',
      'about 3 min',
    ])
  })
})
