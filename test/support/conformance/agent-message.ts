/**
 * Stanzas of an agent as a case spells them, to text; and what the node sent to an agent, to one line a reviewer can read.
 */
import {
  encodeAgentEndOfRib,
  encodeCollection,
  encodePublish,
  encodeSubscription,
} from '../../../xmpp/wire/agent-stanzas.ts'
import { encodeStreamOpen, KEEPALIVE } from '../../../xmpp/wire/stream-header.ts'
import { StreamError } from '../../../xmpp/wire/stream-error.ts'
import { StreamFramer } from '../../../xmpp/wire/stream-framer.ts'
import { decodeServerStanza } from '../../../xmpp/wire/update-decode.ts'
import { ItemReject } from '../../../xmpp/wire/inet-item.ts'
import type { InetItem } from '../../../xmpp/wire/inet-item.ts'
import { formatCommunityTag } from '../../../xmpp/wire/item-names.ts'
import { parseElement } from '../../../xmpp/wire/xml-parser.ts'
import { itemOf } from '../../../xmpp/client/publication.ts'
import type { Publication } from '../../../xmpp/client/publication.ts'
import { familyName } from '../../../rib/model/family.ts'
import { formatIpAddress } from '../../../rib/model/ip-address.ts'
import { formatPrefix } from '../../../rib/model/route-key.ts'
import { fromHex } from '../../bgp/wire/support.ts'

export type AgentMessage =
  | 'keepalive'
  | 'endOfRib'
  /** The stream's header. */
  | 'stream'
  | { readonly subscribe: string; readonly instanceId: number }
  | { readonly unsubscribe: string; readonly instanceId: number }
  | { readonly publish: Publication }
  | { readonly retract: { readonly vrf: string; readonly prefix: string } }
  | { readonly xml: string }
  | { readonly hex: string }

/** The agent's half of one connection: its name, its address, and the running number of its stanzas. */
export class AgentScript {
  readonly #name: string
  readonly #address: string
  #stanzas = 0

  constructor(name: string, address: string) {
    this.#name = name
    this.#address = address
  }

  encode(message: AgentMessage): Uint8Array {
    if (typeof message === 'object' && 'hex' in message) return fromHex(message.hex)
    return Buffer.from(this.#text(message))
  }

  #text(message: Exclude<AgentMessage, { hex: string }>): string {
    const from = this.#name
    if (message === 'keepalive') return KEEPALIVE
    if (message === 'endOfRib') return encodeAgentEndOfRib(from)
    if (message === 'stream') return encodeStreamOpen(from)
    if ('xml' in message) return message.xml
    const number = ++this.#stanzas
    if ('subscribe' in message) {
      return encodeSubscription({ from, id: `subscribe${number}` }, 'subscribe', message.subscribe, message)
    }
    if ('unsubscribe' in message) {
      return encodeSubscription(
        { from, id: `unsubscribe${number}` },
        'unsubscribe',
        message.unsubscribe,
        message,
      )
    }
    const isAdd = 'publish' in message
    const route = isAdd ? message.publish : { ...message.retract, label: 0 }
    const item = itemOf(route, this.#address)
    return (
      encodePublish({ from, id: `pubsub${number}` }, route.vrf, item) +
      encodeCollection(
        { from, id: `collection${number}` },
        isAdd ? 'associate' : 'dissociate',
        route.vrf,
        item,
      )
    )
  }
}

/** Reads what the node sends on one connection. */
export class AgentReader {
  readonly #framer = new StreamFramer()
  #keepalives = 0
  #hasOpened = false

  /** One write of the node in words. */
  read(octets: Uint8Array): string {
    // Sent to an agent that never opened its stream, where there is nothing to end.
    if (!this.#hasOpened && Buffer.from(octets).toString() === '</stream:stream>')
      return 'end of stream, never opened'
    const said: string[] = []
    this.#framer.push(octets)
    for (let event = this.#framer.next(); event; event = this.#framer.next()) {
      if (event.kind === 'stanza') said.push(stanzaText(event.text))
      else said.push(event.kind === 'open' ? 'stream header' : 'end of stream')
      this.#hasOpened ||= event.kind === 'open'
    }
    const { error, keepalives } = this.#framer
    if (error) said.push(`unreadable: ${error.toString()}`)
    if (keepalives > this.#keepalives) said.push('keepalive')
    this.#keepalives = keepalives
    return said.join('; ')
  }
}

function stanzaText(text: string): string {
  const element = parseElement(text)
  if (element instanceof StreamError) return `unreadable: ${element.toString()}`
  if (element.name === 'stream:error') return `stream error ${element.children[0]?.name ?? ''}`
  const stanza = decodeServerStanza(element)
  switch (stanza.kind) {
    case 'update': {
      const items = stanza.items.map((item) =>
        item instanceof ItemReject ? `bad item (${item.reason})` : itemText(item),
      )
      const retracts = stanza.retracts.map((prefix) =>
        prefix instanceof ItemReject ? `bad retract (${prefix.reason})` : `retract ${formatPrefix(prefix)}`,
      )
      return `${stanza.vrf} ${familyName(stanza.family)}: ${[...retracts, ...items].join(' and ')}`
    }
    case 'ignored':
      return `stanza that agents ignore (${stanza.reason})`
    default:
      return stanza.kind
  }
}

function itemText(item: InetItem): string {
  const hops = item.nextHops.map(
    (hop) =>
      `${formatIpAddress(hop.address)} label ${hop.label} (${hop.encapsulations.join(' ')}) of ${hop.virtualNetwork}`,
  )
  const communities = item.communities.map(formatCommunityTag)
  const rest = [
    `local-pref ${item.localPref}`,
    `med ${item.med}`,
    ...(communities.length > 0 ? [`communities ${communities.join(' ')}`] : []),
  ]
  return `item ${formatPrefix(item.prefix)} via ${hops.join(' and ')}, ${rest.join(', ')}`
}
