import { expect } from 'chai'
import { silentLog } from '../../rib/log.ts'
import { RecurringFault } from '../../rib/recurring-fault.ts'
import { FakeClock } from '../support/fake-clock.ts'

describe('a fault that comes back', () => {
  let lines: string[]
  let clock: FakeClock
  let fault: RecurringFault

  beforeEach(() => {
    lines = []
    clock = new FakeClock()
    const note = (event: string, fields?: object): void =>
      void lines.push(`${event} ${JSON.stringify(fields)}`)
    fault = new RecurringFault(clock, { ...silentLog, error: note, info: note }, 'disk.full')
  })

  it('takes a line when it begins, one a minute with what came in between, and one when it is over', () => {
    for (let second = 0; second < 130; second++) {
      fault.note('ENOSPC')
      clock.advance(1_000)
    }
    fault.over()
    expect(lines).to.deep.equal([
      'disk.full {"reason":"ENOSPC"}',
      'disk.full {"reason":"ENOSPC","since":59}',
      'disk.full {"reason":"ENOSPC","since":59}',
      'disk.fullOver {"since":9}',
    ])
  })

  it('is said at once when it begins anew, and is not over before it began', () => {
    fault.over()
    fault.note('ENOSPC')
    fault.over()
    fault.over()
    fault.note('EROFS')
    expect(lines).to.deep.equal([
      'disk.full {"reason":"ENOSPC"}',
      'disk.fullOver {}',
      'disk.full {"reason":"EROFS"}',
    ])
  })
})
