/**
 * The conditions of a term that look at the attributes alone, compiled into one test. Asked once for each attribute set
 * and term: the answers are kept (evaluator.ts).
 */
import type { AttrSet } from '../model/attr-set.ts'
import type { ExtCommunities } from '../model/ext-community.ts'
import { unmapIpv4 } from '../model/ip-address.ts'
import { AsPathPattern } from './as-path-pattern.ts'
import { isPatternFault, parseAsPathPattern } from './as-path-syntax.ts'
import { isCommunity, isExtCommunity, isLargeCommunity } from './community-pattern.ts'
import type { ExtCommunityPattern } from './community-pattern.ts'
import { invariant } from '../invariant.ts'
import { isInRange } from './number-range.ts'
import type { ListMatch, Match } from './policy.ts'
import { PrefixSet } from './prefix-set.ts'

export type AttributeTest = (attrs: AttrSet) => boolean

/** The test of a match's attribute conditions; undefined when it has none. */
export function attributeTest(match: Match): AttributeTest | undefined {
  const tests = [...valueTests(match), ...listTests(match)]
  return tests.length === 0 ? undefined : (attrs) => tests.every((test) => test(attrs))
}

function valueTests(match: Match): AttributeTest[] {
  const { asPath, asPathLength, origin, nextHop, localPref, med } = match
  const tests: AttributeTest[] = []
  if (asPathLength) tests.push((attrs) => isInRange(attrs.asPathLength, asPathLength))
  if (origin) tests.push((attrs) => origin.includes(attrs.origin))
  if (localPref) tests.push((attrs) => isInRange(attrs.localPrefOrDefault, localPref))
  if (med) tests.push((attrs) => isInRange(attrs.medOrZero, med))
  if (nextHop) {
    const addresses = new PrefixSet(nextHop)
    tests.push((attrs) => addresses.hasAddress(unmapIpv4(attrs.nextHop)))
  }
  if (asPath) {
    const patterns = asPath.map(compiledPattern)
    tests.push((attrs) => patterns.some((pattern) => pattern.matches(attrs.asPath)))
  }
  return tests
}

function listTests(match: Match): AttributeTest[] {
  const { communities, largeCommunities, extCommunities, routeTargets } = match
  const tests: AttributeTest[] = []
  // Lists are made anew each time they are asked for: once a test.
  if (communities) {
    tests.push((attrs) => {
      const list = attrs.communities
      return holds(communities, (pattern) => list.some((community) => isCommunity(community, pattern)))
    })
  }
  if (largeCommunities) {
    tests.push((attrs) => {
      const list = attrs.largeCommunities
      return holds(largeCommunities, (pattern) =>
        list.some((community) => isLargeCommunity(community, pattern)),
      )
    })
  }
  for (const wanted of [extCommunities, routeTargets]) {
    if (!wanted) continue
    tests.push((attrs) => {
      const list = attrs.extCommunities
      return holds(wanted, (pattern) => hasExtCommunity(list, pattern))
    })
  }
  return tests
}

function holds<P>({ any, all, none }: ListMatch<P>, has: (pattern: P) => boolean): boolean {
  return (!any || any.some(has)) && (!all || all.every(has)) && (!none || !none.some(has))
}

function hasExtCommunity(list: ExtCommunities, pattern: ExtCommunityPattern): boolean {
  for (let i = 0; i < list.length; i += 2) if (isExtCommunity(list[i]!, list[i + 1]!, pattern)) return true
  return false
}

function compiledPattern(text: string): AsPathPattern {
  const automaton = parseAsPathPattern(text)
  invariant(!isPatternFault(automaton), 'an AS path pattern that the configuration let through')
  return new AsPathPattern(automaton)
}
