/**
 * Stands between heddle and a real peer and keeps what each of them sent:
 *
 *   heddle (connects) --> proxy address:port | proxy address --> peer address:port
 *
 * Both ends see the proxy's address as their neighbour. It also can hold a connection or cut it, as a network would.
 */
import { createServer, connect } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { PcapWriter } from './pcap.ts'

export interface Recording {
  /** In the order of arrival: 0 the side that connected, 1 the other. */
  readonly chunks: { readonly from: 0 | 1; readonly octets: Buffer }[]
}

/** One BGP message as it went over the connection. */
export interface RecordedMessage {
  readonly type: number
  readonly body: Buffer
}

const HEADER_OCTETS = 19

export class RecordingProxy {
  readonly recordings: Recording[] = []
  readonly address: string
  /** False: whoever connects is turned away. */
  isOpen = true
  readonly #target: { readonly address: string; readonly port: number }
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor(address: string, target: { readonly address: string; readonly port: number }) {
    this.address = address
    this.#target = target
    this.#server = createServer((socket) => this.#join(socket))
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(0, this.address, resolve)
    })
  }

  /** Cuts every connection that passes through. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** The last connection as a capture file, shown on port 179 so that a dissector knows the protocol. */
  pcap(): Buffer {
    const writer = new PcapWriter(
      { address: [127, 0, 0, 1], port: 40_000 },
      { address: [127, 0, 0, 2], port: 179 },
    )
    for (const { from, octets } of this.recordings.at(-1)?.chunks ?? []) writer.sent(from, octets)
    return writer.file()
  }

  /** The messages that one end has sent over the last connection. */
  messages(from: 0 | 1): RecordedMessage[] {
    const chunks = (this.recordings.at(-1)?.chunks ?? []).filter((chunk) => chunk.from === from)
    const stream = Buffer.concat(chunks.map(({ octets }) => octets))
    const messages: RecordedMessage[] = []
    for (let start = 0; start + HEADER_OCTETS <= stream.length;) {
      const end = start + stream.readUInt16BE(start + 16)
      messages.push({ type: stream[start + 18]!, body: stream.subarray(start + HEADER_OCTETS, end) })
      start = end
    }
    return messages
  }

  #join(near: Socket): void {
    if (!this.isOpen) {
      near.destroy()
      return
    }
    const recording: Recording = { chunks: [] }
    this.recordings.push(recording)
    const far = connect({ host: this.#target.address, port: this.#target.port, localAddress: this.address })
    const pass = (from: 0 | 1, source: Socket, sink: Socket): void => {
      this.#sockets.add(source)
      source.setNoDelay(true)
      source.on('data', (octets) => {
        recording.chunks.push({ from, octets: Buffer.from(octets) })
        sink.write(octets)
      })
      source.on('end', () => sink.end())
      source.on('error', () => sink.destroy())
      source.on('close', () => {
        this.#sockets.delete(source)
        sink.destroy()
      })
    }
    pass(0, near, far)
    pass(1, far, near)
  }
}
