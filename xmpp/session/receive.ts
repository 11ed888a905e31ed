/**
 * Route changes of an agent into the tables of its VRFs (agent-channel reference 3.1, 3.4, 5.2). A bad item is dropped
 * and counted; a broken ordering rule is returned, and ends the session.
 */
import type { Attributes } from '../../rib/model/attr-set.ts'
import { Family } from '../../rib/model/family.ts'
import { formatPrefix, prefixKey } from '../../rib/model/route-key.ts'
import { PathFlag } from '../../rib/path-flags.ts'
import { ChangeShape } from '../wire/change-shape.ts'
import type { Element } from '../wire/element.ts'
import { checkAnnounced, decodeInetItem, decodeItemPrefix } from '../wire/inet-item-decode.ts'
import { ItemReject } from '../wire/inet-item.ts'
import { attributesOfItem, hasNoUsableEncapsulation } from '../wire/item-attributes.ts'
import type { PairResult } from '../wire/publish-pair.ts'
import { decodeRouteNode } from '../wire/route-node.ts'
import type { StreamFramer } from '../wire/stream-framer.ts'
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

/** A change's two stanzas. */
export interface ChangeText {
  readonly publish: string
  readonly collection: string
}

/** What the last change looked like, and what it meant but for prefix and label. */
interface KnownChange {
  readonly shape: ChangeShape
  readonly vrf: string
  /** Undefined where the route went. */
  readonly route: { readonly attrs: Attributes; readonly flags: number } | undefined
}

interface LastRoute {
  readonly prefix: string
  readonly route: KnownChange['route']
}

export class RouteReceiver {
  readonly #options: ReceiverOptions
  #known: KnownChange | undefined
  /** The last route that was taken the long way, while its change is applied. */
  #last: LastRoute | undefined
  /** Upper bound of the routes that wait: counted anew when it reaches the limit. */
  #queuedAtMost = 0

  constructor(options: ReceiverOptions) {
    this.#options = options
  }

  /** Takes a change that looks like the last one, when one stands next in the octets. */
  // hot: once per stanza
  takesAhead(framer: StreamFramer): boolean {
    const known = this.#known
    if (!known) return false
    const { vrf, route, shape } = known
    const { subscriptions, counters } = this.#options
    const target = subscriptions.targetOf(vrf, route !== undefined)
    if (target.kind !== 'subscription' || !target.subscription.isSettled || !framer.skip(shape)) return false
    if (route) {
      counters.add('routesIn')
      const { attrs, flags } = route
      target.subscription.put({ family: Family.inet, key: shape.key, attrs, label: shape.label, flags })
    } else {
      counters.add('retractsIn')
      if (!target.subscription.withdraw(Family.inet, shape.key, '')) counters.add('retractsOfNothing')
    }
    return true
  }

  /** Applies one change; returns the broken rule, if one is. */
  apply(change: RouteChange, text: ChangeText): string | undefined {
    this.#last = undefined
    const broken = this.#apply(change)
    const { vrf, entries, node } = change
    const last = this.#takeLast()
    const shape =
      last && entries.length === 1 && node.startsWith('1/1/')
        ? ChangeShape.of(text.publish, text.collection, last.prefix)
        : undefined
    this.#known = shape && last ? { shape, vrf, route: last.route } : undefined
    return broken
  }

  #takeLast(): LastRoute | undefined {
    const last = this.#last
    this.#last = undefined
    return last
  }

  #apply(change: RouteChange): string | undefined {
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
    const prefix = formatPrefix(item.prefix)
    const attrs = attributesOfItem(item, localAs)
    const flags = hasNoUsableEncapsulation(nextHop) ? PathFlag.infeasible | PathFlag.noEncapsulation : 0
    this.#last = { prefix, route: { attrs, flags } }
    subscription.announce({ family, key: prefixKey(item.prefix), prefix, attrs, label: nextHop.label, flags })
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
    const text = formatPrefix(prefix)
    this.#last = { prefix: text, route: undefined }
    if (!subscription.withdraw(family, prefixKey(prefix), text)) counters.add('retractsOfNothing')
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
