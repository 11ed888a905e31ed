/**
 * Listens for agents on one or several addresses; who comes is decided elsewhere.
 */
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'

export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** What brings connections: a Listener, or what a test puts in its place. */
export interface Acceptor {
  listen(endpoint: Endpoint): Promise<void>
  endpoints(): Endpoint[]
  close(): Promise<void>
}

export class Listener implements Acceptor {
  readonly #servers: Server[] = []
  readonly #onSocket: (socket: Socket) => void
  readonly #onError: (error: Error) => void

  /** onError: a connection could not be accepted (no file descriptor left); listening goes on. */
  constructor(onSocket: (socket: Socket) => void, onError: (error: Error) => void) {
    this.#onSocket = onSocket
    this.#onError = onError
  }

  /** Opens one more address; rejects when it cannot be bound. */
  async listen(endpoint: Endpoint): Promise<void> {
    const server = createServer({ noDelay: true, keepAlive: true }, (socket) => {
      this.#onSocket(socket)
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host: endpoint.host, port: endpoint.port }, () => {
        server.off('error', reject)
        resolve()
      })
    })
    server.on('error', this.#onError)
    this.#servers.push(server)
  }

  /** The addresses in use, with the port that the kernel gave where 0 was asked for. */
  endpoints(): Endpoint[] {
    return this.#servers.map((server) => {
      const { address, port } = server.address() as AddressInfo
      return { host: address, port }
    })
  }

  /** Stops accepting at once; resolves when the connections that were accepted have ended, which is their owners' work. */
  async close(): Promise<void> {
    const closing = this.#servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    )
    this.#servers.length = 0
    await Promise.all(closing)
  }
}
