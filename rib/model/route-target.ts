/**
 * Route targets (RFC 4360 §4, RFC 5668): an extended community of sub-type 2, here one exact JS number
 *
 *      type (0, 1 or 2) * 2^48 + the six value octets
 *
 * which fits 53 bits, so that sets and maps of targets are keyed by numbers. Used per attribute set, never per route.
 */
import { formatIpv4Word, parseIpv4, wordAt } from './ip-address.ts'

export type RouteTarget = number

const TYPE_UNIT = 2 ** 48
const WORD = 2 ** 32

/** Route target of an extended community's two words, or undefined when it is another kind of community. */
export function routeTargetOf(high: number, low: number): RouteTarget | undefined {
  const type = high >>> 24
  if (type > 2 || ((high >>> 16) & 255) !== 2) return undefined
  return type * TYPE_UNIT + (high & 0xffff) * WORD + (low >>> 0)
}

/** First word of the extended community that carries the target. */
export function routeTargetHigh(target: RouteTarget): number {
  const type = Math.floor(target / TYPE_UNIT)
  const value = target - type * TYPE_UNIT
  return (type << 24) | (2 << 16) | Math.floor(value / WORD)
}

/** Second word of the extended community that carries the target. */
export function routeTargetLow(target: RouteTarget): number {
  return (target % WORD) | 0
}

/** `target:64512:100`, `target:192.0.2.1:100`, or `target:4200000000:100` (`65000L` marks a small AS in the 4-octet form). */
export function formatRouteTarget(target: RouteTarget): string {
  const high = routeTargetHigh(target)
  const low = routeTargetLow(target)
  const upper = high & 0xffff
  switch (high >>> 24) {
    case 0:
      return `target:${upper}:${low >>> 0}`
    case 1:
      return `target:${formatIpv4Word((upper << 16) | (low >>> 16))}:${low & 0xffff}`
    default: {
      const asn = ((upper << 16) | (low >>> 16)) >>> 0
      return `target:${asn}${asn > 0xffff ? '' : 'L'}:${low & 0xffff}`
    }
  }
}

/** Parses `[target:]ADMIN:NUMBER`; undefined when malformed or out of range. */
export function parseRouteTarget(text: string): RouteTarget | undefined {
  const match = /^(?:target:)?([0-9.]+)(L?):(\d{1,10})$/.exec(text)
  if (!match) return undefined
  const number = Number(match[3])
  if (match[1]!.includes('.')) {
    const address = parseIpv4(match[1]!)
    if (!address || number > 0xffff || match[2]) return undefined
    const word = wordAt(address, 0)
    return TYPE_UNIT + (word >>> 16) * WORD + ((word & 0xffff) * 65536 + number)
  }
  const asn = Number(match[1])
  if (asn > 0xffffffff) return undefined
  if (asn <= 0xffff && !match[2]) {
    return number > 0xffffffff ? undefined : asn * WORD + number
  }
  if (number > 0xffff) return undefined
  return 2 * TYPE_UNIT + (asn >>> 16) * WORD + ((asn & 0xffff) * 65536 + number)
}

/** The automatic target of a virtual network: `target:<asn>:8000000+n`, or 8000+n where the AS needs four octets. */
export function automaticRouteTarget(asn: number, index: number): RouteTarget {
  if (asn <= 0xffff) return asn * WORD + 8_000_000 + index
  return 2 * TYPE_UNIT + (asn >>> 16) * WORD + ((asn & 0xffff) * 65536 + 8_000 + index)
}
