/**
 * What an agent says, as a union, and how to read it out of an element (agent-channel reference 2.1, 3.1, 3.7, 6.1).
 * A stanza with no meaning here is `ignored` with a reason to count: the field sends no iq errors.
 *
 *   iq/pubsub/subscribe[@node] [options]     iq/pubsub/publish[@node]/item/entry*
 *   iq/pubsub/unsubscribe[@node]             iq/pubsub/collection[@node]/(associate|dissociate)[@node]
 *   message/event/items[@node=0/0/EndOfRib]  starttls
 */
import type { Element } from './element.ts'
import { END_OF_RIB_NODE, resourceOf } from './names.ts'
import type { Resource } from './names.ts'
import { parseInteger } from './xml-values.ts'

export interface Subscribe {
  readonly kind: 'subscribe'
  readonly resource: Resource
  readonly node: string
  /** The agent's index of the VRF; -1 where it gave none. */
  readonly instanceId: number
  /** The agent contributes routes and wants none. */
  readonly noRibOut: boolean
}

export interface Unsubscribe {
  readonly kind: 'unsubscribe'
  readonly resource: Resource
  readonly node: string
}

/** First half of a change: the routes. */
export interface Publish {
  readonly kind: 'publish'
  readonly node: string
  /** One for each item: its entry, or the item itself where it has none. */
  readonly entries: readonly Element[]
}

/** Second half of a change: the VRF, and whether the routes come or go. */
export interface Collection {
  readonly kind: 'collection'
  readonly vrf: string
  readonly action: 'associate' | 'dissociate' | undefined
  readonly node: string
}

export type Stanza =
  | Subscribe
  | Unsubscribe
  | Publish
  | Collection
  | { readonly kind: 'endOfRib' }
  | { readonly kind: 'startTls' }
  | { readonly kind: 'ignored'; readonly reason: string }

/** Reads one stanza of an agent. Total: what it does not know is `ignored`. */
export function decodeStanza(element: Element): Stanza {
  if (element.name === 'iq') return decodeIq(element)
  if (element.name === 'message') return decodeMessage(element)
  if (element.name === 'starttls') return { kind: 'startTls' }
  return { kind: 'ignored', reason: 'unknownStanza' }
}

function decodeIq(iq: Element): Stanza {
  const resource = resourceOf(iq.attribute('to') ?? '')
  if (resource === undefined) return { kind: 'ignored', reason: 'unknownResource' }
  if (iq.attribute('type') !== 'set') return { kind: 'ignored', reason: 'iqNotSet' }
  const pubsub = iq.child('pubsub')
  const verb = pubsub?.children.find((child) => verbs.has(child.name))
  if (!pubsub || !verb) return { kind: 'ignored', reason: 'unknownIq' }
  const node = verb.attribute('node') ?? ''
  if (verb.name === 'subscribe') return decodeSubscribe(pubsub, resource, node)
  if (verb.name === 'unsubscribe') return { kind: 'unsubscribe', resource, node }
  if (resource === 'config') return { kind: 'ignored', reason: 'unknownConfigIq' }
  if (verb.name === 'publish') {
    return {
      kind: 'publish',
      node,
      entries: verb.childrenNamed('item').map((item) => item.child('entry') ?? item),
    }
  }
  return decodeCollection(verb, node)
}

const verbs: ReadonlySet<string> = new Set(['subscribe', 'unsubscribe', 'publish', 'collection'])

/** `options` stands in `subscribe` (agents) or beside it (test tools): the first one counts. */
function decodeSubscribe(pubsub: Element, resource: Resource, node: string): Subscribe {
  const options = pubsub.descendant('options')
  const idText = options?.child('instance-id')?.text
  // The field looks at the first character only.
  const noRibOut = /^[1tTyY]/.test(options?.childText('no-ribout') ?? '')
  const instanceId = idText === undefined || idText.trim() === '' ? -1 : (parseInteger(idText) ?? -1)
  return { kind: 'subscribe', resource, node, instanceId, noRibOut }
}

function decodeCollection(verb: Element, vrf: string): Stanza {
  const change = verb.children.find(({ name }) => name === 'associate' || name === 'dissociate')
  const action = change?.name as Collection['action']
  return { kind: 'collection', vrf, action, node: change?.attribute('node') ?? '' }
}

/** The only message of an agent is its End-of-RIB: node `0/0/EndOfRib`, or no items at all. */
function decodeMessage(message: Element): Stanza {
  if (resourceOf(message.attribute('to') ?? '') !== 'bgp-peer') {
    return { kind: 'ignored', reason: 'unknownResource' }
  }
  const items = message.child('event')?.child('items')
  if (items?.attribute('node') === END_OF_RIB_NODE) return { kind: 'endOfRib' }
  return { kind: 'ignored', reason: 'unknownMessage' }
}
