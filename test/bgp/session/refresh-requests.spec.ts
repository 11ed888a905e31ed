import { expect } from 'chai'
import { RefreshRequests } from '../../../bgp/session/refresh-requests.ts'
import type { Table } from '../../../rib/table.ts'
import { FakeClock } from '../../support/fake-clock.ts'

describe('RefreshRequests', () => {
  const table = {} as Table
  const other = {} as Table
  let clock: FakeClock
  let runs: Table[]
  let requests: RefreshRequests

  beforeEach(() => {
    clock = new FakeClock()
    runs = []
    requests = new RefreshRequests(clock, (started) => runs.push(started))
  })

  it('run at once where nothing is under way, each table by itself', () => {
    requests.request(table)
    requests.request(other)
    requests.synced(table)
    requests.request(table)
    expect(runs).to.deep.equal([table, other, table])
  })

  it('become one more run, after a pause, while one is under way', () => {
    requests.begin(table)
    for (let i = 0; i < 100; i++) requests.request(table)
    expect(runs).to.deep.equal([])
    requests.synced(table)
    requests.request(table)
    clock.advance(999)
    expect(runs).to.deep.equal([])
    clock.advance(1)
    expect(runs).to.deep.equal([table])
    requests.synced(table)
    clock.advance(10_000)
    expect(runs).to.deep.equal([table])
  })

  it('leave no timer behind', () => {
    requests.begin(table)
    requests.request(table)
    requests.synced(table)
    requests.stop()
    requests.synced(table)
    expect(clock.timerCount).to.equal(0)
  })
})
