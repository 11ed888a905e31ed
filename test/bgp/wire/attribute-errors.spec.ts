import { expect } from 'chai'
import { Severity } from '../../../bgp/wire/wire-error.ts'
import type { DecodedUpdate, DecodeOptions } from '../../../bgp/wire/update-decode.ts'
import { decodeMessage, decoderFor, toHex, updateMessage, valueOfUpdate } from './support.ts'

const ORIGIN = '40010100'
const AS_PATH = '40020602010000fc01'
const NEXT_HOP = '400304c0000201'
const LOCAL_PREF = '40050400000064'
const NLRI = '18cb0071'
const MP_REACH = '900e00210001800c00000000000000000a14041100780002610001' + '0a1404110003cb007105'
const MP_UNREACH = '800f1300018078800000' + '00010a1404110003cb007105'

const { discard, treatAsWithdraw, reset } = Severity

interface Case {
  name: string
  clause: string
  /** Replaces the attribute of its type, or is appended. */
  attribute: string
  severity: number
  /** Code and subcode of the NOTIFICATION. */
  notification?: [number, number]
  options?: Partial<DecodeOptions>
}

const ebgp = { isIbgp: false }
const as2 = { isIbgp: false, as4: false }

const cases: Case[] = [
  {
    name: 'ORIGIN of two octets',
    clause: 'RFC 7606 §7.1',
    attribute: '4001020000',
    severity: treatAsWithdraw,
    notification: [3, 5],
  },
  {
    name: 'ORIGIN of no octet',
    clause: 'RFC 7606 §7.1',
    attribute: '400100',
    severity: treatAsWithdraw,
    notification: [3, 5],
  },
  {
    name: 'ORIGIN 3',
    clause: 'RFC 7606 §7.1',
    attribute: '40010103',
    severity: treatAsWithdraw,
    notification: [3, 6],
  },
  {
    name: 'AS_PATH with segment type 5',
    clause: 'RFC 7606 §7.2',
    attribute: '40020605010000fc01',
    severity: treatAsWithdraw,
    notification: [3, 11],
  },
  {
    name: 'AS_PATH with an overrun',
    clause: 'RFC 7606 §7.2',
    attribute: '40020602020000fc01',
    severity: treatAsWithdraw,
    notification: [3, 11],
  },
  {
    name: 'AS_PATH with a single octet behind',
    clause: 'RFC 7606 §7.2',
    attribute: '40020702010000fc0102',
    severity: treatAsWithdraw,
    notification: [3, 11],
  },
  {
    name: 'AS_PATH with an empty segment',
    clause: 'RFC 7606 §7.2',
    attribute: '4002020200',
    severity: treatAsWithdraw,
    notification: [3, 11],
  },
  {
    name: 'AS_PATH with AS 0',
    clause: 'RFC 7606 §7.2',
    attribute: '400206020100000000',
    severity: treatAsWithdraw,
    notification: [3, 11],
  },
  {
    name: 'AS_PATH that is empty from an external peer',
    clause: 'RFC 7606 §7.2',
    attribute: '400200',
    severity: treatAsWithdraw,
    notification: [3, 11],
    options: ebgp,
  },
  {
    name: 'AS_PATH with a confederation segment from an external peer',
    clause: 'RFC 7606 §7.2',
    attribute: '40020603010000fc01',
    severity: treatAsWithdraw,
    notification: [3, 11],
    options: ebgp,
  },
  {
    name: 'NEXT_HOP of five octets',
    clause: 'RFC 7606 §7.3',
    attribute: '400305c000020100',
    severity: treatAsWithdraw,
    notification: [3, 5],
  },
  {
    name: 'NEXT_HOP 0.0.0.0',
    clause: 'RFC 7606 §7.3',
    attribute: '40030400000000',
    severity: treatAsWithdraw,
    notification: [3, 8],
  },
  {
    name: 'NEXT_HOP 224.0.0.1',
    clause: 'RFC 7606 §7.3',
    attribute: '400304e0000001',
    severity: treatAsWithdraw,
    notification: [3, 8],
  },
  {
    name: 'MULTI_EXIT_DISC of three octets',
    clause: 'RFC 7606 §7.4',
    attribute: '800403000001',
    severity: treatAsWithdraw,
    notification: [3, 5],
  },
  {
    name: 'LOCAL_PREF of three octets',
    clause: 'RFC 7606 §7.5',
    attribute: '400503000001',
    severity: treatAsWithdraw,
    notification: [3, 5],
  },
  {
    name: 'LOCAL_PREF from an external peer',
    clause: 'RFC 7606 §7.5',
    attribute: LOCAL_PREF,
    severity: discard,
    options: ebgp,
  },
  {
    name: 'LOCAL_PREF from an external peer, malformed',
    clause: 'RFC 7606 §7.5',
    attribute: '800503000001',
    severity: discard,
    options: ebgp,
  },
  {
    name: 'ATOMIC_AGGREGATE of one octet',
    clause: 'RFC 7606 §7.6',
    attribute: '40060100',
    severity: discard,
  },
  {
    name: 'AGGREGATOR of six octets with 4-octet AS numbers',
    clause: 'RFC 7606 §7.7',
    attribute: 'c00706fc01c0000209',
    severity: discard,
  },
  {
    name: 'AGGREGATOR of eight octets with 2-octet AS numbers',
    clause: 'RFC 7606 §7.7',
    attribute: 'c007080000fc01c0000209',
    severity: discard,
    options: as2,
  },
  {
    name: 'AGGREGATOR with AS 0',
    clause: 'RFC 7606 §7.7',
    attribute: 'c0070800000000c0000209',
    severity: discard,
  },
  {
    name: 'COMMUNITIES of six octets',
    clause: 'RFC 7606 §7.8',
    attribute: 'c00806006400010064',
    severity: treatAsWithdraw,
    notification: [3, 5],
  },
  {
    name: 'COMMUNITIES that are empty',
    clause: 'RFC 7606 §7.8',
    attribute: 'c00800',
    severity: treatAsWithdraw,
    notification: [3, 5],
  },
  {
    name: 'ORIGINATOR_ID of three octets',
    clause: 'RFC 7606 §7.9',
    attribute: '800903c00002',
    severity: treatAsWithdraw,
    notification: [3, 5],
  },
  {
    name: 'ORIGINATOR_ID from an external peer',
    clause: 'RFC 7606 §7.9',
    attribute: '800904c0000207',
    severity: discard,
    options: ebgp,
  },
  {
    name: 'CLUSTER_LIST of five octets',
    clause: 'RFC 7606 §7.10',
    attribute: '800a05c000020700',
    severity: treatAsWithdraw,
    notification: [3, 5],
  },
  {
    name: 'CLUSTER_LIST that is empty',
    clause: 'RFC 7606 §7.10',
    attribute: '800a00',
    severity: treatAsWithdraw,
    notification: [3, 5],
  },
  {
    name: 'CLUSTER_LIST from an external peer',
    clause: 'RFC 7606 §7.10',
    attribute: '800a04c0000207',
    severity: discard,
    options: ebgp,
  },
  {
    name: 'MP_REACH_NLRI of four octets',
    clause: 'RFC 7606 §7.11',
    attribute: '800e0400018000',
    severity: reset,
    notification: [3, 9],
  },
  {
    name: 'MP_REACH_NLRI with a next hop of 11 octets',
    clause: 'RFC 7606 §7.11',
    attribute: '800e200001800b000000000000000a140411007800026100010a1404110003cb007105',
    severity: reset,
    notification: [3, 9],
  },
  {
    name: 'MP_REACH_NLRI whose next hop runs over its end',
    clause: 'RFC 7606 §7.11',
    attribute: '800e100001800c00000000000000000a140411',
    severity: reset,
    notification: [3, 9],
  },
  {
    name: 'MP_REACH_NLRI with NLRI of 121 bits',
    clause: 'RFC 7606 §5.3',
    attribute: '800e220001800c00000000000000000a14041100790002610001' + '0a1404110003cb00710500',
    severity: reset,
    notification: [3, 9],
  },
  {
    name: 'MP_REACH_NLRI with NLRI shorter than label and RD',
    clause: 'RFC 7606 §5.3',
    attribute: '800e1c0001800c00000000000000000a14041100500002610001' + '0a14041100',
    severity: reset,
    notification: [3, 9],
  },
  {
    name: 'MP_REACH_NLRI with NLRI cut short',
    clause: 'RFC 7606 §5.3',
    attribute: '800e200001800c00000000000000000a14041100780002610001' + '0a1404110003cb0071',
    severity: reset,
    notification: [3, 9],
  },
  {
    name: 'MP_UNREACH_NLRI of two octets',
    clause: 'RFC 7606 §7.12',
    attribute: '800f020001',
    severity: reset,
    notification: [3, 9],
  },
  {
    name: 'MP_UNREACH_NLRI with inet6 of 129 bits',
    clause: 'RFC 7606 §5.3',
    attribute: '800f15000201' + '81' + '00'.repeat(17),
    severity: reset,
    notification: [3, 9],
  },
  {
    name: 'MP_UNREACH_NLRI with route-target of 31 bits',
    clause: 'RFC 7606 §5.3',
    attribute: '800f08000184' + '1f00000000',
    severity: reset,
    notification: [3, 9],
  },
  {
    name: 'MP_UNREACH_NLRI with route-target of 97 bits',
    clause: 'RFC 7606 §5.3',
    attribute: '800f11000184' + '61' + '00'.repeat(13),
    severity: reset,
    notification: [3, 9],
  },
  {
    name: 'EXTENDED_COMMUNITIES of nine octets',
    clause: 'RFC 7606 §7.14',
    attribute: 'c010090002fc000000271000',
    severity: treatAsWithdraw,
    notification: [3, 5],
  },
  {
    name: 'EXTENDED_COMMUNITIES that are empty',
    clause: 'RFC 7606 §7.14',
    attribute: 'c01000',
    severity: treatAsWithdraw,
    notification: [3, 5],
  },
  {
    name: 'AS4_PATH between 4-octet speakers',
    clause: 'RFC 6793 §6',
    attribute: 'c0110602010000fc01',
    severity: discard,
  },
  {
    name: 'AS4_PATH that is malformed',
    clause: 'RFC 6793 §6',
    attribute: 'c0110602020000fc01',
    severity: discard,
    options: as2,
  },
  {
    name: 'AS4_PATH that is empty',
    clause: 'RFC 6793 §6',
    attribute: 'c01100',
    severity: discard,
    options: as2,
  },
  {
    name: 'AS4_PATH with AS 0',
    clause: 'RFC 6793 §6',
    attribute: 'c01106020100000000',
    severity: discard,
    options: as2,
  },
  {
    name: 'AS4_AGGREGATOR between 4-octet speakers',
    clause: 'RFC 6793 §6',
    attribute: 'c012080000fc01c0000209',
    severity: discard,
  },
  {
    name: 'AS4_AGGREGATOR of six octets',
    clause: 'RFC 6793 §6',
    attribute: 'c01206fc01c0000209',
    severity: discard,
    options: as2,
  },
  {
    name: 'LARGE_COMMUNITY of thirteen octets',
    clause: 'RFC 8092 §6',
    attribute: 'c0200d' + '00'.repeat(13),
    severity: treatAsWithdraw,
    notification: [3, 5],
  },
  {
    name: 'LARGE_COMMUNITY that is empty',
    clause: 'RFC 8092 §6',
    attribute: 'c02000',
    severity: treatAsWithdraw,
    notification: [3, 5],
  },
  {
    name: 'ORIGIN with the Optional bit',
    clause: 'RFC 7606 §3.c',
    attribute: 'c0010100',
    severity: treatAsWithdraw,
    notification: [3, 4],
  },
  {
    name: 'MULTI_EXIT_DISC with the Transitive bit',
    clause: 'RFC 7606 §3.c',
    attribute: 'c0040400000001',
    severity: treatAsWithdraw,
    notification: [3, 4],
  },
  {
    name: 'COMMUNITIES without the Transitive bit',
    clause: 'RFC 7606 §3.c',
    attribute: '80080400640001',
    severity: treatAsWithdraw,
    notification: [3, 4],
  },
  {
    name: 'ATOMIC_AGGREGATE without the Transitive bit',
    clause: 'RFC 7606 §3.c',
    attribute: '000600',
    severity: treatAsWithdraw,
    notification: [3, 4],
  },
  {
    name: 'MP_REACH_NLRI with the Transitive bit',
    clause: 'RFC 7606 §3.c',
    attribute: 'd0' + MP_REACH.slice(2),
    severity: treatAsWithdraw,
    notification: [3, 4],
  },
  {
    name: 'unknown well-known attribute',
    clause: 'RFC 4271 §6.3',
    attribute: '40630100',
    severity: reset,
    notification: [3, 2],
  },
  {
    name: 'attribute that runs over the end',
    clause: 'RFC 7606 §4',
    attribute: 'c0080800640001',
    severity: treatAsWithdraw,
    notification: [3, 1],
  },
  {
    name: 'attribute header cut after the type',
    clause: 'RFC 7606 §4',
    attribute: 'c008',
    severity: treatAsWithdraw,
    notification: [3, 1],
  },
  {
    name: 'extended length cut in half',
    clause: 'RFC 7606 §4',
    attribute: 'd00800',
    severity: treatAsWithdraw,
    notification: [3, 1],
  },
  {
    name: 'MP_REACH_NLRI that runs over the end',
    clause: 'RFC 7606 §5.3',
    attribute: '800e300001800c',
    severity: reset,
    notification: [3, 1],
  },
  { name: 'two ORIGINs', clause: 'RFC 7606 §3.g', attribute: ORIGIN + ORIGIN, severity: discard },
  {
    name: 'two MP_REACH_NLRI',
    clause: 'RFC 7606 §3.g',
    attribute: MP_REACH + MP_REACH,
    severity: reset,
    notification: [3, 1],
  },
  {
    name: 'two MP_UNREACH_NLRI',
    clause: 'RFC 7606 §3.g',
    attribute: MP_UNREACH + MP_UNREACH,
    severity: reset,
    notification: [3, 1],
  },
]

/** A good UPDATE with 203.0.113.0/24, where the given attribute takes the place of its kind. */
function updateWith(attribute: string, options: Partial<DecodeOptions>): Uint8Array {
  const path = options.as4 === false ? '4002040201fc01' : AS_PATH
  const good = [ORIGIN, path, NEXT_HOP, ...(options.isIbgp === false ? [] : [LOCAL_PREF])]
  const type = attribute.slice(2, 4)
  const others = good.filter((one) => one.slice(2, 4) !== type)
  return updateMessage('', others.join('') + attribute, NLRI)
}

describe('errors of path attributes', () => {
  for (const one of cases) {
    const options = one.options ?? {}
    const reaction = ['', 'is discarded', 'withdraws the routes', '', 'ends the session'][one.severity]
    it(`${one.name} ${reaction} (${one.clause})`, () => {
      const update = decodeMessage(decoderFor(options), updateWith(one.attribute, options))
      expect(update.severity).to.equal(one.severity)
      const worst = update.errors.find((error) => error.severity === one.severity)!
      expect(worst.clause).to.equal(one.clause)
      if (one.notification) {
        expect([worst.notification.code, worst.notification.subcode]).to.deep.equal(one.notification)
      }
      expectRoutes(update, one.severity)
    })
  }

  it('takes the same octets the same way the second time (nothing in error is remembered)', () => {
    for (const one of cases) {
      const options = one.options ?? {}
      const decoder = decoderFor(options)
      const message = updateWith(one.attribute, options)
      decodeMessage(decoder, message)
      expect(decodeMessage(decoder, message).severity, one.name).to.equal(one.severity)
    }
  })
})

function expectRoutes(update: DecodedUpdate, severity: number): void {
  if (severity === reset) {
    expect(update.runCount).to.equal(0)
    return
  }
  const value = valueOfUpdate(update)
  const run = value.reach.at(-1)!
  expect(run.routes).to.deep.equal([{ key: '203.0.113.0/24' }])
  if (severity === discard) expect(run.attributes).to.include({ nextHop: '192.0.2.1' })
  else for (const one of value.reach) expect(one.attributes).to.equal(undefined)
}

describe('attribute discard', () => {
  it('leaves the attribute out and keeps the rest (RFC 7606 §2)', () => {
    const attributes =
      ORIGIN + AS_PATH + NEXT_HOP + LOCAL_PREF + '800904c0000207' + '800a04c0000207' + '40060100'
    const update = decodeMessage(decoderFor(ebgp), updateMessage('', attributes, NLRI))
    expect(valueOfUpdate(update).reach[0].attributes).to.deep.equal({
      nextHop: '192.0.2.1',
      asPath: [{ type: 2, asns: [64513] }],
    })
    expect(update.errors.map((error) => error.attributeType)).to.deep.equal([5, 9, 10, 6])
  })

  it('keeps the first of two (RFC 7606 §3.g)', () => {
    const attributes = ORIGIN + AS_PATH + NEXT_HOP + LOCAL_PREF + '80040400000001' + '80040400000002'
    const update = decodeMessage(decoderFor(), updateMessage('', attributes, NLRI))
    expect(valueOfUpdate(update).reach[0].attributes!.med).to.equal(1)
  })
})

describe('missing attributes', () => {
  const all = [ORIGIN, AS_PATH, NEXT_HOP, LOCAL_PREF]
  for (const missing of all) {
    const type = parseInt(missing.slice(2, 4), 16)
    it(`withdraws the routes without attribute ${type} (RFC 7606 §3.d)`, () => {
      const rest = all.filter((one) => one !== missing).join('')
      const update = decodeMessage(decoderFor(), updateMessage('', rest, NLRI))
      expect(update.severity).to.equal(treatAsWithdraw)
      expect(update.errors[0].notification).to.deep.equal({
        code: 3,
        subcode: 3,
        octets: Uint8Array.of(type),
      })
    })
  }

  it('does not want NEXT_HOP beside MP_REACH_NLRI (RFC 4760 §3)', () => {
    const update = decodeMessage(
      decoderFor(),
      updateMessage('', MP_REACH + ORIGIN + AS_PATH + LOCAL_PREF, ''),
    )
    expect(update.severity).to.equal(0)
  })

  it('does not want LOCAL_PREF from an external peer (RFC 4271 §5.1.5)', () => {
    const update = decodeMessage(decoderFor(ebgp), updateMessage('', MP_REACH + ORIGIN + AS_PATH, ''))
    expect(update.severity).to.equal(0)
  })
})

describe('an UPDATE without reachable routes', () => {
  it('ends the session on an error that would withdraw them (RFC 7606 §5.2)', () => {
    const update = decodeMessage(decoderFor(), updateMessage('', MP_UNREACH + '40010103', ''))
    expect(update.severity).to.equal(reset)
    expect(update.errors.at(-1)!.clause).to.equal('RFC 7606 §5.2')
    expect(update.runCount).to.equal(0)
  })

  it('withdraws all the same when an attribute is discarded (RFC 7606 §5.2)', () => {
    const update = decodeMessage(decoderFor(), updateMessage('', MP_UNREACH + '40060100', ''))
    expect(update.severity).to.equal(discard)
    expect(update.runCount).to.equal(1)
  })

  it('needs no attributes at all (RFC 4271 §4.3)', () => {
    const update = decodeMessage(decoderFor(), updateMessage('', MP_UNREACH + ORIGIN, ''))
    expect(update.severity).to.equal(0)
  })
})

describe('the worst error', () => {
  it('decides, and withdrawn routes stay withdrawn with treat-as-withdraw (RFC 7606 §3.h)', () => {
    const attributes = MP_REACH + MP_UNREACH + '40010103' + AS_PATH + NEXT_HOP + LOCAL_PREF + '40060100'
    const update = decodeMessage(decoderFor(), updateMessage('0a0a40', attributes, NLRI))
    expect(update.severity).to.equal(treatAsWithdraw)
    const value = valueOfUpdate(update)
    expect(value.unreach.map((run) => run.family)).to.deep.equal(['inet', 'inet-vpn'])
    expect(value.reach.map((run) => [run.family, run.attributes])).to.deep.equal([
      ['inet-vpn', undefined],
      ['inet', undefined],
    ])
  })

  it('is told with the attribute in question (RFC 4271 §6.3)', () => {
    const update = decodeMessage(decoderFor(), updateWith('40010103', {}))
    expect(toHex(update.errors[0].notification.octets)).to.equal('40010103')
  })

  it('of plain NLRI and withdrawn routes ends the session with Invalid Network Field (RFC 7606 §5.3)', () => {
    const attributes = ORIGIN + AS_PATH + NEXT_HOP + LOCAL_PREF
    for (const message of [updateMessage('', attributes, '21cb00710000'), updateMessage('18cb00', '', '')]) {
      const update = decodeMessage(decoderFor(), message)
      expect(update.severity).to.equal(reset)
      const { code, subcode } = update.errors.at(-1)!.notification
      expect([code, subcode]).to.deep.equal([3, 10])
    }
  })

  it('of the length fields ends the session with Malformed Attribute List (RFC 4271 §6.3)', () => {
    for (const body of ['0001', '00000001', '0002', 'ffff0000', '000000ff40']) {
      const octets = new Uint8Array(Buffer.from(body, 'hex'))
      const update = decoderFor().decode(octets, 0, octets.length)
      expect(update.severity, body).to.equal(reset)
      expect(update.errors[0].notification).to.include({ code: 3, subcode: 1 })
    }
  })
})
