/**
 * UPDATEs through the decoder, with what has to hold whatever was decoded:
 *
 *   the result is the same whatever stands before and behind the message: nothing is read over its ends
 *   the result is the same the second time: nothing in error is remembered
 *   a reset has no routes, treat-as-withdraw no attributes; what an error keeps is a copy
 *   what was accepted is the same after encoding and decoding it again
 */
import type { AttrTable } from '../../rib/attr-table.ts'
import { families, Family } from '../../rib/model/family.ts'
import { isZeroAddress } from '../../rib/model/ip-address.ts'
import { routeKeyWords } from '../../rib/model/route-key.ts'
import { emptyFrame, Framer } from '../../bgp/wire/framer.ts'
import { MAX_EXTENDED_MESSAGE_LENGTH, MessageType } from '../../bgp/wire/iana.ts'
import type { NlriRun } from '../../bgp/wire/nlri-run.ts'
import { UpdateDecoder } from '../../bgp/wire/update-decode.ts'
import type { DecodedUpdate } from '../../bgp/wire/update-decode.ts'
import { UpdateEncoder } from '../../bgp/wire/update-encode.ts'
import { Severity } from '../../bgp/wire/wire-error.ts'
import { MessageList } from '../support/message-list.ts'
import { fuzzedFamilies } from './seed-messages.ts'

export interface UpdateContext {
  readonly as4: boolean
  readonly isIbgp: boolean
  readonly extendedNextHop: boolean
  readonly hasPathIds: boolean
}

export class UpdateTarget {
  /** One decoder for each surrounding, so that what one remembers does not help the other. */
  readonly #decoders: readonly [UpdateDecoder, UpdateDecoder]
  readonly #again: UpdateDecoder
  readonly #encoder: UpdateEncoder

  constructor(attrs: AttrTable, context: UpdateContext) {
    const options = {
      families: fuzzedFamilies,
      pathIds: context.hasPathIds ? fuzzedFamilies : new Set<Family>(),
      intern: (attributes: Parameters<AttrTable['intern']>[0]) => attrs.intern(attributes),
    }
    this.#decoders = [
      new UpdateDecoder({ ...options, ...context }),
      new UpdateDecoder({ ...options, ...context }),
    ]
    // In four octets every path has one form only.
    const { pathIds } = options
    const wide = { as4: true, isIbgp: context.isIbgp, extendedNextHop: true, pathIds }
    this.#again = new UpdateDecoder({ ...options, ...wide })
    this.#encoder = new UpdateEncoder({
      ...wide,
      extendedNextHop: new Set(families),
      maxMessageLength: MAX_EXTENDED_MESSAGE_LENGTH,
    })
    attrs.onCollect(() => {
      for (const decoder of [...this.#decoders, this.#again]) decoder.forgetAttributes()
    })
  }

  /** Decodes in one of two surroundings, and gives a number that stands for the result. */
  decode(octets: Uint8Array, start: number, end: number, surrounding: 0 | 1): number {
    const update = this.#decoders[surrounding].decode(octets, start, end)
    check(update, octets)
    return digest(update)
  }

  /** Encodes what the UPDATE says and decodes that; throws when it says something else. */
  roundTrip(octets: Uint8Array, start: number, end: number): boolean {
    const update = this.#decoders[0].decode(octets, start, end)
    if (update.severity >= Severity.treatAsWithdraw) return false
    for (let i = 0; i < update.runCount; i++) {
      const run = update.runs[i]!
      if (run.count > 0 && canBeEncoded(run)) this.#runAgain(run)
    }
    return true
  }

  #runAgain(run: NlriRun): void {
    const words = routeKeyWords(run.family)
    const offsets = Int32Array.from({ length: run.count }, (_, i) => i * words)
    const source = { words: run.keys, offsets, labels: run.labels, pathIds: run.pathIds, from: 0 }
    const out = new MessageList()
    if (run.reach) this.#encoder.reach(out, run.family, run.attrs!, source, run.count)
    else this.#encoder.unreach(out, run.family, source, run.count)
    let index = 0
    for (const message of out) {
      const framer = new Framer(MAX_EXTENDED_MESSAGE_LENGTH)
      framer.push(message)
      const frame = emptyFrame()
      if (!framer.next(frame) || frame.type !== MessageType.update) fail('what was encoded is no UPDATE')
      const again = this.#again.decode(frame.octets, frame.start, frame.end)
      if (again.errors.length > 0) fail(`encoded with an error: ${again.errors[0]!.detail}`)
      for (let i = 0; i < again.runCount; i++) index = compare(run, again.runs[i]!, index)
    }
    if (index !== run.count) fail(`${index} routes of ${run.count} after encoding`)
  }
}

/** Next hops that only MP_REACH_NLRI can carry do not come back from NEXT_HOP. */
function canBeEncoded(run: NlriRun): boolean {
  if (!run.reach || run.family !== Family.inet) return true
  const nextHop = run.attrs!.nextHop
  return nextHop.length !== 4 || (!isZeroAddress(nextHop) && nextHop[0]! < 224)
}

function compare(run: NlriRun, again: NlriRun, from: number): number {
  if (again.family !== run.family || again.reach !== run.reach) fail('another family after encoding')
  if (run.reach && again.attrs !== run.attrs) fail('other attributes after encoding')
  const words = routeKeyWords(run.family)
  const end = again.count * words
  for (let i = 0; i < end; i++)
    if (again.keys[i] !== run.keys[from * words + i]) fail('another route after encoding')
  for (let i = 0; i < again.count; i++)
    if (again.pathIds[i] !== run.pathIds[from + i]) fail('another path identifier after encoding')
  if (run.reach) {
    for (let i = 0; i < again.count; i++)
      if (again.labels[i] !== run.labels[from + i]) fail('another label after encoding')
  }
  return from + again.count
}

function check(update: DecodedUpdate, octets: Uint8Array): void {
  const { severity, errors, runCount, runs } = update
  if (severity === Severity.reset && runCount > 0) fail('a reset with routes')
  if ((severity === 0) !== (errors.length === 0)) fail('severity without error, or the other way round')
  for (let i = 0; i < runCount; i++) {
    const { reach, attrs } = runs[i]!
    const isUsed = reach && severity < Severity.treatAsWithdraw
    if (isUsed !== (attrs !== undefined))
      fail('attributes where there are none to use, or the other way round')
  }
  for (const { notification } of errors) {
    if (notification.octets.buffer === octets.buffer) fail('an error keeps a view of the input')
    if (notification.octets.length > 4075) fail('more data than a NOTIFICATION holds')
  }
}

/** Everything that a decoded UPDATE says, as one number. */
function digest(update: DecodedUpdate): number {
  let hash = mix(update.severity, update.runCount)
  hash = mix(hash, update.endOfRib ?? 99)
  for (const { code, detail, severity, notification } of update.errors) {
    hash = mix(mix(mix(hash, code.length), detail.length), severity)
    hash = mix(mix(hash, notification.subcode), notification.octets.length)
    for (const octet of notification.octets) hash = mix(hash, octet)
  }
  for (let i = 0; i < update.runCount; i++) {
    const { family, reach, count, keys, labels, pathIds, attrs } = update.runs[i]!
    hash = mix(mix(mix(hash, family), reach ? 1 : 0), attrs?.id ?? 0)
    const end = count * routeKeyWords(family)
    for (let at = 0; at < end; at++) hash = mix(hash, keys[at]!)
    for (let at = 0; at < count; at++) hash = mix(mix(hash, labels[at]!), pathIds[at]!)
  }
  return hash
}

function mix(hash: number, value: number): number {
  return Math.imul(hash ^ value, 0x01000193) ^ (hash >>> 15)
}

export function fail(what: string): never {
  throw new Error(what)
}
