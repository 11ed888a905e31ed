/**
 * Several paths of a route as an agreement (RFC 7911 §4), made for each direction by itself:
 *
 *   we offer      peer offers      from the peer     to the peer
 *   receive       send             path identifiers
 *   send          receive                            path identifiers
 *
 * Offered for all families of a peer that carry paths of others. Route target memberships are what each speaker wants itself,
 * and gain nothing by it.
 */
import { Family } from '../../rib/model/family.ts'
import type { Capability } from '../wire/capability.ts'
import type { Open } from '../wire/open.ts'

export interface AddPathOffer {
  readonly send: boolean
  readonly receive: boolean
}

/** Families whose NLRI has path identifiers, by direction. */
export interface AddPath {
  readonly sends: readonly Family[]
  readonly receives: readonly Family[]
}

/** Capability 69, where there is something to say. */
export function addPathCapability(
  offer: AddPathOffer | undefined,
  families: readonly Family[],
): Capability[] {
  if (!offer || (!offer.send && !offer.receive)) return []
  const rows = families.filter(hasPaths).map((family) => ({ family, ...offer }))
  return rows.length === 0 ? [] : [{ kind: 'addPath', families: rows }]
}

/** What both OPENs say, for the families negotiated. */
export function agreedAddPath(
  offer: AddPathOffer | undefined,
  open: Open,
  families: readonly Family[],
): AddPath {
  const theirs = new Map<Family, AddPathOffer>()
  for (const row of open.capabilities) {
    if (row.kind !== 'addPath') continue
    // RFC 7911 §4: a speaker says all in one instance; of several the last one counts.
    theirs.clear()
    for (const { family, send, receive } of row.families) theirs.set(family, { send, receive })
  }
  const usable = families.filter(hasPaths)
  return {
    sends: usable.filter((family) => offer?.send === true && theirs.get(family)?.receive === true),
    receives: usable.filter((family) => offer?.receive === true && theirs.get(family)?.send === true),
  }
}

function hasPaths(family: Family): boolean {
  return family !== Family.routeTarget && family !== Family.evpn
}
