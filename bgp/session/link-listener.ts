/**
 * What happens on a connection of a peer, told to the peer: octets count and keep the session alive, frames are taken,
 * and everything else is an event of the state machine.
 */
import type { Event } from '../fsm/types.ts'
import type { Frame } from '../wire/framer.ts'
import type { ConnectionListener } from './connection.ts'
import type { PeerCounters } from './counters.ts'
import type { ErrorLog } from './error-log.ts'
import type { InputPacer } from './input-pacer.ts'
import type { Link } from './link.ts'

/** The peer, as a connection of it sees it. */
export interface LinkOwner {
  readonly pacer: InputPacer
  readonly counters: PeerCounters
  readonly errors: ErrorLog
  /** True for the link that the session is on. */
  isSessionLink(link: Link): boolean
  dispatch(event: Event): void
  receive(frame: Frame): void
  drained(): void
}

export function linkListener(link: Link, owner: LinkOwner): ConnectionListener {
  const { pacer, counters, errors } = owner
  let chunkOctets = 0
  return {
    onConnected: () => owner.dispatch({ kind: 'TcpCRAcked' }),
    onData: (octets) => {
      counters.octetsIn += octets
      chunkOctets = octets
      if (owner.isSessionLink(link)) link.restartHold()
      pacer.begin()
    },
    onFrame: (frame) => owner.receive(frame),
    onDataDone: () => {
      if (!owner.isSessionLink(link) || !link.connection) return
      if (pacer.end(link.connection, chunkOctets)) counters.inputPauses++
    },
    onFramingError: (error) => {
      const header = link.connection?.framer.badHeader ?? noOctets
      errors.note(error, header, 0, header.length)
      owner.dispatch({ kind: 'BgpHeaderErr', notification: error.notification })
    },
    onDrain: () => {
      if (owner.isSessionLink(link)) owner.drained()
    },
    onLost: (detail) => owner.dispatch({ kind: 'TcpConnectionFails', detail }),
  }
}

const noOctets = new Uint8Array(0)
