import { isIP } from 'node:net'
import { expect } from 'chai'
import fc from 'fast-check'
import {
  compareOctets,
  formatIpAddress,
  formatIpv4Word,
  ipv4OfWord,
  isZeroAddress,
  mapIpv4,
  parseIpAddress,
  parseIpv4,
  parseIpv6,
  sameOctets,
  unmapIpv4,
  wordAt,
  writeWord,
} from '../../../rib/model/ip-address.ts'

const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 })
/** Addresses with many zero groups, where shortening has choices. */
const ipv6 = fc
  .array(fc.oneof(fc.constant(0), fc.nat({ max: 0xffff })), { minLength: 8, maxLength: 8 })
  .map((groups) => Uint8Array.from(groups.flatMap((group) => [group >>> 8, group & 255])))

/** The WHATWG URL parser writes IPv6 as RFC 5952 §4 does (without the IPv4 part of §5). */
const urlText = (text: string): string => new URL(`http://[${text}]/`).hostname.slice(1, -1)
const isMapped = (octets: Uint8Array): boolean => unmapIpv4(octets) !== octets

describe('IP addresses as text', () => {
  it('reads back what it writes, and node agrees on the family', () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), (octets) => {
        const text = formatIpAddress(octets)
        expect(isIP(text)).to.equal(octets.length === 4 ? 4 : 6)
        expect(parseIpAddress(text)).to.deep.equal(octets)
      }),
    )
  })

  it('writes IPv6 as the URL parser does (RFC 5952 §4)', () => {
    fc.assert(
      fc.property(ipv6, (octets) => {
        fc.pre(!isMapped(octets))
        expect(formatIpAddress(octets)).to.equal(urlText(formatIpAddress(octets)))
      }),
    )
  })

  for (const [text, written] of [
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['0:0:0:0:0:ffff:c000:201', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ] as const) {
    it(`writes ${text} as ${written} (RFC 5952 §4, §5)`, () => {
      expect(formatIpAddress(parseIpv6(text)!)).to.equal(written)
    })
  }

  it('accepts as IPv6 exactly what node accepts', () => {
    const piece = fc.constantFrom('0', '1', 'ffff', '10000', 'g', ':', '::', '.', '1.2.3.4', '256', '', '-')
    const text = fc.array(piece, { minLength: 1, maxLength: 12 }).map((pieces) => pieces.join(''))
    const grouped = fc.array(piece, { minLength: 1, maxLength: 9 }).map((pieces) => pieces.join(':'))
    fc.assert(
      fc.property(fc.oneof(text, grouped), (candidate) => {
        expect(parseIpv6(candidate) !== undefined, candidate).to.equal(isIP(candidate) === 6)
      }),
      { numRuns: 2_000 },
    )
  })

  it('reads IPv6 to the octets that the URL parser sees', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const octets = parseIpv6(text)!
        fc.pre(!isMapped(octets))
        expect(formatIpAddress(octets)).to.equal(urlText(text))
      }),
    )
  })

  for (const text of [
    '1:2:3:4:5:6:7:8::',
    '::1::',
    ':1',
    '1:',
    '1.2.3.4::',
    '::1.2.3',
    '::12345',
    'fe80::1%eth0',
    '',
    ':',
  ]) {
    it(`refuses ${JSON.stringify(text)} (RFC 4291 §2.2)`, () => {
      expect(parseIpv6(text)).to.equal(undefined)
    })
  }

  it('accepts as IPv4 exactly what node accepts', () => {
    const piece = fc.constantFrom('0', '1', '01', '255', '256', '', ' ', '+1', '1e1', '0x1', '999')
    const text = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join('.'))
    fc.assert(
      fc.property(fc.oneof(text, fc.ipV4()), (candidate) => {
        expect(parseIpv4(candidate) !== undefined, candidate).to.equal(isIP(candidate) === 4)
      }),
      { numRuns: 500 },
    )
  })

  it('shows octets of no known length as hex', () => {
    expect(formatIpAddress(Uint8Array.of(1, 2, 255))).to.equal('0102ff')
  })
})

describe('IP addresses as words and octets', () => {
  it('goes from octets to a word and back', () => {
    fc.assert(
      fc.property(ipv4, (octets) => {
        const word = wordAt(octets, 0)
        expect(word).to.equal(new DataView(octets.buffer, octets.byteOffset).getInt32(0))
        expect(ipv4OfWord(word)).to.deep.equal(octets)
        expect(formatIpv4Word(word)).to.equal(octets.join('.'))
        const written = new Uint8Array(6)
        writeWord(written, 1, word)
        expect([...written]).to.deep.equal([0, ...octets, 0])
      }),
    )
  })

  it('maps IPv4 into IPv6 and back (RFC 4659 §3.2.1.2)', () => {
    fc.assert(
      fc.property(ipv4, (octets) => {
        const mapped = mapIpv4(octets)
        expect(formatIpAddress(mapped)).to.equal(`::ffff:${octets.join('.')}`)
        expect(unmapIpv4(mapped)).to.deep.equal(octets)
        expect(unmapIpv4(octets)).to.equal(octets)
      }),
    )
    for (const text of ['::1', '1::ffff:192.0.2.1', '::fffe:192.0.2.1', '::ff:192.0.2.1']) {
      const octets = parseIpv6(text)!
      expect(unmapIpv4(octets), text).to.equal(octets)
    }
  })

  it('orders octets as numbers, the shorter first', () => {
    const octets = fc.uint8Array({ maxLength: 5 })
    fc.assert(
      fc.property(octets, octets, (a, b) => {
        const order = a.length - b.length || Buffer.compare(a, b)
        expect(Math.sign(compareOctets(a, b))).to.equal(Math.sign(order))
        expect(sameOctets(a, b)).to.equal(order === 0)
      }),
    )
  })

  it('knows the zero address of either family', () => {
    expect(['0.0.0.0', '::'].map((text) => isZeroAddress(parseIpAddress(text)!))).to.deep.equal([true, true])
    expect(['0.0.0.1', '1::'].map((text) => isZeroAddress(parseIpAddress(text)!))).to.deep.equal([
      false,
      false,
    ])
  })
})
