import { expect } from 'chai'
import { ErrorLog } from '../../../bgp/session/error-log.ts'
import { Severity, updateError } from '../../../bgp/wire/wire-error.ts'
import type { Log } from '../../../rib/log.ts'
import { silentLog } from '../../../rib/log.ts'
import { FakeClock } from '../../support/fake-clock.ts'

/** Notes what is logged. */
function recorder(): { readonly log: Log; readonly lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = []
  return { lines, log: { ...silentLog, warn: (_event, fields) => void lines.push({ ...fields }) } }
}

const malformed = updateError('attribute-length', Severity.treatAsWithdraw, 5, 'RFC 7606 §7.4', 'length 3', {
  type: 4,
})

describe('ErrorLog', () => {
  it('takes few lines for a thousand errors of a kind, and counts them all', () => {
    const { log, lines } = recorder()
    const errors = new ErrorLog(log, new FakeClock(), 'gw')
    for (let i = 0; i < 1_000; i++) errors.note(malformed, new Uint8Array(30), 0, 30)
    expect(lines.length).to.be.within(4, 20)
    expect(lines.at(-1)).to.include({ peer: 'gw', attribute: 4, count: 512, clause: 'RFC 7606 §7.4' })
    expect([...errors.counts()]).to.deep.equal([['attribute-length', 1_000]])
    expect(errors.journal.records()).to.have.length(32)
    expect(errors.journal.tallies()).to.deep.equal([
      { attributeType: 4, discarded: 0, withdrawn: 1_000, resets: 0 },
    ])
  })

  it('logs what was received (RFC 7606 §6), cut at 512 octets', () => {
    const { log, lines } = recorder()
    const errors = new ErrorLog(log, new FakeClock(), 'gw')
    errors.note(malformed, Uint8Array.of(9, 1, 2, 3, 9), 1, 4)
    errors.note(malformed, new Uint8Array(4_000).fill(0xab), 0, 4_000)
    expect(lines[0]!['hex']).to.equal('010203')
    expect(lines[1]!['hex']).to.equal(`${'ab'.repeat(512)}...`)
  })
})
