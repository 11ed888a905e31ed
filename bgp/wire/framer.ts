/**
 * TCP chunks to messages (RFC 4271 §4.1). A message that lies whole in a chunk is handed out in place; only what
 * straddles two chunks is copied.
 *
 *    0                              16       18     19
 *   | marker: sixteen octets of ones | length | type | body ...
 *
 * Views are valid until the next push. Two carry buffers take turns for that: the one a straddling message was handed
 * out from is not written to while the tail of the same chunk is carried over.
 */
import { copyOf } from '../../rib/model/ip-address.ts'
import { ErrorCode, HEADER_LENGTH, HeaderError, MAX_MESSAGE_LENGTH, MessageType } from './iana.ts'
import { sessionError } from './wire-error.ts'
import type { WireError } from './wire-error.ts'

/** Where a message's body lies; filled in by Framer.next. */
export interface Frame {
  type: number
  octets: Uint8Array
  /** First octet of the body, behind the header. */
  start: number
  end: number
}

/** Buffers, as sockets bring them: code that has met one kind of array is faster than code that has met two. */
const noOctets: Uint8Array = Buffer.alloc(0)
const noView = viewOf(noOctets)

/** A frame to pass to Framer.next, again and again. */
export function emptyFrame(): Frame {
  return { type: 0, octets: noOctets, start: 0, end: 0 }
}

export class Framer {
  maxMessageLength: number
  /** Set once the stream cannot be framed any more (RFC 4271 §6.1); `next` then finds nothing. */
  error: WireError | undefined
  /** The header that `error` is about, copied. */
  badHeader: Uint8Array
  private chunk: Uint8Array
  /** The chunk, to be read by words. */
  private chunkView: DataView
  private position: number
  private carry: Uint8Array
  private otherCarry: Uint8Array
  private carryStart: number
  private carryEnd: number

  constructor(maxMessageLength: number = MAX_MESSAGE_LENGTH) {
    this.maxMessageLength = maxMessageLength
    this.error = undefined
    this.badHeader = noOctets
    this.chunk = noOctets
    this.chunkView = noView
    this.position = 0
    this.carry = noOctets
    this.otherCarry = noOctets
    this.carryStart = 0
    this.carryEnd = 0
  }

  /** Takes the next chunk of the stream. It is not copied: the caller leaves it alone until `next` returns false. */
  push(chunk: Uint8Array): void {
    // Only when the caller stopped in the middle of a chunk: what it left is kept, whole messages included.
    if (this.position < this.chunk.length) this.carryOver(this.chunk.length - this.position)
    this.chunk = chunk
    this.chunkView = viewOf(chunk)
    this.position = 0
  }

  /** Fills `out` with the next whole message; false when more octets are needed or the stream is broken. */
  next(out: Frame): boolean {
    if (this.error !== undefined) return false
    if (this.carryEnd > this.carryStart) return this.nextCarried(out)
    const available = this.chunk.length - this.position
    if (available >= HEADER_LENGTH) {
      const length = this.messageLength(this.chunk, this.chunkView, this.position)
      if (length < 0) return false
      if (length <= available) {
        fill(out, this.chunk, this.position, length)
        this.position += length
        return true
      }
    }
    this.carryOver(available)
    return false
  }

  private nextCarried(out: Frame): boolean {
    if (!this.carryAtLeast(HEADER_LENGTH)) return false
    const length = this.messageLength(this.carry, viewOf(this.carry), this.carryStart)
    if (length < 0 || !this.carryAtLeast(length)) return false
    fill(out, this.carry, this.carryStart, length)
    this.carryStart += length
    if (this.carryStart === this.carryEnd) {
      const emptied = this.carry
      this.carry = this.otherCarry
      this.otherCarry = emptied
      this.carryStart = 0
      this.carryEnd = 0
    }
    return true
  }

  /** Brings the carry to `count` octets from the chunk, or takes all of the chunk and returns false. */
  private carryAtLeast(count: number): boolean {
    const missing = count - (this.carryEnd - this.carryStart)
    if (missing <= 0) return true
    const available = this.chunk.length - this.position
    this.carryOver(Math.min(missing, available))
    return missing <= available
  }

  private carryOver(count: number): void {
    if (count > 0) {
      const held = this.carryEnd - this.carryStart
      if (this.carryEnd + count > this.carry.length) {
        // Never moved within the old buffer: messages handed out of it may still be in use.
        const grown: Uint8Array = Buffer.alloc(Math.max(held + count, MAX_MESSAGE_LENGTH))
        grown.set(this.carry.subarray(this.carryStart, this.carryEnd))
        this.carry = grown
        this.carryStart = 0
        this.carryEnd = held
      }
      this.carry.set(this.chunk.subarray(this.position, this.position + count), this.carryEnd)
      this.carryEnd += count
      this.position += count
    }
    if (this.position === this.chunk.length) {
      this.chunk = noOctets
      this.chunkView = noView
      this.position = 0
    }
  }

  /** The length field of a header, checked (RFC 4271 §6.1); -1 with `error` set when the header is bad. */
  private messageLength(octets: Uint8Array, view: DataView, at: number): number {
    const length = (octets[at + 16] << 8) | octets[at + 17]
    const type = octets[at + 18]
    // RFC 4271 §4.1: the marker is all ones.
    const isSynchronized =
      (view.getInt32(at) & view.getInt32(at + 4) & view.getInt32(at + 8) & view.getInt32(at + 12)) === -1
    if (
      isSynchronized &&
      type === MessageType.update &&
      length >= leastLengths[type] &&
      length <= this.maxMessageLength
    )
      return length
    this.error = isSynchronized ? headerError(length, type, this.maxMessageLength) : notSynchronized()
    if (this.error === undefined) return length
    this.badHeader = copyOf(octets, at, at + HEADER_LENGTH)
    return -1
  }
}

function viewOf(octets: Uint8Array): DataView {
  return new DataView(octets.buffer, octets.byteOffset, octets.length)
}

function fill(out: Frame, octets: Uint8Array, at: number, length: number): void {
  out.type = octets[at + 18]
  // A store into an old object is noted for the collector: once per chunk, not per message.
  if (out.octets !== octets) out.octets = octets
  out.start = at + HEADER_LENGTH
  out.end = at + length
}

/** Least message lengths by type (RFC 4271 §6.1, RFC 2918 §3); KEEPALIVE has exactly its length. */
const leastLengths: readonly number[] = [0, 29, 23, 21, 19, 23]

function notSynchronized(): WireError {
  return sessionError(
    'not-synchronized',
    [ErrorCode.header, HeaderError.notSynchronized],
    'RFC 4271 §6.1',
    'the marker is not all ones',
  )
}

function headerError(length: number, type: number, max: number): WireError | undefined {
  if (length < HEADER_LENGTH || length > max) return badLength(length)
  if (type < MessageType.open || type > MessageType.routeRefresh) {
    return sessionError(
      'bad-message-type',
      [ErrorCode.header, HeaderError.badType],
      'RFC 4271 §6.1',
      `message type ${type}`,
      Uint8Array.of(type),
    )
  }
  if (length < leastLengths[type]) return badLength(length)
  // RFC 8654 §4: OPEN and KEEPALIVE never exceed 4096 octets, whatever was negotiated.
  if (type === MessageType.open && length > MAX_MESSAGE_LENGTH) return badLength(length)
  if (type === MessageType.keepalive && length !== HEADER_LENGTH) return badLength(length)
  return undefined
}

function badLength(length: number): WireError {
  return sessionError(
    'bad-message-length',
    [ErrorCode.header, HeaderError.badLength],
    'RFC 4271 §6.1',
    `message length ${length}`,
    Uint8Array.of(length >>> 8, length),
  )
}
