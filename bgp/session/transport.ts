/**
 * Where connections come from and go to: TCP, unless a test of the whole node brings connections in memory.
 */
import { dialTcp } from './connection.ts'
import type { AcceptedSocket, DialedSocket, DialTarget } from './connection.ts'
import { Listener } from './listener.ts'
import type { Acceptor } from './listener.ts'

export interface Transport {
  /** onError: a connection could not be accepted. */
  acceptor(onSocket: (socket: AcceptedSocket) => void, onError: (error: Error) => void): Acceptor
  dial(target: DialTarget): DialedSocket
}

/** The real one. */
export const tcp: Transport = {
  acceptor: (onSocket, onError) => new Listener(onSocket, onError),
  dial: dialTcp,
}
