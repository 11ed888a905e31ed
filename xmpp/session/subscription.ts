/**
 * One agent's membership of one VRF. Pending while the VRF is not there: routes wait, in order, the newest of each
 * prefix. Its paths have a source of their own, so that an unsubscribe takes exactly them away and routes of an earlier
 * incarnation never mix with those of the next.
 */
import type { Attributes } from '../../rib/model/attr-set.ts'
import type { Family } from '../../rib/model/family.ts'
import type { RouteKey } from '../../rib/model/route-key.ts'
import type { PathSource } from '../../rib/path-source.ts'
import { emptyPathInput } from '../../rib/table.ts'
import type { Rib } from '../../rib/rib.ts'
import type { RoutingInstance } from '../../rib/routing-instance.ts'

/** A route as it came from an agent. */
export interface TableRoute {
  readonly family: Family
  readonly key: RouteKey
  readonly attrs: Attributes
  readonly label: number
  readonly flags: number
}

/** The same, as it can wait for its table. */
export interface AgentRoute extends TableRoute {
  /** Key as text. */
  readonly prefix: string
}

/** Routes that waited and are applied in one go: about a millisecond. */
const QUEUED_AT_ONCE = 500

export class Subscription {
  readonly vrf: string
  readonly instanceId: number
  readonly noRibOut: boolean
  readonly source: PathSource
  /** Undefined while pending. */
  instance: RoutingInstance | undefined
  readonly #rib: Rib
  readonly #input = emptyPathInput()
  readonly #queue = new Map<string, AgentRoute>()

  constructor(rib: Rib, source: PathSource, vrf: string, options: { instanceId: number; noRibOut: boolean }) {
    this.#rib = rib
    this.source = source
    this.vrf = vrf
    this.instanceId = options.instanceId
    this.noRibOut = options.noRibOut
    this.#input.source = source
    // The low half of the RD (agent-channel reference 5.1) has 16 bits.
    this.#input.instanceId = options.instanceId & 0xffff
  }

  get isPending(): boolean {
    return this.instance === undefined
  }

  /** The VRF is there, and nothing waits any more. */
  get isSettled(): boolean {
    return this.instance !== undefined && this.#queue.size === 0
  }

  get queuedCount(): number {
    return this.#queue.size
  }

  get pathCount(): number {
    let count = 0
    for (const paths of this.source.pathCounts) count += paths
    return count
  }

  /** The VRF is there: what waited is applied in the order in which it came, some of it in each round of the event loop. */
  register(instance: RoutingInstance): void {
    this.instance = instance
    this.#rib.attach(instance, this.source)
    this.#applyQueued(instance)
  }

  /** Adds or changes a route. The newest word on a prefix is also the last one. */
  announce(route: AgentRoute): void {
    const { family, prefix } = route
    if (this.#queue.size > 0) this.#queue.delete(queueName(family, prefix))
    if (this.instance) this.#apply(this.instance, route)
    else this.#queue.set(queueName(family, prefix), route)
  }

  /** Adds or changes a route where nothing waits. The key is not kept. */
  // hot: once per route
  put(route: TableRoute): void {
    this.#apply(this.instance!, route)
  }

  /** Takes a route away; false when there was none. */
  withdraw(family: Family, key: RouteKey, prefix: string): boolean {
    if (this.#queue.size > 0 && this.#queue.delete(queueName(family, prefix))) return true
    return this.instance?.table(family)!.withdraw(key, 0, this.source, 0) ?? false
  }

  /** Lets go of the VRF and of everything taught in it. */
  release(): void {
    this.#queue.clear()
    if (this.instance) this.#rib.detach(this.instance, this.source)
    this.instance = undefined
    this.#rib.removeSource(this.source)
  }

  #applyQueued(instance: RoutingInstance): void {
    let left = QUEUED_AT_ONCE
    for (const [name, route] of this.#queue) {
      if (left-- === 0) {
        this.#rib.options.clock.defer(() => {
          this.#applyQueued(instance)
        })
        return
      }
      this.#queue.delete(name)
      this.#apply(instance, route)
    }
  }

  #apply(instance: RoutingInstance, route: TableRoute): void {
    this.#input.attrs = this.#rib.attrs.intern(route.attrs)
    this.#input.label = route.label
    this.#input.flags = route.flags
    instance.table(route.family)!.upsert(route.key, 0, this.#input)
  }
}

function queueName(family: Family, prefix: string): string {
  return `${family} ${prefix}`
}
