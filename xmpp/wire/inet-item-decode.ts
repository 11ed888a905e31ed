/**
 * Entry element -> InetItem (agent-channel reference 3.3, 3.4). The reader is order-free, skips unknown elements, and
 * reads missing ones as 0, false or empty; what is not a number where one must stand rejects the whole item.
 */
import { Family } from '../../rib/model/family.ts'
import { isZeroAddress, parseIpv4 } from '../../rib/model/ip-address.ts'
import { MAX_LABEL } from '../../rib/model/label.ts'
import { parsePrefix } from '../../rib/model/route-key.ts'
import type { Prefix } from '../../rib/model/route-key.ts'
import type { Element } from './element.ts'
import { ItemReject } from './inet-item.ts'
import type { InetItem, ItemNextHop, LoadBalance } from './inet-item.ts'
import { ALL_LOAD_BALANCE_FIELDS, loadBalanceFields, parseCommunityTag } from './item-names.ts'
import { parseUnsigned } from './xml-values.ts'

/** A VNI is 24 bits (RFC 7348 §5). */
const MAX_VNI = 0xffffff
/** Communities of all kinds that fit into an UPDATE of 4,096 octets, each a pair where our AS number has four octets. */
const MAX_COMMUNITIES = 200
/** Address families that a next hop may name; the address is IPv4 in any case. */
const nextHopFamilies: readonly number[] = [1, 2, 25]

/** Integers of an entry; the first one that is none is remembered. */
class Integers {
  wrong: string | undefined

  of(parent: Element | undefined, name: string): number {
    return this.parse(name, parent?.child(name)?.text ?? '')
  }

  parse(name: string, text: string): number {
    const value = parseUnsigned(text)
    if (value === undefined) this.wrong ??= name
    return value ?? 0
  }

  list(parent: Element | undefined, name: string): number[] {
    return parent ? parent.childrenNamed(name).map((child) => this.parse(name, child.text)) : []
  }
}

/** The route that an entry is about: all that counts of one that goes. */
export function decodeItemPrefix(entry: Element, family: Family): Prefix | ItemReject {
  const integers = new Integers()
  const nlri = entry.child('nlri')
  const afi = integers.of(nlri, 'af')
  const safi = integers.of(nlri, 'safi')
  if (integers.wrong !== undefined) return new ItemReject('badInteger', integers.wrong)
  if (afi !== (family === Family.inet ? 1 : 2) || safi !== 1) {
    return new ItemReject('badFamily', `${afi}/${safi}`)
  }
  const text = nlri?.childText('address') ?? ''
  const prefix = text.includes('/') ? parsePrefix(text) : undefined
  if (!prefix || prefix.address.length !== (family === Family.inet ? 4 : 16)) {
    return new ItemReject('badPrefix', text.slice(0, 64))
  }
  return prefix
}

/** Reads a whole entry. */
export function decodeInetItem(entry: Element, family: Family): InetItem | ItemReject {
  const prefix = decodeItemPrefix(entry, family)
  if (prefix instanceof ItemReject) return prefix
  const integers = new Integers()
  integers.of(entry, 'version')
  const nextHops: ItemNextHop[] = []
  for (const element of entry.child('next-hops')?.childrenNamed('next-hop') ?? []) {
    const nextHop = decodeNextHop(element, integers)
    if (nextHop instanceof ItemReject) return nextHop
    nextHops.push(nextHop)
  }
  const mobility = entry.child('mobility')
  const mobilitySequence = integers.parse('seqno', mobility?.attribute('seqno') ?? '')
  const plainSequence = integers.of(entry, 'sequence-number')
  const item: InetItem = {
    family,
    prefix,
    nextHops,
    virtualNetwork: entry.childText('virtual-network'),
    sequence: mobilitySequence !== 0 ? mobilitySequence : plainSequence,
    isSticky: mobilitySequence !== 0 && mobility?.attribute('sticky') === 'true',
    securityGroups: integers.list(entry.child('security-group-list'), 'security-group'),
    communities: decodeCommunities(entry),
    localPref: integers.of(entry, 'local-preference'),
    med: integers.of(entry, 'med'),
    loadBalance: decodeLoadBalance(entry.child('load-balance')),
    subProtocol: entry.child('sub-protocol')?.text ?? 'interface',
  }
  return integers.wrong === undefined ? item : new ItemReject('badInteger', integers.wrong)
}

/** What is asked of a route that comes from an agent, beyond its form. */
export function checkAnnounced(item: InetItem): ItemReject | undefined {
  if (item.nextHops.length === 0) return new ItemReject('noNextHop', 'none')
  if (item.nextHops.length > 1) return new ItemReject('severalNextHops', String(item.nextHops.length))
  const { label, encapsulations, tags } = item.nextHops[0]
  // The label is a VNI where only VXLAN carries the route.
  const isVni = encapsulations.length > 0 && encapsulations.every((name) => name === 'vxlan')
  if (label === 0 || label > (isVni ? MAX_VNI : MAX_LABEL)) return new ItemReject('badLabel', String(label))
  const communities =
    item.securityGroups.length + item.communities.length + tags.length + encapsulations.length
  if (communities > MAX_COMMUNITIES) return new ItemReject('tooManyCommunities', String(communities))
  return undefined
}

function decodeNextHop(element: Element, integers: Integers): ItemNextHop | ItemReject {
  const afi = integers.of(element, 'af')
  const label = integers.of(element, 'label')
  integers.of(element, 'vni')
  if (integers.wrong !== undefined) return new ItemReject('badInteger', integers.wrong)
  const text = element.childText('address')
  const address = nextHopFamilies.includes(afi) ? parseIpv4(text) : undefined
  if (!address || isZeroAddress(address)) return new ItemReject('badNextHop', `${afi} ${text.slice(0, 64)}`)
  const macText = element.childText('mac')
  const mac = macText === '' ? undefined : parseMac(macText)
  if (macText !== '' && !mac) return new ItemReject('badMac', macText.slice(0, 64))
  return {
    address,
    mac,
    label,
    encapsulations:
      element
        .child('tunnel-encapsulation-list')
        ?.childrenNamed('tunnel-encapsulation')
        .map((child) => child.text) ?? [],
    virtualNetwork: element.childText('virtual-network'),
    tags: integers.list(element.child('tag-list'), 'tag'),
    localSequence: integers.of(element, 'local-sequence-number'),
  }
}

function parseMac(text: string): Uint8Array | undefined {
  if (!/^[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2}){5}$/.test(text)) return undefined
  return Uint8Array.from(text.split(':'), (part) => parseInt(part, 16))
}

/** Tags that are not understood are skipped. */
function decodeCommunities(entry: Element): number[] {
  const communities = new Set<number>()
  for (const tag of entry.child('community-tag-list')?.childrenNamed('community-tag') ?? []) {
    const community = parseCommunityTag(tag.text)
    if (community !== undefined) communities.add(community)
  }
  return [...communities].sort((a, b) => a - b)
}

/** Undefined for the default: all fields (an empty list means that) and no bias. */
function decodeLoadBalance(element: Element | undefined): LoadBalance | undefined {
  if (!element) return undefined
  let fields = 0
  for (const { text } of element.child('load-balance-fields')?.childrenNamed('load-balance-field-list') ??
    []) {
    fields |= loadBalanceFields.find(([name]) => name === text)?.[1] ?? 0
  }
  if (fields === 0) fields = ALL_LOAD_BALANCE_FIELDS
  const hasSourceBias = element.childText('load-balance-decision') === 'source-bias'
  return fields === ALL_LOAD_BALANCE_FIELDS && !hasSourceBias ? undefined : { fields, hasSourceBias }
}
