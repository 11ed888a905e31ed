/**
 * What of the ControlNode document holds from start to end of a daemon (pure): who we are, where we listen and where we
 * keep state. A reload goes on with the running values and says which ones wait for a restart. Only the hold time of
 * agents and a graceful shutdown change live.
 */
import type { Desired } from './config/desired.ts'
import type { ControlNodeDocument, Documents } from './config/documents.ts'

const fields: readonly (readonly [string, (document: ControlNodeDocument) => unknown])[] = [
  ['metadata.name', ({ metadata }) => metadata.name],
  ['spec.autonomousSystem', ({ spec }) => spec.autonomousSystem],
  ['spec.routerID', ({ spec }) => spec.routerID],
  ['spec.clusterID', ({ spec }) => spec.clusterID],
  ['spec.bgp.listen', ({ spec }) => spec.bgp.listen],
  ['spec.agents.listen', ({ spec }) => spec.agents.listen],
  ['spec.agents.tls', ({ spec }) => spec.agents.tls],
  ['spec.api.listen', ({ spec }) => spec.api.listen],
  ['spec.gracefulRestart', ({ spec }) => spec.gracefulRestart],
  ['spec.stateDir', ({ spec }) => spec.stateDir],
]

export interface LiveDocuments {
  /** The new documents, as far as they can be applied to the running daemon. */
  readonly documents: Documents
  /** Paths of what differs and waits. */
  readonly needsRestart: readonly string[]
}

export function withRunningControlNode(running: ControlNodeDocument, next: Documents): LiveDocuments {
  const needsRestart = fields
    .filter(([, valueOf]) => JSON.stringify(valueOf(running)) !== JSON.stringify(valueOf(next.controlNode)))
    .map(([path]) => path)
  const { holdTime } = next.controlNode.spec.agents
  const { gracefulShutdown } = next.controlNode.spec
  const spec = { ...running.spec, gracefulShutdown, agents: { ...running.spec.agents, holdTime } }
  return { documents: { ...next, controlNode: { ...running, spec } }, needsRestart }
}

/**
 * The first client of a reflector, or the last one gone, changes the cluster id where none is configured; the running one
 * stays.
 */
export function withRunningClusterId(
  running: number | undefined,
  desired: Desired,
): { readonly desired: Desired; readonly needsRestart: readonly string[] } {
  if (desired.controlNode.clusterId === running) return { desired, needsRestart: [] }
  return {
    desired: { ...desired, controlNode: { ...desired.controlNode, clusterId: running } },
    needsRestart: ['spec.clusterID'],
  }
}
