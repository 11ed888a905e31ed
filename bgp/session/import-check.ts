/**
 * Whether a path may be used (RFC 4271 §9.1.2), as flags: 0, or `infeasible` with its reasons. A path that may not is
 * stored all the same, so that an operator sees it and why.
 *
 *   own AS in AS_PATH            RFC 4271 §9.1.2; that of the node, and that of the session (local-as), more often than
 *                                the peer is allowed
 *   first AS another than the peer's, where that is asked for    RFC 4271 §6.3
 *   own identifier as ORIGINATOR RFC 4456 §8
 *   own cluster in CLUSTER_LIST  RFC 4456 §8
 *   a route leak                 RFC 9234 §5
 *   next hop that is none        RFC 4271 §6.3 (our own address is one: a compute node may run on this very host)
 *   eBGP without policy          RFC 8212 §2
 */
import type { AttrSet } from '../../rib/model/attr-set.ts'
import type { Family } from '../../rib/model/family.ts'
import { hasRoles, isLeak } from '../../rib/model/only-to-customer.ts'
import type { Role } from '../../rib/model/only-to-customer.ts'
import { PathFlag } from '../../rib/path-flags.ts'

/** Tunnel types by family. */
export type TunnelDefaults = readonly (readonly number[] | undefined)[]

export interface ImportRules {
  readonly localAs: number
  readonly routerId: number
  readonly clusterId: number | undefined
  /** eBGP, and the peer requires a policy that it has not. */
  readonly rejectsAll: boolean
  /** What we are to the peer, where that is another AS than the node's. */
  readonly sessionAs?: number | undefined
  /** How often our AS may be in a path, by family; not at all unless given. */
  readonly allowedOwnAs?: readonly number[] | undefined
  /** With what a path has to begin. */
  readonly firstAs?: number | undefined
  /** Tunnel types, by family, of what names none. */
  readonly defaultTunnels?: TunnelDefaults | undefined
  /** Tunnel Encapsulation attributes are as if they were not there (RFC 9012 §11). */
  readonly dropsTunnelAttribute?: boolean
  /** Of what comes (RFC 9234). */
  readonly inRole?: { readonly role: Role; readonly peerAs: number } | undefined
  /** Put in front of the path of what comes from the peer (local-as). */
  readonly prepends?: number | undefined
}

/** Path flags of a path with these attributes, as received. */
export function importFlags(attrs: AttrSet, rules: ImportRules, family: Family): number {
  let reasons = 0
  const { sessionAs, firstAs } = rules
  const allowed = rules.allowedOwnAs?.[family] ?? 0
  if (isLoop(attrs, rules.localAs, allowed)) reasons |= PathFlag.asLoop
  if (sessionAs !== undefined && isLoop(attrs, sessionAs, allowed)) reasons |= PathFlag.asLoop
  if (firstAs !== undefined && attrs.neighborAs !== firstAs) reasons |= PathFlag.wrongFirstAs
  if (rules.inRole && hasRoles(family) && isLeak(attrs, rules.inRole.role, rules.inRole.peerAs))
    reasons |= PathFlag.routeLeak
  if (attrs.originatorId === rules.routerId) reasons |= PathFlag.originatorLoop
  if (rules.clusterId !== undefined && attrs.hasCluster(rules.clusterId)) reasons |= PathFlag.clusterLoop
  if (!canBeNextHop(attrs)) reasons |= PathFlag.badNextHop
  if (rules.rejectsAll) reasons |= PathFlag.policyRejected
  return reasons === 0 ? 0 : reasons | PathFlag.infeasible
}

function isLoop(attrs: AttrSet, asn: number, allowed: number): boolean {
  return attrs.hasAs(asn) && (allowed === 0 || attrs.countAs(asn) > allowed)
}

/** A unicast address, of either family; a route target membership may have any. */
function canBeNextHop(attrs: AttrSet): boolean {
  if (attrs.nextHopLength === 0) return false
  const ipv4 = attrs.ipv4NextHop
  // Multicast, and beyond it what was never assigned: 224/3 and ff00::/8.
  if (ipv4 !== undefined) return ipv4 !== 0 && ipv4 >>> 24 < 224
  const first = attrs.nextHopWord(0)
  const others = attrs.nextHopWord(1) | attrs.nextHopWord(2) | attrs.nextHopWord(3)
  return (first | others) !== 0 && first >>> 24 !== 0xff
}
