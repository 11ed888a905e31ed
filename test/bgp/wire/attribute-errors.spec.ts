import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { Severity } from '../../../bgp/wire/wire-error.ts'
import type { DecodedUpdate, DecodeOptions } from '../../../bgp/wire/update-decode.ts'
import { decodeMessage, decoderFor, toHex, updateMessage, valueOfUpdate } from './support.ts'

const ORIGIN = '40010100'
const AS_PATH = '40020602010000fc01'
const NEXT_HOP = '400304c0000201'
const LOCAL_PREF = '40050400000064'
const NLRI = '18cb0071'
const MP_REACH = '900e00210001800c00000000000000000a140411007800026100010a1404110003cb007105'
const MP_UNREACH = '800f130001807880000000010a1404110003cb007105'

const { discard, treatAsWithdraw, reset } = Severity

interface Case {
  name: string
  rfc: string
  /** Takes the place of the attribute of its type, or comes behind the others. */
  hex: string
  reaction: keyof typeof severities
  /** Code and subcode of the NOTIFICATION. */
  notification?: string
  options?: Partial<DecodeOptions>
}

const severities = {
  'attribute-discard': discard,
  'treat-as-withdraw': treatAsWithdraw,
  'session-reset': reset,
}

const ebgp = { isIbgp: false }

/** Each hex is one attribute, or two. */
const cases = JSON.parse(
  readFileSync(new URL('../../../fixtures/wire/attribute-errors.json', import.meta.url), 'utf8'),
) as Case[]

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
    const severity = severities[one.reaction]
    it(`${one.name}: ${one.reaction} (${one.rfc})`, () => {
      const update = decodeMessage(decoderFor(options), updateWith(one.hex, options))
      expect(update.severity).to.equal(severity)
      const worst = update.errors.find((error) => error.severity === severity)!
      expect(worst.clause).to.equal(one.rfc)
      const { code, subcode } = worst.notification
      if (one.notification !== undefined) expect(`${code}/${subcode}`).to.equal(one.notification)
      expectRoutes(update, severity)
    })
  }

  it('takes the same octets the same way the second time (nothing in error is remembered)', () => {
    for (const one of cases) {
      const options = one.options ?? {}
      const decoder = decoderFor(options)
      const message = updateWith(one.hex, options)
      decodeMessage(decoder, message)
      expect(decodeMessage(decoder, message).severity, one.name).to.equal(severities[one.reaction])
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
    const attributes = ORIGIN + AS_PATH + NEXT_HOP + LOCAL_PREF + '800904c0000207800a04c000020740060100'
    const update = decodeMessage(decoderFor(ebgp), updateMessage('', attributes, NLRI))
    expect(valueOfUpdate(update).reach[0].attributes).to.deep.equal({
      nextHop: '192.0.2.1',
      asPath: [{ type: 2, asns: [64513] }],
    })
    expect(update.errors.map((error) => error.attributeType)).to.deep.equal([5, 9, 10, 6])
  })

  it('reports an attribute once, however often it is repeated', () => {
    const update = decodeMessage(decoderFor(), updateWith('40010100'.repeat(500) + 'c06300'.repeat(500), {}))
    expect(update.severity).to.equal(discard)
    expect(update.errors.map((error) => error.attributeType)).to.deep.equal([1, 99])
  })

  it('keeps the first of two (RFC 7606 §3.g)', () => {
    const attributes = ORIGIN + AS_PATH + NEXT_HOP + LOCAL_PREF + '8004040000000180040400000002'
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

  it('is told with the attribute in question where that is one of routes, too (RFC 4271 §6.3)', () => {
    const reach = '900e00210001800b00000000000000000a140411007800026100010a1404110003cb007105'
    for (const attribute of [reach, '800f020001']) {
      const update = decodeMessage(decoderFor(), updateMessage('', ORIGIN + attribute + AS_PATH, ''))
      const worst = update.errors.find(({ severity }) => severity === reset)!
      expect(toHex(worst.notification.octets)).to.equal(attribute)
    }
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
