/**
 * What every peer of a speaker works with.
 */
import type { Timers } from '../../rib/clock.ts'
import type { Log } from '../../rib/log.ts'
import type { Rib } from '../../rib/rib.ts'
import type { InputPacer } from './input-pacer.ts'
import type { OwnRestart } from './own-restart.ts'
import type { LocalFacts } from './peer-config.ts'
import type { SocketMaker } from './peer-sockets.ts'
import type { Peer } from './peer.ts'

export interface PeerContext extends SocketMaker {
  readonly rib: Rib
  readonly timers: Timers
  readonly log: Log
  readonly local: LocalFacts
  readonly pacer: InputPacer
  readonly ownRestart: OwnRestart
  /** A number from 0 up to 1, for jitter. */
  random(): number
  /** The peer has no connection left and keeps no paths: a dynamic one may go. */
  onQuiet(peer: Peer): void
}
