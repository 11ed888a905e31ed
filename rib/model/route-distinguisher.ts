/**
 * Route distinguishers (RFC 4364 §4.2): eight octets, here two 32-bit words as route keys hold them.
 *
 *   type 0:  | 0 | 2-octet AS | 4-octet number |        "64512:100"
 *   type 1:  | 1 | IPv4 address | 2-octet number |      "192.0.2.21:3"
 *   type 2:  | 2 | 4-octet AS | 2-octet number |        "4200000000:3"  (suffix L forces it: "65000L:3")
 */
import { formatIpv4Word, parseIpv4, wordAt } from './ip-address.ts'

export interface RouteDistinguisher {
  /** Octets 0 to 3, as a signed 32-bit value. */
  readonly high: number
  /** Octets 4 to 7, as a signed 32-bit value. */
  readonly low: number
}

/** RD of a route an agent or a static port makes: type 1, compute address and instance id (design decision). */
export function ipv4RouteDistinguisher(addressWord: number, id: number): RouteDistinguisher {
  return { high: (1 << 16) | (addressWord >>> 16), low: (addressWord << 16) | (id & 0xffff) }
}

export function formatRouteDistinguisher(high: number, low: number): string {
  const type = high >>> 16
  const upper = high & 0xffff
  switch (type) {
    case 0:
      return `${upper}:${low >>> 0}`
    case 1:
      return `${formatIpv4Word((upper << 16) | (low >>> 16))}:${low & 0xffff}`
    case 2: {
      const asn = ((upper << 16) | (low >>> 16)) >>> 0
      return asn > 0xffff ? `${asn}:${low & 0xffff}` : `${asn}L:${low & 0xffff}`
    }
    default:
      return `0x${(high >>> 0).toString(16).padStart(8, '0')}${(low >>> 0).toString(16).padStart(8, '0')}`
  }
}

/** Parses the four text forms; undefined when malformed or out of range. */
export function parseRouteDistinguisher(text: string): RouteDistinguisher | undefined {
  const hex = /^0x([0-9a-f]{8})([0-9a-f]{8})$/i.exec(text)
  if (hex) return { high: parseInt(hex[1]!, 16) | 0, low: parseInt(hex[2]!, 16) | 0 }
  const match = /^([0-9.]+)(L?):(\d{1,10})$/.exec(text)
  if (!match) return undefined
  const administrator = match[1]!
  const number = Number(match[3])
  if (administrator.includes('.')) {
    const address = parseIpv4(administrator)
    if (!address || number > 0xffff || match[2]) return undefined
    return ipv4RouteDistinguisher(wordAt(address, 0), number)
  }
  const asn = Number(administrator)
  if (asn > 0xffffffff) return undefined
  if (asn > 0xffff || match[2]) {
    if (number > 0xffff) return undefined
    return { high: (2 << 16) | (asn >>> 16), low: (asn << 16) | number }
  }
  return number > 0xffffffff ? undefined : { high: asn, low: number | 0 }
}
