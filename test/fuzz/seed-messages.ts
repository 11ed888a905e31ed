/**
 * Messages to mutate: the vectors of fixtures/wire, the corpus of malformed messages (some are good, all are near to it),
 * and random routes of every family with random attributes, as heddle's own encoder writes them.
 */
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { encodeEndOfRib } from '../../bgp/wire/end-of-rib.ts'
import { UpdateEncoder } from '../../bgp/wire/update-encode.ts'
import type { NlriSource } from '../../bgp/wire/update-encode.ts'
import type { Family } from '../../rib/model/family.ts'
import { AttrTable } from '../../rib/attr-table.ts'
import { attributesFor, routesOf } from '../bgp/wire/arbitraries.ts'
import type { RandomRoute } from '../bgp/wire/arbitraries.ts'
import { decodedFamilies } from '../bgp/wire/support.ts'
import { MessageList } from '../support/message-list.ts'
import { malformedCases, malformedFiles } from '../support/malformed/malformed-case.ts'

/** Messages of this many octets and more would take the time of hundreds of others. */
const MAX_LENGTH = 1_500

export function seedMessages(seed: number): Uint8Array[] {
  const corpus = malformedFiles().flatMap((file) => malformedCases(file).map(({ hex }) => fromHex(hex)))
  return [...vectors(), ...corpus, ...generated(seed)].filter(({ length }) => length < MAX_LENGTH)
}

function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

function vectors(): Uint8Array[] {
  const folder = new URL('../../fixtures/wire/', import.meta.url)
  return readdirSync(folder)
    .flatMap((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as { hex: string }[])
    .map(({ hex }) => hex.replace(/\s/g, ''))
    .filter((hex) => hex.startsWith('ffffffff'))
    .map(fromHex)
}

function generated(seed: number): Uint8Array[] {
  const out = new MessageList()
  for (const family of decodedFamilies) {
    out.push(encodeEndOfRib(family))
    for (const isIbgp of [true, false])
      for (const as4 of [true, false]) addRoutes(out, { family, isIbgp, as4 }, seed)
  }
  return out
}

/** Routes as such a peer sends them, without and with path identifiers. */
function addRoutes(out: MessageList, shape: Parameters<typeof attributesFor>[0], seed: number): void {
  const { family } = shape
  const attrs = new AttrTable()
  const options = { ...shape, maxMessageLength: 4096 }
  const encoders = [new UpdateEncoder(options), new UpdateEncoder({ ...options, pathIds: fuzzedFamilies })]
  const cases = fc.tuple(attributesFor(shape), routesOf(family, 6))
  for (const [attributes, routes] of fc.sample(cases, { seed, numRuns: 24 })) {
    const source = sourceOf(routes)
    for (const encoder of encoders) {
      encoder.reach(out, family, attrs.intern(attributes), source, routes.length)
      encoder.unreach(out, family, source, routes.length)
    }
  }
}

function sourceOf(routes: readonly RandomRoute[]): NlriSource {
  const words = Int32Array.from(routes.flatMap(({ key }) => [...key]))
  const offsets = Int32Array.from(routes, (_, i) => i * routes[0]!.key.length)
  const labels = Int32Array.from(routes, ({ label }) => label)
  const pathIds = Int32Array.from(routes, ({ pathId }) => pathId)
  return { words, offsets, labels, pathIds, from: 0 }
}

/** The families, by which targets are made. */
export const fuzzedFamilies: ReadonlySet<Family> = new Set(decodedFamilies)
