/**
 * Route updates towards agents (agent-channel reference 4). A message is a head with the recipient's own address and a
 * body that all agents of a VRF share:
 *
 *   LF <message from=node to=agent/bgp-peer>       <event><items node=AFI/SAFI/VRF> item* | retract* </items></event></message> LF
 *   `---------- one per agent ------------'        `---------------------- rendered once per change ---------------------'
 *
 * Items and retracts never share a message: an agent that sees a retract skips the items.
 */
import type { Attributes } from '../../rib/model/attr-set.ts'
import { macMobilityOf, tunnelTypeName } from '../../rib/model/ext-community.ts'
import { Family } from '../../rib/model/family.ts'
import { formatIpAddress, isZeroAddress, unmapIpv4 } from '../../rib/model/ip-address.ts'
import { formatRouteKey } from '../../rib/model/route-key.ts'
import { tunnelTypesOfRoute } from '../../rib/model/tunnel-encapsulation.ts'
import { escapeAttribute, escapeText } from './escape.ts'
import { loadBalanceOf, localSequenceOf, numbersOf, SECURITY_GROUP, TAG } from './item-communities.ts'
import { formatCommunityTag, loadBalanceFields } from './item-names.ts'
import { CONTROL_NODE_JID, END_OF_RIB_NODE, PUBSUB_NAMESPACE } from './names.ts'
import type { OctetWriter } from './octet-writer.ts'
import { routeNodePrefix } from './route-node.ts'
import { encodeUtf8 } from './utf8.ts'
import { signedText } from './xml-values.ts'

/** Items of one message; agents are tested with no more. */
export const MAX_ITEMS = 32
/** Retracts of one message. */
export const MAX_RETRACTS = 256

/** Numbers below mean the same in every AS for security groups; from it on for tags (agent-channel reference 4.4). */
const GLOBAL_FLOOR = 8_000_000

/** Start tag of a message to an agent. */
export function encodeMessageHead(agentName: string): string {
  return `\n<message from="${CONTROL_NODE_JID}" to="${escapeAttribute(agentName)}/bgp-peer">`
}

/** How the rest of a message about one VRF begins; items or retracts follow, and BODY_END. */
export function encodeBodyStart(family: Family, vrf: string): Uint8Array {
  const node = routeNodePrefix(family) + escapeAttribute(vrf)
  return encodeUtf8(`<event xmlns="${PUBSUB_NAMESPACE}"><items node="${node}">`)
}

export const BODY_END = encodeUtf8('</items></event></message>\n')

/** Body of the End-of-RIB message. */
export const END_OF_RIB_BODY = `<event xmlns="${PUBSUB_NAMESPACE}"><items node="${END_OF_RIB_NODE}"></items></event></message>\n`

/**
 * What all routes with one attribute set say in a VRF, as octets:
 *
 *   <item id=PREFIX><entry><nlri>..PREFIX</nlri><next-hops> ( beforeLabel LABEL afterLabel )+ afterNextHops of the best
 */
export interface ItemParts {
  readonly beforeLabel: Uint8Array
  readonly afterLabel: Uint8Array
  readonly afterNextHops: Uint8Array
}

/** Undefined when agents cannot use the next hop: they take IPv4 addresses only. */
export function renderItemParts(
  attrs: Attributes,
  virtualNetwork: string,
  localAs: number,
): ItemParts | undefined {
  const address = unmapIpv4(attrs.nextHop)
  if (address.length !== 4 || isZeroAddress(address)) return undefined
  const list = attrs.extCommunities
  const tags = numbersOf(list, TAG, { localAs, isGlobal: (id) => id >= GLOBAL_FLOOR })
  const network = `<virtual-network>${escapeText(virtualNetwork)}</virtual-network>`
  return {
    beforeLabel: encodeUtf8(
      `<next-hop><af>1</af><address>${formatIpAddress(address)}</address><mac></mac><label>`,
    ),
    afterLabel: encodeUtf8(
      `</label><vni>0</vni>${encodeList('tunnel-encapsulation-list', 'tunnel-encapsulation', encapsulationNames(attrs))}` +
        `${network}${encodeList('tag-list', 'tag', tags.map(signedText))}` +
        `<local-sequence-number>${signedText(localSequenceOf(list))}</local-sequence-number></next-hop>`,
    ),
    afterNextHops: encodeUtf8(
      `</next-hops><version>1</version>${network}${encodeEntryTail(attrs, localAs)}</entry></item>`,
    ),
  }
}

const itemStart = encodeUtf8('<item id="')
const afterItemId: Readonly<Partial<Record<Family, Uint8Array>>> = {
  [Family.inet]: encodeUtf8('"><entry><nlri><af>1</af><safi>1</safi><address>'),
  [Family.inet6]: encodeUtf8('"><entry><nlri><af>2</af><safi>1</safi><address>'),
}
const afterAddress = encodeUtf8('</address></nlri><next-hops>')
// The agent takes the first attribute, whatever its name.
const retractStart = encodeUtf8('<retract id="')
const retractEnd = encodeUtf8('" />')

/** Begins the item of the route whose key is at words[at]; its next hops follow, best first, and endItem. */
// hot: once per route offered
export function beginItem(writer: OctetWriter, family: Family, words: Int32Array, at: number): void {
  writer.put(itemStart)
  const from = writer.length
  putPrefix(writer, family, words, at)
  const to = writer.length
  writer.put(afterItemId[family]!)
  writer.repeat(from, to)
  writer.put(afterAddress)
}

// hot: once per next hop
export function putNextHop(writer: OctetWriter, parts: ItemParts, label: number): void {
  writer.put(parts.beforeLabel)
  writer.putDecimal(label)
  writer.put(parts.afterLabel)
}

// hot: once per route offered
export function endItem(writer: OctetWriter, best: ItemParts): void {
  writer.put(best.afterNextHops)
}

// hot: once per route taken back
export function putRetract(writer: OctetWriter, family: Family, words: Int32Array, at: number): void {
  writer.put(retractStart)
  putPrefix(writer, family, words, at)
  writer.put(retractEnd)
}

function putPrefix(writer: OctetWriter, family: Family, words: Int32Array, at: number): void {
  if (family === Family.inet) {
    writer.putIpv4(words[at + 1]!)
    writer.put(slash)
    writer.putDecimal(words[at]!)
  } else writer.putAscii(formatRouteKey(family, words, at))
}

const slash = encodeUtf8('/')

/** Sorted, each once; a labelled path without any is reached by GRE (agent-channel reference 4.4). */
function encapsulationNames(attrs: Attributes): string[] {
  const names = new Set<string>()
  for (const type of tunnelTypesOfRoute(attrs)) {
    const name = tunnelTypeName(type)
    if (name !== undefined) names.add(name)
  }
  return names.size === 0 ? ['gre'] : [...names].sort()
}

function encodeEntryTail(attrs: Attributes, localAs: number): string {
  const list = attrs.extCommunities
  const mobility = macMobilityOf(list)
  const sequence = signedText(mobility?.sequence ?? 0)
  const groups = numbersOf(list, SECURITY_GROUP, { localAs, isGlobal: (id) => id > 0 && id < GLOBAL_FLOOR })
  return (
    `<mobility sticky="${mobility?.sticky === true}" seqno="${sequence}" />` +
    `<sequence-number>${sequence}</sequence-number>` +
    encodeList('security-group-list', 'security-group', groups.map(signedText)) +
    encodeList('community-tag-list', 'community-tag', attrs.communities.map(formatCommunityTag)) +
    `<local-preference>${signedText(attrs.localPref ?? 0)}</local-preference>` +
    `<med>${signedText(attrs.med ?? 0)}</med>${encodeLoadBalance(attrs)}<sub-protocol>interface</sub-protocol>`
  )
}

function encodeLoadBalance(attrs: Attributes): string {
  const loadBalance = loadBalanceOf(attrs.extCommunities)
  const fields = loadBalance
    ? loadBalanceFields.filter(([, bit]) => (loadBalance.fields & bit) !== 0).map(([name]) => name)
    : []
  const decision = loadBalance?.hasSourceBias === true ? 'source-bias' : 'field-hash'
  return (
    `<load-balance>${encodeList('load-balance-fields', 'load-balance-field-list', fields)}` +
    `<load-balance-decision>${decision}</load-balance-decision></load-balance>`
  )
}

/** Values that need no escaping, as a list element. */
function encodeList(listName: string, name: string, values: readonly string[]): string {
  if (values.length === 0) return `<${listName} />`
  let content = ''
  for (const value of values) content += `<${name}>${value}</${name}>`
  return `<${listName}>${content}</${listName}>`
}
