/**
 * What a stock agent sends, element for element (agent-channel reference 2.1, 3.1, 3.4, 3.7, 6.1): the simulated agent's
 * half of the wire. Our server never sends these.
 */
import { Family } from '../../rib/model/family.ts'
import { formatIpAddress } from '../../rib/model/ip-address.ts'
import { formatPrefix } from '../../rib/model/route-key.ts'
import { escapeAttribute, escapeText } from './escape.ts'
import type { InetItem, ItemNextHop } from './inet-item.ts'
import { formatCommunityTag, loadBalanceFields } from './item-names.ts'
import { CONTROL_NODE_JID, END_OF_RIB_NODE, PUBSUB_NAMESPACE } from './names.ts'
import type { Resource } from './names.ts'
import { routeNodePrefix } from './route-node.ts'
import { signedText } from './xml-values.ts'

/** The agent's name and the running number of one of its stanzas. */
export interface StanzaHead {
  readonly from: string
  readonly id: string
}

export function encodeSubscription(
  head: StanzaHead,
  verb: 'subscribe' | 'unsubscribe',
  vrf: string,
  options: { readonly instanceId: number; readonly noRibOut?: boolean },
): string {
  const noRibOut = options.noRibOut === true ? '<no-ribout>true</no-ribout>\n' : ''
  const content =
    `<${verb} node="${escapeAttribute(vrf)}">\n<options>\n<instance-id>${options.instanceId}</instance-id>\n` +
    `${noRibOut}</options>\n</${verb}>\n`
  return encodeIq(head, 'bgp-peer', content)
}

/** A subscription to configuration has no options. */
export function encodeConfigSubscription(
  head: StanzaHead,
  verb: 'subscribe' | 'unsubscribe',
  node: string,
): string {
  return encodeIq(head, 'config', `<${verb} node="${escapeAttribute(node)}" />\n`)
}

/** First half of a change. */
export function encodePublish(head: StanzaHead, vrf: string, item: InetItem): string {
  const node = escapeAttribute(itemNode(vrf, item))
  return encodeIq(
    head,
    'bgp-peer',
    `<publish node="${node}">\n<item>\n${encodeEntry(item)}</item>\n</publish>\n`,
  )
}

/** Second half: associate adds, dissociate takes away. */
export function encodeCollection(
  head: StanzaHead,
  verb: 'associate' | 'dissociate',
  vrf: string,
  item: InetItem,
): string {
  const content =
    `<collection node="${escapeAttribute(vrf)}">\n<${verb} node="${escapeAttribute(itemNode(vrf, item))}" />\n` +
    '</collection>\n'
  return encodeIq(head, 'bgp-peer', content)
}

export function encodeAgentEndOfRib(from: string): string {
  return (
    `\n<message from="${escapeAttribute(from)}" to="${CONTROL_NODE_JID}/bgp-peer">\n` +
    `\t<event xmlns="${PUBSUB_NAMESPACE}">\n<items node="${END_OF_RIB_NODE}"></items>\n\t</event>\n</message>\n`
  )
}

function itemNode(vrf: string, item: InetItem): string {
  return `${routeNodePrefix(item.family)}${vrf}/${formatPrefix(item.prefix)}`
}

function encodeIq(head: StanzaHead, resource: Resource, content: string): string {
  const id = head.id === '' ? '' : ` id="${escapeAttribute(head.id)}"`
  return (
    `<iq type="set" from="${escapeAttribute(head.from)}" to="${CONTROL_NODE_JID}/${resource}"${id}>\n` +
    `<pubsub xmlns="${PUBSUB_NAMESPACE}">\n${content}</pubsub>\n</iq>\n`
  )
}

function encodeEntry(item: InetItem): string {
  const { family } = item
  const loadBalance = item.loadBalance
  const fields = loadBalanceFields.filter(([, bit]) => ((loadBalance?.fields ?? 0) & bit) !== 0)
  return lines([
    '<entry>',
    '<nlri>',
    textLine('af', family === Family.inet6 ? '2' : '1'),
    textLine('safi', '1'),
    textLine('address', formatPrefix(item.prefix)),
    '</nlri>',
    '<next-hops>',
    ...item.nextHops.flatMap(nextHopLines),
    '</next-hops>',
    textLine('version', '1'),
    textLine('virtual-network', item.virtualNetwork),
    `<mobility sticky="${item.isSticky}" seqno="${item.isSticky ? signedText(item.sequence) : 0}" />`,
    textLine('sequence-number', signedText(item.isSticky ? 0 : item.sequence)),
    ...listLines('security-group-list', 'security-group', item.securityGroups.map(signedText)),
    ...listLines('community-tag-list', 'community-tag', item.communities.map(formatCommunityTag)),
    textLine('local-preference', signedText(item.localPref)),
    textLine('med', signedText(item.med)),
    '<load-balance>',
    ...listLines(
      'load-balance-fields',
      'load-balance-field-list',
      fields.map(([name]) => name),
    ),
    textLine('load-balance-decision', loadBalance?.hasSourceBias === true ? 'source-bias' : 'field-hash'),
    '</load-balance>',
    textLine('sub-protocol', item.subProtocol),
    '</entry>',
  ])
}

function nextHopLines(nextHop: ItemNextHop): string[] {
  return [
    '<next-hop>',
    textLine('af', '1'),
    textLine('address', formatIpAddress(nextHop.address)),
    textLine('mac', nextHop.mac ? formatMac(nextHop.mac) : ''),
    textLine('label', String(nextHop.label)),
    textLine('vni', '0'),
    ...listLines('tunnel-encapsulation-list', 'tunnel-encapsulation', nextHop.encapsulations),
    textLine('virtual-network', nextHop.virtualNetwork),
    ...listLines('tag-list', 'tag', nextHop.tags.map(signedText)),
    textLine('local-sequence-number', signedText(nextHop.localSequence)),
    '</next-hop>',
  ]
}

function formatMac(mac: Uint8Array): string {
  return Array.from(mac, (octet) => octet.toString(16).padStart(2, '0')).join(':')
}

function listLines(listName: string, name: string, values: readonly string[]): string[] {
  if (values.length === 0) return [`<${listName} />`]
  return [`<${listName}>`, ...values.map((value) => textLine(name, value)), `</${listName}>`]
}

function textLine(name: string, text: string): string {
  return `<${name}>${escapeText(text)}</${name}>`
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`
}
