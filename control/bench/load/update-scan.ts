/**
 * The sink's reading of UPDATEs: VPN-IPv4 routes into holdings, as few steps per octet as will do. It trusts the daemon to
 * write what is well formed, except that nothing outside the message is read.
 */
import { attributesContent, mix, targetContent, vpnPrefixContent } from './content.ts'
import type { Holdings } from './holdings.ts'

const EXTENDED_LENGTH = 0x10
const ORIGIN = 1
const AS_PATH = 2
const MED = 4
const LOCAL_PREF = 5
const MP_REACH = 14
const MP_UNREACH = 15
const EXT_COMMUNITIES = 16
/** AFI, SAFI, length of the next hop. */
const FAMILY_LENGTH = 3
/** Label and RD. */
const FIXED_BITS = 88

/** ORIGIN, AS_PATH, MED and LOCAL_PREF of the UPDATE that is read. */
const shared = { origin: 0, asPath: 0, med: 0, localPref: 0 }

/** Whatever else a reader of routes wants to know of one. */
export type RouteListener = (prefix: number, label: number) => void

// hot: once per message
/** Applies the UPDATE whose body is at [start, end). */
export function scanUpdate(
  octets: DataView,
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
  shared.origin = shared.asPath = shared.med = shared.localPref = 0
  for (let at = withdrawnEnd + 2; at + 3 <= attributesEnd;) {
    const type = octets.getUint8(at + 1)
    const isLong = (octets.getUint8(at) & EXTENDED_LENGTH) !== 0
    const value = at + (isLong ? 4 : 3)
    const valueEnd = Math.min(attributesEnd, value + (isLong ? u16(octets, at + 2) : octets.getUint8(at + 2)))
    if (type === MP_REACH && isVpnIpv4(octets, value)) {
      const hopLength = octets.getUint8(value + FAMILY_LENGTH)
      nextHop = u32(octets, value + FAMILY_LENGTH + 1 + hopLength - 4)
      // Behind the next hop one reserved octet.
      reachAt = value + FAMILY_LENGTH + 1 + hopLength + 1
      reachEnd = valueEnd
    } else if (type === MP_UNREACH && isVpnIpv4(octets, value)) {
      scanWithdrawn(octets, value + FAMILY_LENGTH, valueEnd, holdings)
    } else if (type === EXT_COMMUNITIES) {
      targets = targetsContent(octets, value, valueEnd)
    } else if (type === AS_PATH) {
      shared.asPath = pathContent(octets, value, valueEnd)
    } else if (type === LOCAL_PREF) {
      shared.localPref = u32(octets, value)
    } else if (type === MED) {
      shared.med = u32(octets, value)
    } else if (type === ORIGIN) {
      shared.origin = octets.getUint8(value)
    }
    at = valueEnd
  }
  if (reachAt !== 0)
    scanReached(octets, reachAt, reachEnd, attributesContent(nextHop, targets, shared), holdings, hears)
}

// hot: one iteration per route
function scanReached(
  octets: DataView,
  start: number,
  end: number,
  attributes: number,
  holdings: Holdings,
  hears: RouteListener | undefined,
): void {
  for (let at = start; at < end;) {
    const bits = octets.getUint8(at) - FIXED_BITS
    const label =
      (octets.getUint8(at + 1) << 12) | (octets.getUint8(at + 2) << 4) | (octets.getUint8(at + 3) >>> 4)
    const prefix = prefixWord(octets, at + 12, bits)
    const rdHigh = u32(octets, at + 4)
    const rdLow = u32(octets, at + 8)
    const content = vpnPrefixContent(attributes, label, rdHigh, rdLow, prefix, bits)
    holdings.put(prefix, content)
    if (hears !== undefined) hears(prefix, label)
    at += 12 + ((bits + 7) >>> 3)
  }
}

// hot: one iteration per route
function scanWithdrawn(octets: DataView, start: number, end: number, holdings: Holdings): void {
  for (let at = start; at < end;) {
    const bits = octets.getUint8(at) - FIXED_BITS
    holdings.drop(prefixWord(octets, at + 12, bits))
    at += 12 + ((bits + 7) >>> 3)
  }
}

function targetsContent(octets: DataView, start: number, end: number): number {
  let sum = 0
  for (let at = start; at + 8 <= end; at += 8) {
    // Types 0, 1 and 2 with sub-type 2 (RFC 4360 §4, RFC 5668).
    if (octets.getUint8(at) <= 2 && octets.getUint8(at + 1) === 2)
      sum = (sum + targetContent(u32(octets, at), u32(octets, at + 4))) | 0
  }
  return sum
}

/** Segments with 4-octet ASes (RFC 6793 §3), which the load negotiates. */
function pathContent(octets: DataView, start: number, end: number): number {
  let path = 0
  for (let at = start; at + 2 <= end;) {
    const segmentEnd = Math.min(end, at + 2 + 4 * octets.getUint8(at + 1))
    path = mix(path, u16(octets, at))
    for (at += 2; at < segmentEnd; at += 4) path = mix(path, u32(octets, at))
  }
  return path
}

function isVpnIpv4(octets: DataView, at: number): boolean {
  return octets.getUint8(at) === 0 && octets.getUint8(at + 1) === 1 && octets.getUint8(at + 2) === 128
}

function prefixWord(octets: DataView, at: number, bits: number): number {
  if (bits === 32) return u32(octets, at)
  let word = 0
  for (let i = 0; i * 8 < bits; i++) word |= octets.getUint8(at + i) << (24 - i * 8)
  return word
}

function u16(octets: DataView, at: number): number {
  return octets.getUint16(at)
}

function u32(octets: DataView, at: number): number {
  return octets.getInt32(at)
}
