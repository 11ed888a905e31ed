import { expect } from 'chai'
import fc from 'fast-check'
import type { Capability } from '../../../bgp/wire/capability.ts'
import { ceaseWithText, describeNotification } from '../../../bgp/wire/notification.ts'
import { decodeOpen, encodeOpen } from '../../../bgp/wire/open.ts'
import type { Open } from '../../../bgp/wire/open.ts'
import { decodeRouteRefresh } from '../../../bgp/wire/route-refresh.ts'
import type { WireError } from '../../../bgp/wire/wire-error.ts'
import { Family, families } from '../../../rib/model/family.ts'
import { framesOf, fromHex, toHex } from './support.ts'

const HEAD = '04fc00005ac000020a'

function decodeBody(hex: string): Open | WireError {
  const octets = fromHex(hex)
  return decodeOpen(octets, 0, octets.length)
}

describe('decodeOpen', () => {
  const broken: [string, string, [number, number], string][] = [
    ['version 3', '03fc00005ac000020a00', [2, 1], '0004'],
    ['AS 0 (RFC 7607 §2)', '040000005ac000020a00', [2, 2], ''],
    ['AS 0 in the 4-octet capability (RFC 7607 §2)', HEAD + '080206410400000000', [2, 2], ''],
    ['identifier 0 (RFC 6286 §2.2)', '04fc00005a0000000000', [2, 3], ''],
    ['hold time 1', '04fc000001c000020a00', [2, 6], ''],
    ['hold time 2', '04fc000002c000020a00', [2, 6], ''],
    ['authentication parameter', HEAD + '030101aa', [2, 4], ''],
    ['unknown parameter behind capabilities', HEAD + '06020202006300', [2, 4], ''],
    ['parameters longer than the message', HEAD + '0502020200', [2, 0], ''],
    ['octets behind the parameters', HEAD + '040202020000', [2, 0], ''],
    ['parameter longer than the parameters', HEAD + '0402030200', [2, 0], ''],
    ['capability longer than its parameter', HEAD + '0402020201', [2, 0], ''],
    ['multiprotocol of three octets', HEAD + '0702050103000100', [2, 0], ''],
    ['4-octet AS of two octets', HEAD + '0602044102fc00', [2, 0], ''],
    ['route refresh of one octet', HEAD + '050203020100', [2, 0], ''],
    ['graceful restart of three octets', HEAD + '0702054003007800', [2, 0], ''],
    ['add-path of three octets', HEAD + '0702054503000101', [2, 0], ''],
    ['long form longer than the message', HEAD + 'ffff000602000202', [2, 0], ''],
  ]
  for (const [name, hex, notification, octets] of broken) {
    it(`refuses ${name} with ${notification.join('/')} (RFC 4271 §6.2)`, () => {
      const error = decodeBody(hex) as WireError
      expect([error.notification.code, error.notification.subcode]).to.deep.equal(notification)
      expect(toHex(error.notification.octets)).to.equal(octets)
      expect(error.severity).to.equal(4)
    })
  }

  it('takes hold time 0 and 3 (RFC 4271 §4.2)', () => {
    for (const seconds of ['0000', '0003']) {
      const open = decodeBody(`04fc00${seconds}c000020a00`) as Open
      expect(open.holdTimeSec).to.equal(parseInt(seconds, 16))
    }
  })

  it('takes the long form with short contents (RFC 9072 §2)', () => {
    const open = decodeBody(HEAD + 'ffff00050200020200') as Open
    expect(open.capabilities).to.deep.equal([{ kind: 'routeRefresh' }])
  })

  it('never throws on random octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (tail) => {
        const octets = new Uint8Array([...fromHex(HEAD), ...tail])
        expect(decodeOpen(octets, 0, octets.length)).to.be.an('object')
      }),
    )
  })
})

const family = fc.constantFrom(...families)
const text = fc.string({ maxLength: 20 })
const capability: fc.Arbitrary<Capability> = fc.oneof(
  family.map((one): Capability => ({ kind: 'multiprotocol', family: one })),
  fc.constantFrom<Capability>(
    { kind: 'routeRefresh' },
    { kind: 'extendedMessage' },
    { kind: 'enhancedRouteRefresh' },
    { kind: 'multiprotocolUnknown', afi: 16388, safi: 71 },
  ),
  fc.integer({ min: 1, max: 0xffffffff }).map((asn): Capability => ({ kind: 'as4', asn })),
  fc.record({
    kind: fc.constant<'gracefulRestart'>('gracefulRestart'),
    restartState: fc.boolean(),
    notification: fc.boolean(),
    restartTimeSec: fc.nat(4095),
    families: fc.array(fc.record({ family, forwarding: fc.boolean() }), { maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant<'addPath'>('addPath'),
    families: fc.array(
      fc
        .constantFrom(
          { send: true, receive: false },
          { send: false, receive: true },
          { send: true, receive: true },
        )
        .chain((directions) => family.map((one) => ({ family: one, ...directions }))),
      { maxLength: 4 },
    ),
  }),
  fc.record({ kind: fc.constant<'role'>('role'), role: fc.nat(255) }),
  fc.record({
    kind: fc.constant<'extendedNextHop'>('extendedNextHop'),
    families: fc.array(fc.record({ family, nextHopAfi: fc.nat(0xffff) }), { maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant<'fqdn'>('fqdn'), host: text, domain: text }),
  fc.record({
    kind: fc.constant<'unknown'>('unknown'),
    code: fc.integer({ min: 128, max: 255 }),
    octets: fc.uint8Array({ maxLength: 40 }),
  }),
)

describe('encodeOpen', () => {
  it('decodes to the same again, in the short and in the long form (RFC 9072 §2)', () => {
    let longForms = 0
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 0xffff }),
        fc.integer({ min: 3, max: 0xffff }),
        fc.integer({ min: 1, max: 0xffffffff }),
        fc.array(capability, { maxLength: 60, size: 'max' }),
        (asn, holdTimeSec, identifier, capabilities) => {
          const open: Open = { version: 4, asn, holdTimeSec, identifier, capabilities }
          const octets = encodeOpen(open)
          if (octets[28] === 255) longForms++
          const [frame] = framesOf(octets)
          expect(decodeOpen(frame.octets, frame.start, frame.end)).to.deep.equal(open)
        },
      ),
    )
    expect(longForms).to.be.greaterThan(0)
  })

  it('writes AS_TRANS for an AS number of four octets (RFC 6793 §4.1)', () => {
    const open = { version: 4, asn: 4200000000, holdTimeSec: 90, identifier: 1, capabilities: [] }
    const [frame] = framesOf(encodeOpen(open))
    expect(decodeOpen(frame.octets, frame.start, frame.end)).to.include({ asn: 23456 })
  })
})

describe('decodeRouteRefresh', () => {
  it('keeps a family nobody knows, for the caller to ignore (RFC 2918 §4)', () => {
    expect(decodeRouteRefresh(fromHex('40040047'), 0, 4, false)).to.deep.equal({
      family: undefined,
      afi: 16388,
      safi: 71,
      subtype: 0,
    })
  })

  it('takes a request with filters behind (RFC 5291 §4)', () => {
    expect(decodeRouteRefresh(fromHex('000100800180'), 0, 6, true)).to.include({ family: Family.inetVpn })
  })

  it('refuses BoRR and EoRR of another length with 7/1 and the whole message (RFC 7313 §5)', () => {
    for (const subtype of ['01', '02']) {
      const message = fromHex(`${'ff'.repeat(16)}0018050001${subtype}8000`)
      const error = decodeRouteRefresh(message, 19, 24, true) as WireError
      expect(error.notification).to.deep.equal({ code: 7, subcode: 1, octets: message })
    }
  })

  it('refuses less than four octets with 1/2 (RFC 4271 §6.1)', () => {
    const error = decodeRouteRefresh(fromHex('000100'), 0, 3, true) as WireError
    expect(error.notification).to.deep.equal({ code: 1, subcode: 2, octets: Uint8Array.of(0, 22) })
  })
})

describe('ceaseWithText', () => {
  it('cuts a long text between two characters (RFC 9003 §2)', () => {
    const { octets } = ceaseWithText(2, 'ä'.repeat(200))
    expect(octets.length).to.equal(255)
    expect(octets[0]).to.equal(254)
    expect(new TextDecoder('utf-8', { fatal: true }).decode(octets.subarray(1))).to.equal('ä'.repeat(127))
  })

  it('reads back as it was written, without control characters (RFC 9003 §3)', () => {
    expect(describeNotification(ceaseWithText(4, 'a\nb\u001b[2J'))).to.equal(
      'Cease/Administrative Reset: "a b [2J"',
    )
    expect(describeNotification(ceaseWithText(6, 'new hold time'))).to.equal(
      'Cease/Other Configuration Change: "new hold time"',
    )
    expect(ceaseWithText(2, '').octets.length).to.equal(0)
  })
})
