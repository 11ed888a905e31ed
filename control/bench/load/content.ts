/**
 * The content of a route as one 32-bit number, so that what a receiver holds is one sum, whatever the order it came in:
 *
 *   content = mix(RD, prefix, length, label, attributes)        attributes = mix(next hop, sum of mix(route target))
 *
 * The generator computes it from the values it made up, the sink from octets that a daemon wrote: equal sums mean that
 * every route arrived, once, with its own label, next hop and targets. What a reflector adds on the way does not count.
 */

/** Stirs one more word into a number (the finalizer of murmur3, over the sum). */
export function mix(hash: number, word: number): number {
  let mixed = Math.imul(hash ^ word, 0x85ebca6b) + 0x27d4eb2f
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}

/** One route target, to be added to the others of its list: the order of a list says nothing. */
export function targetContent(high: number, low: number): number {
  return mix(mix(1, high), low)
}

/** What routes of one attribute set share. */
export function attributesContent(nextHop: number, targets: number): number {
  return mix(mix(2, nextHop), targets)
}

/** A VPN-IPv4 route; never 0, which means "not held". */
// hot: once per route received
export function vpnRouteContent(
  rdHigh: number,
  rdLow: number,
  prefix: number,
  label: number,
  attributes: number,
): number {
  return mix(mix(mix(mix(mix(32, rdHigh), rdLow), prefix), label), attributes) || 1
}

/** One next hop of an agent's route, to be added to the others of its equal-cost set. */
export function nextHopContent(address: number, label: number): number {
  return mix(mix(3, address), label)
}

/** A route in an agent's VRF; never 0. */
export function itemContent(prefix: number, nextHops: number): number {
  return mix(mix(4, prefix), nextHops) || 1
}
