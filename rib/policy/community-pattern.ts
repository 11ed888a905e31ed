/**
 * Patterns of communities: every part a number, a range or `*`.
 *
 *   standard   64512:100   64512:*   *:666   64512:100-199   no-export
 *   large      64512:1:*                                                          (RFC 8092)
 *   extended   target:64512:*   soo:192.0.2.1:7   originvn:64512:4   encapsulation:gre   0x030c00000000000d
 *
 * An extended one without the `L` of the 4-octet form means each form that can hold its administrator (RFC 5668).
 */
import { parseCommunity } from '../model/community.ts'
import type { LargeCommunity } from '../model/community.ts'
import { tunnelTypes } from '../model/ext-community.ts'
import { parseIpv4, wordAt } from '../model/ip-address.ts'
import { isInRange, parseNumberRange } from './number-range.ts'
import type { NumberRange } from './number-range.ts'

const MAX_16 = 0xffff
const MAX_32 = 0xffffffff

export interface CommunityPattern {
  readonly asn: NumberRange
  readonly value: NumberRange
}

export function parseCommunityPattern(text: string): CommunityPattern | undefined {
  const known = parseCommunity(text)
  if (known !== undefined) return { asn: only(known >>> 16), value: only(known & MAX_16) }
  const parts = text.split(':').map((part) => parseNumberRange(part, MAX_16))
  const [asn, value] = parts
  return parts.length === 2 && asn && value ? { asn, value } : undefined
}

export function isCommunity(community: number, { asn, value }: CommunityPattern): boolean {
  return isInRange(community >>> 16, asn) && isInRange(community & MAX_16, value)
}

export interface LargeCommunityPattern {
  readonly global: NumberRange
  readonly local1: NumberRange
  readonly local2: NumberRange
}

export function parseLargeCommunityPattern(text: string): LargeCommunityPattern | undefined {
  const parts = text.split(':').map((part) => parseNumberRange(part, MAX_32))
  const [global, local1, local2] = parts
  return parts.length === 3 && global && local1 && local2 ? { global, local1, local2 } : undefined
}

export function isLargeCommunity(community: LargeCommunity, pattern: LargeCommunityPattern): boolean {
  return (
    isInRange(community.global, pattern.global) &&
    isInRange(community.local1, pattern.local1) &&
    isInRange(community.local2, pattern.local2)
  )
}

/** Where the administrator ends and the number begins, in the six octets of the value. */
export type ExtLayout = 'as2' | 'as4' | 'opaque'

/** One type and sub-type, with the ranges of administrator and number; of an opaque one, of its two words' rest. */
export interface ExtCommunityForm {
  readonly type: number
  readonly layout: ExtLayout
  readonly admin: NumberRange
  readonly number: NumberRange
}

export type ExtCommunityPattern = readonly ExtCommunityForm[]

/** Types of the 2-octet AS, IPv4 and 4-octet AS forms by name; -1 where a name has no such form. */
const formsByName: ReadonlyMap<string, readonly [number, number, number]> = new Map([
  ['target', [0x0002, 0x0102, 0x0202]],
  ['soo', [0x0003, 0x0103, 0x0203]],
  ['originvn', [0x8071, -1, 0x8271]],
  ['secgroup', [0x8004, -1, 0x8204]],
  ['tag', [0x8084, -1, 0x8284]],
])

const ENCAPSULATION = 0x030c

export function parseExtCommunityPattern(text: string): ExtCommunityPattern | undefined {
  const hex = /^0x([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{8})$/i.exec(text)
  if (hex) {
    const [type, rest, low] = hex.slice(1).map((digits) => parseInt(digits, 16)) as [number, number, number]
    return [{ type, layout: 'opaque', admin: only(rest), number: only(low) }]
  }
  const [name, admin, number, ...more] = text.split(':')
  if (name === 'encapsulation' && number === undefined) return encapsulation(admin)
  const types = formsByName.get(name!)
  if (!types || admin === undefined || number === undefined || more.length > 0) return undefined
  const forms = formsOf(types, admin, number)
  return forms.length > 0 ? forms : undefined
}

export function isExtCommunity(high: number, low: number, pattern: ExtCommunityPattern): boolean {
  const type = high >>> 16
  const rest = high & MAX_16
  for (const form of pattern) {
    if (form.type !== type) continue
    const isWide = form.layout === 'as4'
    const admin = isWide ? ((rest << 16) | (low >>> 16)) >>> 0 : rest
    const number = isWide ? low & MAX_16 : low >>> 0
    if (isInRange(admin, form.admin) && isInRange(number, form.number)) return true
  }
  return false
}

function encapsulation(name: string | undefined): ExtCommunityPattern | undefined {
  const any = { min: 0, max: MAX_16 }
  const type = name === undefined ? undefined : tunnelTypes.get(name)
  const range = type !== undefined ? only(type) : parseNumberRange(name ?? '', MAX_16)
  // RFC 9012 §4.1: what stands in the reserved octets is ignored; the last two hold the type (form as4).
  return (
    range && [
      { type: ENCAPSULATION, layout: 'as4', admin: { min: 0, max: MAX_32 }, number: { ...any, ...range } },
    ]
  )
}

function formsOf(
  [as2, ipv4, as4]: readonly [number, number, number],
  adminText: string,
  numberText: string,
): ExtCommunityForm[] {
  const forms: ExtCommunityForm[] = []
  const add = (type: number, layout: ExtLayout, admin?: NumberRange, number?: NumberRange): void => {
    if (type >= 0 && admin && number) forms.push({ type, layout, admin, number })
  }
  const narrow = parseNumberRange(numberText, MAX_16)
  if (adminText.includes('.')) {
    const address = parseIpv4(adminText)
    add(ipv4, 'as4', address && only(wordAt(address, 0) >>> 0), narrow)
    return forms
  }
  const isWideOnly = adminText.endsWith('L')
  const admin = parseNumberRange(isWideOnly ? adminText.slice(0, -1) : adminText, MAX_32)
  const fits = admin && admin.min <= MAX_16 && !isWideOnly
  add(
    as2,
    'as2',
    fits ? { min: admin.min, max: Math.min(admin.max, MAX_16) } : undefined,
    parseNumberRange(numberText, MAX_32),
  )
  // Every form with `*`, and the 4-octet one where the administrator needs it.
  if (adminText === '*') add(ipv4, 'as4', admin, narrow)
  if (adminText === '*' || isWideOnly || (admin && admin.max > MAX_16)) add(as4, 'as4', admin, narrow)
  return forms
}

function only(value: number): NumberRange {
  return { min: value, max: value }
}
