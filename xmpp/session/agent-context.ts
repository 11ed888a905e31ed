/**
 * What every session of an agent server shares.
 */
import type { Timers } from '../../rib/clock.ts'
import type { ExportRule } from '../../rib/export-rule.ts'
import type { LimitedLines } from '../../rib/limited-lines.ts'
import type { Log } from '../../rib/log.ts'
import type { Rib } from '../../rib/rib.ts'
import type { Rival } from '../fsm/types.ts'
import type { Agent } from './agent.ts'
import type { TlsIdentity } from './connection.ts'
import type { AgentCounters } from './counters.ts'
import type { InputPacer } from './input-pacer.ts'
import type { EncodeContext } from './send.ts'
import type { VirtualNetworks } from './virtual-networks.ts'

export interface AgentContext {
  readonly rib: Rib
  readonly clock: Timers
  readonly log: Log
  /** Connections that ended before they were sessions. */
  readonly failedAttempts: LimitedLines
  /** Our host name. */
  readonly serverName: string
  readonly localAs: number
  readonly tls: TlsIdentity | undefined
  readonly pacer: InputPacer
  readonly rule: ExportRule
  readonly networks: VirtualNetworks
  readonly encodeContext: EncodeContext
  readonly holdTimeSec: number
  /** The established session of a name, as its rival would see it. */
  rivalOf(name: string, agent: Agent): Rival | undefined
  dropRival(name: string): void
  /** Counters of a name, which outlive its sessions. */
  countersOf(name: string): AgentCounters
  onUp(name: string, agent: Agent): void
  /** The connection is over, established or not. */
  onGone(agent: Agent): void
}
