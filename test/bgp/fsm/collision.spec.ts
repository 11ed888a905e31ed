import { expect } from 'chai'
import fc from 'fast-check'
import { judge, survivingDirection } from '../../../bgp/fsm/collision.ts'
import type { Contest, Verdict } from '../../../bgp/fsm/collision.ts'
import { ConversationPair } from './conversation.ts'

describe('survivingDirection (RFC 4271 §6.8, RFC 6286 §2.3)', () => {
  it('keeps the connection opened by the larger identifier, compared as unsigned', () => {
    const high = { routerId: 0xc0000201, asn: 1 }
    const low = { routerId: 0x0a000001, asn: 1 }
    expect(survivingDirection(high, low)).to.equal('dialed')
    expect(survivingDirection(low, high)).to.equal('accepted')
  })

  it('lets the larger AS decide between equal identifiers', () => {
    const one = { routerId: 7, asn: 64512 }
    const two = { routerId: 7, asn: 4_200_000_000 }
    expect(survivingDirection(one, two)).to.equal('accepted')
    expect(survivingDirection(two, one)).to.equal('dialed')
  })
})

describe('judge', () => {
  const base: Contest = {
    survivor: 'dialed',
    arrival: 'dialed',
    other: 'accepted',
    otherState: 'OpenConfirm',
    peerRestarted: false,
  }
  const cases: [string, Partial<Contest>, Verdict][] = [
    ['the survivor drops the other in OpenConfirm', {}, 'dropOther'],
    ['the survivor drops the other before its OPEN', { otherState: 'waitsForOpen' }, 'dropOther'],
    ['the loser goes when the survivor is in OpenConfirm', { survivor: 'accepted' }, 'dropArrival'],
    [
      'the loser waits while the survivor has no OPEN',
      { survivor: 'accepted', otherState: 'waitsForOpen' },
      'holdArrival',
    ],
    ['an Established session stays (RFC 4271 §6.8)', { otherState: 'Established' }, 'dropArrival'],
    [
      'unless its peer has restarted (RFC 4724 §4.2)',
      { otherState: 'Established', peerRestarted: true },
      'replaceOther',
    ],
    [
      'of two connections from the peer the newer one counts',
      { arrival: 'accepted', other: 'accepted' },
      'dropOther',
    ],
  ]
  for (const [what, change, verdict] of cases) {
    it(what, () => {
      expect(judge({ ...base, ...change })).to.equal(verdict)
    })
  }
})

describe('collision of two speakers that dial each other', () => {
  const sides: [string, { ids: [number, number]; asns: [number, number] }][] = [
    ['the first has the larger identifier', { ids: [20, 10], asns: [64512, 64512] }],
    ['the second has the larger identifier', { ids: [10, 20], asns: [64512, 64512] }],
    ['equal identifiers, the AS decides (RFC 6286 §2.3)', { ids: [10, 10], asns: [64512, 65001] }],
  ]
  for (const [what, { ids, asns }] of sides) {
    for (const [delayOpenSec, restarts] of [
      [0, false],
      [5, false],
      [0, true],
      [5, true],
    ] as const) {
      const setting = `DelayOpen ${delayOpenSec}, ${restarts ? 'with' : 'without'} graceful restart`
      it(`leaves exactly one session in every order: ${what}, ${setting}`, () => {
        fc.assert(
          fc.property(fc.infiniteStream(fc.nat(1_000)), (choices) => {
            const pair = new ConversationPair({ ids, asns, delayOpenSec, restarts })
            pair.start()
            pair.runUntilQuiet(() => choices.next().value ?? 0)
            expect(pair.establishedConnections(0)).to.have.length(1)
            expect(pair.establishedConnections(1)).to.deep.equal(pair.establishedConnections(0))
            expect(pair.openConnections()).to.deep.equal(pair.establishedConnections(0))
            expect(pair.timesDown).to.equal(0)
          }),
          { numRuns: 500 },
        )
      })
    }
  }
})
