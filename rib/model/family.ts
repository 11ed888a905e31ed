/**
 * Address families: an AFI/SAFI pair as one small integer, so that tables and groups index arrays by it.
 * AFI and SAFI numbers are IANA's; the agent channel's own SAFI code points live in xmpp/wire.
 */
export const Family = {
  inet: 0,
  inet6: 1,
  inetLabeled: 2,
  inet6Labeled: 3,
  inetVpn: 4,
  inet6Vpn: 5,
  routeTarget: 6,
  evpn: 7,
} as const
export type Family = (typeof Family)[keyof typeof Family]

interface FamilyRow {
  readonly name: string
  readonly afi: number
  readonly safi: number
  /** Other spellings in the field (Junos, FRR, GoBGP): accepted on input, never printed. */
  readonly aliases: readonly string[]
}

const rows: readonly FamilyRow[] = [
  { name: 'inet', afi: 1, safi: 1, aliases: ['ipv4', 'ipv4-unicast', 'inet-unicast'] },
  { name: 'inet6', afi: 2, safi: 1, aliases: ['ipv6', 'ipv6-unicast', 'inet6-unicast'] },
  { name: 'inet-labeled', afi: 1, safi: 4, aliases: ['ipv4-labelled-unicast', 'ipv4-mpls'] },
  { name: 'inet6-labeled', afi: 2, safi: 4, aliases: ['ipv6-labelled-unicast', 'ipv6-mpls'] },
  { name: 'inet-vpn', afi: 1, safi: 128, aliases: ['vpnv4', 'ipv4-vpn', 'l3vpn-ipv4-unicast'] },
  { name: 'inet6-vpn', afi: 2, safi: 128, aliases: ['vpnv6', 'ipv6-vpn', 'l3vpn-ipv6-unicast'] },
  { name: 'route-target', afi: 1, safi: 132, aliases: ['rtc', 'rtarget', 'ipv4-rt'] },
  { name: 'evpn', afi: 25, safi: 70, aliases: ['l2vpn-evpn'] },
]

/** Above every AFI that heddle knows. */
const AFI_BOUND = 32

/** By AFI and SAFI: the family, or -1. */
const familyByNumbers = new Int8Array(AFI_BOUND << 8).fill(-1)
for (const [index, { afi, safi }] of rows.entries()) familyByNumbers[(afi << 8) | safi] = index

/** Every family, in the order of their numbers. */
export const families: readonly Family[] = rows.map((_, index) => index as Family)

/** The family's name in configuration, CLI and API. */
export function familyName(family: Family): string {
  return rows[family]!.name
}

export function familyAfi(family: Family): number {
  return rows[family]!.afi
}

export function familySafi(family: Family): number {
  return rows[family]!.safi
}

/** Family of an AFI/SAFI pair off the wire, or undefined when heddle does not know it. */
// hot: once per UPDATE
export function familyOf(afi: number, safi: number): Family | undefined {
  const index = afi < AFI_BOUND ? familyByNumbers[(afi << 8) | safi]! : -1
  return index < 0 ? undefined : (index as Family)
}

/** Reads a family name in any of the field's spellings; undefined when unknown. */
export function parseFamily(text: string): Family | undefined {
  const wanted = text.toLowerCase()
  const index = rows.findIndex((row) => row.name === wanted || row.aliases.includes(wanted))
  return index < 0 ? undefined : (index as Family)
}

/** True for families whose NLRI carries a route distinguisher (RFC 4364 §4.3.4). */
export function isVpnFamily(family: Family): boolean {
  return family === Family.inetVpn || family === Family.inet6Vpn
}
