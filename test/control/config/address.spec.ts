import { expect } from 'chai'
import fc from 'fast-check'
import {
  parseAddress,
  parseAddressRange,
  parseCidr,
  parseEndpoint,
  parseIpv4Address,
} from '../../../control/config/address.ts'
import { addressValue, octetsOf, prefixRange } from '../../../control/config/address-range.ts'
import { parseAsn } from '../../../control/config/asn.ts'
import { parseDurationSec } from '../../../control/config/duration.ts'
import type { Parsed } from '../../../control/config/parsed.ts'
import { formatIpAddress, parseIpAddress } from '../../../rib/model/ip-address.ts'
import { formatPrefix, parsePrefix } from '../../../rib/model/route-key.ts'

function valueOf<T>(parsed: Parsed<T>): T | string {
  return 'value' in parsed ? parsed.value : parsed.message
}

describe('parseAddress', () => {
  const octets = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    // Many zeros: where IPv6 text is shortened.
    fc
      .array(fc.constantFrom(0, 0, 0, 0xff), { minLength: 16, maxLength: 16 })
      .map((list) => Uint8Array.from(list)),
  )

  it('reads every address that the model formats, and to the same octets', () => {
    fc.assert(
      fc.property(octets, (address) => {
        expect(valueOf(parseAddress(formatIpAddress(address)))).to.deep.equal(address)
      }),
    )
  })

  it('takes exactly the texts that the model takes', () => {
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'0123456789abcdefF:.'.split('')), maxLength: 24 }),
      fc
        .array(fc.constantFrom('0', '1', 'ffff', '10', '256', '', '1.2.3.4', '00001'), { maxLength: 10 })
        .map((list) => list.join(':')),
      fc
        .array(fc.constantFrom('0', '1', '255', '256', '01', ''), { maxLength: 6 })
        .map((list) => list.join('.')),
    )
    fc.assert(
      fc.property(text, (candidate) => {
        const parsed = parseAddress(candidate)
        expect('value' in parsed ? parsed.value : undefined).to.deep.equal(parseIpAddress(candidate))
      }),
      { numRuns: 2000 },
    )
  })

  it('refuses a zone, which ip-num would take for a part of the address', () => {
    expect(valueOf(parseAddress('fe80::1%eth0'))).to.equal('fe80::1%eth0 has a zone')
  })

  it('refuses a prefix, a name, blanks and hostile lengths', () => {
    for (const text of [
      '10.0.0.0/8',
      'localhost',
      ' 10.0.0.1',
      '10.0.0.1 ',
      '',
      '1'.repeat(100_000),
      ':'.repeat(100_000),
    ]) {
      expect(parseAddress(text)).to.have.property('message')
    }
  })

  it('keeps 0.0.0.0 and IPv6 from being identifiers', () => {
    expect(valueOf(parseIpv4Address('0.0.0.0'))).to.equal('0.0.0.0 identifies nobody')
    expect(valueOf(parseIpv4Address('::1'))).to.equal('::1 is not an IPv4 address')
    expect(valueOf(parseIpv4Address('192.0.2.1'))).to.deep.equal(Uint8Array.of(192, 0, 2, 1))
  })
})

describe('parseCidr', () => {
  it('refuses host bits and says what the network is', () => {
    expect(parseCidr('10.1.2.3/8')).to.deep.equal({
      message: '10.1.2.3/8 has host bits beyond its length',
      hint: 'the network is 10.0.0.0/8',
    })
    expect(parseCidr('2001:db8::1/32')).to.deep.include({ hint: 'the network is 2001:db8::/32' })
  })

  it('refuses a leading zero, a missing length and one beyond the address', () => {
    for (const text of ['10.0.0.0/08', '10.0.0.0', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', '/8']) {
      expect(valueOf(parseCidr(text)), text).to.be.a('string')
    }
    expect(valueOf(parseCidr('10.0.0.0/33'))).to.equal('prefix length 33 is longer than an address (32 bits)')
    expect(valueOf(parseCidr('::/129'))).to.equal('prefix length 129 is longer than an address (128 bits)')
  })

  it('agrees with the model on every prefix without host bits', () => {
    const prefix = fc
      .tuple(fc.constantFrom(4, 16), fc.nat())
      .chain(([size, seed]) =>
        fc.tuple(fc.uint8Array({ minLength: size, maxLength: size }), fc.constant(seed % (size * 8 + 1))),
      )
    fc.assert(
      fc.property(prefix, ([address, length]) => {
        const expected = parsePrefix(`${formatIpAddress(address)}/${length}`)!
        expect(valueOf(parseCidr(formatPrefix(expected)))).to.deep.equal(expected)
      }),
    )
  })

  it('knows first and last address', () => {
    const range = prefixRange(parsePrefix('101.101.101.0/24')!)
    expect([range.first, range.last].map(formatIpAddress)).to.deep.equal(['101.101.101.0', '101.101.101.255'])
    const wide = prefixRange(parsePrefix('2001:db8::/64')!)
    expect([wide.first, wide.last].map(formatIpAddress)).to.deep.equal([
      '2001:db8::',
      '2001:db8::ffff:ffff:ffff:ffff',
    ])
  })
})

describe('parseAddressRange', () => {
  it('reads first-last, one address and a prefix', () => {
    for (const [text, first, last] of [
      ['10.0.0.10-10.0.0.99', '10.0.0.10', '10.0.0.99'],
      ['10.0.0.10 - 10.0.0.10', '10.0.0.10', '10.0.0.10'],
      ['10.0.0.7', '10.0.0.7', '10.0.0.7'],
      ['10.0.0.8/30', '10.0.0.8', '10.0.0.11'],
      ['::a-::c', '::a', '::c'],
    ] as const) {
      const range = parseAddressRange(text)
      if (!('value' in range)) throw new Error(range.message)
      expect([range.value.first, range.value.last].map(formatIpAddress), text).to.deep.equal([first, last])
    }
  })

  it('refuses one that ends before it starts, mixes families or has three ends', () => {
    expect(parseAddressRange('10.0.0.9-10.0.0.1')).to.deep.equal({
      message: 'the range 10.0.0.9-10.0.0.1 ends before it starts',
      hint: 'write 10.0.0.1-10.0.0.9',
    })
    expect(valueOf(parseAddressRange('10.0.0.9-::1'))).to.equal('10.0.0.9-::1 mixes IPv4 and IPv6')
    expect(valueOf(parseAddressRange('10.0.0.1-10.0.0.2-10.0.0.3'))).to.be.a('string')
  })
})

describe('parseEndpoint', () => {
  it('reads both families', () => {
    expect(parseEndpoint('127.0.0.1:1790')).to.deep.equal({ value: { host: '127.0.0.1', port: 1790 } })
    expect(parseEndpoint('[::1]:179')).to.deep.equal({ value: { host: '::1', port: 179 } })
    expect(parseEndpoint('0.0.0.0:0')).to.deep.equal({ value: { host: '0.0.0.0', port: 0 } })
  })

  it('refuses names, missing and impossible ports, and IPv6 without brackets', () => {
    for (const text of [
      'localhost:179',
      '127.0.0.1',
      '127.0.0.1:',
      '127.0.0.1:65536',
      '::1:179',
      '[127.0.0.1:1',
    ]) {
      expect(valueOf(parseEndpoint(text)), text).to.be.a('string')
    }
  })
})

describe('address numbers', () => {
  it('go both ways', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (address) => {
        expect(octetsOf(addressValue(address), 16)).to.deep.equal(address)
      }),
    )
  })
})

describe('parseAsn', () => {
  it('reads plain numbers, texts and asdot (RFC 5396)', () => {
    expect([64512, '64512', 'AS64512', '1.10', 4294967294].map(parseAsn).map(valueOf)).to.deep.equal([
      64512, 64512, 64512, 65546, 4294967294,
    ])
  })

  it('refuses what ip-num would take: too large, negative, AS1.10, halves beyond 16 bits', () => {
    for (const given of [
      '4294967296',
      4294967296,
      '-1',
      -1,
      'AS1.10',
      '0.70000',
      '70000.0',
      'as1',
      '',
      ' 1',
      '1e3',
    ]) {
      expect(parseAsn(given), String(given)).to.have.property('message')
    }
  })

  it('refuses a number that YAML made of asdot', () => {
    expect(parseAsn(1.1)).to.deep.include({ message: '1.1 is not an AS number' })
  })

  it('refuses reserved numbers (RFC 7607, 6793, 7300)', () => {
    for (const given of [0, 23456, 65535, 4294967295])
      expect(parseAsn(given), String(given)).to.have.property('message')
  })
})

describe('parseDurationSec', () => {
  it('reads hours, minutes and seconds', () => {
    expect(
      ['90s', '2m', '1h', '1m30s', '1h0m1s', '0s', 0, '0'].map(parseDurationSec).map(valueOf),
    ).to.deep.equal([90, 120, 3600, 90, 3601, 0, 0, 0])
  })

  it('asks for the unit of a bare number', () => {
    expect(parseDurationSec(90)).to.deep.equal({
      message: 'duration 90 has no unit',
      hint: 'write 90s for seconds',
    })
  })

  it('refuses fractions, other units and other orders', () => {
    for (const text of ['1.5s', '100ms', '1d', '5s1m', 's', '', '-1s', ' 1s']) {
      expect(parseDurationSec(text), text).to.have.property('message')
    }
  })
})
