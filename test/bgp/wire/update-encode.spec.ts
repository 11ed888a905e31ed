import { expect } from 'chai'
import type { NlriSource } from '../../../bgp/wire/nlri-cursor.ts'
import { UpdateEncoder } from '../../../bgp/wire/update-encode.ts'
import type { EncodeOptions } from '../../../bgp/wire/update-encode.ts'
import { plainAttributes } from '../../../rib/model/attr-set.ts'
import type { AttrSet } from '../../../rib/model/attr-set.ts'
import type { Attributes } from '../../../rib/model/attr-set.ts'
import { Family } from '../../../rib/model/family.ts'
import { parseIpAddress } from '../../../rib/model/ip-address.ts'
import { decodeMessage, decoderFor, interner, toHex, valueOfUpdate } from './support.ts'
import { attrSetOf } from '../../support/attr-sets.ts'
import { MessageList } from '../../support/message-list.ts'

const intern = interner()

function setOf(attributes: Partial<Attributes>): AttrSet {
  return intern({ ...plainAttributes, nextHop: parseIpAddress('192.0.2.1')!, ...attributes })
}

function encoderFor(options: Partial<EncodeOptions> = {}): UpdateEncoder {
  return new UpdateEncoder({ as4: true, isIbgp: true, maxMessageLength: 4096, ...options })
}

/** `count` host routes 10.x.x.x/32 of inet or, with RD 0:1, of inet-vpn. */
function hostRoutes(family: Family, count: number): NlriSource {
  const words = family === Family.inet ? 2 : 4
  const source = {
    words: new Int32Array(count * words),
    offsets: new Int32Array(count),
    labels: new Int32Array(count).fill(16),
    from: 0,
  }
  for (let i = 0; i < count; i++) {
    const key = family === Family.inet ? [32, (10 << 24) | i] : [0, 1, 32, (10 << 24) | i]
    source.words.set(key, i * words)
    source.offsets[i] = i * words
  }
  return source
}

/** Attributes of about `octets` octets. */
function bulky(octets: number): AttrSet {
  return setOf({ unknown: [{ flags: 0xe0, type: 99, value: new Uint8Array(octets) }] })
}

describe('packing', () => {
  it('fills messages to the last octet that a route fits in', () => {
    const out = new MessageList()
    encoderFor().reach(out, Family.inetVpn, setOf({}), hostRoutes(Family.inetVpn, 1000), 1000)
    // 23 octets of frame, 21 of MP_REACH_NLRI, 14 of attributes; 16 a route.
    const perMessage = Math.floor((4096 - 23 - 21 - 14) / 16)
    expect(out.length).to.equal(Math.ceil(1000 / perMessage))
    expect(out[0].length).to.equal(23 + 21 + 14 + perMessage * 16)
  })

  it('sends one message where the extended length was negotiated (RFC 8654 §3)', () => {
    const out = new MessageList()
    const encoder = encoderFor({ maxMessageLength: 65535 })
    encoder.reach(out, Family.inetVpn, setOf({}), hostRoutes(Family.inetVpn, 4000), 4000)
    expect(out.length).to.equal(1)
  })

  it('never writes to a message it handed out', () => {
    const encoder = encoderFor()
    const out = new MessageList()
    const before: string[] = []
    for (let turn = 0; turn < 60; turn++) {
      encoder.reach(out, Family.inetVpn, setOf({ med: turn }), hostRoutes(Family.inetVpn, 300), 300)
      encoder.unreach(out, Family.inet, hostRoutes(Family.inet, 300), 300)
      for (const message of out.slice(before.length)) before.push(toHex(message))
    }
    expect(out.map(toHex)).to.deep.equal(before)
  })

  it('sends nothing for no routes', () => {
    const out = new MessageList()
    const encoder = encoderFor()
    encoder.reach(out, Family.inet, setOf({}), hostRoutes(Family.inet, 0), 0)
    encoder.unreach(out, Family.inetVpn, hostRoutes(Family.inetVpn, 0), 0)
    expect(out).to.deep.equal([])
  })
})

describe('routes that fit no message', () => {
  for (const family of [Family.inet, Family.inetVpn]) {
    it(`are counted, and withdrawn in place of what the peer holds: ${family} (RFC 8654 §4)`, () => {
      const encoder = encoderFor()
      for (const octets of [5000, 70_000, 4096 - 23 - 14]) {
        const out = new MessageList()
        encoder.oversized = 0
        encoder.reach(out, family, bulky(octets), hostRoutes(family, 3), 3)
        expect(encoder.oversized).to.equal(3)
        const values = out.map((message) => valueOfUpdate(decodeMessage(decoderFor(), message)))
        expect(values.flatMap((value) => value.reach)).to.deep.equal([])
        expect(values.flatMap((value) => value.unreach.flatMap((run) => run.routes)).length).to.equal(3)
      }
    })
  }

  it('are told from shorter ones that still fit', () => {
    const encoder = encoderFor()
    const source = hostRoutes(Family.inet, 2)
    source.words.set([0, 0], 2)
    // One octet is left beside the attributes: enough for 0.0.0.0/0 alone.
    const fixed = 23 + 4 + 3 + 7 + 7 + 4
    const out = new MessageList()
    encoder.reach(out, Family.inet, bulky(4096 - fixed - 1), source, 2)
    const values = out.map((message) => valueOfUpdate(decodeMessage(decoderFor(), message)))
    expect(values.flatMap((value) => value.unreach)[0].routes).to.deep.equal([{ key: '10.0.0.0/32' }])
    expect(values.flatMap((value) => value.reach)[0].routes).to.deep.equal([{ key: '0.0.0.0/0' }])
    expect(encoder.oversized).to.equal(1)
  })

  it('are those of IPv4 families with an IPv6 next hop, and those without next hop (RFC 8950 §4)', () => {
    for (const nextHop of [parseIpAddress('2001:db8::1')!, new Uint8Array(0)]) {
      for (const family of [Family.inet, Family.inetVpn]) {
        const encoder = encoderFor()
        const out = new MessageList()
        encoder.reach(out, family, setOf({ nextHop }), hostRoutes(family, 2), 2)
        expect(encoder.withoutNextHop).to.equal(2)
        expect(valueOfUpdate(decodeMessage(decoderFor(), out[0])).reach).to.deep.equal([])
      }
    }
  })
})

describe('attributes', () => {
  function attributesSent(set: AttrSet, options: Partial<EncodeOptions>): string {
    const out = new MessageList()
    encoderFor(options).reach(out, Family.inet, set, hostRoutes(Family.inet, 1), 1)
    const message = out[0]
    return toHex(message.subarray(23, message.length - 5))
  }

  it('have LOCAL_PREF 100 towards internal peers where none was set (RFC 4271 §5.1.5)', () => {
    expect(attributesSent(setOf({}), {})).to.equal('40010100400200400304c000020140050400000064')
  })

  it('have nothing internal towards external peers (RFC 4271 §5.1.5, RFC 4456 §8)', () => {
    const set = setOf({ localPref: 200, originatorId: 1, clusterList: [2] })
    expect(attributesSent(set, { isIbgp: false })).to.equal('40010100400200400304c0000201')
  })

  it('have no AS4_PATH where every AS number fits two octets (RFC 6793 §4.2.2)', () => {
    const set = setOf({ asPath: [{ type: 2, asns: [64513] }] })
    expect(attributesSent(set, { as4: false, isIbgp: false })).to.equal(
      '400101004002040201fc01400304c0000201',
    )
  })

  it('cut a segment of more than 255 AS numbers in two (RFC 4271 §4.3 b)', () => {
    const out = new MessageList()
    const asns = Array.from({ length: 300 }, (_, i) => i + 1)
    encoderFor().reach(
      out,
      Family.inet,
      setOf({ asPath: [{ type: 2, asns }] }),
      hostRoutes(Family.inet, 1),
      1,
    )
    const { asPath } = decodeMessage(decoderFor(), out[0]).runs[0].attrs!
    expect(asPath.map((segment) => segment.asns.length)).to.deep.equal([255, 45])
  })

  it('come from the cache only for the very same set, although ids are used again', () => {
    const encoder = encoderFor()
    const attributes = { ...plainAttributes, nextHop: parseIpAddress('192.0.2.1')! }
    const meds = [1, 2].map((med) => {
      const one = { ...attributes, med }
      const out = new MessageList()
      encoder.reach(out, Family.inet, attrSetOf(7, one), hostRoutes(Family.inet, 1), 1)
      return decodeMessage(decoderFor(), out[0]).runs[0].attrs!.med
    })
    expect(meds).to.deep.equal([1, 2])
  })

  it('stay right when the cache overflows', () => {
    const encoder = encoderFor()
    const attributes = { ...plainAttributes, nextHop: parseIpAddress('192.0.2.1')! }
    const raw = { flags: 0xe0, type: 99, value: new Uint8Array(200) }
    const sets = Array.from({ length: 20_000 }, (_, id) => {
      const one = { ...attributes, med: id, unknown: [raw] }
      return attrSetOf(id, one)
    })
    const source = hostRoutes(Family.inet, 1)
    for (const set of [...sets, ...sets]) {
      const out = new MessageList()
      encoder.reach(out, Family.inet, set, source, 1)
      const view = new DataView(out[0].buffer, out[0].byteOffset)
      // Behind the frame, ORIGIN, AS_PATH, NEXT_HOP and the head of MULTI_EXIT_DISC.
      if (view.getUint32(23 + 4 + 3 + 7 + 3) !== set.id) expect.fail(`set ${set.id}`)
    }
  })

  it('are the same once the cache has been given back, and its memory is gone at once', () => {
    const encoder = encoderFor()
    const attributes = { ...plainAttributes, nextHop: parseIpAddress('192.0.2.1')! }
    const sets = Array.from({ length: 5_000 }, (_, id) => attrSetOf(id, { ...attributes, med: id }))
    const encoded = (): string => {
      const out = new MessageList()
      for (const set of sets) encoder.reach(out, Family.inet, set, hostRoutes(Family.inet, 1), 1)
      return toHex(Buffer.concat([...out]))
    }
    const first = encoded()
    const before = process.memoryUsage().arrayBuffers
    encoder.releaseAttributes()
    // A set has 27 octets and more, and 9 in its slot.
    expect(before - process.memoryUsage().arrayBuffers).to.be.greaterThan(sets.length * 36)
    expect(encoded()).to.equal(first)
  })
})
