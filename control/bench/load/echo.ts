/**
 * The floor of a latency: octets that another thread sends back at once, over the same kernel and from the same event loop
 * as what is measured. What an echo takes here, a daemon that does nothing would take, too.
 */
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { LinkTarget } from './link.ts'

/** Sends everything back. */
export class EchoServer {
  readonly target: LinkTarget
  readonly #server: Server
  readonly #sockets: Set<Socket>

  static async open(host: string): Promise<EchoServer> {
    const sockets = new Set<Socket>()
    const server = createServer({ noDelay: true }, (socket) => {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => sockets.delete(socket))
      socket.pipe(socket)
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, host, resolve)
    })
    return new EchoServer(server, sockets, { host, port: (server.address() as AddressInfo).port })
  }

  private constructor(server: Server, sockets: Set<Socket>, target: LinkTarget) {
    this.#server = server
    this.#sockets = sockets
    this.target = target
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}

/** Asks it, and takes the time from the write to the read of the last octet. */
export class EchoClient {
  readonly #socket: Socket
  #latenciesMs: number[] = []
  #writtenMs = 0
  #missing = 0

  static async dial({ host, port }: LinkTarget): Promise<EchoClient> {
    const socket = connect({ host, port, noDelay: true })
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.once('connect', resolve)
    })
    return new EchoClient(socket)
  }

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk: Buffer) => {
      this.#missing -= chunk.length
      if (this.#missing === 0) this.#latenciesMs.push(performance.now() - this.#writtenMs)
    })
  }

  /** Nothing while the last echo is still under way. */
  send(octets: Uint8Array): void {
    if (this.#missing > 0) return
    this.#missing = octets.length
    this.#writtenMs = performance.now()
    this.#socket.write(octets)
  }

  /** Milliseconds, since the last call. */
  take(): number[] {
    const latenciesMs = this.#latenciesMs
    this.#latenciesMs = []
    return latenciesMs
  }

  close(): void {
    this.#socket.destroy()
  }
}
