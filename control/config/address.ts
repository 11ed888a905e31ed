/**
 * Addresses, prefixes and ranges as an operator writes them, read with ip-num behind checks of our own: ip-num by itself
 * keeps host bits (`10.1.2.3/8`), reads `/08`, and takes a zone as part of an IPv6 address (`fe80::1%eth0`).
 */
import { IPv4, IPv4CidrRange, IPv6, IPv6CidrRange } from 'ip-num'
import type { IpAddress } from '../../rib/model/ip-address.ts'
import { formatIpAddress } from '../../rib/model/ip-address.ts'
import { formatPrefix } from '../../rib/model/route-key.ts'
import type { Prefix } from '../../rib/model/route-key.ts'
import { addressValue, octetsOf, prefixRange } from './address-range.ts'
import type { AddressRange } from './address-range.ts'
import { isRefusal, refuse } from './parsed.ts'
import type { Parsed } from './parsed.ts'

/** No spelling of an IPv6 address is longer (RFC 4291 §2.2, with a dotted quad at its end). */
const LONGEST_TEXT = 45

export function parseAddress(text: string): Parsed<IpAddress> {
  const isIpv6 = text.includes(':')
  if (text.includes('/')) return refuse(`${text} is a prefix, not an address`, 'leave the /length out')
  if (text.includes('%')) return refuse(`${text} has a zone`, 'leave the %zone out')
  const shape = isIpv6 ? /^[0-9a-fA-F:.]+$/ : /^\d{1,3}(\.\d{1,3}){3}$/
  if (text.length > LONGEST_TEXT || !shape.test(text)) return notAnAddress(text)
  try {
    return {
      value: isIpv6 ? octetsOf(IPv6.fromString(text).value, 16) : octetsOf(IPv4.fromString(text).value, 4),
    }
  } catch {
    return notAnAddress(text)
  }
}

function notAnAddress(text: string): Parsed<never> {
  return refuse(
    `${shorten(text)} is not an IP address`,
    'write an address such as 192.0.2.10 or 2001:db8::10',
  )
}

/** An IPv4 address other than 0.0.0.0: router and cluster identifiers, compute nodes. */
export function parseIpv4Address(text: string): Parsed<IpAddress> {
  const parsed = parseAddress(text)
  if (isRefusal(parsed)) return parsed
  if (parsed.value.length !== 4)
    return refuse(`${text} is not an IPv4 address`, 'write an address such as 192.0.2.10')
  if (parsed.value.every((octet) => octet === 0)) return refuse('0.0.0.0 identifies nobody')
  return parsed
}

/** A prefix with its length; host bits are refused, never cleared silently. */
export function parseCidr(text: string): Parsed<Prefix> {
  const match = /^([^/]*)\/(0|[1-9]\d{0,2})$/.exec(text)
  if (!match) {
    return refuse(
      `${shorten(text)} is not a prefix`,
      'write address/length, such as 10.0.0.0/24 or 2001:db8::/64',
    )
  }
  const address = parseAddress(match[1]!)
  if (isRefusal(address)) return address
  const length = Number(match[2])
  const bits = address.value.length * 8
  if (length > bits) return refuse(`prefix length ${length} is longer than an address (${bits} bits)`)
  const range = bits === 32 ? IPv4CidrRange.fromCidr(text) : IPv6CidrRange.fromCidr(text)
  const first = octetsOf(range.getFirst().value, address.value.length)
  if (addressValue(first) !== addressValue(address.value)) {
    return refuse(
      `${text} has host bits beyond its length`,
      `the network is ${formatPrefix({ address: first, length })}`,
    )
  }
  return { value: { address: first, length } }
}

/** `first-last`, one address, or a prefix. */
export function parseAddressRange(text: string): Parsed<AddressRange> {
  if (text.includes('/')) {
    const prefix = parseCidr(text)
    return isRefusal(prefix) ? prefix : { value: prefixRange(prefix.value) }
  }
  const ends = text.split('-')
  if (ends.length > 2)
    return refuse(`${shorten(text)} is not a range`, 'write first-last, such as 10.0.0.10-10.0.0.99')
  const first = parseAddress(ends[0]!.trim())
  const last = parseAddress(ends.at(-1)!.trim())
  if (isRefusal(first)) return first
  if (isRefusal(last)) return last
  if (first.value.length !== last.value.length) return refuse(`${text} mixes IPv4 and IPv6`)
  if (addressValue(first.value) > addressValue(last.value)) {
    return refuse(`the range ${text} ends before it starts`, `write ${ends[1]!.trim()}-${ends[0]!.trim()}`)
  }
  return { value: { first: first.value, last: last.value } }
}

/** Where a server listens. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** `192.0.2.10:179` or `[2001:db8::10]:179`; port 0 lets the system choose. */
export function parseEndpoint(text: string): Parsed<Endpoint> {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text)
  if (!match) return refuse(`${shorten(text)} is not address:port`, 'write 127.0.0.1:1790 or [::1]:1790')
  const address = parseAddress(match[1] ?? match[2]!)
  if (isRefusal(address)) return address
  const port = Number(match[3])
  if (port > 65535) return refuse(`port ${port} is beyond 65535`)
  return { value: { host: formatIpAddress(address.value), port } }
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text === '' ? 'an empty text' : text
}
