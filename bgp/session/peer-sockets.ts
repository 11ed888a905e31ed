/**
 * The sockets of one peer: made, taken over, and changed as its configuration asks for passwords, TTLs and traffic class.
 */
import type { Timers } from '../../rib/clock.ts'
import type { IpAddress } from '../../rib/model/ip-address.ts'
import { Connection } from './connection.ts'
import type { AcceptedSocket, ConnectionListener, DialedSocket, DialTarget } from './connection.ts'
import { dialTarget } from './peer-config.ts'
import type { PeerConfig } from './peer-config.ts'
import { sameSettings, socketSettings } from './socket-settings.ts'
import type { SocketSettings } from './socket-settings.ts'

export interface SocketMaker {
  dial(target: DialTarget): DialedSocket
  /** Puts a peer's settings on an open connection, in place of others; what is wrong, or undefined. */
  protect(socket: AcceptedSocket, settings: SocketSettings, before?: SocketSettings): string | undefined
}

export class PeerSockets {
  readonly #maker: SocketMaker
  readonly #timers: Timers
  readonly #address: IpAddress

  constructor(maker: SocketMaker, timers: Timers, address: IpAddress) {
    this.#maker = maker
    this.#timers = timers
    this.#address = address
  }

  dial(config: PeerConfig, listener: ConnectionListener): Connection {
    return Connection.dial(this.#maker.dial(dialTarget(config, this.#address)), listener, this.#timers)
  }

  /** A connection that the peer opened, made what the configuration asks for; or why it cannot be. */
  protect(socket: AcceptedSocket, config: PeerConfig): string | undefined {
    return this.#maker.protect(socket, socketSettings(config))
  }

  adopt(socket: AcceptedSocket, listener: ConnectionListener): Connection {
    return Connection.adopt(socket, listener, this.#timers)
  }

  /** Brings connections from one configuration to another; what is wrong with one of them, or undefined. */
  change(connections: Iterable<Connection>, before: PeerConfig, after: PeerConfig): string | undefined {
    const [from, to] = [socketSettings(before), socketSettings(after)]
    if (sameSettings(from, to)) return undefined
    for (const connection of connections) {
      // One that is being opened is given up and made anew.
      if (connection.isConnecting) continue
      const fault = this.#maker.protect(connection.socket, to, from)
      if (fault !== undefined) return fault
    }
    return undefined
  }
}
