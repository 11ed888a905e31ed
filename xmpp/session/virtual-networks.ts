/**
 * The network that a path comes from, by the name agents use in policy (agent-channel reference 4.4, 5.5): that of its
 * origin-vn community; without one, that of the VRF when the path was made there, else that of an instance which
 * exports one of the path's targets.
 */
import type { AttrSet } from '../../rib/model/attr-set.ts'
import { originVnOf } from '../../rib/model/ext-community.ts'
import type { RouteTarget } from '../../rib/model/route-target.ts'
import type { Rib } from '../../rib/rib.ts'
import type { InstanceConfig, RoutingInstance } from '../../rib/routing-instance.ts'

/** What agents are told of a network that nobody here knows. */
export const UNRESOLVED_NETWORK = 'unresolved'

/** What a VRF's agents were told of without a name: numbers and lists of targets, so far as they are remembered. */
interface Nameless {
  readonly numbers: Set<number>
  readonly targets: Set<RouteTarget>
}

/** Numbers and targets that are remembered of a VRF: more than anybody imports from networks that are not there. */
const MAX_NAMELESS = 4_096

/** Names by number and by exported target; the first instance counts where several share one. */
interface Index {
  readonly byNumber: Map<number, string>
  readonly byTarget: Map<RouteTarget, string>
  /** What it was made of, in order. */
  readonly configs: InstanceConfig[]
}

export class VirtualNetworks {
  readonly #rib: Rib
  /** Good while no instance changes. */
  #index: Index | undefined
  readonly #nameless = new Map<RoutingInstance, Nameless>()

  constructor(rib: Rib) {
    this.#rib = rib
  }

  /** Instances may have changed since the last question: looking is far cheaper than to index thousands for each batch. */
  refresh(): void {
    if (this.#index && !this.#isCurrent(this.#index)) this.#index = undefined
  }

  /** Name of the origin of a path in an instance's table. */
  nameOf(attrs: AttrSet, instance: RoutingInstance): string {
    const { config, exportTargets } = instance
    const origin = originVnOf(attrs.extCommunities)
    if (origin) {
      // Numbers are those of one AS.
      if (origin.asn !== this.#rib.options.localAs) return UNRESOLVED_NETWORK
      if (origin.index === config.vnIndex) return config.virtualNetwork
      return this.#indexed().byNumber.get(origin.index) ?? this.#unresolved(instance, origin.index, [])
    }
    // A path gets its targets on the way out of the VRF in which it was made, so one without any was made here.
    const { routeTargets } = attrs
    if (routeTargets.length === 0 || routeTargets.some((target) => exportTargets.includes(target))) {
      return config.virtualNetwork
    }
    const exported = routeTargets.find((target) => this.#indexed().byTarget.has(target))
    if (exported === undefined) return this.#unresolved(instance, undefined, routeTargets)
    return this.#indexed().byTarget.get(exported)!
  }

  /** VRFs whose agents were told of routes without a name that this instance gives them; they are forgotten. */
  resolvedBy({ config, exportTargets }: RoutingInstance): RoutingInstance[] {
    const resolved: RoutingInstance[] = []
    for (const [instance, { numbers, targets }] of this.#nameless) {
      if (this.#rib.instance(instance.name) !== instance) this.#nameless.delete(instance)
      else if (numbers.has(config.vnIndex) || exportTargets.some((target) => targets.has(target))) {
        resolved.push(instance)
        this.#nameless.delete(instance)
      }
    }
    return resolved
  }

  #unresolved(
    instance: RoutingInstance,
    number: number | undefined,
    targets: readonly RouteTarget[],
  ): string {
    let nameless = this.#nameless.get(instance)
    if (!nameless) this.#nameless.set(instance, (nameless = { numbers: new Set(), targets: new Set() }))
    if (nameless.numbers.size + nameless.targets.size < MAX_NAMELESS) {
      if (number !== undefined) nameless.numbers.add(number)
      for (const target of targets) nameless.targets.add(target)
    }
    return UNRESOLVED_NETWORK
  }

  #isCurrent({ configs }: Index): boolean {
    let count = 0
    for (const { config } of this.#rib.instances()) if (config !== configs[count++]) return false
    return count === configs.length
  }

  #indexed(): Index {
    if (this.#index) return this.#index
    const index: Index = { byNumber: new Map(), byTarget: new Map(), configs: [] }
    for (const { config, exportTargets } of this.#rib.instances()) {
      index.configs.push(config)
      addFirst(index.byNumber, config.vnIndex, config.virtualNetwork)
      for (const target of exportTargets) addFirst(index.byTarget, target, config.virtualNetwork)
    }
    this.#index = index
    return index
  }
}

function addFirst<K>(names: Map<K, string>, key: K, name: string): void {
  if (!names.has(key)) names.set(key, name)
}
