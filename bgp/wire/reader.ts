/**
 * A bounded cursor over received octets for everything that is decoded once per session (OPEN, NOTIFICATION). A read
 * beyond the end returns zero and sets `failed`, which a decoder tests once at its end; nothing outside [start, end) is
 * ever looked at. The UPDATE decoder has its own loops, with the bounds proven before each step.
 */
import { copyOf } from '../../rib/model/ip-address.ts'
export class Reader {
  readonly octets: Uint8Array
  readonly end: number
  position: number
  failed: boolean

  constructor(octets: Uint8Array, start: number, end: number) {
    this.octets = octets
    this.position = start
    this.end = Math.min(end, octets.length)
    this.failed = start < 0 || start > this.end
  }

  get remaining(): number {
    return this.failed ? 0 : this.end - this.position
  }

  /** Claims `count` octets: their offset, or -1 when there are not that many. */
  private claim(count: number): number {
    if (this.failed || this.end - this.position < count) {
      this.failed = true
      return -1
    }
    const at = this.position
    this.position += count
    return at
  }

  u8(): number {
    const at = this.claim(1)
    return at < 0 ? 0 : this.octets[at]
  }

  u16(): number {
    const at = this.claim(2)
    return at < 0 ? 0 : (this.octets[at] << 8) | this.octets[at + 1]
  }

  /** Unsigned. */
  u32(): number {
    const high = this.u16()
    return high * 65536 + this.u16()
  }

  /** A copy of the next `count` octets; empty when there are fewer. */
  take(count: number): Uint8Array {
    const at = this.claim(count)
    return at < 0 ? new Uint8Array(0) : copyOf(this.octets, at, at + count)
  }

  /** A reader of the next `count` octets alone; a failed one when there are fewer. */
  sub(count: number): Reader {
    const at = this.claim(count)
    if (at >= 0) return new Reader(this.octets, at, at + count)
    const failed = new Reader(this.octets, this.end, this.end)
    failed.failed = true
    return failed
  }
}
