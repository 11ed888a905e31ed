/**
 * Connections in memory in place of TCP: what the node writes, dials and closes is told at once and in order to a
 * recorder, and what the other end does is done by a call. No octet waits anywhere, so a run is the same every time.
 */
import { EventEmitter } from 'node:events'
import type { AcceptedSocket, DialedSocket, DialTarget } from '../../../bgp/session/connection.ts'
import type { Acceptor, Endpoint } from '../../../bgp/session/listener.ts'
import type { Transport } from '../../../bgp/session/transport.ts'
import type { Clock } from '../../../rib/clock.ts'

/** Who hears what the node does. */
export interface Recorder {
  /** Octets of one write, or of all writes between cork and uncork. */
  wrote(socket: MemorySocket, octets: Uint8Array): void
  /** The node has ended the connection. */
  closed(socket: MemorySocket): void
  dialed(socket: MemorySocket): void
}

interface Ends {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly isDialed: boolean
}

/** The node's end of one connection, as far as sessions use a socket. */
export class MemorySocket extends EventEmitter {
  /** What a case calls the connection; a dialed one has no name before it is answered. */
  name: string
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress = '192.0.2.10'
  readonly localPort = 40_000
  readonly writableLength = 0
  connecting: boolean
  closed = false
  readonly #clock: Clock
  readonly #recorder: Recorder
  #corked: Uint8Array[] | undefined
  #unread: Uint8Array[] = []
  #isPaused = false
  #hasEnded = false

  constructor(name: string, ends: Ends, context: { clock: Clock; recorder: Recorder }) {
    super()
    this.name = name
    this.remoteAddress = ends.remoteAddress
    this.remotePort = ends.remotePort
    this.connecting = ends.isDialed
    this.#clock = context.clock
    this.#recorder = context.recorder
  }

  // --- the node's side ----------------------------------------------------------------------------------------------

  write(data: Uint8Array | string): boolean {
    // Copied: a recording must not change when the node reuses a buffer, and a test must notice when it does so too early.
    const octets = Uint8Array.from(Buffer.from(data as string))
    if (this.#corked) this.#corked.push(octets)
    else if (!this.#hasEnded) this.#recorder.wrote(this, octets)
    return true
  }

  cork(): void {
    this.#corked ??= []
  }

  uncork(): void {
    const octets = Buffer.concat(this.#corked ?? [])
    this.#corked = undefined
    if (octets.length > 0) this.write(octets)
  }

  /** The other end closes too when it sees ours closed. */
  end(): void {
    this.#finish()
  }

  destroy(): void {
    this.#finish()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#clock.defer(() => {
      const unread = this.#unread
      this.#unread = []
      for (const octets of unread) this.bring(octets)
    })
  }

  setNoDelay(): void {}

  // --- the other side -----------------------------------------------------------------------------------------------

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  bring(octets: Uint8Array): void {
    if (this.#isPaused) this.#unread.push(octets)
    // A chunk of its own that is overwritten afterwards: nothing stored may be a view of it.
    else {
      const chunk = Uint8Array.from(octets)
      this.emit('data', chunk)
      chunk.fill(0xee)
    }
  }

  answer(): void {
    this.connecting = false
    this.emit('connect')
  }

  /** The other end closes the connection. */
  closeFar(): void {
    this.emit('end')
    this.#finish()
  }

  /** The connection breaks. */
  fail(message: string): void {
    this.emit('error', new Error(message))
    this.#finish()
  }

  #finish(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#recorder.closed(this)
    this.#clock.defer(() => {
      this.closed = true
      this.emit('close')
    })
  }
}

/** Every acceptor and connection of one node. */
export class MemoryTransport implements Transport {
  readonly #context: { clock: Clock; recorder: Recorder }
  readonly #acceptors = new Map<number, (socket: AcceptedSocket) => void>()
  readonly #dialed: MemorySocket[] = []

  constructor(clock: Clock, recorder: Recorder) {
    this.#context = { clock, recorder }
  }

  acceptor(onSocket: (socket: AcceptedSocket) => void): Acceptor {
    const endpoints: Endpoint[] = []
    return {
      listen: (endpoint) => {
        endpoints.push(endpoint)
        this.#acceptors.set(endpoint.port, onSocket)
        return Promise.resolve()
      },
      endpoints: () => endpoints,
      close: () => {
        for (const { port } of endpoints) this.#acceptors.delete(port)
        return Promise.resolve()
      },
    }
  }

  dial({ host, port }: DialTarget): DialedSocket {
    const ends = { remoteAddress: host, remotePort: port, isDialed: true }
    const socket = new MemorySocket(`${host}:${port}`, ends, this.#context)
    this.#dialed.push(socket)
    this.#context.recorder.dialed(socket)
    return asSocket(socket)
  }

  /** Somebody connects to the node. */
  connect(name: string, from: string, port: number): MemorySocket {
    const onSocket = this.#acceptors.get(port)
    if (!onSocket) throw new Error(`nothing listens on port ${port}`)
    const ends = { remoteAddress: from, remotePort: 50_000, isDialed: false }
    const socket = new MemorySocket(name, ends, this.#context)
    onSocket(asSocket(socket))
    return socket
  }

  /** The connection that the node is opening to `host:port`. */
  dialedTo(target: string): MemorySocket {
    const socket = this.#dialed.find((one) => one.name === target && one.connecting && !one.hasEnded)
    if (!socket) throw new Error(`the node is not dialing ${target}`)
    return socket
  }
}

function asSocket(socket: MemorySocket): AcceptedSocket {
  return socket as unknown as AcceptedSocket
}
