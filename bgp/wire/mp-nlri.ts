/**
 * The envelopes of MP_REACH_NLRI and MP_UNREACH_NLRI (RFC 4760 §3, §4) and the next hops of each family.
 *
 *   MP_REACH     | AFI (2) | SAFI (1) | length (1) | next hop | reserved (1) | NLRI |
 *   MP_UNREACH   | AFI (2) | SAFI (1) | NLRI |
 *
 *   inet-labeled, inet6-labeled    as inet and inet6 (RFC 8277 §2.2, RFC 4798 §2)
 *   inet           4, or 16 and 32 (RFC 8950)         inet-vpn       RD 0 + 4, or RD 0 + 16 once or twice (RFC 8950)
 *   inet6          16, or 32 with a link-local one    inet6-vpn      RD 0 + 16 once or twice (RFC 4659 §3.2.1)
 *   route-target   4 or 16 (RFC 4684 §4)
 */
import type { AttrSet } from '../../rib/model/attr-set.ts'
import { Family, familyOf } from '../../rib/model/family.ts'
import { copyOf, unmapIpv4 } from '../../rib/model/ip-address.ts'
import type { IpAddress } from '../../rib/model/ip-address.ts'

const RD_LENGTH = 8

/** A decoded envelope; the spans lie in the UPDATE. Reused by the decoder. */
export class MpEnvelope {
  /** Undefined when heddle does not know the pair. */
  family: Family | undefined = undefined
  afi = 0
  safi = 0
  nextHopStart = 0
  nextHopEnd = 0
  nlriStart = 0
  nlriEnd = 0

  /** Reads MP_REACH_NLRI at [start, end); false when the envelope does not fit. */
  readReach(octets: Uint8Array, start: number, end: number): boolean {
    if (end - start < 5) return false
    this.readFamily(octets, start)
    this.nextHopStart = start + 4
    this.nextHopEnd = this.nextHopStart + octets[start + 3]
    // The octet behind the next hop is reserved and ignored (RFC 4760 §3).
    this.nlriStart = this.nextHopEnd + 1
    this.nlriEnd = end
    return this.nlriStart <= end
  }

  /** Reads MP_UNREACH_NLRI at [start, end); false when the envelope does not fit. */
  readUnreach(octets: Uint8Array, start: number, end: number): boolean {
    if (end - start < 3) return false
    this.readFamily(octets, start)
    this.nlriStart = start + 3
    this.nlriEnd = end
    return true
  }

  private readFamily(octets: Uint8Array, start: number): void {
    this.afi = (octets[start] << 8) | octets[start + 1]
    this.safi = octets[start + 2]
    this.family = familyOf(this.afi, this.safi)
  }
}

/**
 * True when a next hop field of this length has a meaning in the family. IPv6 next hops of IPv4 routes have one only where
 * `extendedNextHop` was negotiated (RFC 8950 §4).
 */
export function isNextHopLength(family: Family, length: number, extendedNextHop: boolean): boolean {
  switch (family) {
    case Family.inet:
    case Family.inetLabeled:
      return length === 4 || (extendedNextHop && (length === 16 || length === 32))
    case Family.inet6:
    case Family.inet6Labeled:
      return length === 16 || length === 32
    case Family.inetVpn:
      return length === 12 || (extendedNextHop && (length === 24 || length === 48))
    case Family.inet6Vpn:
      return length === 24 || length === 48
    case Family.routeTarget:
      return length === 4 || length === 16
    default:
      return false
  }
}

/** The (global) address of a next hop field whose length isNextHopLength; copied, mapped IPv4 as IPv4. */
export function decodeNextHop(family: Family, octets: Uint8Array, start: number, end: number): IpAddress {
  const isVpn = family === Family.inetVpn || family === Family.inet6Vpn
  const at = isVpn ? start + RD_LENGTH : start
  const length = end - at >= 16 ? 16 : 4
  return unmapIpv4(copyOf(octets, at, at + length))
}

/** Octets of the next hop field that carries a next hop of so many octets; 0 when the family cannot carry it. */
export function nextHopLength(family: Family, octets: number, extendedNextHop: boolean): number {
  const isIpv4 = octets === 4
  if (!isIpv4 && octets !== 16) return 0
  switch (family) {
    case Family.inet:
    case Family.inetLabeled:
      return isIpv4 ? 4 : extendedNextHop ? 16 : 0
    case Family.inet6:
    case Family.inet6Labeled:
      return 16
    case Family.inetVpn:
      return isIpv4 ? RD_LENGTH + 4 : extendedNextHop ? RD_LENGTH + 16 : 0
    case Family.inet6Vpn:
      return RD_LENGTH + 16
    case Family.routeTarget:
      return octets
    default:
      return 0
  }
}

/** Writes a next hop field of nextHopLength octets: the RD is zero, IPv4 in a longer field is mapped (RFC 4659 §3.2.1.2). */
// hot: once per UPDATE
export function putNextHop(octets: Uint8Array, at: number, length: number, attrs: AttrSet): void {
  const start = at + length - attrs.nextHopLength
  for (let i = at; i < start; i++) octets[i] = 0
  if (attrs.nextHopLength === 4 && length >= 16) {
    octets[start - 1] = 0xff
    octets[start - 2] = 0xff
  }
  attrs.putNextHop(octets, start)
}
