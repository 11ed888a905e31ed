/**
 * The VRFs of one agent and the ordering rules of the channel (agent-channel reference 2.3). A broken rule is returned
 * as the reason for which the session has to be closed.
 *
 *                          VRF there        VRF unknown     VRF being deleted
 *   subscribe              registered       pending         pending, for when it comes back
 *   subscribe again        closed           closed          closed
 *   unsubscribe            released         cancelled       released
 *   unsubscribe, none      closed           closed          closed
 *   add, subscribed        applied          queued          queued when pending, else closed
 *   add, not subscribed    closed           closed          closed
 *   delete, not subscribed closed           closed          tolerated: the agent cleans up
 */
import { families } from '../../rib/model/family.ts'
import type { ExportRule } from '../../rib/export-rule.ts'
import type { Rib } from '../../rib/rib.ts'
import type { RoutingInstance } from '../../rib/routing-instance.ts'
import type { SourceFacts } from '../../rib/path-source.ts'
import { UNDERLAY_INSTANCE } from '../wire/names.ts'
import type { Subscribe } from '../wire/stanza.ts'
import { ownText } from '../wire/utf8.ts'
import { AgentGroupEncoder } from './send.ts'
import type { AgentMember, EncodeContext } from './send.ts'
import { Subscription } from './subscription.ts'

/** VRFs of one agent: the instance id has 16 bits, and no compute node has a tenth of that. */
const MAX_SUBSCRIPTIONS = 16_384

/** Characters of a VRF's name: four parts of 255 and what joins them. */
const MAX_VRF_NAME_LENGTH = 1_024

export interface SubscriptionsOptions {
  readonly rib: Rib
  /** The agent as a source of paths. */
  readonly facts: SourceFacts
  readonly member: AgentMember
  readonly rule: ExportRule
  readonly encodeContext: EncodeContext
}

export interface SubscriptionView {
  readonly vrf: string
  readonly instanceId: number
  readonly pending: boolean
}

/** Where a route of the agent goes. */
export type RouteTarget =
  | { readonly kind: 'subscription'; readonly subscription: Subscription }
  /** Taken and dropped: nothing is routed there. */
  | { readonly kind: 'nowhere'; readonly reason: string }
  | { readonly kind: 'violation'; readonly detail: string }

export class Subscriptions {
  readonly #options: SubscriptionsOptions
  readonly #byVrf = new Map<string, Subscription>()

  constructor(options: SubscriptionsOptions) {
    this.#options = options
  }

  /** Returns the broken rule, if one is. */
  subscribe({ node, instanceId, noRibOut }: Subscribe): string | undefined {
    const { rib, facts } = this.#options
    if (node === '') return 'subscribe without VRF'
    if (node.length > MAX_VRF_NAME_LENGTH) return `subscribe to a name longer than ${MAX_VRF_NAME_LENGTH}`
    if (this.#byVrf.has(node)) return `subscribe again to ${node}`
    if (this.#byVrf.size >= MAX_SUBSCRIPTIONS) return `more than ${MAX_SUBSCRIPTIONS} subscriptions`
    const vrf = ownText(node, MAX_VRF_NAME_LENGTH)
    const subscription = new Subscription(rib, rib.addSource(facts), vrf, { instanceId, noRibOut })
    this.#byVrf.set(vrf, subscription)
    const instance = rib.instance(vrf)
    if (instance && !instance.isDeleting) this.#register(subscription, instance)
    return undefined
  }

  /** Returns the broken rule, if one is. No retracts follow: the agent flushes by itself. */
  unsubscribe(vrf: string): string | undefined {
    const subscription = this.#byVrf.get(vrf)
    if (!subscription) return `unsubscribe from ${vrf} without subscription`
    this.#byVrf.delete(vrf)
    this.#release(subscription)
    return undefined
  }

  /** Where an added or deleted route of a VRF goes. */
  targetOf(vrf: string, isAdd: boolean): RouteTarget {
    const subscription = this.#byVrf.get(vrf)
    // Without an instance id there is no RD, so the field treats such a subscription as none.
    if (!subscription || subscription.instanceId < 0) {
      if (!isAdd && this.#options.rib.instance(vrf)?.isDeleting === true) {
        return { kind: 'nowhere', reason: 'retractInDeletedVrf' }
      }
      return { kind: 'violation', detail: `${isAdd ? 'route' : 'retract'} in ${vrf} without subscription` }
    }
    if (vrf === UNDERLAY_INSTANCE) return { kind: 'nowhere', reason: 'underlayRoutes' }
    if (isAdd && subscription.instance?.isDeleting === true) {
      return { kind: 'violation', detail: `route in ${vrf}, which is being deleted` }
    }
    return { kind: 'subscription', subscription }
  }

  /** A VRF was made, or came back before it was gone: who waited for it is registered. */
  onInstanceAdded(instance: RoutingInstance): void {
    const subscription = this.#byVrf.get(instance.name)
    if (subscription?.isPending === true) this.#register(subscription, instance)
  }

  /** Sends the routes of a VRF again: what they say beside their attributes has changed. */
  refresh(instance: RoutingInstance): void {
    const subscription = this.#byVrf.get(instance.name)
    if (subscription?.instance !== instance || subscription.noRibOut) return
    const { rib, member } = this.#options
    for (const family of families) {
      const table = instance.table(family)
      if (table) rib.refresh(table, member)
    }
  }

  /** Routes that wait for their VRF. */
  get queuedCount(): number {
    let count = 0
    for (const subscription of this.#byVrf.values()) count += subscription.queuedCount
    return count
  }

  get pathCount(): number {
    let count = 0
    for (const subscription of this.#byVrf.values()) count += subscription.pathCount
    return count
  }

  views(): SubscriptionView[] {
    return [...this.#byVrf.values()].map(({ vrf, instanceId, isPending }) => ({
      vrf,
      instanceId,
      pending: isPending && vrf !== UNDERLAY_INSTANCE,
    }))
  }

  /** The session is over. */
  close(): void {
    for (const subscription of this.#byVrf.values()) this.#release(subscription)
    this.#byVrf.clear()
  }

  #register(subscription: Subscription, instance: RoutingInstance): void {
    const { rib, rule, member, encodeContext } = this.#options
    subscription.register(instance)
    if (subscription.noRibOut) return
    for (const family of families) {
      const table = instance.table(family)
      if (!table) continue
      member.joined(table)
      rib.join(table, rule, () => new AgentGroupEncoder(encodeContext, instance, table), member)
    }
  }

  #release(subscription: Subscription): void {
    const { rib, member } = this.#options
    if (subscription.instance && !subscription.noRibOut) {
      for (const family of families) {
        const table = subscription.instance.table(family)
        if (!table) continue
        member.left(table)
        rib.leave(table, member)
      }
    }
    subscription.release()
  }
}
