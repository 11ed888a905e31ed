/**
 * Route updates as an agent reads them (agent-channel reference 4.1 to 4.3, 4.7): used by the simulated agent and to
 * check our own encoding.
 */
import type { Family } from '../../rib/model/family.ts'
import { parsePrefix } from '../../rib/model/route-key.ts'
import type { Prefix } from '../../rib/model/route-key.ts'
import type { Element } from './element.ts'
import { decodeInetItem } from './inet-item-decode.ts'
import { ItemReject } from './inet-item.ts'
import type { InetItem } from './inet-item.ts'
import { END_OF_RIB_NODE } from './names.ts'
import { decodeRouteNode } from './route-node.ts'

export type ServerStanza =
  | {
      readonly kind: 'update'
      readonly family: Family
      readonly vrf: string
      readonly items: readonly (InetItem | ItemReject)[]
      readonly retracts: readonly (Prefix | ItemReject)[]
    }
  | { readonly kind: 'endOfRib' }
  | { readonly kind: 'features' }
  | { readonly kind: 'proceed' }
  | { readonly kind: 'ignored'; readonly reason: string }

/** Reads one stanza of a control node. Total. */
export function decodeServerStanza(element: Element): ServerStanza {
  if (element.name === 'stream:features') return { kind: 'features' }
  if (element.name === 'proceed') return { kind: 'proceed' }
  if (element.name !== 'message') return { kind: 'ignored', reason: `<${element.name}>` }
  const items = element.child('event')?.child('items')
  const node = items?.attribute('node')
  if (!items || node === END_OF_RIB_NODE) return { kind: 'endOfRib' }
  const route = decodeRouteNode(node ?? '')
  if (route?.family === undefined) return { kind: 'ignored', reason: `node ${node ?? 'missing'}` }
  const { family, rest } = route
  const retracts = items.childrenNamed('retract').map((retract) => decodeRetract(retract))
  return {
    kind: 'update',
    family,
    vrf: rest,
    // Any retract makes an agent skip the items.
    items: retracts.length > 0 ? [] : items.childrenNamed('item').map((item) => decodeItem(item, family)),
    retracts,
  }
}

function decodeItem(item: Element, family: Family): InetItem | ItemReject {
  const entry = item.child('entry')
  return entry ? decodeInetItem(entry, family) : new ItemReject('badPrefix', 'no entry')
}

/** The id is the first attribute, whatever its name. */
function decodeRetract(retract: Element): Prefix | ItemReject {
  const id = retract.attributes[1] ?? ''
  return parsePrefix(id) ?? new ItemReject('badPrefix', id)
}
