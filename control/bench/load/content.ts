/**
 * The content of a route as one 32-bit number, so that what a receiver holds is one sum, whatever the order it came in:
 *
 *   content    = mix(sum of odd multiples of attributes, RD and prefix; label and length)
 *   attributes = mix(next hop, sum of mix(route target), ORIGIN, AS_PATH, MED or 0, LOCAL_PREF)
 *
 * The generator computes it from the values it made up, the sink from octets that a daemon wrote: equal sums mean that
 * every route arrived, once, with its own label and with every attribute that was sent. What a reflector adds on the way
 * (ORIGINATOR_ID, CLUSTER_LIST) does not count.
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

/** Of an AS_PATH: begin with 0 and add segment by segment, `head` being type and number of ASes in one word. */
export function segmentContent(path: number, head: number, asns: readonly number[]): number {
  return asns.reduce(mix, mix(path, head))
}

/** What the routes of one UPDATE share, beside next hop and targets. */
export interface SharedAttributes {
  readonly origin: number
  /** Content of the segments. */
  readonly asPath: number
  /** 0 where there is none. */
  readonly med: number
  readonly localPref: number
}

/** What routes of one attribute set share. */
export function attributesContent(
  nextHop: number,
  targets: number,
  { origin, asPath, med, localPref }: SharedAttributes,
): number {
  return mix(mix(mix(mix(mix(mix(2, nextHop), targets), origin), asPath), med), localPref)
}

/** A VPN-IPv4 host route. */
export function vpnRouteContent(
  rdHigh: number,
  rdLow: number,
  prefix: number,
  label: number,
  attributes: number,
): number {
  return vpnPrefixContent(attributes, label, rdHigh, rdLow, prefix, 32)
}

/**
 * A VPN-IPv4 route; never 0, which means "not held". The products are worked out side by side, and one is stirred: with a
 * stirring for each word, each waits for the one before, and the sink could not keep up with ten receivers.
 */
// hot: once per route received
export function vpnPrefixContent(
  attributes: number,
  label: number,
  rdHigh: number,
  rdLow: number,
  prefix: number,
  length: number,
): number {
  const route = Math.imul(rdHigh, 0x9e3779b1) + Math.imul(rdLow, 0x85ebca77) + Math.imul(prefix, 0xc2b2ae3d)
  const rest = Math.imul(label, 0x27d4eb2f) + Math.imul(length, 0x165667b1)
  return mix((route + Math.imul(attributes, 0x2545f491)) | 0, rest | 0) || 1
}

/** One next hop of an agent's route, to be added to the others of its equal-cost set. */
export function nextHopContent(address: number, label: number): number {
  return mix(mix(3, address), label)
}

/** A route in an agent's VRF; never 0. */
export function itemContent(prefix: number, nextHops: number): number {
  return mix(mix(4, prefix), nextHops) || 1
}
