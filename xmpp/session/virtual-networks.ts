/**
 * The network that a path comes from, by the name agents use in policy (agent-channel reference 4.4, 5.5): that of its
 * origin-vn community; without one, that of the VRF when the path was made there, else that of an instance which
 * exports one of the path's targets.
 */
import type { AttrSet } from '../../rib/model/attr-set.ts'
import { originVnOf } from '../../rib/model/ext-community.ts'
import type { Rib } from '../../rib/rib.ts'
import type { RoutingInstance } from '../../rib/routing-instance.ts'

/** What agents are told of a network that nobody here knows. */
export const UNRESOLVED_NETWORK = 'unresolved'

export class VirtualNetworks {
  readonly #rib: Rib

  constructor(rib: Rib) {
    this.#rib = rib
  }

  /** Name of the origin of a path in an instance's table. */
  nameOf(attrs: AttrSet, instance: RoutingInstance): string {
    const origin = originVnOf(attrs.extCommunities)
    if (origin) {
      // Numbers are those of one AS.
      if (origin.asn !== this.#rib.options.localAs) return UNRESOLVED_NETWORK
      return this.#find(instance, ({ config }) => config.vnIndex === origin.index)
    }
    // A path gets its targets on the way out of the VRF in which it was made, so one without any was made here.
    if (attrs.routeTargets.length === 0) return instance.config.virtualNetwork
    return this.#find(instance, ({ exportTargets }) =>
      attrs.routeTargets.some((target) => exportTargets.has(target)),
    )
  }

  /** The instance itself is asked first: most routes come from their own network. */
  #find(instance: RoutingInstance, matches: (candidate: RoutingInstance) => boolean): string {
    if (matches(instance)) return instance.config.virtualNetwork
    for (const candidate of this.#rib.instances()) {
      if (matches(candidate)) return candidate.config.virtualNetwork
    }
    return UNRESOLVED_NETWORK
  }
}
