/** States that tell by themselves whether they are whole: every number in one is that of its round. */
import { emptyState } from '../../control/state.ts'
import type { DaemonState } from '../../control/state.ts'

export const NODES = 3_000
const PORTS = 10

export function stateOfRound(round: number): DaemonState {
  const label = round % 1_000_000
  const ports = new Map(Array.from({ length: PORTS }, (_, port) => [`p/port-${port}`, label] as const))
  const nodes = Array.from(
    { length: NODES },
    (_, node) => [`compute-${node}`, { next: label, byPort: ports }] as const,
  )
  return { ...emptyState, labels: new Map(nodes) }
}

/** The numbers in it: one, where it is of one round. */
export function roundsOf({ labels }: DaemonState): Set<number> {
  return new Set([...labels.values()].flatMap(({ next, byPort }) => [next, ...byPort.values()]))
}
