/**
 * A routing instance: a VRF with its tables and route targets (RFC 4364 §4.3.1). Configuration owns its name and
 * targets; agents subscribe to it. A deleted instance stays, without targets, until the agents that hold it let go
 * (agent-channel reference 2.3), and is the same one again when it is configured anew before that.
 */
import { Family } from './model/family.ts'
import type { RouteTarget } from './model/route-target.ts'
import type { PathSource } from './path-source.ts'
import type { PolicyEvaluator } from './policy/evaluator.ts'
import type { PolicyChain } from './policy/policy.ts'
import type { FollowingRoute } from './static-route.ts'
import type { Table } from './table.ts'

const nobody: ReadonlySet<PathSource> = new Set()

export interface InstanceConfig {
  /** `domain:project:network:network`. */
  readonly name: string
  /** `domain:project:network`: what agents call the origin of a route. */
  readonly virtualNetwork: string
  /** Number of the virtual network in origin-vn communities. */
  readonly vnIndex: number
  readonly importTargets: readonly RouteTarget[]
  readonly exportTargets: readonly RouteTarget[]
  /** What paths of elsewhere have to pass on their way in, and its own on their way out. */
  readonly importPolicies?: PolicyChain
  readonly exportPolicies?: PolicyChain
  /** Static routes and aggregates (rib/static-routes.ts). */
  readonly followingRoutes?: readonly FollowingRoute[]
}

export class RoutingInstance {
  /** Small number, unique among the instances alive. */
  readonly index: number
  readonly inet: Table
  readonly inet6: Table
  config: InstanceConfig
  importPolicy: PolicyEvaluator | undefined
  exportPolicy: PolicyEvaluator | undefined
  isDeleting = false
  #attached: Set<PathSource> | undefined

  constructor(
    index: number,
    config: InstanceConfig,
    tableFor: (instance: RoutingInstance, family: Family) => Table,
  ) {
    this.index = index
    this.config = config
    this.inet = tableFor(this, Family.inet)
    this.inet6 = tableFor(this, Family.inet6)
  }

  get name(): string {
    return this.config.name
  }

  get importTargets(): readonly RouteTarget[] {
    return this.config.importTargets
  }

  get exportTargets(): readonly RouteTarget[] {
    return this.config.exportTargets
  }

  /** Agents that subscribed, and local sources that pin the instance. */
  get attached(): ReadonlySet<PathSource> {
    return this.#attached ?? nobody
  }

  /** False when it was attached already. */
  hold(source: PathSource): boolean {
    this.#attached ??= new Set()
    return this.#attached.size < this.#attached.add(source).size
  }

  /** False when it was not attached. */
  letGo(source: PathSource): boolean {
    return this.#attached?.delete(source) ?? false
  }

  /** The instance's table of a unicast family; undefined for all others. */
  table(family: Family): Table | undefined {
    if (family === Family.inet) return this.inet
    if (family === Family.inet6) return this.inet6
    return undefined
  }
}
