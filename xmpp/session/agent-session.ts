/**
 * What an established agent does: subscriptions, routes both ways, End-of-RIB. It lives from sessionUp to sessionDown
 * and then takes everything along that the agent taught (agent-channel reference 7.1).
 */
import { SourceKind } from '../../rib/path-source.ts'
import type { PathSource, SourceFacts } from '../../rib/path-source.ts'
import type { RoutingInstance } from '../../rib/routing-instance.ts'
import { PublishPair } from '../wire/publish-pair.ts'
import type { StreamFramer } from '../wire/stream-framer.ts'
import type { Collection, Publish, Stanza, Subscribe, Unsubscribe } from '../wire/stanza.ts'
import type { AgentContext } from './agent-context.ts'
import type { Connection } from './connection.ts'
import type { AgentCounters } from './counters.ts'
import { EndOfRibSender } from './end-of-rib.ts'
import { RouteReceiver } from './receive.ts'
import { AgentMember } from './send.ts'
import { Subscriptions } from './subscriptions.ts'
import type { SubscriptionView } from './subscriptions.ts'

/** The connection on which a session lives. */
export interface SessionSeat {
  readonly name: string
  readonly connection: Connection
  readonly counters: AgentCounters
  /** The transport takes no more. */
  onBlocked(): void
}

export class AgentSession {
  readonly #context: AgentContext
  readonly #counters: AgentCounters
  readonly #source: PathSource
  readonly #member: AgentMember
  readonly #subscriptions: Subscriptions
  readonly #receiver: RouteReceiver
  readonly #pair = new PublishPair()
  readonly #endOfRib: EndOfRibSender
  #publishText = ''

  constructor(context: AgentContext, seat: SessionSeat) {
    const { name, connection, counters } = seat
    const { rib, clock } = context
    this.#context = context
    this.#counters = counters
    const facts: SourceFacts = {
      kind: SourceKind.agent,
      name,
      isIbgp: false,
      isClient: false,
      asn: context.localAs,
      routerId: 0,
      address: connection.address ?? new Uint8Array(4),
    }
    this.#source = rib.addSource(facts)
    this.#member = new AgentMember(this.#source, connection, counters, {
      onSent: () => {
        this.#endOfRib.disturb()
      },
      onBlocked: () => {
        seat.onBlocked()
      },
    })
    const { rule, encodeContext } = context
    this.#subscriptions = new Subscriptions({ rib, facts, member: this.#member, rule, encodeContext })
    this.#receiver = new RouteReceiver({
      subscriptions: this.#subscriptions,
      localAs: context.localAs,
      counters,
    })
    this.#endOfRib = new EndOfRibSender({
      clock,
      isSettled: () => this.#member.isSynced && !connection.isBlocked,
      send: () => {
        this.#member.sendEndOfRib()
      },
    })
  }

  get pathCount(): number {
    return this.#subscriptions.pathCount
  }

  subscriptions(): SubscriptionView[] {
    return this.#subscriptions.views()
  }

  /** Takes a change that looks like the last one, if one is ahead. */
  // hot: once per stanza
  takesAhead(framer: StreamFramer): boolean {
    return this.#pair.isEmpty && this.#receiver.takesAhead(framer)
  }

  /** Takes one stanza; returns the ordering rule that it breaks, if it does. The text is that of the stanza. */
  receive(stanza: Stanza, text: string): string | undefined {
    switch (stanza.kind) {
      case 'subscribe':
        return this.#subscribe(stanza)
      case 'unsubscribe':
        return this.#unsubscribe(stanza)
      case 'publish':
        return this.#publish(stanza, text)
      case 'collection':
        return this.#collect(stanza, text)
      case 'endOfRib':
        this.#counters.add('endOfRibsIn')
        return undefined
      case 'ignored':
        this.#counters.note(`ignored.${stanza.reason}`, 'a stanza without meaning here')
        return undefined
      case 'startTls':
        return 'STARTTLS after the session was up'
    }
  }

  onInstanceAdded(instance: RoutingInstance): void {
    this.#subscriptions.onInstanceAdded(instance)
  }

  onNamesChanged(instance: RoutingInstance): void {
    this.#subscriptions.refresh(instance)
  }

  drained(): void {
    this.#context.rib.unblock(this.#member)
  }

  close(): void {
    this.#endOfRib.stop()
    this.#subscriptions.close()
    this.#context.rib.removeSource(this.#source)
  }

  #subscribe(stanza: Subscribe): string | undefined {
    if (stanza.resource === 'config') {
      // Configuration is not pushed to agents: what they ask for is counted and left unanswered.
      this.#counters.add('configSubscribes')
      return undefined
    }
    this.#counters.add('subscribes')
    this.#endOfRib.disturb()
    return this.#subscriptions.subscribe(stanza)
  }

  #unsubscribe(stanza: Unsubscribe): string | undefined {
    if (stanza.resource === 'config') {
      this.#counters.add('configUnsubscribes')
      return undefined
    }
    this.#counters.add('unsubscribes')
    return this.#subscriptions.unsubscribe(stanza.node)
  }

  #publish(stanza: Publish, text: string): undefined {
    this.#publishText = text
    if (this.#pair.begin(stanza)) this.#counters.note('publishWithoutCollection', stanza.node.slice(0, 64))
  }

  #collect(stanza: Collection, text: string): string | undefined {
    const publishText = this.#publishText
    this.#publishText = ''
    const result = this.#pair.finish(stanza)
    switch (result.kind) {
      case 'change':
        return this.#receiver.apply(result, { publish: publishText, collection: text })
      case 'endOfRib':
        this.#counters.add('endOfRibsIn')
        return undefined
      case 'mismatch':
        this.#counters.note(result.reason, stanza.node.slice(0, 64))
        return undefined
    }
  }
}
