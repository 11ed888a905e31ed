/**
 * Routes that a simulated agent has been sent, by VRF and prefix, as an agent would keep them.
 */
import { formatIpAddress } from '../../rib/model/ip-address.ts'
import { formatPrefix } from '../../rib/model/route-key.ts'
import { ItemReject } from '../wire/inet-item.ts'
import type { InetItem } from '../wire/inet-item.ts'
import { formatCommunityTag } from '../wire/item-names.ts'
import type { ServerStanza } from '../wire/update-decode.ts'

export interface ReceivedNextHop {
  readonly address: string
  readonly label: number
  readonly encapsulations: readonly string[]
  readonly virtualNetwork: string
  readonly tags: readonly number[]
}

export interface ReceivedRoute {
  readonly prefix: string
  /** Best first. */
  readonly nextHops: readonly ReceivedNextHop[]
  /** 0: none. */
  readonly localPref: number
  readonly med: number
  readonly sequence: number
  readonly isSticky: boolean
  readonly securityGroups: readonly number[]
  readonly communities: readonly string[]
  readonly loadBalance: InetItem['loadBalance']
}

export interface RouteChange {
  readonly vrf: string
  readonly prefix: string
  /** Undefined: the route is gone. */
  readonly route: ReceivedRoute | undefined
}

export class ReceivedRoutes {
  readonly #byVrf = new Map<string, Map<string, ReceivedRoute>>()
  readonly #listeners = new Set<(change: RouteChange) => void>()

  of(vrf: string): ReadonlyMap<string, ReceivedRoute> {
    return this.#mapOf(vrf)
  }

  vrfs(): string[] {
    return [...this.#byVrf].filter(([, routes]) => routes.size > 0).map(([vrf]) => vrf)
  }

  onChange(listener: (change: RouteChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Takes an update; returns what of it was not understood. As in an agent, a bad item hides those behind it. */
  take(update: Extract<ServerStanza, { kind: 'update' }>): string | undefined {
    const { vrf } = update
    for (const retract of update.retracts) {
      if (retract instanceof ItemReject) return `retract: ${retract.reason} ${retract.detail}`
      const prefix = formatPrefix(retract)
      if (this.#mapOf(vrf).delete(prefix)) this.#tell({ vrf, prefix, route: undefined })
    }
    for (const item of update.items) {
      if (item instanceof ItemReject) return `item: ${item.reason} ${item.detail}`
      const route = receivedRoute(item)
      this.#mapOf(vrf).set(route.prefix, route)
      this.#tell({ vrf, prefix: route.prefix, route })
    }
    return undefined
  }

  forget(vrf: string): void {
    this.#mapOf(vrf).clear()
  }

  clear(): void {
    for (const routes of this.#byVrf.values()) routes.clear()
  }

  /** The map of a VRF stays the same object, so that whoever asked once sees what comes later. */
  #mapOf(vrf: string): Map<string, ReceivedRoute> {
    let routes = this.#byVrf.get(vrf)
    if (!routes) this.#byVrf.set(vrf, (routes = new Map()))
    return routes
  }

  #tell(change: RouteChange): void {
    for (const listener of this.#listeners) listener(change)
  }
}

function receivedRoute(item: InetItem): ReceivedRoute {
  return {
    prefix: formatPrefix(item.prefix),
    nextHops: item.nextHops.map(({ address, label, encapsulations, virtualNetwork, tags }) => ({
      address: formatIpAddress(address),
      label,
      encapsulations,
      virtualNetwork,
      tags,
    })),
    localPref: item.localPref,
    med: item.med,
    sequence: item.sequence,
    isSticky: item.isSticky,
    securityGroups: item.securityGroups,
    communities: item.communities.map(formatCommunityTag),
    loadBalance: item.loadBalance,
  }
}
