/**
 * The socket of a rehearsal, as far as a BGP connection uses one: what is brought comes out as data at once, what is
 * written is gone.
 */
import { EventEmitter } from 'node:events'
import type { AcceptedSocket } from '../../bgp/session/connection.ts'

export class WarmSocket extends EventEmitter {
  readonly remoteAddress: string
  readonly remotePort = 179
  readonly localAddress = '192.0.2.1'
  readonly localPort = 179
  readonly writableLength = 0
  readonly connecting = false
  closed = false
  /** Octets that the node has written. */
  written = 0
  #unread: Uint8Array[] = []
  #isPaused = false

  constructor(remoteAddress: string) {
    super()
    this.remoteAddress = remoteAddress
  }

  /** As the type that sessions know. */
  get socket(): AcceptedSocket {
    return this as unknown as AcceptedSocket
  }

  /** The peer's octets come in; none are lost while reading is paused. */
  bring(octets: Uint8Array): void {
    if (this.#isPaused) this.#unread.push(octets)
    else this.emit('data', octets)
  }

  write(octets: Uint8Array, taken?: () => void): boolean {
    this.written += octets.length
    taken?.()
    return true
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    while (!this.#isPaused && this.#unread.length > 0) this.emit('data', this.#unread.shift())
  }

  end(): void {
    this.destroy()
  }

  destroy(): void {
    this.closed = true
    this.emit('close')
  }

  cork(): void {}
  uncork(): void {}
  setNoDelay(): void {}
}
