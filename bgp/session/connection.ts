/**
 * One TCP connection to a peer: socket to Framer, writes with backpressure. Beside listener.ts the only file of bgp that
 * knows sockets. It knows no BGP but the framing.
 *
 *   data -> push -> next, next, ... -> onFrame      pause() stops reading from the kernel: TCP then slows the peer down
 *   write -> socket buffer                          above HIGH_WATER_OCTETS isBlocked, below it again -> onDrain
 */
import { Socket } from 'node:net'
import type { Timers } from '../../rib/clock.ts'
import type { IpAddress } from '../../rib/model/ip-address.ts'
import { emptyFrame, Framer } from '../wire/framer.ts'
import type { Frame } from '../wire/framer.ts'
import { useOfPiece } from '../wire/output-slabs.ts'
import type { WireError } from '../wire/wire-error.ts'
import type { SocketSettings } from './socket-settings.ts'

/** Octets waiting for the kernel above which a connection takes no more routes: a slow peer costs this much, no more. */
const HIGH_WATER_OCTETS = 256 * 1024

/** How long a last NOTIFICATION may take to leave before the socket is closed hard. */
const LINGER_MS = 2_000

/** Who hears of a connection. Nothing is called after close. */
export interface ConnectionListener {
  /** A dialed connection is up. */
  onConnected(): void
  /** Data has come; its messages follow. */
  onData(octets: number): void
  /** Valid during the call only. */
  onFrame(frame: Frame): void
  /** All whole messages of the data were delivered. */
  onDataDone(): void
  onFramingError(error: WireError): void
  onDrain(): void
  onLost(detail: string): void
}

/** A connection that the listener accepted. */
export type AcceptedSocket = Socket

/** A connection that is being opened. */
export type DialedSocket = Socket

export interface DialTarget {
  readonly host: string
  readonly port: number
  readonly localAddress: string | undefined
  readonly address: IpAddress
  readonly settings: SocketSettings
}

export class Connection {
  readonly framer = new Framer()
  readonly #socket: Socket
  readonly #timers: Timers
  readonly #listener: ConnectionListener
  readonly #frame = emptyFrame()
  #isClosed = false
  #isBlocked = false
  #isPaused = false
  #octetsTaken = 0
  /** What a socket of the system brings is ours alone; what a test's brings may be a constant. */
  readonly #ownsChunks: boolean

  /** Takes over a connection that is being opened; onConnected or onLost follows. */
  static dial(socket: DialedSocket, listener: ConnectionListener, timers: Timers): Connection {
    const connection = new Connection(socket, listener, timers)
    socket.once('connect', () => {
      if (!connection.#isClosed) listener.onConnected()
    })
    return connection
  }

  /** Takes over a connection that the peer opened. */
  static adopt(socket: AcceptedSocket, listener: ConnectionListener, timers: Timers): Connection {
    return new Connection(socket, listener, timers)
  }

  private constructor(socket: Socket, listener: ConnectionListener, timers: Timers) {
    this.#socket = socket
    this.#ownsChunks = socket instanceof Socket
    this.#listener = listener
    this.#timers = timers
    socket.setNoDelay(true)
    socket.on('data', (chunk: Uint8Array) => {
      this.#take(chunk)
    })
    socket.on('drain', () => {
      this.#drained()
    })
    socket.on('error', (error: Error) => {
      this.#lost(error.message)
    })
    socket.on('end', () => {
      this.#lost('closed by the peer')
    })
    socket.on('close', () => {
      this.#lost('closed')
    })
  }

  /** True while the transport should get no more routes. */
  get isBlocked(): boolean {
    return this.#isBlocked
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Octets that wait for the kernel. */
  get pendingOctets(): number {
    return this.#socket.writableLength
  }

  /** Octets that the kernel has taken: grows while the peer reads. */
  get takenOctets(): number {
    return this.#octetsTaken - this.#socket.writableLength
  }

  /** For options of the transport. */
  get socket(): AcceptedSocket {
    return this.#socket
  }

  get isConnecting(): boolean {
    return this.#socket.connecting
  }

  get localAddress(): string | undefined {
    return this.#socket.localAddress
  }

  get localPort(): number | undefined {
    return this.#socket.localPort
  }

  get remotePort(): number | undefined {
    return this.#socket.remotePort
  }

  /**
   * Writes whole messages; never refused, but isBlocked may be true afterwards. The octets must not change any more; an
   * output slab hears when they have left.
   */
  write(octets: Uint8Array): void {
    if (this.#isClosed) return
    this.#octetsTaken += octets.length
    this.#socket.write(octets, useOfPiece(octets))
    if (this.#socket.writableLength >= HIGH_WATER_OCTETS) this.#isBlocked = true
  }

  /** Several messages in one system call. */
  writeAll(frames: readonly Uint8Array[]): void {
    if (frames.length === 1) return this.write(frames[0]!)
    // Only the drain ends a block: whoever was told "full" waits to hear of it.
    const wasBlocked = this.#isBlocked
    this.#socket.cork()
    for (const frame of frames) this.write(frame)
    this.#socket.uncork()
    this.#isBlocked = wasBlocked || this.#socket.writableLength >= HIGH_WATER_OCTETS
  }

  /** Reads no more until resume. */
  pause(): void {
    if (this.#isPaused || this.#isClosed) return
    this.#isPaused = true
    this.#socket.pause()
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    if (!this.#isClosed) this.#socket.resume()
  }

  /** Ends the connection once what was written has left, at the latest after a moment. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const socket = this.#socket
    if (socket.connecting) {
      socket.destroy()
      return
    }
    const linger = this.#timers.setTimer(LINGER_MS, () => {
      socket.destroy()
    })
    socket.once('close', () => {
      linger.cancel()
    })
    // What the peer still sends is read and dropped, so that the kernel does not answer it with a reset.
    socket.resume()
    socket.end()
  }

  /** Resolves when the socket is gone. */
  closed(): Promise<void> {
    if (this.#socket.closed) return Promise.resolve()
    return new Promise((resolve) => this.#socket.once('close', () => resolve()))
  }

  #take(chunk: Uint8Array): void {
    if (this.#isClosed) return
    this.#listener.onData(chunk.length)
    const { framer } = this
    framer.push(chunk)
    // A message may end the connection, so the flag is asked each time.
    while (!this.#isClosed && framer.next(this.#frame)) this.#listener.onFrame(this.#frame)
    if (this.#isClosed) return
    if (framer.error) this.#listener.onFramingError(framer.error)
    else {
      if (this.#ownsChunks) giveBack(chunk)
      this.#listener.onDataDone()
    }
  }

  #drained(): void {
    if (!this.#isBlocked || this.#isClosed) return
    this.#isBlocked = false
    this.#listener.onDrain()
  }

  #lost(detail: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#socket.destroy()
    this.#listener.onLost(detail)
  }
}

/** Smaller ones are left to the collector. */
const LARGE_CHUNK_OCTETS = 8 * 1024

/**
 * Each read of a socket fills memory of its own, 64 KiB of it. Left to the collector, a table that comes in stands there
 * once more, and each chunk touches fresh pages; given back at once, the next read gets the same ones.
 */
function giveBack(chunk: Uint8Array): void {
  const { buffer } = chunk
  // Not a part of something larger, as a pool would be.
  const isWhole = buffer instanceof ArrayBuffer && chunk.length === buffer.byteLength
  if (isWhole && chunk.length >= LARGE_CHUNK_OCTETS) buffer.transfer(0)
}
