/** RoutingPolicy and PrefixList: what docs/POLICY.md describes, key by key. */
import * as z from 'zod'
import { parseAddress } from './address.ts'
import { listMatch, oneOrMore } from './listed.ts'
import type { Parsed } from './parsed.ts'
import {
  parseAsPathText,
  parseCommunityMatch,
  parseCommunityText,
  parseExtMatch,
  parseExtText,
  parseLargeMatch,
  parseLargeText,
  parseNextHopRule,
  parseOriginText,
  parsePrefixRule,
  parseProtocolText,
  parseRangeText,
  parseTargetMatch,
  parseTargetWords,
} from './policy-texts.ts'
import { autonomousSystem, name, parseFamilyText, read } from './scalar-schema.ts'
import type { IpAddress } from '../../rib/model/ip-address.ts'

const LARGEST = 0xffffffff
/** Longest AS path that heddle would make longer still. */
const MOST_PREPENDED = 32

const prefixes = oneOrMore(parsePrefixRule)

export const prefixList = z.strictObject({ prefixes })

function range(largest: number) {
  return read(z.union([z.number(), z.string()]), (given) => parseRangeText(String(given), largest))
}

const match = z.strictObject({
  prefixes: prefixes.optional(),
  prefixLists: z.array(name).min(1).optional(),
  communities: listMatch(parseCommunityMatch).optional(),
  largeCommunities: listMatch(parseLargeMatch).optional(),
  extCommunities: listMatch(parseExtMatch).optional(),
  routeTargets: listMatch(parseTargetMatch).optional(),
  asPath: oneOrMore(parseAsPathText).optional(),
  asPathLength: range(0xffff).optional(),
  origin: oneOrMore(parseOriginText).optional(),
  nextHop: oneOrMore(parseNextHopRule).optional(),
  families: oneOrMore(parseFamilyText).optional(),
  protocols: oneOrMore(parseProtocolText).optional(),
  localPref: range(LARGEST).optional(),
  med: range(LARGEST).optional(),
})

function listChange<V, P>(value: (text: string) => Parsed<V>, pattern: (text: string) => Parsed<P>) {
  return z
    .strictObject({
      replace: oneOrMore(value).optional(),
      remove: oneOrMore(pattern).optional(),
      add: oneOrMore(value).optional(),
    })
    .optional()
}

const number = z.number().int().min(0).max(LARGEST)

const nextHop = read(z.string(), (text): Parsed<IpAddress | 'self'> =>
  text === 'self' ? { value: 'self' } : parseAddress(text),
)

const set = z.strictObject({
  localPref: number.optional(),
  med: z.union([number, z.literal('none')]).optional(),
  origin: read(z.string(), parseOriginText).optional(),
  communities: listChange(parseCommunityText, parseCommunityMatch),
  largeCommunities: listChange(parseLargeText, parseLargeMatch),
  extCommunities: listChange(parseExtText, parseExtMatch),
  routeTargets: listChange(parseTargetWords, parseTargetMatch),
  prepend: z.array(autonomousSystem).min(1).max(MOST_PREPENDED).optional(),
  nextHop: nextHop.optional(),
})

export const routingPolicy = z.strictObject({
  terms: z
    .array(
      z.strictObject({
        name,
        match: match.prefault({}),
        set: set.prefault({}),
        action: z.enum(['accept', 'reject', 'next-term', 'next-policy']),
      }),
    )
    .default(() => []),
  default: z.enum(['accept', 'reject']).optional(),
})

/** Policies by name, in the order in which they are asked. */
export const policyNames = z.array(name).default(() => [])
