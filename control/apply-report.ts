/**
 * What applying a configuration changed, by name (pure): for the log, the API and whoever runs a reload.
 */
import { formatIpAddress } from '../rib/model/ip-address.ts'
import type { Plan } from './apply-plan.ts'
import { mapped } from './slices.ts'
import type { Steps } from './slices.ts'

export interface NamedDifference {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
}

export interface Refused {
  readonly name: string
  readonly reason: string
  readonly message: string
}

export interface ApplyReport {
  /** VRF names. */
  readonly instances: NamedDifference
  readonly peers: NamedDifference
  /** `namespace/name address`. */
  readonly floatingIps: NamedDifference
  readonly localPaths: { readonly announced: number; readonly withdrawn: number }
  /** What could not be given: addresses, labels, network numbers. */
  readonly refused: readonly Refused[]
  /** Changes of the ControlNode document that wait for the next start, as `spec.routerID`. */
  readonly needsRestart: readonly string[]
}

export function* differences(
  before: Plan | undefined,
  after: Plan,
): Steps<Pick<ApplyReport, 'instances' | 'peers' | 'floatingIps' | 'refused'>> {
  const instancesBefore = yield* named(before?.desired.instances ?? [], (instance) => instance.name)
  const instancesAfter = yield* named(after.desired.instances, (instance) => instance.name)
  return {
    instances: differenceOf(instancesBefore, instancesAfter),
    peers: differenceOf(
      yield* named(before?.desired.peers ?? [], (peer) => peer.name),
      yield* named(after.desired.peers, (peer) => peer.name),
    ),
    floatingIps: differenceOf(addressesOf(before), addressesOf(after)),
    refused: refusedOf(after),
  }
}

/** True when nothing changed at all. */
export function isUnchanged(report: ApplyReport): boolean {
  const { instances, peers, floatingIps, localPaths } = report
  return (
    [instances, peers, floatingIps].every(
      ({ added, changed, removed }) => added.length + changed.length + removed.length === 0,
    ) &&
    localPaths.announced + localPaths.withdrawn === 0 &&
    report.needsRestart.length === 0
  )
}

export function differenceOf(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): NamedDifference {
  const names = [...after.keys()].sort()
  return {
    added: names.filter((name) => !before.has(name)),
    changed: names.filter((name) => before.has(name) && before.get(name) !== after.get(name)),
    removed: [...before.keys()].filter((name) => !after.has(name)).sort(),
  }
}

function* named<T>(items: readonly T[], nameOf: (item: T) => string): Steps<Map<string, string>> {
  return new Map(yield* mapped(items, (item) => [nameOf(item), JSON.stringify(item)] as const))
}

function addressesOf(plan: Plan | undefined): Map<string, string> {
  const allocations = [...(plan?.allocation.allocations ?? [])]
  return new Map(
    allocations.map(([key, { network, address }]) => [key, `${network} ${formatIpAddress(address)}`]),
  )
}

function refusedOf({ desired, allocation, labels }: Plan): Refused[] {
  return [
    ...desired.refusedNetworks.map((name) => ({
      name,
      reason: 'NetworkNumbersExhausted',
      message: `no number is left for a route target of ${name}`,
    })),
    ...[...allocation.refusals].map(([name, { reason, message }]) => ({ name, reason, message })),
    ...[...labels.refused].map((name) => ({
      name,
      reason: 'LabelsExhausted',
      message: `the node of port ${name} has no label left in its range`,
    })),
  ]
}
