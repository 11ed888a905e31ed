/**
 * Where connections come from and go to: TCP, unless a test of the whole node brings connections in memory.
 */
import type { AcceptedSocket, DialedSocket, DialTarget } from './connection.ts'
import { Listener } from './listener.ts'
import type { Acceptor } from './listener.ts'
import { isSocketFault, socketOptions } from './native-sockets.ts'
import type { SocketSettings } from './socket-settings.ts'
import { dialTcp, protectTcp } from './tcp-sockets.ts'

export interface Transport {
  /** onError: a connection could not be accepted. */
  acceptor(onSocket: (socket: AcceptedSocket) => void, onError: (error: Error) => void): Acceptor
  dial(target: DialTarget): DialedSocket
  /** Puts a peer's settings on an open connection, in place of others; what is wrong, or undefined. */
  protect?(socket: AcceptedSocket, settings: SocketSettings, before?: SocketSettings): string | undefined
  /** Why passwords and TTLs cannot be set here; undefined where they can. */
  lacks?(): string | undefined
}

/** The real one. */
export const tcp: Transport = {
  acceptor: (onSocket, onError) => new Listener(onSocket, onError),
  dial: dialTcp,
  protect: protectTcp,
  lacks: () => {
    const options = socketOptions()
    return isSocketFault(options) ? options.fault : undefined
  },
}
