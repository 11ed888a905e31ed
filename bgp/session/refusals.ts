/**
 * Connections of peers that get no session: from a range that is full, or to a peer that is down. Each is told why (CEASE, RFC 4486) and closed. Whoever connects again and again costs neither log lines nor
 * sockets without limit.
 */
import type { Timers } from '../../rib/clock.ts'
import type { Log } from '../../rib/log.ts'
import { encodeNotification } from '../wire/notification.ts'
import type { Notification } from '../wire/notification.ts'
import { Connection } from './connection.ts'
import type { AcceptedSocket, ConnectionListener } from './connection.ts'
import { causeText } from './down-cause.ts'
import { isWorthLogging } from './error-log.ts'

/** Refused connections that may wait for their NOTIFICATION to leave; beyond, they are closed without one. */
const MAX_LINGERING = 64

export class Refusals {
  /** Connections refused so far. */
  count = 0
  readonly #timers: Timers
  readonly #log: Log
  #lingering = 0

  constructor(timers: Timers, log: Log) {
    this.#timers = timers
    this.#log = log
  }

  /** Ends a connection from this address. */
  refuse(socket: AcceptedSocket, address: string, reason: Notification): void {
    this.count++
    if (isWorthLogging(this.count)) {
      const cause = causeText({ kind: 'notificationSent', notification: reason })
      this.#log.warn('bgp.connectionRejected', { address, cause, count: this.count })
    }
    if (this.#lingering >= MAX_LINGERING) {
      socket.destroy()
      return
    }
    this.#lingering++
    const connection = Connection.adopt(socket, deafListener, this.#timers)
    connection.write(encodeNotification(reason))
    connection.close()
    void connection.closed().then(() => this.#lingering--)
  }
}

const deafListener: ConnectionListener = {
  onConnected() {},
  onData() {},
  onFrame() {},
  onDataDone() {},
  onFramingError() {},
  onDrain() {},
  onLost() {},
}
