/**
 * Reading without allocation: all sockets of a thread read into one buffer, and what a reader leaves (the begin of a
 * message whose end has not come) is put back in front of what comes next.
 *
 *   | ........ rest of the last read | what the kernel wrote .............. |
 *            ^ start                 ^ READ_AT                              ^ end
 */
import { connect } from 'node:net'
import type { Socket } from 'node:net'

/** A rest must fit before the octets that follow it. */
const READ_AT = 128 * 1024
const READ_LENGTH = 512 * 1024

const shared = Buffer.allocUnsafeSlow(READ_AT + READ_LENGTH)
const sharedView = new DataView(shared.buffer, shared.byteOffset, shared.length)
const readArea = shared.subarray(READ_AT)

export interface OctetReader {
  /** Takes what is whole of [start, end); returns where the rest begins. Nothing of it may be kept. `view`: of the same. */
  take(octets: Buffer, start: number, end: number, view: DataView): number
  /** A unit too long for the buffer. */
  overflow(): void
}

export class Intake {
  readonly #reader: OctetReader
  #rest = Buffer.alloc(4096)
  #restLength = 0

  constructor(reader: OctetReader) {
    this.#reader = reader
  }

  /** A connection whose octets come here. */
  dial(host: string, port: number, localAddress: string): Socket {
    const onread = { buffer: readArea, callback: (length: number) => this.#read(length) }
    return connect({ host, port, localAddress, noDelay: true, onread })
  }

  /** The same for a connection that was accepted. */
  adopt(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      for (let at = 0; at < chunk.length; at += READ_LENGTH) {
        this.#read(chunk.copy(readArea, 0, at, at + READ_LENGTH))
      }
    })
  }

  /** Forgets the rest: a new stream begins. */
  restart(): void {
    this.#restLength = 0
  }

  #read(length: number): boolean {
    const start = READ_AT - this.#restLength
    this.#rest.copy(shared, start, 0, this.#restLength)
    const end = READ_AT + length
    const rest = this.#reader.take(shared, start, end, sharedView)
    this.#restLength = end - rest
    if (this.#restLength > READ_AT) {
      this.#restLength = 0
      this.#reader.overflow()
    } else {
      if (this.#restLength > this.#rest.length) this.#rest = Buffer.alloc(READ_AT)
      shared.copy(this.#rest, 0, rest, end)
    }
    return true
  }
}
