/**
 * A routing policy as a value: ordered terms, each a match, changes and an action. What configuration means, and what
 * the compiler (evaluator.ts) and the tests' interpreter read.
 *
 *   chain:   policy ─► policy ─► ... ─► reject            what no term decides is rejected (RFC 8212 in spirit)
 *   policy:  term ─► term ─► ... ─► its default, or the next policy
 *   term:    all of `match` holds?  ─ yes ─► changes, then accept | reject | next term | next policy
 *                                   ─ no ──► next term
 *
 * Terms after a `next` see the attributes as changed so far. A rejected route keeps those that it came with.
 */
import type { LargeCommunity } from '../model/community.ts'
import type { Family } from '../model/family.ts'
import type { IpAddress } from '../model/ip-address.ts'
import type { Origin } from '../model/attr-set.ts'
import type { SourceKind } from '../path-source.ts'
import type { CommunityPattern, ExtCommunityPattern, LargeCommunityPattern } from './community-pattern.ts'
import type { NumberRange } from './number-range.ts'
import type { PrefixRule } from './prefix-set.ts'

/** Of a list of values: at least one like one of `any`, one like each of `all`, none like one of `none`. */
export interface ListMatch<P> {
  readonly any?: readonly P[]
  readonly all?: readonly P[]
  readonly none?: readonly P[]
}

/** Conditions; those not given hold. */
export interface Match {
  readonly prefixes?: readonly PrefixRule[]
  readonly communities?: ListMatch<CommunityPattern>
  readonly largeCommunities?: ListMatch<LargeCommunityPattern>
  readonly extCommunities?: ListMatch<ExtCommunityPattern>
  /** The same communities as extCommunities, apart because they are asked for apart. */
  readonly routeTargets?: ListMatch<ExtCommunityPattern>
  /** One of these patterns (as-path-syntax.ts), which are known to be right. */
  readonly asPath?: readonly string[]
  readonly asPathLength?: NumberRange
  readonly origin?: readonly Origin[]
  readonly nextHop?: readonly PrefixRule[]
  readonly families?: readonly Family[]
  /** Who taught the path. */
  readonly protocols?: readonly SourceKind[]
  readonly localPref?: NumberRange
  readonly med?: NumberRange
}

/** Removals come first, then additions; `replace` takes all away before. */
export interface ListChange<V, P> {
  readonly replace?: readonly V[]
  readonly remove?: readonly P[]
  readonly add?: readonly V[]
}

/** An extended community's two words. */
export type ExtWords = readonly [number, number]

export interface Changes {
  readonly localPref?: number
  readonly med?: number | 'none'
  readonly origin?: Origin
  readonly communities?: ListChange<number, CommunityPattern>
  readonly largeCommunities?: ListChange<LargeCommunity, LargeCommunityPattern>
  /** All but route targets. */
  readonly extCommunities?: ListChange<ExtWords, ExtCommunityPattern>
  readonly routeTargets?: ListChange<ExtWords, ExtCommunityPattern>
  /** Put in front of the AS path, the first one outermost. */
  readonly prepend?: readonly number[]
  /** `self`: this node's address on the session, or its identifier in a VRF. */
  readonly nextHop?: IpAddress | 'self'
}

export type Action = 'accept' | 'reject' | 'next-term' | 'next-policy'

export interface Term {
  readonly name: string
  readonly match: Match
  readonly set: Changes
  readonly action: Action
}

export interface Policy {
  readonly name: string
  readonly terms: readonly Term[]
  /** What happens to routes that no term decides; without it the next policy does. */
  readonly default?: 'accept' | 'reject'
}

/** The policies of one place, in order. Chains with equal keys are equal. */
export interface PolicyChain {
  readonly key: string
  readonly policies: readonly Policy[]
}

export function policyChain(policies: readonly Policy[]): PolicyChain {
  return { key: JSON.stringify(policies), policies }
}

export function sameChain(a: PolicyChain | undefined, b: PolicyChain | undefined): boolean {
  return a?.key === b?.key
}
