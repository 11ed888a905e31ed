/**
 * Communities (RFC 1997) as unsigned 32-bit numbers, and large communities (RFC 8092) as triples of them.
 */
export const Community = {
  NO_EXPORT: 0xffffff01,
  NO_ADVERTISE: 0xffffff02,
  NO_EXPORT_SUBCONFED: 0xffffff03,
  ACCEPT_OWN: 0xffff0001,
  LLGR_STALE: 0xffff0006,
  NO_LLGR: 0xffff0007,
  ACCEPT_OWN_NEXTHOP: 0xffff0008,
  GRACEFUL_SHUTDOWN: 0xffff0000,
  BLACKHOLE: 0xffff029a,
  NO_REORIGINATE: 0xfffff000,
} as const

const names: ReadonlyMap<string, number> = new Map([
  ['no-export', Community.NO_EXPORT],
  ['no-advertise', Community.NO_ADVERTISE],
  ['no-export-subconfed', Community.NO_EXPORT_SUBCONFED],
  ['accept-own', Community.ACCEPT_OWN],
  ['llgr-stale', Community.LLGR_STALE],
  ['no-llgr', Community.NO_LLGR],
  ['accept-own-nexthop', Community.ACCEPT_OWN_NEXTHOP],
  ['graceful-shutdown', Community.GRACEFUL_SHUTDOWN],
  ['blackhole', Community.BLACKHOLE],
  ['no-reoriginate', Community.NO_REORIGINATE],
])

export function formatCommunity(value: number): string {
  for (const [name, known] of names) if (known === value) return name
  return `${value >>> 16}:${value & 0xffff}`
}

/** Parses a well-known name or `asn:value`; undefined when malformed. */
export function parseCommunity(text: string): number | undefined {
  const known = names.get(text.toLowerCase())
  if (known !== undefined) return known
  const match = /^(\d{1,5}):(\d{1,5})$/.exec(text)
  if (!match) return undefined
  const asn = Number(match[1])
  const value = Number(match[2])
  return asn > 0xffff || value > 0xffff ? undefined : asn * 65536 + value
}

export interface LargeCommunity {
  readonly global: number
  readonly local1: number
  readonly local2: number
}

export function formatLargeCommunity(community: LargeCommunity): string {
  return `${community.global}:${community.local1}:${community.local2}`
}

export function parseLargeCommunity(text: string): LargeCommunity | undefined {
  const match = /^(\d{1,10}):(\d{1,10}):(\d{1,10})$/.exec(text)
  if (!match) return undefined
  const [global, local1, local2] = match.slice(1).map(Number) as [number, number, number]
  return Math.max(global, local1, local2) > 0xffffffff ? undefined : { global, local1, local2 }
}
