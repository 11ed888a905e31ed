/**
 * Mutated messages into the decoders of bgp/wire. Each lies between octets of poison, first zeros, then ones: a result that
 * depends on them was read over an end of the message.
 *
 *   | poison | message | poison |
 *
 * A share goes through the Framer, cut in chunks; a share is encoded and decoded again (update-target.ts).
 */
import { AttrTable } from '../../rib/attr-table.ts'
import { emptyFrame, Framer } from '../../bgp/wire/framer.ts'
import { HEADER_LENGTH, MAX_EXTENDED_MESSAGE_LENGTH, MessageType } from '../../bgp/wire/iana.ts'
import { attributeMessage } from './attribute-messages.ts'
import { notificationText, openText, refreshText } from './message-target.ts'
import { mutate } from './mutate.ts'
import { Random } from './random.ts'
import { seedMessages } from './seed-messages.ts'
import { fail, UpdateTarget } from './update-target.ts'

const POISON = 64
const ROOM = 4096

export interface FuzzReport {
  decodes: number
  /** UPDATEs that were encoded and decoded again. */
  roundTrips: number
  frames: number
}

/** What failed, with the message and how to get it again. */
export class FuzzFailure extends Error {
  override readonly name = 'FuzzFailure'
}

export class DecodeFuzz {
  readonly report: FuzzReport = { decodes: 0, roundTrips: 0, frames: 0 }
  readonly #seed: number
  readonly #random: Random
  readonly #messages: readonly Uint8Array[]
  readonly #attrs = new AttrTable()
  readonly #targets: readonly UpdateTarget[]
  readonly #octets = new Uint8Array(POISON + ROOM + POISON)
  readonly #mutation = new Uint8Array(ROOM)

  constructor(seed: number, messages: readonly Uint8Array[] = seedMessages(seed)) {
    this.#seed = seed
    this.#random = new Random(seed)
    this.#messages = messages
    this.#targets = [true, false].flatMap((as4) =>
      [true, false].flatMap((isIbgp) =>
        [true, false].map((hasPathIds) => {
          const context = { as4, isIbgp, extendedNextHop: as4 !== isIbgp, hasPathIds }
          return new UpdateTarget(this.#attrs, context)
        }),
      ),
    )
  }

  /** So many mutations more. */
  run(count: number): void {
    for (let i = 0; i < count; i++) {
      const length = this.#next()
      try {
        this.#decode(length)
      } catch (error) {
        const hex = Buffer.from(this.#mutation.subarray(0, length)).toString('hex')
        const at = `seed ${this.#seed}, after ${this.report.decodes} decodes`
        throw new FuzzFailure(`${error instanceof Error ? error.stack : String(error)}\n${at}: ${hex}`)
      }
      // Between messages nobody holds an attribute set, as between turns of the daemon.
      if (this.#attrs.isWorthCollecting) this.#attrs.collect()
    }
  }

  /** A mutated message, or one with a mutated attribute at its end. */
  #next(): number {
    if (this.#random.below(3) === 0) return attributeMessage(this.#random, this.#mutation)
    return mutate(this.#random.pick(this.#messages), this.#random, this.#mutation)
  }

  #decode(length: number): void {
    this.report.decodes++
    if (this.#random.below(8) === 0) this.#frame(length)
    // Without a whole header there is no body.
    if (length < HEADER_LENGTH) return
    const type = this.#mutation[HEADER_LENGTH - 1]!
    const target = this.#random.pick(this.#targets)
    const first = this.#between(0x00, length, type, target, 0)
    const second = this.#between(0xff, length, type, target, 1)
    if (first !== second) fail('the result depends on what surrounds the message')
    if (type === MessageType.update) this.#updateAgain(length, target, first)
  }

  #between(
    poison: number,
    length: number,
    type: number,
    target: UpdateTarget,
    surrounding: 0 | 1,
  ): number | string {
    const octets = this.#octets
    const end = POISON + length
    octets.fill(poison, 0, POISON)
    octets.set(this.#mutation.subarray(0, length), POISON)
    octets.fill(poison, end, end + POISON)
    const start = POISON + HEADER_LENGTH
    switch (type) {
      case MessageType.open:
        return openText(octets, start, end)
      case MessageType.notification:
        return notificationText(octets, start, end)
      case MessageType.routeRefresh:
        return refreshText(octets, start, end)
      default:
        // What has no type any more still makes a bad UPDATE.
        return target.decode(octets, start, end, surrounding)
    }
  }

  #updateAgain(length: number, target: UpdateTarget, first: number | string): void {
    const [start, end] = [POISON + HEADER_LENGTH, POISON + length]
    const luck = this.#random.below(4)
    if (luck === 0 && target.roundTrip(this.#octets, start, end)) this.report.roundTrips++
    if (luck === 1 && target.decode(this.#octets, start, end, 1) !== first)
      fail('another result the second time')
  }

  /** Twice the message as a stream, in chunks. */
  #frame(length: number): void {
    const message = this.#mutation.subarray(0, length)
    const stream = Buffer.concat([message, message])
    const framer = new Framer(this.#random.below(2) === 0 ? 4096 : MAX_EXTENDED_MESSAGE_LENGTH)
    const frame = emptyFrame()
    for (let at = 0; at < stream.length;) {
      const next = Math.min(stream.length, at + 1 + this.#random.below(40))
      framer.push(stream.subarray(at, next))
      at = next
      while (framer.next(frame)) {
        this.report.frames++
        if (frame.end - frame.start + HEADER_LENGTH > framer.maxMessageLength)
          fail('a frame that is too long')
        if (frame.start < HEADER_LENGTH || frame.end > frame.octets.length) fail('a frame out of its octets')
      }
    }
  }
}
