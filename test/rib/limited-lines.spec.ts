import { expect } from 'chai'
import { LimitedLines } from '../../rib/limited-lines.ts'
import { silentLog } from '../../rib/log.ts'
import { FakeClock } from '../support/fake-clock.ts'

describe('log lines that a stranger can cause', () => {
  it('are 20 a minute, and the next one says how many there were besides', () => {
    const fields: object[] = []
    const clock = new FakeClock()
    const log = { ...silentLog, warn: (_event: string, each?: object) => void fields.push(each!) }
    const lines = new LimitedLines(clock, log, 'x')
    for (let i = 0; i < 1_000; i++) lines.warn({ i })
    expect(fields).to.deep.equal(Array.from({ length: 20 }, (_, i) => ({ i })))
    clock.advance(60_000)
    lines.warn({ i: 1_000 })
    lines.warn({ i: 1_001 })
    expect(fields.slice(20)).to.deep.equal([{ i: 1_000, unsaid: 980 }, { i: 1_001 }])
  })
})
