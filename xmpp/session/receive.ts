/**
 * Route changes of an agent into the tables of its VRFs (agent-channel reference 3.1, 3.4, 5.2). A bad item is dropped
 * and counted; a broken ordering rule is returned, and ends the session.
 */
import type { Family } from '../../rib/model/family.ts'
import { formatPrefix, prefixKey } from '../../rib/model/route-key.ts'
import { PathFlag } from '../../rib/path-flags.ts'
import type { Element } from '../wire/element.ts'
import { checkAnnounced, decodeInetItem, decodeItemPrefix } from '../wire/inet-item-decode.ts'
import { ItemReject } from '../wire/inet-item.ts'
import { attributesOfItem, hasNoUsableEncapsulation } from '../wire/item-attributes.ts'
import type { PairResult } from '../wire/publish-pair.ts'
import { decodeRouteNode } from '../wire/route-node.ts'
import type { AgentCounters } from './counters.ts'
import type { Subscription } from './subscription.ts'
import type { Subscriptions } from './subscriptions.ts'

/** Routes of one agent that may wait for VRFs not configured yet. */
const MAX_QUEUED_ROUTES = 50_000

export type RouteChange = Extract<PairResult, { kind: 'change' }>

export interface ReceiverOptions {
  readonly subscriptions: Subscriptions
  readonly localAs: number
  readonly counters: AgentCounters
}

export class RouteReceiver {
  readonly #options: ReceiverOptions
  /** Upper bound of the routes that wait: counted anew when it reaches the limit. */
  #queuedAtMost = 0

  constructor(options: ReceiverOptions) {
    this.#options = options
  }

  /** Applies one change; returns the broken rule, if one is. */
  apply(change: RouteChange): string | undefined {
    const { subscriptions, counters } = this.#options
    const target = subscriptions.targetOf(change.vrf, change.isAdd)
    if (target.kind === 'violation') return target.detail
    if (target.kind === 'nowhere') {
      counters.add(target.reason, change.entries.length)
      return undefined
    }
    const node = decodeRouteNode(change.node)
    if (!node) this.#reject(new ItemReject('badNode', change.node.slice(0, 64)))
    else if (node.family === undefined) {
      // A stock agent publishes its MAC addresses too (EVPN): nothing is wrong with them, they are just not served.
      counters.add('familyNotServed', change.entries.length)
    } else {
      for (const entry of change.entries)
        this.#applyEntry(target.subscription, node.family, entry, change.isAdd)
      if (target.subscription.isPending) return this.#checkQueue(change.entries.length)
    }
    return undefined
  }

  #applyEntry(subscription: Subscription, family: Family, entry: Element, isAdd: boolean): void {
    if (isAdd) this.#announce(subscription, family, entry)
    else this.#withdraw(subscription, family, entry)
  }

  #announce(subscription: Subscription, family: Family, entry: Element): void {
    const { localAs, counters } = this.#options
    const item = decodeInetItem(entry, family)
    const reject = item instanceof ItemReject ? item : checkAnnounced(item)
    if (item instanceof ItemReject || reject) {
      this.#reject(reject as ItemReject)
      return
    }
    const nextHop = item.nextHops[0]
    counters.add('routesIn')
    subscription.announce({
      family,
      key: prefixKey(item.prefix),
      prefix: formatPrefix(item.prefix),
      attrs: attributesOfItem(item, localAs),
      label: nextHop.label,
      flags: hasNoUsableEncapsulation(nextHop) ? PathFlag.infeasible | PathFlag.noEncapsulation : 0,
    })
  }

  /** Of a route that goes only its prefix counts. A second retract of it is no error. */
  #withdraw(subscription: Subscription, family: Family, entry: Element): void {
    const { counters } = this.#options
    const prefix = decodeItemPrefix(entry, family)
    if (prefix instanceof ItemReject) {
      this.#reject(prefix)
      return
    }
    counters.add('retractsIn')
    if (!subscription.withdraw(family, prefixKey(prefix), formatPrefix(prefix)))
      counters.add('retractsOfNothing')
  }

  #reject(reject: ItemReject): void {
    this.#options.counters.note(`reject.${reject.reason}`, reject.detail)
  }

  #checkQueue(added: number): string | undefined {
    this.#queuedAtMost += added
    if (this.#queuedAtMost <= MAX_QUEUED_ROUTES) return undefined
    this.#queuedAtMost = this.#options.subscriptions.queuedCount
    if (this.#queuedAtMost <= MAX_QUEUED_ROUTES) return undefined
    return `more than ${MAX_QUEUED_ROUTES} routes for VRFs that are not there`
  }
}
