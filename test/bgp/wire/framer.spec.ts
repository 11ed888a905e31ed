import { expect } from 'chai'
import fc from 'fast-check'
import { encodeEndOfRib } from '../../../bgp/wire/end-of-rib.ts'
import { emptyFrame, Framer } from '../../../bgp/wire/framer.ts'
import { keepalive } from '../../../bgp/wire/keepalive.ts'
import { encodeNotification } from '../../../bgp/wire/notification.ts'
import { encodeOpen } from '../../../bgp/wire/open.ts'
import { encodeRouteRefresh } from '../../../bgp/wire/route-refresh.ts'
import { Family } from '../../../rib/model/family.ts'
import { fromHex, toHex, updateMessage } from './support.ts'

const MARKER = 'ff'.repeat(16)

const samples: readonly Uint8Array[] = [
  keepalive,
  encodeOpen({ version: 4, asn: 64512, holdTimeSec: 90, identifier: 1, capabilities: [] }),
  encodeEndOfRib(Family.inet),
  encodeRouteRefresh(Family.inetVpn),
  encodeNotification({ code: 6, subcode: 2, octets: new Uint8Array(4000) }),
  updateMessage('00'.repeat(4000), '', ''),
]

/** Bodies of all messages, read again after the whole chunk was framed: views stay valid until the next push. */
function bodiesOf(framer: Framer, chunks: readonly Uint8Array[]): string[] {
  const bodies: string[] = []
  for (const chunk of chunks) {
    const frames = []
    framer.push(chunk)
    for (let frame = emptyFrame(); framer.next(frame); frame = emptyFrame()) frames.push(frame)
    for (const frame of frames) {
      bodies.push(`${frame.type}:${toHex(frame.octets.subarray(frame.start, frame.end))}`)
    }
  }
  return bodies
}

function bodyOf(message: Uint8Array): string {
  return `${message[18]}:${toHex(message.subarray(19))}`
}

describe('Framer', () => {
  it('finds messages octet by octet', () => {
    const stream = Buffer.concat(samples)
    const chunks = Array.from(stream, (octet) => Uint8Array.of(octet))
    expect(bodiesOf(new Framer(), chunks)).to.deep.equal(samples.map(bodyOf))
  })

  it('finds messages whatever the chunks are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(samples.length - 1), { minLength: 1, maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 6000 }), { minLength: 1, maxLength: 40 }),
        (picks, sizes) => {
          const messages = picks.map((pick) => samples[pick])
          const stream = new Uint8Array(Buffer.concat(messages))
          const chunks: Uint8Array[] = []
          for (let at = 0, turn = 0; at < stream.length; turn++) {
            const size = sizes[turn % sizes.length]
            chunks.push(stream.slice(at, at + size))
            at += size
          }
          expect(bodiesOf(new Framer(), chunks)).to.deep.equal(messages.map(bodyOf))
        },
      ),
    )
  })

  it('keeps what was not asked for when the next chunk comes', () => {
    const framer = new Framer()
    const stream = new Uint8Array(Buffer.concat(samples))
    framer.push(stream.slice(0, 50))
    const frame = emptyFrame()
    expect(framer.next(frame)).to.equal(true)
    framer.push(stream.slice(50, 4200))
    expect(bodiesOf(framer, [stream.slice(4200)])).to.deep.equal(samples.slice(1).map(bodyOf))
  })

  it('hands out whole messages in place', () => {
    const framer = new Framer()
    const chunk = new Uint8Array(Buffer.concat([keepalive, keepalive]))
    framer.push(chunk)
    const frame = emptyFrame()
    expect(framer.next(frame)).to.equal(true)
    expect(frame.octets).to.equal(chunk)
  })

  const broken: [string, string, number, string][] = [
    ['a marker that is not all ones', 'ff'.repeat(15) + 'fe001304', 1, ''],
    ['a length below 19', MARKER + '001204', 2, '0012'],
    ['a length above 4096', MARKER + '100102', 2, '1001'],
    ['KEEPALIVE with a body', MARKER + '00140400', 2, '0014'],
    ['OPEN below 29 octets', MARKER + '001c01', 2, '001c'],
    ['UPDATE below 23 octets', MARKER + '001602', 2, '0016'],
    ['NOTIFICATION below 21 octets', MARKER + '001403', 2, '0014'],
    ['ROUTE-REFRESH below 23 octets', MARKER + '001605', 2, '0016'],
    ['type 0', MARKER + '001300', 3, '00'],
    ['type 6', MARKER + '001306', 3, '06'],
  ]
  for (const [name, hex, subcode, octets] of broken) {
    it(`stops at ${name} with 1/${subcode} (RFC 4271 §6.1)`, () => {
      for (const carried of [false, true]) {
        const framer = new Framer()
        const header = fromHex(hex)
        if (carried) {
          framer.push(header.slice(0, 5))
          expect(framer.next(emptyFrame())).to.equal(false)
        }
        framer.push(carried ? header.slice(5) : header)
        expect(framer.next(emptyFrame())).to.equal(false)
        const { notification, severity } = framer.error!
        expect([notification.code, notification.subcode, severity]).to.deep.equal([1, subcode, 4])
        expect(toHex(notification.octets)).to.equal(octets)
        framer.push(keepalive)
        expect(framer.next(emptyFrame())).to.equal(false)
      }
    })
  }

  it('takes 65,535 octets once that is negotiated, but never for OPEN (RFC 8654 §4)', () => {
    const long = updateMessage('00'.repeat(60_000), '', '')
    const framer = new Framer()
    framer.maxMessageLength = 65535
    expect(bodiesOf(framer, [long.slice(0, 30), long.slice(30)])).to.deep.equal([bodyOf(long)])
    framer.push(fromHex(MARKER + '100101'))
    expect(framer.next(emptyFrame())).to.equal(false)
    expect(framer.error!.code).to.equal('bad-message-length')
  })
})
