/**
 * Octets of messages that share most of their text: parts rendered before are copied, and only numbers and prefixes are
 * written anew. Messages are cut out of a slab, which nobody writes to again below where it has come to.
 *
 *   | taken | taken | being written ...... | free |
 *                   ^ start                ^ end
 */
const SLAB_OCTETS = 128 * 1024
const ZERO = 0x30
const DOT = 0x2e

export class OctetWriter {
  #octets = new Uint8Array(0)
  #start = 0
  #end = 0

  /** Octets written since the last message was taken. */
  get length(): number {
    return this.#end - this.#start
  }

  /** What has been written, which will not change any more. */
  take(): Uint8Array {
    const message = this.#octets.subarray(this.#start, this.#end)
    this.#start = this.#end
    return message
  }

  // hot: some five times per route
  put(part: Uint8Array): void {
    this.#reserve(part.length)
    this.#octets.set(part, this.#end)
    this.#end += part.length
  }

  /** Text of ASCII characters. */
  putAscii(text: string): void {
    this.#reserve(text.length)
    for (let i = 0; i < text.length; i++) this.#octets[this.#end++] = text.charCodeAt(i)
  }

  // hot: per label
  putDecimal(value: number): void {
    this.#reserve(10)
    this.#end = writeDecimal(this.#octets, this.#end, value)
  }

  // hot: per route
  putIpv4(word: number): void {
    this.#reserve(15)
    let at = writeDecimal(this.#octets, this.#end, word >>> 24)
    for (let shift = 16; shift >= 0; shift -= 8) {
      this.#octets[at++] = DOT
      at = writeDecimal(this.#octets, at, (word >>> shift) & 255)
    }
    this.#end = at
  }

  /** Once more the octets from a place in this message to another. */
  // hot: per route
  repeat(from: number, to: number): void {
    this.#reserve(to - from)
    const octets = this.#octets
    const start = this.#start
    for (let i = from; i < to; i++) octets[this.#end++] = octets[start + i]!
  }

  #reserve(count: number): void {
    if (this.#end + count <= this.#octets.length) return
    const { length } = this
    const larger = new Uint8Array(Math.max(SLAB_OCTETS, (length + count) * 2))
    larger.set(this.#octets.subarray(this.#start, this.#end))
    this.#octets = larger
    this.#start = 0
    this.#end = length
  }
}

/** Returns where it ends. */
function writeDecimal(octets: Uint8Array, at: number, value: number): number {
  let digits = 1
  for (let limit = 10; value >= limit; limit *= 10) digits++
  const end = at + digits
  let left = value
  for (let i = end - 1; i >= at; i--) {
    const tens = Math.floor(left / 10)
    octets[i] = ZERO + left - tens * 10
    left = tens
  }
  return end
}
