/**
 * Two ends of a real TCP connection on loopback: tests of connections use sockets as they are, not fakes of them.
 */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface Duplex {
  readonly near: Socket
  readonly far: Socket
}

/** A connected pair; both ends are destroyed by whoever asked for them. */
export async function duplex(): Promise<Duplex> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [far] = (await once(server, 'connection')) as [Socket]
  server.close()
  if (near.connecting) await once(near, 'connect')
  return { near, far }
}
