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
import { macMobilityOf, tunnelTypeName, tunnelTypesOf } from '../../rib/model/ext-community.ts'
import type { Family } from '../../rib/model/family.ts'
import { formatIpAddress, isZeroAddress, unmapIpv4 } from '../../rib/model/ip-address.ts'
import { escapeAttribute, escapeText } from './escape.ts'
import { loadBalanceOf, localSequenceOf, numbersOf, SECURITY_GROUP, TAG } from './item-communities.ts'
import { formatCommunityTag, loadBalanceFields } from './item-names.ts'
import { CONTROL_NODE_JID, END_OF_RIB_NODE, PUBSUB_NAMESPACE } from './names.ts'
import { routeNodePrefix } from './route-node.ts'
import { signedText } from './xml-values.ts'

/** Items of one message; agents are tested with no more. */
export const MAX_ITEMS = 32
/** Retracts of one message. */
export const MAX_RETRACTS = 256

/** Numbers below mean the same in every AS for security groups; from it on for tags (agent-channel reference 4.4). */
const GLOBAL_FLOOR = 8_000_000

export interface OfferedNextHop {
  readonly attrs: Attributes
  readonly label: number
  /** Name of the network that the path comes from. */
  readonly virtualNetwork: string
}

/** True when an agent can use the next hop: it takes IPv4 addresses and labels other than 0 only. */
export function isUsableByAgents(attrs: Attributes, label: number): boolean {
  const address = unmapIpv4(attrs.nextHop)
  return label !== 0 && address.length === 4 && !isZeroAddress(address)
}

/** Start tag of a message to an agent. */
export function encodeMessageHead(agentName: string): string {
  return `\n<message from="${CONTROL_NODE_JID}" to="${escapeAttribute(agentName)}/bgp-peer">`
}

/** The rest of a message about one VRF. */
export function encodeUpdateBody(family: Family, vrf: string, content: string): string {
  const node = routeNodePrefix(family) + escapeAttribute(vrf)
  return `<event xmlns="${PUBSUB_NAMESPACE}"><items node="${node}">${content}</items></event></message>\n`
}

/** Body of the End-of-RIB message. */
export const END_OF_RIB_BODY = `<event xmlns="${PUBSUB_NAMESPACE}"><items node="${END_OF_RIB_NODE}"></items></event></message>\n`

export function encodeRetract(prefix: string): string {
  // The agent takes the first attribute, whatever its name.
  return `<retract id="${prefix}" />`
}

/** One item with its equal-cost next hops, best first; every next hop is usable by agents. */
// hot: once per route offered
export function encodeItem(
  family: Family,
  prefix: string,
  nextHops: readonly OfferedNextHop[],
  localAs: number,
): string {
  const best = nextHops[0]
  const node = routeNodePrefix(family)
  let hops = ''
  for (const nextHop of nextHops) hops += encodeNextHop(nextHop, localAs)
  return (
    `<item id="${prefix}"><entry>` +
    `<nlri><af>${node[0]}</af><safi>${node[2]}</safi><address>${prefix}</address></nlri>` +
    `<next-hops>${hops}</next-hops><version>1</version>` +
    `<virtual-network>${escapeText(best.virtualNetwork)}</virtual-network>` +
    encodeEntryTail(best.attrs, localAs) +
    '</entry></item>'
  )
}

function encodeNextHop(nextHop: OfferedNextHop, localAs: number): string {
  const { attrs, label } = nextHop
  const list = attrs.extCommunities
  const tags = numbersOf(list, TAG, { localAs, isGlobal: (id) => id >= GLOBAL_FLOOR })
  return (
    `<next-hop><af>1</af><address>${formatIpAddress(unmapIpv4(attrs.nextHop))}</address><mac></mac>` +
    `<label>${label}</label><vni>0</vni>` +
    encodeList('tunnel-encapsulation-list', 'tunnel-encapsulation', encapsulationNames(attrs)) +
    `<virtual-network>${escapeText(nextHop.virtualNetwork)}</virtual-network>` +
    encodeList('tag-list', 'tag', tags.map(signedText)) +
    `<local-sequence-number>${signedText(localSequenceOf(list))}</local-sequence-number></next-hop>`
  )
}

/** Sorted, each once; a labelled path without any is reached by GRE (agent-channel reference 4.4). */
function encapsulationNames(attrs: Attributes): string[] {
  const names = new Set<string>()
  for (const type of tunnelTypesOf(attrs.extCommunities)) {
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
