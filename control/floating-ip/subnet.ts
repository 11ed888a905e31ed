/**
 * A subnet of a network, and which of its addresses nobody gets.
 *
 * Addresses are given out from the top, as Contrail does (kubernetes reference 1.4), and the ones kept back are:
 *
 *   101.101.101.0     the network (first)                .255   broadcast (last)
 *   101.101.101.254   gateway: last - 1, or as given     .253   DNS server: last - 2, or as given
 *
 * so the first floating IP is .252. `none` for gateway or DNS server frees that address. A subnet of at most two
 * addresses (/31 and /32, /127 and /128) keeps nothing back unless it is named: every address is one (RFC 3021).
 */
import { addressValue, prefixRange } from '../config/address-range.ts'
import type { IpAddress } from '../../rib/model/ip-address.ts'
import type { Prefix } from '../../rib/model/route-key.ts'

export interface Subnet {
  readonly prefix: Prefix
  /** Octets of its addresses: 4 or 16. */
  readonly octets: number
  readonly first: bigint
  readonly last: bigint
  /** Address → whose it is. */
  readonly reserved: ReadonlyMap<bigint, string>
}

export function makeSubnet(
  prefix: Prefix,
  gateway: IpAddress | 'none' | undefined,
  dnsServer: IpAddress | 'none' | undefined,
): Subnet {
  const range = prefixRange(prefix)
  const first = addressValue(range.first)
  const last = addressValue(range.last)
  const reserved = new Map<bigint, string>()
  const isTiny = last - first < 2n
  if (!isTiny) reserved.set(first, 'network address').set(last, 'broadcast address')
  reserve(reserved, 'DNS server', dnsServer, isTiny ? undefined : last - 2n)
  reserve(reserved, 'gateway', gateway, isTiny ? undefined : last - 1n)
  return { prefix, octets: prefix.address.length, first, last, reserved }
}

function reserve(
  reserved: Map<bigint, string>,
  whose: string,
  given: IpAddress | 'none' | undefined,
  standard: bigint | undefined,
): void {
  if (given === 'none') return
  const value = given ? addressValue(given) : standard
  if (value !== undefined && (given || !reserved.has(value))) reserved.set(value, whose)
}

export function isInSubnet(subnet: Subnet, address: IpAddress): boolean {
  if (address.length !== subnet.octets) return false
  const value = addressValue(address)
  return value >= subnet.first && value <= subnet.last
}
