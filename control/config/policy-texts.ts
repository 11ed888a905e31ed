/** The texts of policies (docs/POLICY.md) as values: prefixes with lengths, communities, AS path patterns, ranges. */
import { Origin } from '../../rib/model/attr-set.ts'
import { parseCommunity, parseLargeCommunity } from '../../rib/model/community.ts'
import type { LargeCommunity } from '../../rib/model/community.ts'
import { routeTargetHigh, routeTargetLow } from '../../rib/model/route-target.ts'
import { SourceKind } from '../../rib/path-source.ts'
import {
  parseCommunityPattern,
  parseExtCommunityPattern,
  parseLargeCommunityPattern,
} from '../../rib/policy/community-pattern.ts'
import type {
  CommunityPattern,
  ExtCommunityPattern,
  LargeCommunityPattern,
} from '../../rib/policy/community-pattern.ts'
import { isPatternFault, parseAsPathPattern } from '../../rib/policy/as-path-syntax.ts'
import { parseNumberRange } from '../../rib/policy/number-range.ts'
import type { NumberRange } from '../../rib/policy/number-range.ts'
import type { ExtWords } from '../../rib/policy/policy.ts'
import type { PrefixRule } from '../../rib/policy/prefix-set.ts'
import { parseCidr } from './address.ts'
import { isRefusal, refuse } from './parsed.ts'
import type { Parsed } from './parsed.ts'
import { parseTargetText } from './scalar-schema.ts'
import { didYouMean } from './suggest.ts'

const PREFIX_HINT = 'write 10.0.0.0/8, 10.0.0.0/8 orlonger, or 10.0.0.0/8 ge 24 le 28'

/** `10.0.0.0/8` (itself alone), with `exact`, `orlonger`, `ge N`, `le N` or both behind it. */
export function parsePrefixRule(text: string): Parsed<PrefixRule> {
  const [first = '', ...words] = text.trim().split(/\s+/)
  const parsed = parseCidr(first)
  if (isRefusal(parsed)) return parsed
  const prefix = parsed.value
  const longest = prefix.address.length * 8
  const rest = words.join(' ')
  if (rest === '' || rest === 'exact') return { value: { prefix, min: prefix.length, max: prefix.length } }
  if (rest === 'orlonger') return { value: { prefix, min: prefix.length, max: longest } }
  const bounds = /^(?:ge (\d{1,3}))?(?:(?:^| )le (\d{1,3}))?$/.exec(rest)
  if (!bounds) return refuse(`${rest.slice(0, 40)} says nothing about the length`, PREFIX_HINT)
  const min = bounds[1] === undefined ? prefix.length : Number(bounds[1])
  const max = bounds[2] === undefined ? longest : Number(bounds[2])
  if (min < prefix.length || max > longest || min > max) {
    return refuse(`no route is from ${min} to ${max} long and within ${first}`, PREFIX_HINT)
  }
  return { value: { prefix, min, max } }
}

/** A prefix of next hops: the addresses in it. */
export function parseNextHopRule(text: string): Parsed<PrefixRule> {
  const parsed = parseCidr(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`)
  if (isRefusal(parsed)) return parsed
  const prefix = parsed.value
  return { value: { prefix, min: prefix.length, max: prefix.address.length * 8 } }
}

export function parseCommunityMatch(text: string): Parsed<CommunityPattern> {
  const hint = 'write 64512:100, 64512:*, *:100-199, or a name such as no-export'
  return orRefuse(parseCommunityPattern(text), text, 'a pattern of communities', hint)
}

export function parseCommunityText(text: string): Parsed<number> {
  return orRefuse(parseCommunity(text), text, 'a community', 'write 64512:100, or a name such as no-export')
}

export function parseLargeMatch(text: string): Parsed<LargeCommunityPattern> {
  const hint = 'write 64512:1:2 or 64512:*:*'
  return orRefuse(parseLargeCommunityPattern(text), text, 'a pattern of large communities', hint)
}

export function parseLargeText(text: string): Parsed<LargeCommunity> {
  return orRefuse(parseLargeCommunity(text), text, 'a large community', 'write 64512:1:2')
}

const EXT_HINT = 'write soo:64512:1, encapsulation:gre, or all eight octets as 0x and 16 digits'

export function parseExtMatch(text: string): Parsed<ExtCommunityPattern> {
  return orRefuse(parseExtCommunityPattern(text), text, 'a pattern of extended communities', EXT_HINT)
}

/** An extended community is a pattern that leaves nothing open. */
export function parseExtText(text: string): Parsed<ExtWords> {
  const [form, ...others] = parseExtCommunityPattern(text) ?? []
  if (!form || others.length > 0 || form.number.min !== form.number.max) {
    return refuse(`${text.slice(0, 60)} is not an extended community`, EXT_HINT)
  }
  const { type, layout, admin, number } = form
  if (text.startsWith('encapsulation:')) return { value: [type << 16, number.min] }
  if (admin.min !== admin.max) return refuse(`${text.slice(0, 60)} is not an extended community`, EXT_HINT)
  if (layout !== 'as4') return { value: [(type << 16) | admin.min, number.min | 0] }
  return { value: [(type << 16) | (admin.min >>> 16), (admin.min << 16) | number.min] }
}

export function parseTargetMatch(text: string): Parsed<ExtCommunityPattern> {
  const pattern = parseExtCommunityPattern(text.startsWith('target:') ? text : `target:${text}`)
  return orRefuse(pattern, text, 'a pattern of route targets', 'write target:64512:101 or target:64512:*')
}

export function parseTargetWords(text: string): Parsed<ExtWords> {
  const parsed = parseTargetText(text)
  return isRefusal(parsed) ? parsed : { value: [routeTargetHigh(parsed.value), routeTargetLow(parsed.value)] }
}

/** Kept as its text: the automaton is made where the policy is compiled. */
export function parseAsPathText(text: string): Parsed<string> {
  const parsed = parseAsPathPattern(text)
  if (!isPatternFault(parsed)) return { value: text }
  return refuse(
    `AS path pattern ${text.slice(0, 60)}: ${parsed.message}, at character ${parsed.at + 1}`,
    'as in ^65001_ (from that neighbour), _65001$ (made there), _65001_ (through it), ^$ (made here)',
  )
}

/** A number or a range such as 100-199. */
export function parseRangeText(text: string, largest: number): Parsed<NumberRange> {
  return orRefuse(parseNumberRange(text, largest), text, 'a number or a range', 'write 100 or 100-199')
}

export function parseOriginText(text: string): Parsed<Origin> {
  const names = Object.keys(Origin)
  const found = Object.entries(Origin).find(([name]) => name === text.toLowerCase())
  return found
    ? { value: found[1] }
    : refuse(`there is no origin ${text.slice(0, 40)}`, didYouMean(text, names))
}

/** Names of who taught a path; agents speak XMPP, and some say so. */
const protocols: ReadonlyMap<string, SourceKind> = new Map([
  ...Object.entries(SourceKind),
  ['xmpp', SourceKind.agent],
])

export function parseProtocolText(text: string): Parsed<SourceKind> {
  const found = protocols.get(text.toLowerCase())
  if (found !== undefined) return { value: found }
  return refuse(`there is no protocol ${text.slice(0, 40)}`, didYouMean(text, [...protocols.keys()]))
}

function orRefuse<T>(value: T | undefined, text: string, what: string, hint: string): Parsed<T> {
  return value === undefined ? refuse(`${text.slice(0, 60)} is not ${what}`, hint) : { value }
}
