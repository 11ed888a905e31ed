/**
 * Names inside entries (agent-channel reference 3.4, 4.4): communities and the fields of load balancing.
 */
import { Community } from '../../rib/model/community.ts'

const communityNames: readonly (readonly [string, number])[] = [
  ['no-export', Community.NO_EXPORT],
  ['no-advertise', Community.NO_ADVERTISE],
  ['no-export-subconfed', Community.NO_EXPORT_SUBCONFED],
  ['accept-own', Community.ACCEPT_OWN],
  ['accept-own-nexthop', Community.ACCEPT_OWN_NEXTHOP],
  ['llgr-stale', Community.LLGR_STALE],
  ['no-llgr', Community.NO_LLGR],
  ['no-reoriginate', Community.NO_REORIGINATE],
]

/** On input two names differ from those on output. */
const inputNames: ReadonlyMap<string, number> = new Map([
  ...communityNames,
  ['LlgrStale', Community.LLGR_STALE],
  ['NoLlgr', Community.NO_LLGR],
])

const outputNames: ReadonlyMap<number, string> = new Map(
  communityNames.map(([name, value]) => [value, name] as const),
)

/** A community tag's value; undefined when it is not understood. */
export function parseCommunityTag(text: string): number | undefined {
  const known = inputNames.get(text)
  if (known !== undefined) return known
  const match = /^(\d{1,5}):(\d{1,5})$/.exec(text)
  if (!match) return undefined
  const [asn, value] = [Number(match[1]), Number(match[2])]
  return asn > 0xffff || value > 0xffff ? undefined : asn * 65536 + value
}

export function formatCommunityTag(community: number): string {
  return outputNames.get(community) ?? `${community >>> 16}:${community & 0xffff}`
}

/** Bits of the load-balance community, the most significant first (agent-channel reference 5.4). */
export const loadBalanceFields: readonly (readonly [string, number])[] = [
  ['l3-source-address', 0x80],
  ['l3-destination-address', 0x40],
  ['l4-protocol', 0x20],
  ['l4-source-port', 0x10],
  ['l4-destination-port', 0x08],
]

/** All five fields: the default. */
export const ALL_LOAD_BALANCE_FIELDS = 0xf8
