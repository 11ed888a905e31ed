/**
 * A growing octet buffer with length patching, for messages and attributes that are encoded once and then kept.
 * The per-route loops of the UPDATE encoder write into their own buffer.
 */
import { HEADER_LENGTH } from './iana.ts'
import type { MessageType } from './iana.ts'

export class Writer {
  octets: Uint8Array
  length: number

  constructor(capacity = 256) {
    this.octets = new Uint8Array(capacity)
    this.length = 0
  }

  private reserve(count: number): number {
    const at = this.length
    this.length += count
    if (this.length > this.octets.length) {
      const grown = new Uint8Array(Math.max(this.length, this.octets.length * 2))
      grown.set(this.octets.subarray(0, at))
      this.octets = grown
    }
    return at
  }

  u8(value: number): void {
    const at = this.reserve(1)
    this.octets[at] = value
  }

  u16(value: number): void {
    const at = this.reserve(2)
    this.octets[at] = value >>> 8
    this.octets[at + 1] = value
  }

  u32(value: number): void {
    const at = this.reserve(4)
    this.octets[at] = value >>> 24
    this.octets[at + 1] = value >>> 16
    this.octets[at + 2] = value >>> 8
    this.octets[at + 3] = value
  }

  put(octets: Uint8Array): void {
    const at = this.reserve(octets.length)
    this.octets.set(octets, at)
  }

  patchU8(at: number, value: number): void {
    this.octets[at] = value
  }

  patchU16(at: number, value: number): void {
    this.octets[at] = value >>> 8
    this.octets[at + 1] = value
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.octets.slice(0, this.length)
  }
}

/** Writes the fixed header (RFC 4271 §4.1): sixteen octets of ones, length, type. */
export function writeHeader(octets: Uint8Array, at: number, length: number, type: MessageType): void {
  // A loop: `fill` is a call into the runtime, and this is done for every UPDATE.
  for (let i = 0; i < 16; i++) octets[at + i] = 0xff
  octets[at + 16] = length >>> 8
  octets[at + 17] = length
  octets[at + 18] = type
}

/** A writer positioned behind the header; `finishMessage` fills the header in. */
export function messageWriter(capacity = 256): Writer {
  const writer = new Writer(capacity)
  writer.length = HEADER_LENGTH
  return writer
}

export function finishMessage(writer: Writer, type: MessageType): Uint8Array {
  writeHeader(writer.octets, 0, writer.length, type)
  return writer.finish()
}
