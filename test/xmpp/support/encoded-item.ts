/** Items and messages to agents as text, for tests of what they say. */
import type { Attributes } from '../../../rib/model/attr-set.ts'
import type { Family } from '../../../rib/model/family.ts'
import { parseRouteKey } from '../../../rib/model/route-key.ts'
import { OctetWriter } from '../../../xmpp/wire/octet-writer.ts'
import {
  beginItem,
  BODY_END,
  encodeBodyStart,
  endItem,
  putNextHop,
  putRetract,
  renderItemParts,
} from '../../../xmpp/wire/update-encode.ts'

export interface OfferedNextHop {
  readonly attrs: Attributes
  readonly label: number
  readonly virtualNetwork: string
}

/** One item with its equal-cost next hops, best first. */
export function encodeItem(
  family: Family,
  prefix: string,
  nextHops: readonly OfferedNextHop[],
  localAs: number,
): string {
  const writer = new OctetWriter()
  beginItem(writer, family, parseRouteKey(family, prefix)!, 0)
  const hops = nextHops.map(({ attrs, label, virtualNetwork }) => ({
    parts: renderItemParts(attrs, virtualNetwork, localAs)!,
    label,
  }))
  for (const { parts, label } of hops) putNextHop(writer, parts, label)
  endItem(writer, hops[0]!.parts)
  return textOf(writer)
}

export function encodeRetract(family: Family, prefix: string): string {
  const writer = new OctetWriter()
  putRetract(writer, family, parseRouteKey(family, prefix)!, 0)
  return textOf(writer)
}

export function encodeUpdateBody(family: Family, vrf: string, content: string): string {
  return Buffer.from(encodeBodyStart(family, vrf)).toString() + content + Buffer.from(BODY_END).toString()
}

function textOf(writer: OctetWriter): string {
  return Buffer.from(writer.take()).toString()
}
