/**
 * What an operator sees of one peer: a snapshot, made on demand.
 */
import type { State } from '../fsm/types.ts'

export interface PeerView {
  readonly name: string
  readonly address: string
  readonly asn: number
  readonly localAs: number
  readonly isIbgp: boolean
  readonly state: State
  /** Clock time of the last change of state; only differences mean anything. */
  readonly sinceMs: number
  /** Negotiated ones; empty unless Established. */
  readonly families: readonly string[]
  readonly routerId: string | undefined
  /** Negotiated, or configured while there is no session. */
  readonly holdTimeSec: number
  /** The peer's. */
  readonly capabilities: readonly string[]
  /** Paths from the peer, by family. */
  readonly received: Readonly<Record<string, number>>
  /** Routes that the peer holds from us, by family. */
  readonly sent: Readonly<Record<string, number>>
  /** Families for which the peer's End-of-RIB has come. */
  readonly endOfRibs: readonly string[]
  /** Families whose paths are kept stale through a restart of the peer. */
  readonly staleFamilies: readonly string[]
  readonly counters: Readonly<Record<string, number>>
  /** Errors in the peer's messages, by kind. */
  readonly errors: Readonly<Record<string, number>>
  readonly lastError: string | undefined
  readonly isDynamic: boolean
  readonly isAdminDown: boolean
  /** Name of the configuration: that of the range for a dynamic peer. */
  readonly configName: string
}
