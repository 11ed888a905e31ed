/** A BGP speaker made of a socket and nothing of heddle: it says what it is told to, and keeps the routes it gets. */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { readUpdate } from './read-update.ts'

export interface Target {
  readonly host: string
  readonly port: number
}

export class WirePeer {
  /** Types of the messages received, in order. */
  readonly types: number[] = []
  /** Routes that are announced now, with their attributes. */
  readonly routes = new Map<string, ReadonlyMap<number, string>>()
  /** Routes that were ever withdrawn. */
  readonly withdrawn = new Set<string>()
  /** Body of the NOTIFICATION, in hex. */
  notification: string | undefined
  isClosed = false
  readonly #socket: Socket
  #octets: Buffer = Buffer.alloc(0)

  constructor({ host, port }: Target, localAddress: string) {
    this.#socket = connect({ host, port, localAddress })
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk))
    this.#socket.on('error', () => undefined)
    this.#socket.on('close', () => (this.isClosed = true))
  }

  send(octets: Uint8Array): void {
    this.#socket.write(octets)
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#octets = this.#octets.length === 0 ? chunk : Buffer.concat([this.#octets, chunk])
    while (this.#octets.length >= 19) {
      const length = this.#octets.readUInt16BE(16)
      if (this.#octets.length < length) return
      this.#hear(this.#octets[18]!, this.#octets.subarray(19, length))
      this.#octets = this.#octets.subarray(length)
    }
  }

  #hear(type: number, body: Buffer): void {
    this.types.push(type)
    if (type === 3) this.notification = body.toString('hex')
    if (type !== 2) return
    const { reach, unreach, attributes } = readUpdate(body)
    for (const key of unreach) {
      this.routes.delete(key)
      this.withdrawn.add(key)
    }
    for (const key of reach) this.routes.set(key, attributes)
  }
}
