/**
 * The route targets heddle gives out by itself, one for every virtual network (control-node reference 2e):
 *
 *   2-octet AS   target:<asn>:8000000+n   up to 2^24 - 1
 *   4-octet AS   target:<asn>:8000+n      up to 32768
 *
 * Which n a network has: control/config/network-index.ts.
 */
import { automaticRouteTarget } from '../../rib/model/route-target.ts'
import type { RouteTarget } from '../../rib/model/route-target.ts'

/** First and last automatic target of an AS. */
export function automaticTargetRange(asn: number): {
  readonly first: RouteTarget
  readonly last: RouteTarget
} {
  const span = asn <= 0xffff ? 0xffffff - 8_000_000 : 32_768 - 8_000
  return { first: automaticRouteTarget(asn, 0), last: automaticRouteTarget(asn, span) }
}

/**
 * Largest n: the number of a network is also the low half of the route distinguishers of its static paths (16 bits), and
 * its index in the origin-vn community.
 */
export function largestNetworkIndex(asn: number): number {
  return asn <= 0xffff ? 0xffff : 32_768 - 8_000
}
