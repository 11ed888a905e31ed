/**
 * Route keys: what identifies a route within one table, as a few 32-bit words, so that tables hash and compare integers
 * and never build a string per route.
 *
 *   inet, inet-labeled     [ length | address ]                               2 words
 *   inet6, inet6-labeled   [ length | a0 | a1 | a2 | a3 ]                     5 words
 *   inet-vpn               [ rd0 | rd1 | length | address ]                   4 words
 *   inet6-vpn              [ rd0 | rd1 | length | a0 | a1 | a2 | a3 ]         7 words
 *   route-target           [ length in bits | origin AS | rt0 | rt1 ]         4 words   (RFC 4684 §4)
 *
 * Lengths are those of the bare prefix, without label and RD. Bits beyond the length are zero: whoever builds a key masks.
 */
import { Family, isVpnFamily } from './family.ts'
import { formatIpAddress, formatIpv4Word, parseIpAddress, wordAt, writeWord } from './ip-address.ts'
import { formatRouteDistinguisher, parseRouteDistinguisher } from './route-distinguisher.ts'
import {
  formatRouteTarget,
  parseRouteTarget,
  routeTargetHigh,
  routeTargetLow,
  routeTargetOf,
} from './route-target.ts'
import type { RouteTarget } from './route-target.ts'

export type RouteKey = Int32Array

const wordsByFamily: readonly number[] = [2, 5, 2, 5, 4, 7, 4, 0]

/** Words of a key in this family; 0 for a family that has no table (EVPN, for now). */
export function routeKeyWords(family: Family): number {
  return wordsByFamily[family]!
}

/** Where the prefix length stands in a key of this family; the address follows it. */
export function lengthWord(family: Family): number {
  return isVpnFamily(family) ? 2 : 0
}

/** Longest prefix of the family, in bits. */
export function maxPrefixLength(family: Family): number {
  if (family === Family.routeTarget) return 96
  return addressWords(family) * 32
}

function addressWords(family: Family): number {
  return routeKeyWords(family) - lengthWord(family) - 1
}

/** Clears the bits beyond the prefix length in the address part that starts at `offset`. */
export function maskKeyAddress(key: RouteKey, offset: number, words: number, length: number): void {
  for (let i = 0; i < words; i++) {
    const bits = length - i * 32
    if (bits <= 0) key[offset + i] = 0
    else if (bits < 32) key[offset + i] = key[offset + i]! & (-1 << (32 - bits))
  }
}

export interface Prefix {
  /** 4 or 16 octets. */
  readonly address: Uint8Array
  readonly length: number
}

/** Parses `a.b.c.d/len` or `x::y/len` (a bare address is a host prefix); host bits are cleared. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/')
  const address = parseIpAddress(slash < 0 ? text : text.slice(0, slash))
  if (!address) return undefined
  const max = address.length * 8
  const lengthText = slash < 0 ? String(max) : text.slice(slash + 1)
  if (!/^\d{1,3}$/.test(lengthText)) return undefined
  const length = Number(lengthText)
  if (length > max) return undefined
  for (let i = 0; i < address.length; i++) {
    const bits = Math.max(0, Math.min(8, length - i * 8))
    address[i] = address[i]! & (0xff00 >> bits)
  }
  return { address, length }
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatIpAddress(prefix.address)}/${prefix.length}`
}

/** True when the address, of the same family, lies within. */
export function prefixContains(prefix: Prefix, address: Uint8Array): boolean {
  if (prefix.address.length !== address.length) return false
  for (let i = 0; i * 8 < prefix.length; i++) {
    const bits = Math.min(8, prefix.length - i * 8)
    if (((prefix.address[i]! ^ address[i]!) & (0xff00 >> bits) & 0xff) !== 0) return false
  }
  return true
}

/** Key of a prefix in a table without RDs. */
export function prefixKey(prefix: Prefix): RouteKey {
  const words = prefix.address.length / 4
  const key = new Int32Array(1 + words)
  key[0] = prefix.length
  for (let i = 0; i < words; i++) key[1 + i] = wordAt(prefix.address, i * 4)
  return key
}

/** Prefix of a key of any family but route-target. */
export function keyPrefix(family: Family, words: ArrayLike<number>, offset: number): Prefix {
  const start = offset + lengthWord(family)
  const address = new Uint8Array(addressWords(family) * 4)
  for (let i = 0; i < address.length / 4; i++) writeWord(address, i * 4, words[start + 1 + i]!)
  return { address, length: words[start]! }
}

/** Key of a route target membership NLRI: the default route (length 0) when nothing is given. */
export function membershipKey(originAs?: number, target?: RouteTarget): RouteKey {
  if (originAs === undefined || target === undefined) return new Int32Array(4)
  return Int32Array.of(96, originAs | 0, routeTargetHigh(target), routeTargetLow(target))
}

/** The full route target of a membership key (96 bits), or undefined for partial and default ones. */
export function membershipTarget(words: ArrayLike<number>, offset: number): RouteTarget | undefined {
  return words[offset] === 96 ? routeTargetOf(words[offset + 2]!, words[offset + 3]!) : undefined
}

/** Text of the key at `offset` of an array of words: `RD:prefix`, `prefix`, or `AS:target`. */
export function formatRouteKey(family: Family, words: ArrayLike<number>, offset: number): string {
  if (family === Family.routeTarget) return formatMembership(words, offset)
  const prefix =
    routeKeyWords(family) - lengthWord(family) === 2
      ? `${formatIpv4Word(words[offset + lengthWord(family) + 1]!)}/${words[offset + lengthWord(family)]!}`
      : formatPrefix(keyPrefix(family, words, offset))
  return isVpnFamily(family)
    ? `${formatRouteDistinguisher(words[offset]!, words[offset + 1]!)}:${prefix}`
    : prefix
}

function formatMembership(words: ArrayLike<number>, offset: number): string {
  const length = words[offset]!
  if (length === 0) return 'default'
  const target = membershipTarget(words, offset)
  const originAs = words[offset + 1]! >>> 0
  if (target !== undefined) return `${originAs}:${formatRouteTarget(target)}`
  const hex = [words[offset + 2]!, words[offset + 3]!].map((word) =>
    (word >>> 0).toString(16).padStart(8, '0'),
  )
  return `${originAs}:0x${hex.join('')}/${length}`
}

/** Parses what formatRouteKey prints; undefined when malformed or of another family. */
export function parseRouteKey(family: Family, text: string): RouteKey | undefined {
  if (family === Family.routeTarget) return parseMembership(text)
  if (!isVpnFamily(family)) return plainKey(family, text)
  // An RD has exactly one colon (or none, in hex), the prefix follows the next one.
  const match = /^(0x[0-9a-fA-F]{16}|[0-9.]+L?:\d+):(.+)$/.exec(text)
  const rd = match && parseRouteDistinguisher(match[1]!)
  const bare = match && plainKey(family === Family.inetVpn ? Family.inet : Family.inet6, match[2]!)
  return rd && bare ? Int32Array.of(rd.high, rd.low, ...bare) : undefined
}

function plainKey(family: Family, text: string): RouteKey | undefined {
  const prefix = parsePrefix(text)
  return prefix && prefix.address.length === addressWords(family) * 4 ? prefixKey(prefix) : undefined
}

function parseMembership(text: string): RouteKey | undefined {
  if (text === 'default') return membershipKey()
  const match = /^(\d{1,10}):(target:.+)$/.exec(text)
  const target = match && parseRouteTarget(match[2]!)
  const originAs = Number(match?.[1])
  return target !== null && target !== undefined && originAs <= 0xffffffff
    ? membershipKey(originAs, target)
    : undefined
}
