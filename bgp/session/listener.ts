/**
 * Listens for peers on one or several addresses. What comes in is handed on with its remote address; who it is, is not
 * decided here.
 */
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { isSocketFault, socketOptions } from './native-sockets.ts'
import type { ListenerSettings } from './socket-settings.ts'
import { ListenerGuard } from './tcp-guard.ts'
import { descriptorOf } from './tcp-sockets.ts'

export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** What brings connections: a Listener, or what a test puts in its place. */
export interface Acceptor {
  listen(endpoint: Endpoint): Promise<void>
  endpoints(): Endpoint[]
  /** Puts keys and TTL on the listeners; what is wrong by name of the peer that must not be accepted. */
  guard?(settings: ListenerSettings): ReadonlyMap<string, string>
  close(): Promise<void>
}

export class Listener implements Acceptor {
  readonly #servers: Server[] = []
  readonly #guards = new Map<Server, ListenerGuard>()
  readonly #onSocket: (socket: Socket) => void
  readonly #onError: (error: Error) => void

  /** onError: a connection could not be accepted (no file descriptor left); listening goes on. */
  constructor(onSocket: (socket: Socket) => void, onError: (error: Error) => void) {
    this.#onSocket = onSocket
    this.#onError = onError
  }

  /** Opens one more address; rejects when it cannot be bound. */
  async listen(endpoint: Endpoint): Promise<void> {
    const server = createServer((socket) => {
      this.#onSocket(socket)
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host: endpoint.host, port: endpoint.port }, () => {
        server.off('error', reject)
        server.on('error', this.#onError)
        resolve()
      })
    })
    this.#servers.push(server)
  }

  /** The addresses in use, with the port that the kernel gave where 0 was asked for. */
  endpoints(): Endpoint[] {
    return this.#servers.map((server) => {
      const { address, port } = server.address() as AddressInfo
      return { host: address, port }
    })
  }

  guard(settings: ListenerSettings): ReadonlyMap<string, string> {
    const faults = new Map<string, string>()
    for (const server of this.#servers) {
      const guard = this.#guards.get(server) ?? new ListenerGuard()
      if (!guard.isChangedBy(settings)) continue
      this.#guards.set(server, guard)
      const options = socketOptions()
      const descriptor = descriptorOf(server)
      if (isSocketFault(options) || descriptor === undefined) {
        const fault = isSocketFault(options) ? options.fault : 'the listener is closed'
        for (const { peer } of settings.signed) faults.set(peer, fault)
        continue
      }
      const family = (server.address() as AddressInfo).family === 'IPv6' ? 6 : 4
      for (const [peer, fault] of guard.apply({ options, descriptor, family }, settings))
        faults.set(peer, fault)
    }
    return faults
  }

  /** Stops accepting; connections that were accepted are not touched. */
  async close(): Promise<void> {
    const closing = this.#servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    )
    this.#servers.length = 0
    this.#guards.clear()
    await Promise.all(closing)
  }
}
