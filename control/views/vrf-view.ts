/** A VRF as JSON: its targets, who holds it, and the sizes of its tables. */
import { formatRouteTarget } from '../../rib/model/route-target.ts'
import { SourceKind } from '../../rib/path-source.ts'
import type { RoutingInstance } from '../../rib/routing-instance.ts'
import { tableView } from './table-view.ts'
import type { TableView } from './table-view.ts'

export interface VrfView {
  readonly name: string
  /** The fewest words that name it on the command line. */
  readonly shortName: string
  readonly virtualNetwork: string
  readonly importTargets: readonly string[]
  readonly exportTargets: readonly string[]
  /** Agents that subscribe to it. */
  readonly agents: readonly string[]
  /** Deleted from the configuration, and still held by agents. */
  readonly deleting: boolean
  readonly tables: readonly TableView[]
}

export function vrfView(instance: RoutingInstance, shortName: string): VrfView {
  const agents = [...instance.attached].filter((source) => source.kind === SourceKind.agent)
  return {
    name: instance.name,
    shortName,
    virtualNetwork: instance.config.virtualNetwork,
    importTargets: instance.config.importTargets.map(formatRouteTarget),
    exportTargets: instance.config.exportTargets.map(formatRouteTarget),
    agents: agents.map((source) => source.name).sort(),
    deleting: instance.isDeleting,
    tables: [tableView(instance.inet), tableView(instance.inet6)],
  }
}
