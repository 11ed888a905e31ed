import { expect } from 'chai'
import fc from 'fast-check'
import { AttrTable } from '../../../rib/attr-table.ts'
import { formatAsPath, SegmentType } from '../../../rib/model/as-path.ts'
import type { AsPath } from '../../../rib/model/as-path.ts'
import type { Attributes } from '../../../rib/model/attr-set.ts'
import { Origin, plainAttributes } from '../../../rib/model/attr-set.ts'
import { extCommunities, extCommunityPairs } from '../../../rib/model/ext-community.ts'
import { Family } from '../../../rib/model/family.ts'
import { prefixKey } from '../../../rib/model/route-key.ts'
import type { Prefix } from '../../../rib/model/route-key.ts'
import { SourceKind } from '../../../rib/path-source.ts'
import { isExtCommunity, parseExtCommunityPattern } from '../../../rib/policy/community-pattern.ts'
import { PolicyEvaluator, REJECTED } from '../../../rib/policy/evaluator.ts'
import { policyChain } from '../../../rib/policy/policy.ts'
import type { Changes, ExtWords, ListMatch, Match, Policy, Term } from '../../../rib/policy/policy.ts'
import { anyPrefix, anyRule, isMeant } from './arbitrary-prefix.ts'

const SELF = Uint8Array.of(192, 0, 2, 10)

interface Route {
  readonly attrs: Attributes
  readonly prefix: Prefix
  readonly kind: SourceKind
}

/** What the policies say, read term by term: attributes of an accepted route, and who decided. */
function interpret(policies: readonly Policy[], route: Route): { attrs: Attributes | undefined; by: string } {
  let { attrs } = route
  for (const policy of policies) {
    let goesOn = true
    for (const term of policy.terms) {
      if (!goesOn || !holds(term.match, { ...route, attrs })) continue
      if (term.action === 'reject') return { attrs: undefined, by: `${policy.name}/${term.name}` }
      attrs = changed(attrs, term.set)
      if (term.action === 'accept') return { attrs, by: `${policy.name}/${term.name}` }
      if (term.action === 'next-policy') goesOn = false
    }
    if (!goesOn || policy.default === undefined) continue
    return { attrs: policy.default === 'accept' ? attrs : undefined, by: `${policy.name}/default` }
  }
  return { attrs: undefined, by: `${policies.at(-1)?.name ?? ''}/default` }
}

function familyOf(prefix: Prefix): Family {
  return prefix.address.length === 4 ? Family.inet : Family.inet6
}

function holds(match: Match, { attrs, prefix, kind }: Route): boolean {
  const { prefixes, communities, routeTargets, asPath, asPathLength, origin, localPref, med } = match
  const length = attrs.asPath.reduce(
    (n, { type, asns }) => n + (type === SegmentType.set ? 1 : asns.length),
    0,
  )
  const path = formatAsPath(attrs.asPath)
  return [
    !prefixes || prefixes.some((rule) => isMeant(prefix, rule)),
    !match.families || match.families.includes(familyOf(prefix)),
    !match.protocols || match.protocols.includes(kind),
    !match.nextHop || match.nextHop.some((rule) => isMeant({ address: attrs.nextHop, length: 32 }, rule)),
    !origin || origin.includes(attrs.origin),
    !localPref || ((attrs.localPref ?? 100) >= localPref.min && (attrs.localPref ?? 100) <= localPref.max),
    !med || ((attrs.med ?? 0) >= med.min && (attrs.med ?? 0) <= med.max),
    !asPathLength || (length >= asPathLength.min && length <= asPathLength.max),
    !asPath || asPath.some((text) => new RegExp(text.replaceAll('_', '(?:^|[ ,{}]|$)')).test(path)),
    holdsList(
      communities,
      attrs.communities,
      (c, p) => c >>> 16 === p.asn.min && (c & 0xffff) === p.value.min,
    ),
    holdsList(routeTargets, extCommunityPairs(attrs.extCommunities), ([high, low], p) =>
      isExtCommunity(high, low, p),
    ),
  ].every(Boolean)
}

function holdsList<V, P>(
  match: ListMatch<P> | undefined,
  values: readonly V[],
  isLike: (value: V, pattern: P) => boolean,
): boolean {
  const has = (pattern: P): boolean => values.some((value) => isLike(value, pattern))
  const { any, all, none } = match ?? {}
  return (!any || any.some(has)) && (all ?? []).every(has) && !(none ?? []).some(has)
}

function changed(attrs: Attributes, set: Changes): Attributes {
  const next: { -readonly [K in keyof Attributes]: Attributes[K] } = { ...attrs }
  if (set.localPref !== undefined) next.localPref = set.localPref
  if (set.med !== undefined) next.med = set.med === 'none' ? undefined : set.med
  if (set.nextHop !== undefined) next.nextHop = set.nextHop === 'self' ? SELF : set.nextHop
  if (set.communities) {
    const { replace, add, remove } = set.communities
    const kept = (replace ?? attrs.communities).filter(
      (c) => !(remove ?? []).some((p) => c >>> 16 === p.asn.min && (c & 0xffff) === p.value.min),
    )
    next.communities = [...new Set([...kept, ...(add ?? [])])].sort((a, b) => a - b)
  }
  if (set.routeTargets) {
    const { replace, add, remove } = set.routeTargets
    const isTarget = ([high]: ExtWords): boolean => high >>> 16 === 2
    const pairs = extCommunityPairs(attrs.extCommunities)
    const kept = (replace ?? pairs.filter(isTarget)).filter(
      ([high, low]) => !(remove ?? []).some((pattern) => isExtCommunity(high, low, pattern)),
    )
    next.extCommunities = extCommunities([...pairs.filter((p) => !isTarget(p)), ...kept, ...(add ?? [])])
  }
  if (set.prepend) {
    const [first, ...rest] = attrs.asPath
    const head =
      first?.type === SegmentType.sequence
        ? [first]
        : first
          ? [{ type: SegmentType.sequence, asns: [] }, first]
          : [{ type: SegmentType.sequence, asns: [] }]
    next.asPath = [
      { type: SegmentType.sequence, asns: [...set.prepend, ...head[0]!.asns] },
      ...head.slice(1),
      ...rest,
    ]
  }
  return next
}

const COMMUNITIES = [1, 2, 3].map((n) => 64512 * 65536 + n)
const TARGETS: ExtWords[] = [1, 2].map((n) => [(2 << 16) | 64512, n])
const communityPattern = fc
  .integer({ min: 1, max: 3 })
  .map((n) => ({ asn: { min: 64512, max: 64512 }, value: { min: n, max: n } }))
const targetPattern = fc
  .constantFrom('1', '2', '*')
  .map((n) => parseExtCommunityPattern(`target:64512:${n}`)!)
const range = fc
  .tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 }))
  .map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) }))
const some: { requiredKeys: [] } = { requiredKeys: [] }

function lists<V, P>(value: fc.Arbitrary<V>, pattern: fc.Arbitrary<P>) {
  const values = fc.array(value, { maxLength: 2 })
  const patterns = fc.array(pattern, { minLength: 1, maxLength: 2 })
  return {
    match: fc.record({ any: patterns, all: patterns, none: patterns }, some),
    change: fc.record({ replace: values, add: values, remove: patterns }, some),
  }
}

const standard = lists(fc.constantFrom(...COMMUNITIES), communityPattern)
const targets = lists(fc.constantFrom(...TARGETS), targetPattern)

const anyMatch: fc.Arbitrary<Match> = fc.oneof(
  fc.constant({}),
  fc.record(
    {
      prefixes: fc.array(anyRule, { minLength: 1, maxLength: 3 }),
      communities: standard.match,
      routeTargets: targets.match,
      asPath: fc.array(fc.constantFrom('^1_', '_2$', '^$', '_3_'), { minLength: 1, maxLength: 2 }),
      asPathLength: range,
      origin: fc.constantFrom([Origin.igp], [Origin.egp, Origin.incomplete]),
      nextHop: fc.array(anyRule, { minLength: 1, maxLength: 2 }),
      families: fc.constantFrom([Family.inet], [Family.inet6, Family.inetVpn]),
      protocols: fc.constantFrom([SourceKind.bgp], [SourceKind.agent, SourceKind.local]),
      localPref: range,
      med: range,
    },
    some,
  ),
)

const anyChanges: fc.Arbitrary<Changes> = fc.record(
  {
    localPref: fc.integer({ min: 0, max: 4 }),
    med: fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constant('none' as const)),
    communities: standard.change,
    routeTargets: targets.change,
    prepend: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 2 }),
    nextHop: fc.constantFrom('self' as const, Uint8Array.of(10, 1, 2, 3)),
  },
  some,
)

const anyTerm: fc.Arbitrary<Omit<Term, 'name'>> = fc.record({
  match: anyMatch,
  set: anyChanges,
  action: fc.constantFrom('accept', 'reject', 'next-term', 'next-term', 'next-policy'),
})

const anyPolicies: fc.Arbitrary<Policy[]> = fc
  .array(
    fc.record(
      { terms: fc.array(anyTerm, { maxLength: 20 }), default: fc.constantFrom('accept', 'reject') },
      { requiredKeys: ['terms'] },
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((policies) =>
    policies.map((policy, p) => ({
      ...policy,
      name: `p${p}`,
      terms: policy.terms.map((term, t) => ({ ...term, name: `t${t}` })),
    })),
  ) as fc.Arbitrary<Policy[]>

const anyPath: fc.Arbitrary<AsPath> = fc
  .array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 })
  .map((asns) => (asns.length === 0 ? [] : [{ type: SegmentType.sequence, asns }]))

const anyAttributes: fc.Arbitrary<Attributes> = fc
  .record({
    origin: fc.constantFrom(...Object.values(Origin)),
    asPath: anyPath,
    nextHop: fc.constantFrom(Uint8Array.of(10, 1, 2, 3), Uint8Array.of(192, 0, 2, 1)),
    med: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
    localPref: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
    communities: fc.subarray(COMMUNITIES),
    targets: fc.subarray(TARGETS),
  })
  .map(({ targets: own, ...rest }) => ({ ...plainAttributes, ...rest, extCommunities: extCommunities(own) }))

const anyRoute: fc.Arbitrary<Route> = fc.record({
  attrs: anyAttributes,
  prefix: anyPrefix,
  kind: fc.constantFrom(SourceKind.bgp, SourceKind.agent, SourceKind.local),
})

describe('a compiled chain of policies', () => {
  it('decides, changes and names the term as reading the policies term by term does', () => {
    fc.assert(
      fc.property(anyPolicies, fc.array(anyRoute, { minLength: 1, maxLength: 20 }), (policies, routes) => {
        const attrs = new AttrTable()
        const evaluator = new PolicyEvaluator(policyChain(policies), attrs, SELF)
        routes.forEach((route, i) => {
          const { id } = attrs.intern(route.attrs)
          const set = evaluator.evaluate(id, familyOf(route.prefix), route.kind, prefixKey(route.prefix), 0)
          const expected = interpret(policies, route)
          expect(`${evaluator.decided.policy}/${evaluator.decided.term}`).to.equal(expected.by)
          expect(set).to.equal(expected.attrs ? attrs.intern(expected.attrs).id : REJECTED)
          // Ids mean other sets now: nothing kept by them may answer.
          if (i === 9) attrs.collect()
        })
      }),
      { numRuns: 1_000 },
    )
  })

  it('answers for all routes of a set at once when no term looks at the prefix', () => {
    const attrs = new AttrTable()
    const term: Term = { name: 't', match: {}, set: {}, action: 'accept' }
    const free = policyChain([{ name: 'p', terms: [term] }])
    const bound = policyChain([{ name: 'p', terms: [{ ...term, match: { prefixes: [] } }] }])
    expect(new PolicyEvaluator(free, attrs, SELF).isPrefixFree).to.equal(true)
    expect(new PolicyEvaluator(bound, attrs, SELF).isPrefixFree).to.equal(false)
  })

  it('rejects what nothing decides', () => {
    const attrs = new AttrTable()
    const evaluator = new PolicyEvaluator(policyChain([{ name: 'p', terms: [] }]), attrs, SELF)
    const key = new Int32Array(2)
    expect(
      evaluator.evaluate(attrs.intern(plainAttributes).id, Family.inet, SourceKind.bgp, key, 0),
    ).to.equal(0)
    expect(evaluator.decided).to.deep.equal({ policy: 'p', term: 'default' })
  })
})
