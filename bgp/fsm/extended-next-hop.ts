/**
 * IPv6 next hops of IPv4 routes (RFC 8950 §4): who offers the capability for a family takes such routes, and sends them
 * only to who offers it, too.
 */
import { Family, familyAfi } from '../../rib/model/family.ts'
import type { Capability } from '../wire/capability.ts'
import type { Open } from '../wire/open.ts'

const IPV4 = 1
const IPV6 = 2

/** Capability 5, where there is a family to offer it for. */
export function extendedNextHopCapability(isOffered: boolean, families: readonly Family[]): Capability[] {
  const rows = families.filter(isConcerned).map((family) => ({ family, nextHopAfi: IPV6 }))
  return isOffered && rows.length > 0 ? [{ kind: 'extendedNextHop', families: rows }] : []
}

/** The families in which such routes may be sent. */
export function agreedExtendedNextHop(
  isOffered: boolean,
  open: Open,
  families: readonly Family[],
): readonly Family[] {
  if (!isOffered) return []
  const theirs = new Set<Family>()
  for (const row of open.capabilities) {
    if (row.kind !== 'extendedNextHop') continue
    for (const { family, nextHopAfi } of row.families) if (nextHopAfi === IPV6) theirs.add(family)
  }
  return families.filter((family) => isConcerned(family) && theirs.has(family))
}

/** IPv4 families with next hops for what is at the end of a path; memberships have none. */
function isConcerned(family: Family): boolean {
  return familyAfi(family) === IPV4 && family !== Family.routeTarget
}
