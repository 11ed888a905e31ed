/**
 * The routing instances of a RIB: made, changed and deleted by configuration, held by agents. What a change of targets
 * means for routes is decided here once: forget memos, move import entries, originate memberships, and mark the routes
 * that carry a target which moved.
 */
import type { ImportIndex } from './import-index.ts'
import { Family } from './model/family.ts'
import type { RouteTarget } from './model/route-target.ts'
import type { PathSource } from './path-source.ts'
import type { PolicyEvaluator } from './policy/evaluator.ts'
import { sameChain } from './policy/policy.ts'
import type { PolicyChain } from './policy/policy.ts'
import { RoutingInstance } from './routing-instance.ts'
import type { InstanceConfig } from './routing-instance.ts'
import type { RtMembership } from './rt-membership.ts'
import type { Table } from './table.ts'

/** `renumbered`: it exports other targets, or its network has another number. */
export type InstanceEvent = 'added' | 'renumbered' | 'deleted'
export type InstanceListener = (instance: RoutingInstance, event: InstanceEvent) => void

export interface InstancesOptions {
  readonly imports: ImportIndex
  readonly membership: RtMembership
  policy(chain: PolicyChain | undefined): PolicyEvaluator | undefined
  makeTable(family: Family, instance: RoutingInstance): Table
  dropTable(table: Table): void
  /** A watcher has still to be told of routes that went. */
  hasUntold(table: Table): boolean
  /** Routes with these targets, everywhere, have to be looked at again. */
  onTargetsMoved(targets: ReadonlySet<RouteTarget>): void
  /** Every route of the table has to be looked at again. */
  onTableMoved(table: Table): void
}

export class Instances {
  readonly #options: InstancesOptions
  readonly #byName = new Map<string, RoutingInstance>()
  /** Index 0 is nobody's, so that it can mean "none". */
  #indexCount = 1
  readonly #freeIndexes: number[] = []
  readonly #listeners: InstanceListener[] = []

  constructor(options: InstancesOptions) {
    this.#options = options
  }

  get(name: string): RoutingInstance | undefined {
    return this.#byName.get(name)
  }

  /** `<VRF>.inet.0` or `<VRF>.inet6.0`. */
  tableNamed(name: string): Table | undefined {
    const end = name.endsWith('.inet.0') ? -7 : name.endsWith('.inet6.0') ? -8 : undefined
    return end && this.#byName.get(name.slice(0, end))?.table(end === -7 ? Family.inet : Family.inet6)
  }

  all(): Iterable<RoutingInstance> {
    return this.#byName.values()
  }

  get count(): number {
    return this.#byName.size
  }

  onEvent(listener: InstanceListener): void {
    this.#listeners.push(listener)
  }

  /** Makes the instance, or gives it new targets; one that is being deleted comes back to life. */
  set(config: InstanceConfig): RoutingInstance {
    const known = this.#byName.get(config.name)
    if (!known) {
      const instance = this.#make(config)
      this.#emit(instance, 'added')
      return instance
    }
    const wasDeleting = known.isDeleting
    known.isDeleting = false
    const exportsMoved = this.#retarget(known, config)
    if (wasDeleting) {
      this.#moveTables(known)
      this.#emit(known, 'added')
    } else if (exportsMoved) this.#emit(known, 'renumbered')
    return known
  }

  /** Takes the targets away at once; the instance goes when nobody is attached and its tables are empty. */
  delete(name: string): void {
    const instance = this.#byName.get(name)
    if (!instance || instance.isDeleting) return
    instance.isDeleting = true
    this.#retarget(instance, { ...instance.config, importTargets: [], exportTargets: [] })
    this.#moveTables(instance)
    this.#emit(instance, 'deleted')
  }

  attach(instance: RoutingInstance, source: PathSource): void {
    if (!instance.hold(source) || instance.attached.size > 1) return
    for (const target of new Set(instance.importTargets)) this.#options.membership.originate(target)
  }

  detach(instance: RoutingInstance, source: PathSource): void {
    if (!instance.letGo(source) || instance.attached.size > 0) return
    for (const target of new Set(instance.importTargets)) this.#options.membership.withdraw(target)
  }

  /** Drops deleted instances that nothing holds any more; between turns. */
  dropUnused(): void {
    for (const instance of [...this.#byName.values()]) {
      if (!instance.isDeleting || instance.attached.size > 0) continue
      if (instance.inet.pathCount > 0 || instance.inet6.pathCount > 0) continue
      if (this.#options.hasUntold(instance.inet) || this.#options.hasUntold(instance.inet6)) continue
      this.#byName.delete(instance.name)
      this.#freeIndexes.push(instance.index)
      this.#options.dropTable(instance.inet)
      this.#options.dropTable(instance.inet6)
    }
  }

  #make(config: InstanceConfig): RoutingInstance {
    const index = this.#freeIndexes.pop() ?? this.#indexCount++
    const empty: InstanceConfig = { ...config, importTargets: [], exportTargets: [] }
    const instance = new RoutingInstance(index, empty, (owner, family) =>
      this.#options.makeTable(family, owner),
    )
    this.#byName.set(config.name, instance)
    this.#retarget(instance, config)
    return instance
  }

  /** True when what the instance's routes carry elsewhere has changed. */
  #retarget(instance: RoutingInstance, config: InstanceConfig): boolean {
    const { imports, membership } = this.#options
    const before = new Set(instance.importTargets)
    const after = new Set(config.importTargets)
    const gone = [...before].filter((target) => !after.has(target))
    const come = [...after].filter((target) => !before.has(target))
    const importsJudged = !sameChain(instance.config.importPolicies, config.importPolicies)
    const exportsMoved =
      !sameChain(instance.config.exportPolicies, config.exportPolicies) ||
      !sameTargets(instance.exportTargets, config.exportTargets) ||
      instance.config.vnIndex !== config.vnIndex
    instance.config = config
    instance.importPolicy = this.#options.policy(config.importPolicies)
    instance.exportPolicy = this.#options.policy(config.exportPolicies)
    for (const target of gone) imports.remove(target, instance)
    for (const target of come) imports.add(target, instance)
    if (instance.attached.size > 0) {
      for (const target of come) membership.originate(target)
      for (const target of gone) membership.withdraw(target)
    }
    const moved = importsJudged ? [...before, ...after] : [...gone, ...come]
    if (moved.length > 0) this.#options.onTargetsMoved(new Set(moved))
    if (exportsMoved) this.#moveTables(instance)
    return exportsMoved
  }

  #moveTables(instance: RoutingInstance): void {
    this.#options.onTableMoved(instance.inet)
    this.#options.onTableMoved(instance.inet6)
  }

  #emit(instance: RoutingInstance, event: InstanceEvent): void {
    for (const listener of this.#listeners) listener(instance, event)
  }
}

function sameTargets(a: readonly RouteTarget[], b: readonly RouteTarget[]): boolean {
  const some = new Set(a)
  const other = new Set(b)
  return some.size === other.size && a.every((target) => other.has(target))
}
