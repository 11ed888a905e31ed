/**
 * The sink's reading of UPDATEs: VPN-IPv4 routes into holdings, as few steps per octet as will do. It trusts the daemon to
 * write what is well formed, except that nothing outside the message is read.
 */
import { attributesContent, targetContent, vpnRouteContent } from './content.ts'
import type { Holdings } from './holdings.ts'

const EXTENDED_LENGTH = 0x10
const MP_REACH = 14
const MP_UNREACH = 15
const EXT_COMMUNITIES = 16
/** AFI, SAFI, length of the next hop. */
const FAMILY_LENGTH = 3
/** Label and RD. */
const FIXED_BITS = 88

/** Whatever else a reader of routes wants to know of one. */
export type RouteListener = (prefix: number, label: number) => void

// hot: once per message
/** Applies the UPDATE whose body is at [start, end). */
export function scanUpdate(
  octets: Buffer,
  start: number,
  end: number,
  holdings: Holdings,
  hears?: RouteListener,
): void {
  const withdrawnEnd = start + 2 + u16(octets, start)
  if (withdrawnEnd + 2 > end) return
  const attributesEnd = Math.min(end, withdrawnEnd + 2 + u16(octets, withdrawnEnd))
  let reachAt = 0
  let reachEnd = 0
  let nextHop = 0
  let targets = 0
  for (let at = withdrawnEnd + 2; at + 3 <= attributesEnd;) {
    const type = octets[at + 1]
    const isLong = (octets[at] & EXTENDED_LENGTH) !== 0
    const value = at + (isLong ? 4 : 3)
    const valueEnd = Math.min(attributesEnd, value + (isLong ? u16(octets, at + 2) : octets[at + 2]))
    if (type === MP_REACH && isVpnIpv4(octets, value)) {
      const hopLength = octets[value + FAMILY_LENGTH]
      nextHop = u32(octets, value + FAMILY_LENGTH + 1 + hopLength - 4)
      // Behind the next hop one reserved octet.
      reachAt = value + FAMILY_LENGTH + 1 + hopLength + 1
      reachEnd = valueEnd
    } else if (type === MP_UNREACH && isVpnIpv4(octets, value)) {
      scanWithdrawn(octets, value + FAMILY_LENGTH, valueEnd, holdings)
    } else if (type === EXT_COMMUNITIES) {
      targets = targetsContent(octets, value, valueEnd)
    }
    at = valueEnd
  }
  if (reachAt !== 0)
    scanReached(octets, reachAt, reachEnd, attributesContent(nextHop, targets), holdings, hears)
}

// hot: one iteration per route
function scanReached(
  octets: Buffer,
  start: number,
  end: number,
  attributes: number,
  holdings: Holdings,
  hears: RouteListener | undefined,
): void {
  for (let at = start; at < end;) {
    const bits = octets[at] - FIXED_BITS
    const label = (octets[at + 1] << 12) | (octets[at + 2] << 4) | (octets[at + 3] >>> 4)
    const prefix = prefixWord(octets, at + 12, bits)
    const content = vpnRouteContent(u32(octets, at + 4), u32(octets, at + 8), prefix, label, attributes)
    holdings.put(prefix, content)
    if (hears !== undefined) hears(prefix, label)
    at += 12 + ((bits + 7) >>> 3)
  }
}

// hot: one iteration per route
function scanWithdrawn(octets: Buffer, start: number, end: number, holdings: Holdings): void {
  for (let at = start; at < end;) {
    const bits = octets[at] - FIXED_BITS
    holdings.drop(prefixWord(octets, at + 12, bits))
    at += 12 + ((bits + 7) >>> 3)
  }
}

function targetsContent(octets: Buffer, start: number, end: number): number {
  let sum = 0
  for (let at = start; at + 8 <= end; at += 8) {
    // Types 0, 1 and 2 with sub-type 2 (RFC 4360 §4, RFC 5668).
    if (octets[at] <= 2 && octets[at + 1] === 2)
      sum = (sum + targetContent(u32(octets, at), u32(octets, at + 4))) | 0
  }
  return sum
}

function isVpnIpv4(octets: Buffer, at: number): boolean {
  return octets[at] === 0 && octets[at + 1] === 1 && octets[at + 2] === 128
}

function prefixWord(octets: Buffer, at: number, bits: number): number {
  if (bits === 32) return u32(octets, at)
  let word = 0
  for (let i = 0; i * 8 < bits; i++) word |= octets[at + i] << (24 - i * 8)
  return word
}

function u16(octets: Buffer, at: number): number {
  return (octets[at] << 8) | octets[at + 1]
}

function u32(octets: Buffer, at: number): number {
  return (octets[at] << 24) | (octets[at + 1] << 16) | (octets[at + 2] << 8) | octets[at + 3]
}
