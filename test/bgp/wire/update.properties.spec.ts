import { expect } from 'chai'
import fc from 'fast-check'
import { HEADER_LENGTH } from '../../../bgp/wire/iana.ts'
import type { NlriSource } from '../../../bgp/wire/nlri-cursor.ts'
import type { UpdateDecoder } from '../../../bgp/wire/update-decode.ts'
import { UpdateEncoder } from '../../../bgp/wire/update-encode.ts'
import type { Family } from '../../../rib/model/family.ts'
import { families, familyName } from '../../../rib/model/family.ts'
import { routeKeyWords } from '../../../rib/model/route-key.ts'
import { attributesFor, routesOf } from './arbitraries.ts'
import type { RandomRoute } from './arbitraries.ts'
import { decodedFamilies, decoderFor, framesOf } from './support.ts'
import { attributesKey, attrSetOf } from '../../support/attr-sets.ts'
import { MessageList } from '../../support/message-list.ts'

/** The routes as the encoder wants them, in an array that begins with routes that are not to be sent. */
function sourceOfRoutes(family: Family, routes: readonly RandomRoute[], from: number): NlriSource {
  const words = routeKeyWords(family)
  const source: NlriSource = {
    words: new Int32Array(routes.length * words),
    offsets: new Int32Array(from + routes.length),
    labels: new Int32Array(from + routes.length),
    pathIds: new Int32Array(from + routes.length),
    from,
  }
  routes.forEach((route, i) => {
    source.words.set(route.key, i * words)
    source.offsets[from + i] = i * words
    source.labels[from + i] = route.label
    source.pathIds![from + i] = route.pathId
  })
  return source
}

interface Seen {
  routes: string[]
  attributeKeys: Set<string>
}

function routeText(family: Family, words: Int32Array, at: number, label: number, pathId: number): string {
  return `${words.subarray(at, at + routeKeyWords(family)).join(',')};${label};${pathId}`
}

function decodeAll(decoder: UpdateDecoder, messages: readonly Uint8Array[], reach: boolean): Seen {
  const seen: Seen = { routes: [], attributeKeys: new Set() }
  for (const frame of messages.flatMap(framesOf)) {
    const update = decoder.decode(frame.octets, frame.start, frame.end)
    expect(update.errors).to.deep.equal([])
    for (const run of update.runs.slice(0, update.runCount)) {
      expect(run.reach).to.equal(reach)
      if (reach) seen.attributeKeys.add(attributesKey(run.attrs!))
      const words = routeKeyWords(run.family)
      for (let i = 0; i < run.count; i++) {
        seen.routes.push(
          routeText(run.family, run.keys, i * words, reach ? run.labels[i] : 0, run.pathIds[i]),
        )
      }
    }
  }
  return seen
}

interface Carried {
  readonly labels: boolean
  readonly pathIds: boolean
}

function expectedRoutes(family: Family, routes: readonly RandomRoute[], has: Carried): string[] {
  return routes.map(({ key, label, pathId }) =>
    routeText(family, key, 0, has.labels ? label : 0, has.pathIds ? pathId : 0),
  )
}

/** RFC 7911: the family with path identifiers, or no family. */
function pathIdsOf(family: Family, hasPathIds: boolean): { pathIds: Set<Family> } {
  return { pathIds: new Set(hasPathIds ? [family] : []) }
}

const shapes = decodedFamilies.flatMap((family) =>
  [true, false].flatMap((isIbgp) => [true, false].map((as4) => ({ family, isIbgp, as4 }))),
)

describe('encode, then decode', () => {
  for (const shape of shapes) {
    const { family, isIbgp, as4 } = shape
    const title = `${familyName(family)}, ${isIbgp ? 'internal' : 'external'}, ${as4 ? 4 : 2}-octet AS numbers`
    it(`yields the same routes and attributes, in messages of at most the maximum: ${title}`, () => {
      fc.assert(
        fc.property(
          attributesFor(shape),
          routesOf(family, 400),
          fc.constantFrom(4096, 65535),
          fc.nat(3),
          fc.boolean(),
          (attributes, routes, maxMessageLength, from, hasPathIds) => {
            const set = attrSetOf(0, attributes)
            const options = { as4, isIbgp, ...pathIdsOf(family, hasPathIds) }
            const encoder = new UpdateEncoder({ ...options, maxMessageLength })
            const out = new MessageList()
            encoder.reach(out, family, set, sourceOfRoutes(family, routes, from), routes.length)
            for (const message of out) expect(message.length).to.be.at.most(maxMessageLength)
            const seen = decodeAll(decoderFor(options), out, true)
            expect(seen.routes).to.deep.equal(
              expectedRoutes(family, routes, { labels: true, pathIds: hasPathIds }),
            )
            expect([...seen.attributeKeys]).to.deep.equal([attributesKey(set)])
            expect(encoder.oversized + encoder.withoutNextHop).to.equal(0)
          },
        ),
        { numRuns: 30 },
      )
    })
  }

  for (const family of decodedFamilies) {
    it(`yields the same withdrawn routes: ${familyName(family)}`, () => {
      fc.assert(
        fc.property(routesOf(family, 900), fc.nat(3), fc.boolean(), (routes, from, hasPathIds) => {
          const options = { as4: true, isIbgp: true, ...pathIdsOf(family, hasPathIds) }
          const encoder = new UpdateEncoder({ ...options, maxMessageLength: 4096 })
          const out = new MessageList()
          encoder.unreach(out, family, sourceOfRoutes(family, routes, from), routes.length)
          for (const message of out) expect(message.length).to.be.at.most(4096)
          const seen = decodeAll(decoderFor(options), out, false)
          const expected = expectedRoutes(family, routes, { labels: false, pathIds: hasPathIds })
          expect(seen.routes).to.deep.equal(expected)
        }),
        { numRuns: 30 },
      )
    })
  }
})

/** Valid UPDATE bodies of every family, to be spoilt. */
const validBody: fc.Arbitrary<Uint8Array> = fc
  .constantFrom(...shapes)
  .chain((shape) =>
    fc.tuple(fc.constant(shape), attributesFor(shape), routesOf(shape.family, 20), fc.boolean()),
  )
  .map(([shape, attributes, routes, hasPathIds]) => {
    const set = attrSetOf(0, attributes)
    const encoder = new UpdateEncoder({
      ...shape,
      ...pathIdsOf(shape.family, hasPathIds),
      maxMessageLength: 4096,
    })
    const out = new MessageList()
    encoder.reach(out, shape.family, set, sourceOfRoutes(shape.family, routes, 0), routes.length)
    return out[0].slice(HEADER_LENGTH)
  })

interface Spoil {
  at: number
  octet: number
  how: 'alter' | 'insert' | 'delete'
}

function spoilt(body: Uint8Array, spoils: readonly Spoil[]): Uint8Array {
  const octets = [...body]
  for (const { at, octet, how } of spoils) {
    const position = at % Math.max(1, octets.length)
    if (how === 'alter') octets[position] = octet
    else if (how === 'insert') octets.splice(position, 0, octet)
    else octets.splice(position, 1)
  }
  return Uint8Array.from(octets)
}

/**
 * The decoder reads the body at the end of a larger buffer and must not look beyond: with other octets around it the
 * outcome is the same.
 */
function expectContained(body: Uint8Array, isIbgp: boolean, as4: boolean, hasPathIds: boolean): void {
  const pathIds = new Set(hasPathIds ? families : [])

  const outcomes = [0x00, 0xff].map((filler) => {
    const buffer = new Uint8Array(body.length + 64).fill(filler)
    buffer.set(body, 32)
    const decoder = decoderFor({ isIbgp, as4, families: new Set(families), pathIds })
    // The second time, what can be remembered comes from the memo.
    if (filler !== 0) decoder.decode(buffer, 32, 32 + body.length)
    const update = decoder.decode(buffer, 32, 32 + body.length)
    const runs = update.runs.slice(0, update.runCount).map((run) => {
      expect(run.count).to.be.at.most(body.length)
      const words = run.keys.slice(0, run.count * routeKeyWords(run.family))
      return [
        run.family,
        run.reach,
        run.attrs && attributesKey(run.attrs),
        ...words,
        ...run.labels.slice(0, run.count),
        ...run.pathIds.slice(0, run.count),
      ]
    })
    return { severity: update.severity, codes: update.errors.map((error) => error.code), runs }
  })
  expect(outcomes[0]).to.deep.equal(outcomes[1])
}

describe('decode of octets nobody meant', () => {
  it('of random octets ends, throws nothing and stays within its bounds', () => {
    const octets = fc.uint8Array({ maxLength: 300 })
    fc.assert(fc.property(octets, fc.boolean(), fc.boolean(), fc.boolean(), expectContained), {
      numRuns: 2000,
    })
  })

  it('of spoilt UPDATEs ends, throws nothing and stays within its bounds', () => {
    const spoil: fc.Arbitrary<Spoil> = fc.record({
      at: fc.nat(4096),
      octet: fc.nat(255),
      how: fc.constantFrom('alter', 'insert', 'delete'),
    })
    fc.assert(
      fc.property(
        validBody,
        fc.array(spoil, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        (body, spoils, isIbgp, as4, hasPathIds) =>
          expectContained(spoilt(body, spoils), isIbgp, as4, hasPathIds),
      ),
      { numRuns: 1500 },
    )
  })
})
