import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import type { Capability } from '../../../bgp/wire/capability.ts'
import { encodeEndOfRib } from '../../../bgp/wire/end-of-rib.ts'
import { MessageType } from '../../../bgp/wire/iana.ts'
import { keepalive } from '../../../bgp/wire/keepalive.ts'
import {
  decodeNotification,
  describeNotification,
  encodeNotification,
} from '../../../bgp/wire/notification.ts'
import { decodeOpen, encodeOpen } from '../../../bgp/wire/open.ts'
import type { Open } from '../../../bgp/wire/open.ts'
import { decodeRouteRefresh, encodeRouteRefresh } from '../../../bgp/wire/route-refresh.ts'
import type { RouteRefresh } from '../../../bgp/wire/route-refresh.ts'
import { UpdateEncoder } from '../../../bgp/wire/update-encode.ts'
import { Severity, isWireError } from '../../../bgp/wire/wire-error.ts'
import { families, parseFamily } from '../../../rib/model/family.ts'
import {
  attributesOfValue,
  decodeMessage,
  decoderFor,
  framesOf,
  fromHex,
  interner,
  sourceOf,
  toHex,
  valueOfUpdate,
} from './support.ts'
import type { UpdateValue } from './support.ts'
import { MessageList } from '../../support/message-list.ts'

interface Vector<Value> {
  name: string
  rfc: string
  hex: string
  /** Forms that are accepted and never sent. */
  decodeOnly?: boolean
  value: Value
}

interface UpdateVector extends Vector<UpdateValue> {
  options?: {
    as4?: boolean
    isIbgp?: boolean
    extendedNextHop?: boolean
    /** Families with path identifiers. */
    pathIds?: string[]
  }
}

interface MessageVector extends Vector<unknown> {
  kind: 'keepalive' | 'routeRefresh' | 'notification'
  text?: string
}

function vectors<Row>(file: string): Row[] {
  const path = new URL(`../../../fixtures/wire/${file}.json`, import.meta.url)
  return JSON.parse(readFileSync(path, 'utf8')) as Row[]
}

/** Octets as hex, so that values of fixtures and of decoders compare. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, field: unknown) => (field instanceof Uint8Array ? toHex(field) : field)),
  ) as unknown
}

function optionsOf({ options }: UpdateVector) {
  const pathIds = new Set((options?.pathIds ?? []).map((name) => parseFamily(name)!))
  return { as4: true, isIbgp: true, ...options, pathIds }
}

function encodeUpdate(vector: UpdateVector): Uint8Array[] {
  const { value } = vector
  const extendedNextHop = new Set(vector.options?.extendedNextHop ? families : [])
  const encoder = new UpdateEncoder({ maxMessageLength: 4096, ...optionsOf(vector), extendedNextHop })
  const intern = interner()
  const out = new MessageList()
  for (const run of value.unreach) {
    encoder.unreach(out, parseFamily(run.family)!, sourceOf(run), run.routes.length)
  }
  for (const run of value.reach) {
    const attrs = intern(attributesOfValue(run.attributes!))
    encoder.reach(out, parseFamily(run.family)!, attrs, sourceOf(run), run.routes.length)
  }
  if (value.endOfRib !== undefined) out.push(encodeEndOfRib(parseFamily(value.endOfRib)!))
  return out
}

describe('vectors of UPDATE', () => {
  for (const vector of vectors<UpdateVector>('update')) {
    it(`decodes ${vector.name} (${vector.rfc})`, () => {
      const update = decodeMessage(decoderFor(optionsOf(vector)), fromHex(vector.hex))
      expect(update.errors).to.deep.equal([])
      expect(valueOfUpdate(update)).to.deep.equal(vector.value)
    })
    if (vector.decodeOnly === true) continue
    it(`encodes ${vector.name} (${vector.rfc})`, () => {
      expect(encodeUpdate(vector).map(toHex)).to.deep.equal([vector.hex])
    })
  }
})

describe('vectors of OPEN', () => {
  for (const vector of vectors<Vector<Open>>('open')) {
    it(`decodes ${vector.name} (${vector.rfc})`, () => {
      const [frame] = framesOf(fromHex(vector.hex))
      expect(frame.type).to.equal(MessageType.open)
      expect(plain(decodeOpen(frame.octets, frame.start, frame.end))).to.deep.equal(vector.value)
    })
    if (vector.decodeOnly === true) continue
    it(`encodes ${vector.name} (${vector.rfc})`, () => {
      const capabilities = vector.value.capabilities.map((one): Capability =>
        one.kind === 'unknown' ? { ...one, octets: fromHex(one.octets as unknown as string) } : one,
      )
      expect(toHex(encodeOpen({ ...vector.value, capabilities }))).to.equal(vector.hex)
    })
  }
})

describe('vectors of the small messages', () => {
  for (const vector of vectors<MessageVector>('message')) {
    it(`decodes and encodes ${vector.name} (${vector.rfc})`, () => {
      const [frame] = framesOf(fromHex(vector.hex))
      if (vector.kind === 'keepalive') {
        expect(frame.type).to.equal(MessageType.keepalive)
        expect(toHex(keepalive)).to.equal(vector.hex)
      } else if (vector.kind === 'routeRefresh') {
        const refresh = decodeRouteRefresh(frame.octets, frame.start, frame.end, true) as RouteRefresh
        expect(refresh).to.deep.equal(vector.value)
        expect(toHex(encodeRouteRefresh(refresh.family!, refresh.subtype))).to.equal(vector.hex)
      } else {
        const notification = decodeNotification(frame.octets, frame.start, frame.end)
        expect(plain(notification)).to.deep.equal(vector.value)
        expect(describeNotification(notification)).to.equal(vector.text)
        expect(toHex(encodeNotification(notification))).to.equal(vector.hex)
      }
    })
  }
})

function routeCount(value: UpdateValue): number {
  return [...value.unreach, ...value.reach].reduce((sum, run) => sum + run.routes.length, 0)
}

describe('vectors cut at every octet', () => {
  it('are errors, except between two routes of plain NLRI, and yield no routes with a reset', () => {
    for (const vector of vectors<UpdateVector>('update')) {
      const message = fromHex(vector.hex)
      const decoder = decoderFor(optionsOf(vector))
      const [frame] = framesOf(message)
      for (let end = frame.start; end < frame.end; end++) {
        const cut = decoder.decode(message.slice(0, end), frame.start, end)
        if (cut.severity === 0) {
          expect(vector.value.reach.at(-1)?.family, `${vector.name} cut at ${end}`).to.equal('inet')
          expect(routeCount(valueOfUpdate(cut))).to.be.lessThan(routeCount(vector.value))
        }
        if (cut.severity === Severity.reset) expect(cut.runCount).to.equal(0)
      }
    }
  })

  it('of OPEN are errors', () => {
    for (const vector of vectors<Vector<Open>>('open')) {
      const message = fromHex(vector.hex)
      const [frame] = framesOf(message)
      for (let end = frame.start; end < frame.end; end++) {
        const cut = decodeOpen(message.slice(0, end), frame.start, end)
        expect(isWireError(cut), `${vector.name} cut at ${end}`).to.equal(true)
      }
    }
  })
})
