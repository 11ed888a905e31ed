/**
 * From desired configuration to what has to be there (pure): addresses, labels, local paths, and the state to keep.
 */
import type { Desired } from './config/desired.ts'
import { allocateFloatingIps } from './floating-ip/allocation.ts'
import type { AllocationResult } from './floating-ip/allocation.ts'
import { allocateLabels } from './floating-ip/label-allocation.ts'
import type { LabelResult } from './floating-ip/label-allocation.ts'
import { wantedLocalPaths } from './floating-ip/local-path.ts'
import type { LocalPath } from './floating-ip/local-path.ts'
import type { DaemonState } from './state.ts'

export interface Plan {
  readonly desired: Desired
  readonly allocation: AllocationResult
  readonly labels: LabelResult
  readonly localPaths: readonly LocalPath[]
  readonly state: DaemonState
}

export function makePlan(desired: Desired, earlier: DaemonState): Plan {
  const allocation = allocateFloatingIps({
    pools: desired.pools,
    floatingIps: desired.floatingIps,
    ports: desired.ports,
    existing: earlier.allocations,
  })
  const labels = allocateLabels(desired.nodes, desired.ports, earlier.labels)
  return {
    desired,
    allocation,
    labels,
    localPaths: wantedLocalPaths(desired, allocation.allocations, labels.labels),
    state: {
      networkIndexes: desired.networkIndexes,
      allocations: allocation.allocations,
      labels: labels.labels,
    },
  }
}
