import { expect } from 'chai'
import fc from 'fast-check'
import { duplicateVerdict } from '../../../xmpp/fsm/duplicate.ts'
import { newMachine, OPEN_TIMER_MS, step } from '../../../xmpp/fsm/transition.ts'
import { phases } from '../../../xmpp/fsm/types.ts'
import type { Action, Event, Machine, Phase, Rival } from '../../../xmpp/fsm/types.ts'
import { StreamError } from '../../../xmpp/wire/stream-error.ts'

const opened: Event = { kind: 'streamOpened', from: 'compute-1', rival: undefined }

function machineIn(phase: Phase, hasTls = false): Machine {
  const machine = newMachine({ serverName: 'cn-1', hasTls, holdTimeSec: 90 })
  return { ...machine, phase, name: phase === 'opening' ? undefined : 'compute-1' }
}

function kinds(actions: readonly Action[]): string[] {
  return actions.map((action) => ('timer' in action ? `${action.kind} ${action.timer}` : action.kind))
}

function sent(actions: readonly Action[]): string {
  return actions.map((action) => (action.kind === 'send' ? action.text : '')).join('')
}

/** Phase and actions after some events. */
function run(machine: Machine, ...events: Event[]): { phase: Phase; actions: Action[]; machine: Machine } {
  const actions: Action[] = []
  for (const event of events) {
    const transition = step(machine, event)
    machine = transition.machine
    actions.push(...transition.actions)
  }
  return { phase: machine.phase, actions, machine }
}

describe('the stream of an agent', () => {
  it('waits 15 s for a stream header (agent-channel 1.5)', () => {
    const { actions } = run(machineIn('opening'), { kind: 'accepted' })
    expect(actions).to.deep.equal([{ kind: 'startTimer', timer: 'open', ms: OPEN_TIMER_MS }])
    expect(OPEN_TIMER_MS).to.equal(15_000)
  })

  it('is up with the answer to a header', () => {
    const { phase, actions } = run(machineIn('opening'), opened)
    expect(phase).to.equal('established')
    expect(kinds(actions)).to.deep.equal([
      'stopTimer open',
      'send',
      'startTimer hold',
      'startTimer keepalive',
      'sessionUp',
    ])
    expect(sent(actions)).to.match(/^<stream:stream from="cn-1" to="compute-1" /)
  })

  it('says goodbye when no header comes in time (agent-channel 1.5)', () => {
    const { phase, actions } = run(machineIn('opening'), { kind: 'timerExpired', timer: 'open' })
    expect(phase).to.equal('closed')
    expect(sent(actions)).to.equal('</stream:stream>')
    expect(kinds(actions).slice(-2)).to.deep.equal(['attemptFailed', 'disconnect'])
  })

  it('keeps alive every third of the hold time, with C8 80', () => {
    const { actions } = run(machineIn('established'), { kind: 'timerExpired', timer: 'keepalive' })
    expect(Buffer.from(sent(actions))).to.deep.equal(Buffer.from([0xc8, 0x80]))
    expect(actions.at(-1)).to.deep.equal({ kind: 'startTimer', timer: 'keepalive', ms: 30_000 })
  })

  it('restarts the hold timer on any octet', () => {
    const { actions } = run(machineIn('established'), { kind: 'heard' })
    expect(actions).to.deep.equal([{ kind: 'startTimer', timer: 'hold', ms: 90_000 }])
  })

  it('ends when the hold timer expires, without a word', () => {
    const { phase, actions } = run(machineIn('established'), { kind: 'timerExpired', timer: 'hold' })
    expect(phase).to.equal('closed')
    expect(sent(actions)).to.equal('')
    expect(kinds(actions)).to.include.members(['sessionDown', 'disconnect'])
  })

  it('gives up an agent that takes nothing for 8 minutes or two hold times (RFC 9687)', () => {
    const { actions } = run(machineIn('established'), { kind: 'outputBlocked' })
    expect(actions).to.deep.equal([{ kind: 'startTimer', timer: 'sendHold', ms: 480_000 }])
    const drained = run(machineIn('established'), { kind: 'outputDrained' })
    expect(kinds(drained.actions)).to.deep.equal(['stopTimer sendHold'])
    expect(run(machineIn('established'), { kind: 'timerExpired', timer: 'sendHold' }).phase).to.equal(
      'closed',
    )
  })

  it('ignores the end of the stream once established (agent-channel 1.6)', () => {
    expect(run(machineIn('established'), { kind: 'streamClosed' }).phase).to.equal('established')
    expect(run(machineIn('opening'), { kind: 'streamClosed' }).phase).to.equal('closed')
  })

  it('ends on a broken ordering rule by closing only: the channel has no error for it (agent-channel 1.6)', () => {
    const { phase, actions } = run(machineIn('established'), { kind: 'violated', detail: 'x' })
    expect([phase, sent(actions)]).to.deep.equal(['closed', ''])
  })

  it('tells who sends what is no XML, after a header of ours (RFC 6120 §4.9.1.2)', () => {
    const error = new StreamError('not-well-formed', 'x')
    const broken: Event = { kind: 'streamBroken', error }
    expect(sent(run(machineIn('established'), broken).actions)).to.match(
      /^<stream:error><not-well-formed .*<\/stream:stream>$/,
    )
    expect(sent(run(machineIn('opening'), broken).actions)).to.match(
      /^<stream:stream .*><stream:error><not-well-formed /,
    )
    expect(sent(run(machineIn('securing', true), broken).actions)).to.equal('')
  })

  it('takes stanzas only when established', () => {
    expect(kinds(run(machineIn('established'), { kind: 'stanza' }).actions)).to.deep.equal(['deliver'])
    for (const phase of ['opening', 'startTls', 'reopening'] as const) {
      expect(run(machineIn(phase, true), { kind: 'stanza' }).phase).to.equal('closed')
    }
  })

  it('does not take a second header', () => {
    expect(run(machineIn('established'), opened).phase).to.equal('closed')
  })

  it('changes the hold time of a session that is up', () => {
    const { actions } = run(machineIn('established'), { kind: 'holdTimeChanged', holdTimeSec: 9 })
    expect(actions).to.deep.equal([
      { kind: 'startTimer', timer: 'hold', ms: 9_000 },
      { kind: 'startTimer', timer: 'keepalive', ms: 3_000 },
    ])
  })
})

describe('the stream of an agent with TLS (agent-channel 1.4)', () => {
  it('goes through STARTTLS and a second header', () => {
    const first = run(machineIn('opening', true), opened)
    expect(first.phase).to.equal('startTls')
    expect(sent(first.actions)).to.match(/<stream:stream [^]*<stream:features>\n<starttls [^]*<required \/>/)
    const second = run(first.machine, { kind: 'startTlsRequested' })
    expect(second.phase).to.equal('securing')
    expect(kinds(second.actions)).to.deep.equal(['send', 'startTls'])
    const third = run(second.machine, { kind: 'secured' }, opened)
    expect(third.phase).to.equal('established')
    expect(sent(third.actions)).to.match(/^<stream:stream .*>$/)
  })

  it('keeps the open timer running through the handshake', () => {
    expect(run(machineIn('securing', true), { kind: 'timerExpired', timer: 'open' }).phase).to.equal('closed')
  })

  it('does not take another name afterwards', () => {
    const other: Event = { kind: 'streamOpened', from: 'compute-2', rival: undefined }
    expect(run(machineIn('reopening', true), other).phase).to.equal('closed')
  })

  it('refuses STARTTLS where it is not configured', () => {
    expect(run(machineIn('established'), { kind: 'startTlsRequested' }).phase).to.equal('closed')
    expect(run(machineIn('opening'), { kind: 'startTlsRequested' }).phase).to.equal('closed')
  })
})

describe('two connections of one name (agent-channel 1.8)', () => {
  const table: [string, Rival | undefined, string][] = [
    ['no other', undefined, 'accept'],
    ['another address', { isSameAddress: false, silentMs: 0 }, 'refuse'],
    ['another address, the old one silent', { isSameAddress: false, silentMs: 89_000 }, 'refuse'],
    ['the same address', { isSameAddress: true, silentMs: 0 }, 'refuse'],
    ['the same address, one keepalive missed', { isSameAddress: true, silentMs: 59_000 }, 'refuse'],
    ['the same address, two keepalives missed', { isSameAddress: true, silentMs: 61_000 }, 'replace'],
  ]
  for (const [what, rival, verdict] of table) {
    it(`${verdict}s with ${what}`, () => {
      expect(duplicateVerdict(rival, 90)).to.equal(verdict)
      const { phase, actions } = run(machineIn('opening'), { kind: 'streamOpened', from: 'compute-1', rival })
      expect(phase).to.equal(verdict === 'refuse' ? 'closed' : 'established')
      expect(kinds(actions).includes('dropRival')).to.equal(verdict === 'replace')
    })
  }
})

describe('step', () => {
  const events: fc.Arbitrary<Event> = fc.constantFrom<Event>(
    { kind: 'accepted' },
    opened,
    { kind: 'streamOpened', from: 'other', rival: { isSameAddress: true, silentMs: 0 } },
    { kind: 'startTlsRequested' },
    { kind: 'secured' },
    { kind: 'heard' },
    { kind: 'stanza' },
    { kind: 'streamClosed' },
    { kind: 'streamBroken', error: new StreamError('not-well-formed', 'x') },
    { kind: 'violated', detail: 'x' },
    { kind: 'timerExpired', timer: 'open' },
    { kind: 'timerExpired', timer: 'hold' },
    { kind: 'timerExpired', timer: 'keepalive' },
    { kind: 'timerExpired', timer: 'sendHold' },
    { kind: 'outputBlocked' },
    { kind: 'outputDrained' },
    { kind: 'holdTimeChanged', holdTimeSec: 30 },
    { kind: 'connectionLost', detail: 'x' },
    { kind: 'stopped', detail: 'x' },
  )

  it('is total, brings a session up and down in turns, and is silent once closed', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(events, { maxLength: 20 }), (hasTls, history) => {
        let machine = newMachine({ serverName: 'cn-1', hasTls, holdTimeSec: 90 })
        let isUp = false
        for (const event of history) {
          const wasClosed = machine.phase === 'closed'
          const transition = step(machine, event)
          machine = transition.machine
          expect(phases).to.include(machine.phase)
          if (wasClosed) expect(transition.actions).to.deep.equal([])
          for (const { kind } of transition.actions) {
            if (kind === 'sessionUp') [isUp] = [true, expect(isUp).to.equal(false)]
            if (kind === 'sessionDown') [isUp] = [false, expect(isUp).to.equal(true)]
            if (kind === 'deliver') expect(isUp).to.equal(true)
          }
          expect(isUp).to.equal(machine.phase === 'established')
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
