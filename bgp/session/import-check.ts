/**
 * Whether a path may be used (RFC 4271 §9.1.2), as flags: 0, or `infeasible` with its reasons. A path that may not is
 * stored all the same, so that an operator sees it and why.
 *
 *   own AS in AS_PATH            RFC 4271 §9.1.2
 *   own identifier as ORIGINATOR RFC 4456 §8
 *   own cluster in CLUSTER_LIST  RFC 4456 §8
 *   next hop that is none        RFC 4271 §6.3 (our own address is one: a compute node may run on this very host)
 *   eBGP without policy          RFC 8212 §2
 */
import { countAs } from '../../rib/model/as-path.ts'
import type { Attributes } from '../../rib/model/attr-set.ts'
import type { IpAddress } from '../../rib/model/ip-address.ts'
import { isZeroAddress, unmapIpv4 } from '../../rib/model/ip-address.ts'
import { PathFlag } from '../../rib/path-flags.ts'

export interface ImportRules {
  readonly localAs: number
  readonly routerId: number
  readonly clusterId: number | undefined
  /** eBGP, and the peer requires a policy that it has not. */
  readonly rejectsAll: boolean
}

/** Path flags of a path with these attributes. */
export function importFlags(attrs: Attributes, rules: ImportRules): number {
  let reasons = 0
  if (countAs(attrs.asPath, rules.localAs) > 0) reasons |= PathFlag.asLoop
  if (attrs.originatorId === rules.routerId) reasons |= PathFlag.originatorLoop
  if (rules.clusterId !== undefined && attrs.clusterList.includes(rules.clusterId))
    reasons |= PathFlag.clusterLoop
  if (!canBeNextHop(attrs.nextHop)) reasons |= PathFlag.badNextHop
  if (rules.rejectsAll) reasons |= PathFlag.policyRejected
  return reasons === 0 ? 0 : reasons | PathFlag.infeasible
}

/** A unicast address, of either family; a route target membership may have any. */
function canBeNextHop(nextHop: IpAddress): boolean {
  const address = unmapIpv4(nextHop)
  if (address.length === 0 || isZeroAddress(address)) return false
  const first = address[0]!
  // Multicast, and beyond it what was never assigned: 224/3 and ff00::/8.
  return address.length === 4 ? first < 224 : first !== 0xff
}
