/**
 * What the API needs of the daemon: its parts, and the two things that an operator may ask it to do. The daemon of
 * control/daemon.ts is one; tests bring their own around a bare RIB.
 */
import type { PeerErrors } from '../../bgp/session/peer-errors.ts'
import type { PeerView } from '../../bgp/session/peer-view.ts'
import type { Speaker } from '../../bgp/session/speaker.ts'
import type { Rib } from '../../rib/rib.ts'
import type { AgentView } from '../../xmpp/session/agent-server.ts'
import type { ApplyReport } from '../apply-report.ts'
import type { FloatingIpStatus } from '../floating-ip/status.ts'

/** As much of it as routes need. */
export type RouteNode = Pick<ControlNode, 'rib' | 'nodeNames'>

export interface ControlNode {
  readonly name: string
  readonly localAs: number
  /** Dotted quad. */
  readonly routerId: string
  readonly rib: Rib
  /** The clock that peers' and agents' `sinceMs` are read from. */
  nowMs(): number
  peers(): readonly PeerView[]
  /** Undefined when there is no such peer. */
  peerErrors(name: string): PeerErrors | undefined
  /** False when there is no such peer. */
  clearPeer(name: string): boolean
  /** BGP connections closed without a word: how many, and the latest addresses. */
  refusedConnections(limit: number): ReturnType<Speaker['refusedConnections']>
  agents(): readonly AgentView[]
  floatingIps(): readonly FloatingIpStatus[]
  /** Address → name of the compute node that has it, where configuration or an agent tells it. */
  nodeNames(): ReadonlyMap<string, string>
  reload(): Promise<ReloadOutcome>
}

/** What a reload did: problems and nothing, or the changes it applied. */
export interface ReloadOutcome {
  readonly applied: boolean
  /** As `heddle check` words them. */
  readonly problems: readonly string[]
  readonly changes?: ApplyReport | undefined
}
