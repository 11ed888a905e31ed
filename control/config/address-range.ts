/**
 * Addresses as numbers, and stretches of them. Apart from reading their texts (address.ts), since a running daemon counts
 * addresses and reads none.
 */
import type { IpAddress } from '../../rib/model/ip-address.ts'
import type { Prefix } from '../../rib/model/route-key.ts'

/** Addresses from one to another, both included. */
export interface AddressRange {
  readonly first: IpAddress
  readonly last: IpAddress
}

/** First and last address of a prefix. */
export function prefixRange({ address, length }: Prefix): AddressRange {
  const hostBits = (1n << BigInt(address.length * 8 - length)) - 1n
  const value = addressValue(address)
  return {
    first: octetsOf(value & ~hostBits, address.length),
    last: octetsOf(value | hostBits, address.length),
  }
}

/** The address as one number: order and distance within its family. */
export function addressValue(address: IpAddress): bigint {
  let value = 0n
  for (const octet of address) value = (value << 8n) | BigInt(octet)
  return value
}

/** The address of so many octets with this number. */
export function octetsOf(value: bigint, length: number): IpAddress {
  const octets = new Uint8Array(length)
  for (let i = length - 1, rest = value; i >= 0; i--, rest >>= 8n) octets[i] = Number(rest & 0xffn)
  return octets
}
