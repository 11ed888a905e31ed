/**
 * One agent's socket: octets in through the framer, text and shared frames out, TLS underneath when asked (RFC 6120 §5).
 * It knows nothing of what the stanzas mean.
 */
import type { Socket } from 'node:net'
import type { Timers } from '../../rib/clock.ts'
import { parseIpAddress, unmapIpv4 } from '../../rib/model/ip-address.ts'
import type { IpAddress } from '../../rib/model/ip-address.ts'
import type { StreamError } from '../wire/stream-error.ts'
import { StreamFramer } from '../wire/stream-framer.ts'
import type { StreamEvent } from '../wire/stream-framer.ts'

/** Octets waiting for the kernel above which a connection takes no more routes: what a slow agent costs. */
const HIGH_WATER_OCTETS = 256 * 1024

/** How long the last text may take to leave before the socket is closed hard. */
const LINGER_MS = 1_000

/** Certificate, key and, to ask agents for theirs, the authority: PEM. */
export interface TlsIdentity {
  readonly cert: string | Buffer
  readonly key: string | Buffer
  readonly ca?: string | Buffer | undefined
}

/** Who hears of a connection. Nothing is called after close or onLost. */
export interface ConnectionListener {
  onOctets(count: number): void
  /** A stanza may begin; true when the listener has taken one, or several, by itself. */
  onStanzaAhead(): boolean
  onStreamEvent(event: StreamEvent): void
  onStreamError(error: StreamError): void
  /** All whole stanzas of a chunk were delivered. In between, too, the connection may be paused. */
  onInputDone(): void
  onSecured(): void
  onDrain(): void
  onLost(detail: string): void
}

/** A connection that the listener accepted. */
export type AgentSocket = Socket

export class Connection {
  readonly framer = new StreamFramer()
  /** Without zone and mapping; undefined when the socket is gone already. */
  readonly address: IpAddress | undefined
  readonly addressText: string
  readonly #timers: Timers
  readonly #listener: ConnectionListener
  #socket: Socket
  #isClosed = false
  #isBlocked = false
  #isPaused = false
  #isSecuring = false

  constructor(socket: Socket, listener: ConnectionListener, timers: Timers) {
    this.#socket = socket
    this.#listener = listener
    this.#timers = timers
    this.addressText = (socket.remoteAddress ?? '').replace(/^::ffff:|%.*$/g, '')
    const address = parseIpAddress(this.addressText)
    this.address = address && unmapIpv4(address)
    this.#listen(socket)
  }

  /** True while the transport should get no more routes. */
  get isBlocked(): boolean {
    return this.#isBlocked
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  writeText(text: string): void {
    if (this.#isClosed) return
    this.#socket.write(text)
    this.#noteLevel()
  }

  /** Each frame behind the head, in one system call. Frames are shared and must not change any more. */
  writeFrames(head: Uint8Array, frames: readonly Uint8Array[]): void {
    if (this.#isClosed) return
    this.#socket.cork()
    for (const frame of frames) {
      this.#socket.write(head)
      this.#socket.write(frame)
    }
    this.#socket.uncork()
    this.#noteLevel()
  }

  /** Reads no more until resume, and delivers nothing of what was read already. */
  pause(): void {
    if (this.#isPaused || this.#isClosed) return
    this.#isPaused = true
    this.#socket.pause()
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#frame()
    if (!this.#isPaused && !this.#isClosed) this.#socket.resume()
  }

  /**
   * Puts TLS below the stream once the agent begins its handshake. Blanks that followed its STARTTLS may still be under
   * way and are no part of it.
   */
  secure(identity: TlsIdentity): void {
    this.#isSecuring = true
    const plain = this.#socket
    const begin = (chunk: Buffer): void => {
      const first = chunk.findIndex((octet) => octet !== 0x0a && octet !== 0x0d && octet !== 0x20)
      if (first < 0) return
      plain.off('data', begin)
      plain.pause()
      plain.unshift(chunk.subarray(first))
      this.#wrap(plain, identity)
    }
    plain.removeAllListeners('data')
    plain.on('data', begin)
    const rest = this.framer.restart()
    if (rest.length > 0) begin(Buffer.from(rest))
  }

  /** Ends the connection once what was written has left, at the latest after a moment. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const socket = this.#socket
    const linger = this.#timers.setTimer(LINGER_MS, () => {
      socket.destroy()
    })
    socket.once('close', () => {
      linger.cancel()
    })
    // What the agent still sends is read and dropped, so that the kernel does not answer it with a reset.
    socket.removeAllListeners('data')
    socket.on('data', () => undefined)
    socket.resume()
    socket.end()
  }

  /** Resolves when the socket is gone. */
  closed(): Promise<void> {
    if (this.#socket.closed) return Promise.resolve()
    return new Promise((resolve) => this.#socket.once('close', () => resolve()))
  }

  /** A server of its own, never listening, does the handshake and asks for the agent's certificate as node:tls would. */
  #wrap(plain: Socket, identity: TlsIdentity): void {
    const { cert, key, ca } = identity
    const server = process.getBuiltinModule('node:tls').createServer({
      cert,
      key,
      minVersion: 'TLSv1.2',
      ...(ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }),
    })
    server.on('tlsClientError', (error: Error) => {
      this.#lose(`TLS: ${error.message}`)
    })
    server.on('secureConnection', (secure) => {
      if (this.#isClosed) {
        secure.destroy()
        return
      }
      this.#socket = secure
      this.#isSecuring = false
      this.#listen(secure)
      this.#listener.onSecured()
    })
    server.emit('connection', plain)
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Uint8Array) => {
      this.#take(chunk)
    })
    socket.on('drain', () => {
      if (!this.#isBlocked || this.#isClosed) return
      this.#isBlocked = false
      this.#listener.onDrain()
    })
    socket.on('error', (error: Error) => {
      this.#lose(error.message)
    })
    socket.on('end', () => {
      this.#lose('closed by the agent')
    })
    socket.on('close', () => {
      this.#lose('closed')
    })
  }

  #take(chunk: Uint8Array): void {
    if (this.#isClosed) return
    this.#listener.onOctets(chunk.length)
    this.framer.push(chunk)
    this.#frame()
  }

  /** Delivers what the chunk holds. A stanza may end the connection or its plain part, or pause it: each time all are asked. */
  #frame(): void {
    const { framer } = this
    while (!this.#isClosed && !this.#isSecuring && !this.#isPaused) {
      if (this.#listener.onStanzaAhead()) continue
      const event = framer.next()
      if (event) {
        this.#listener.onStreamEvent(event)
        continue
      }
      if (framer.error) this.#listener.onStreamError(framer.error)
      else this.#listener.onInputDone()
      return
    }
  }

  #noteLevel(): void {
    if (this.#socket.writableLength >= HIGH_WATER_OCTETS) this.#isBlocked = true
  }

  #lose(detail: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#socket.destroy()
    this.#listener.onLost(detail)
  }
}
