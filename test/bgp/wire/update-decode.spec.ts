import { expect } from 'chai'
import type { UpdateDecoder } from '../../../bgp/wire/update-decode.ts'
import { Severity } from '../../../bgp/wire/wire-error.ts'
import type { AttrSet, Attributes } from '../../../rib/model/attr-set.ts'
import { Family, families } from '../../../rib/model/family.ts'
import { decodeMessage, decoderFor, interner, updateMessage, valueOfUpdate } from './support.ts'

const ATTRIBUTES = '4001010040020040050400000064'
const NEXT_HOP = '400304c0000201'

function mpReach(family: string, nextHop: string, nlri: string): string {
  const hop = (nextHop.length / 2).toString(16).padStart(2, '0')
  const length = (5 + (nextHop.length + nlri.length) / 2).toString(16).padStart(4, '0')
  return `900e${length}${family}${hop}${nextHop}00${nlri}`
}

const VPN_REACH = mpReach('000180', '00000000000000000a140411', '7800026100010a1404110003cb007105')

describe('families that cannot be used', () => {
  const cases: [string, string, ReadonlySet<Family>][] = [
    ['EVPN, known and not decoded', mpReach('001946', '0a140411', '0000'), new Set(families)],
    [
      'labeled unicast, not negotiated',
      mpReach('000104', '0a140411', '300001010a14'),
      new Set([Family.inet]),
    ],
    ['a pair nobody knows', mpReach('400447', '', 'abcdef'), new Set(families)],
    ['inet-vpn, not negotiated', VPN_REACH, new Set([Family.inet])],
  ]
  for (const [name, attribute, negotiated] of cases) {
    it(`are left out and counted: ${name} (RFC 4760 §7)`, () => {
      const message = updateMessage('', attribute + ATTRIBUTES + NEXT_HOP, '18cb0071')
      const update = decodeMessage(decoderFor({ families: negotiated }), message)
      expect(update.severity).to.equal(Severity.discard)
      expect(update.errors.map((error) => error.code)).to.deep.equal(['family-not-negotiated'])
      expect(valueOfUpdate(update).reach.map((run) => run.family)).to.deep.equal(['inet'])
    })
  }

  it('leave out plain NLRI and withdrawn routes as well', () => {
    const message = updateMessage('0a0a40', VPN_REACH + ATTRIBUTES, '18cb0071')
    const update = decodeMessage(decoderFor({ families: new Set([Family.inetVpn]) }), message)
    expect(update.severity).to.equal(Severity.discard)
    expect(valueOfUpdate(update).unreach).to.deep.equal([])
    expect(valueOfUpdate(update).reach.map((run) => run.family)).to.deep.equal(['inet-vpn'])
  })

  it('have no End-of-RIB (RFC 4724 §2)', () => {
    const families = new Set([Family.inetVpn])
    expect(decodeMessage(decoderFor({ families }), updateMessage('', '', '')).endOfRib).to.equal(undefined)
    const marker = updateMessage('', '800f03000201', '')
    expect(decodeMessage(decoderFor({ families }), marker).endOfRib).to.equal(undefined)
  })
})

describe('path identifiers (RFC 7911)', () => {
  const pathIds = new Set([Family.inet])

  it('end with the field: one without a route behind it resets, also at the end of the buffer', () => {
    const message = updateMessage('', ATTRIBUTES + NEXT_HOP, '0000000118cb007100000002')
    const update = decoderFor({ pathIds }).decode(message, 19, message.length)
    expect(update.severity).to.equal(Severity.reset)
  })

  it('are zero in a family without, whatever the decoder read before', () => {
    const decoder = decoderFor({ pathIds })
    const withIds = updateMessage('', ATTRIBUTES + NEXT_HOP, '0000000718cb0071')
    expect(decodeMessage(decoder, withIds).runs[0].pathIds[0]).to.equal(7)
    const without = updateMessage('', VPN_REACH + ATTRIBUTES, '')
    const update = decodeMessage(decoder, without)
    expect([update.runs[0].family, update.runs[0].pathIds[0]]).to.deep.equal([Family.inetVpn, 0])
  })
})

describe('End-of-RIB', () => {
  it('is no empty MP_UNREACH_NLRI beside routes (RFC 4724 §2)', () => {
    const message = updateMessage('', VPN_REACH + '800f03000180' + ATTRIBUTES, '')
    expect(decodeMessage(decoderFor(), message).endOfRib).to.equal(undefined)
    const withdrawing = updateMessage('0a0a40', '800f03000180', '')
    expect(decodeMessage(decoderFor(), withdrawing).endOfRib).to.equal(undefined)
  })

  it('is none with an error beside', () => {
    const message = updateMessage('', '800f0300018040630100', '')
    expect(decodeMessage(decoderFor(), message).endOfRib).to.equal(undefined)
  })
})

describe('next hops', () => {
  const accepted: [string, string, string, string][] = [
    ['inet, IPv6 (RFC 8950)', '000101', '20010db8000000000000000000000001', '2001:db8::1'],
    ['inet6, mapped (RFC 4291 §2.5.5.2)', '000201', '00000000000000000000ffffc0000201', '192.0.2.1'],
    ['route-target, IPv6 (RFC 4684 §4)', '000184', '20010db8000000000000000000000001', '2001:db8::1'],
    [
      'inet-vpn, IPv6 twice (RFC 8950)',
      '000180',
      `${'00'.repeat(8)}20010db8000000000000000000000001`.repeat(2),
      '2001:db8::1',
    ],
    [
      'inet-vpn, with an RD that is not zero (RFC 4364 §4.3.2)',
      '000180',
      '0000fc0000000001c0000201',
      '192.0.2.1',
    ],
  ]
  for (const [name, family, field, nextHop] of accepted) {
    it(`are read: ${name}`, () => {
      const nlri = family === '000180' ? '5800026100010a1404110003' : '00'
      const update = decodeMessage(
        decoderFor({ extendedNextHop: true }),
        updateMessage('', mpReach(family, field, nlri) + ATTRIBUTES, ''),
      )
      expect(update.errors).to.deep.equal([])
      expect(valueOfUpdate(update).reach[0].attributes!.nextHop).to.equal(nextHop)
    })
  }

  const refused: [string, number[]][] = [
    ['000101', [0, 3, 5, 12, 24]],
    ['000201', [4, 15, 17, 24, 48]],
    ['000180', [4, 8, 13, 16, 32]],
    ['000280', [12, 16, 32, 47]],
    ['000184', [0, 12, 24]],
  ]
  for (const [family, lengths] of refused) {
    it(`of other lengths end the session: AFI/SAFI ${family} (RFC 7606 §7.11)`, () => {
      for (const length of lengths) {
        const attribute = mpReach(family, 'c0'.repeat(length), '00')
        const update = decodeMessage(decoderFor(), updateMessage('', attribute + ATTRIBUTES, ''))
        expect(update.severity, `${length}`).to.equal(Severity.reset)
      }
    })
  }
})

describe('label stacks of VPN routes', () => {
  it('of three labels are read to the S bit, the first one counts (RFC 3107 §3)', () => {
    const nlri = 'a8000640000c800012c100010a1404110003cb007105'
    const message = updateMessage('', mpReach('000180', '00'.repeat(8) + '0a140411', nlri) + ATTRIBUTES, '')
    const update = decodeMessage(decoderFor(), message)
    expect(valueOfUpdate(update).reach[0].routes).to.deep.equal([
      { key: '10.20.4.17:3:203.0.113.5/32', label: 100 },
    ])
  })

  it('of two labels are read before a short prefix (RFC 3107 §3)', () => {
    const nlri = '90000640000c8100010a140411000320010db8'
    const hop = '00'.repeat(8) + '20010db8000000000000000000000001'
    const update = decodeMessage(
      decoderFor(),
      updateMessage('', mpReach('000280', hop, nlri) + ATTRIBUTES, ''),
    )
    expect(valueOfUpdate(update).reach[0].routes).to.deep.equal([
      { key: '10.20.4.17:3:2001:db8::/32', label: 100 },
    ])
  })
})

describe('attribute memo', () => {
  const message = updateMessage('', VPN_REACH + ATTRIBUTES, '')

  function countingDecoder(): { decoder: UpdateDecoder; interned: Attributes[] } {
    const intern = interner()
    const interned: Attributes[] = []
    const counting = (attributes: Attributes): AttrSet => {
      interned.push(attributes)
      return intern(attributes)
    }
    return { decoder: decoderFor({ intern: counting }), interned }
  }

  it('decodes the same octets once, wherever they lie', () => {
    const { decoder, interned } = countingDecoder()
    const first = decodeMessage(decoder, message).runs[0].attrs
    const padded = new Uint8Array(message.length + 7)
    padded.set(message, 7)
    const again = decoder.decode(padded, 7 + 19, padded.length).runs[0].attrs
    expect(again).to.equal(first)
    expect(interned.length).to.equal(1)
  })

  it('tells sets apart by next hop, family and plain NLRI', () => {
    const { decoder } = countingDecoder()
    const other = mpReach('000180', '00'.repeat(8) + '0a140412', '5800026100010a1404110003')
    const membership = mpReach('000184', '0a140411', '00')
    const hops = [VPN_REACH + ATTRIBUTES, other + ATTRIBUTES, membership + ATTRIBUTES].map(
      (attributes) =>
        valueOfUpdate(decodeMessage(decoder, updateMessage('', attributes, ''))).reach[0].attributes!.nextHop,
    )
    expect(hops).to.deep.equal(['10.20.4.17', '10.20.4.18', '10.20.4.17'])
    const plain = decodeMessage(decoder, updateMessage('', ATTRIBUTES + NEXT_HOP, '18cb0071'))
    expect(valueOfUpdate(plain).reach[0].attributes!.nextHop).to.equal('192.0.2.1')
    const both = decodeMessage(decoder, updateMessage('', VPN_REACH + ATTRIBUTES + NEXT_HOP, '18cb0071'))
    const nextHops = valueOfUpdate(both).reach.map((run) => run.attributes!.nextHop)
    expect(nextHops).to.deep.equal(['10.20.4.17', '192.0.2.1'])
  })

  it('holds NEXT_HOP missing beside plain NLRI although the same octets were good without (RFC 7606 §3.d)', () => {
    const { decoder } = countingDecoder()
    decodeMessage(decoder, message)
    const update = decodeMessage(decoder, updateMessage('', VPN_REACH + ATTRIBUTES, '18cb0071'))
    expect(update.severity).to.equal(Severity.treatAsWithdraw)
    expect(update.runs[0].attrs).to.equal(undefined)
    expect(update.runs[1].attrs).to.equal(undefined)
  })

  it('forgets when told, since ids get a new meaning', () => {
    const { decoder, interned } = countingDecoder()
    decodeMessage(decoder, message)
    decoder.forgetAttributes()
    decodeMessage(decoder, message)
    expect(interned.length).to.equal(2)
  })

  it('keeps no view of the input', () => {
    const { decoder } = countingDecoder()
    // A Buffer, as sockets bring it: its slice() is a view.
    const octets = Buffer.from(
      updateMessage('', VPN_REACH + ATTRIBUTES + 'c0410401020304c007080000fc01c0000209', ''),
    )
    const set = decodeMessage(decoder, octets).runs[0].attrs!
    octets.fill(0)
    expect([...set.nextHop]).to.deep.equal([10, 20, 4, 17])
    expect([...set.unknown[0].value]).to.deep.equal([1, 2, 3, 4])
    expect([...set.aggregator!.address]).to.deep.equal([192, 0, 2, 9])
    const fresh = updateMessage('', VPN_REACH + ATTRIBUTES + 'c0410401020304c007080000fc01c0000209', '')
    expect(decodeMessage(decoder, fresh).runs[0].attrs).to.equal(set)
  })

  it('stays right when it overflows', () => {
    const { decoder } = countingDecoder()
    const med = (value: number): string => '800404' + value.toString(16).padStart(8, '0')
    for (let turn = 0; turn < 2; turn++) {
      for (let value = 0; value < 40_000; value++) {
        const update = decodeMessage(
          decoder,
          updateMessage('', VPN_REACH + ATTRIBUTES + med(value % 35_000), ''),
        )
        if (update.runs[0].attrs!.med !== value % 35_000) expect.fail(`${value}`)
      }
    }
  }).timeout(20_000)
})
