/** What can be seen to be wrong with policies by reading them: terms nothing reaches, chains that let nothing through. */
import { formatPrefix } from '../../rib/model/route-key.ts'
import type { ConfigProblem, DocumentPath } from './problem.ts'
import type { BgpPeerDocument, RoutingPolicyDocument, VirtualNetworkDocument } from './documents.ts'
import type { Sourced } from './sourced.ts'

type Term = RoutingPolicyDocument['spec']['terms'][number]

/** Within one policy. */
export function policyProblems({ document, source }: Sourced<RoutingPolicyDocument>): ConfigProblem[] {
  const { terms, default: fallback } = document.spec
  const problems: ConfigProblem[] = []
  const seen = new Map<string, number>()
  terms.forEach((term, index) => {
    const path = ['spec', 'terms', index]
    const first = seen.get(term.name)
    if (first !== undefined) {
      problems.push(source.problem([...path, 'name'], `a second term ${term.name}`, 'verdicts name the term'))
    } else seen.set(term.name, index)
    const before = terms
      .slice(0, index)
      .find((earlier, at) => takesAll(earlier, term, terms.slice(at + 1, index)))
    if (before) {
      problems.push(
        source.problem(
          [...path, 'name'],
          `term ${term.name} is never reached: ${before.name} has taken what it matches`,
          `put it before ${before.name}, or match less there`,
        ),
      )
    }
    if (term.action === 'reject' && givenKeys(term.set).length > 0) {
      problems.push(
        source.problem([...path, 'set'], 'what is rejected keeps its attributes', 'leave set out'),
      )
    }
    if (term.action === 'next-term' && givenKeys(term.set).length === 0) {
      problems.push(
        source.problem([...path, 'action'], `term ${term.name} does nothing`, 'set something, or decide'),
      )
    }
  })
  const isClosed = terms.some((term) => term.action !== 'next-term' && givenKeys(term.match).length === 0)
  if (fallback && isClosed) {
    problems.push(
      source.problem(['spec', 'default'], 'the default is never reached', 'a term without match decides'),
    )
  }
  return problems
}

/** Whether `earlier` ends the way of all that `later` would match: each of its conditions stands in `later` too. */
function takesAll(earlier: Term, later: Term, between: readonly Term[]): boolean {
  if (earlier.action === 'next-term') return false
  const conditions = givenKeys(earlier.match)
  // What is changed in between may match `later` without having matched `earlier`.
  const mayChange = between.some((term) => term.action === 'next-term')
  if (
    mayChange &&
    conditions.some((key) => !['prefixes', 'prefixLists', 'families', 'protocols'].includes(key))
  ) {
    return false
  }
  return conditions.every((key) => sameCondition(earlier, later, key as keyof Term['match']))
}

function sameCondition(a: Term, b: Term, key: keyof Term['match']): boolean {
  if (JSON.stringify(a.match[key]) !== JSON.stringify(b.match[key])) return false
  // Prefixes and prefix lists are one condition in two keys.
  if (key === 'prefixes') return b.match.prefixLists === undefined || sameCondition(a, b, 'prefixLists')
  if (key === 'prefixLists')
    return (
      b.match.prefixes === undefined || JSON.stringify(a.match.prefixes) === JSON.stringify(b.match.prefixes)
    )
  return true
}

function givenKeys(value: object): string[] {
  return Object.entries(value).flatMap(([key, item]) => (item === undefined ? [] : [key]))
}

/** Static routes and aggregates of a network. */
export function followingRouteProblems({
  document,
  source,
}: Sourced<VirtualNetworkDocument>): ConfigProblem[] {
  const seen = new Set<string>()
  return (['staticRoutes', 'aggregates'] as const).flatMap((key) =>
    document.spec[key].flatMap(({ prefix, nextHop }, index) => {
      const text = formatPrefix(prefix)
      const isRepeated = seen.has(text)
      seen.add(text)
      const path: DocumentPath = ['spec', key, index]
      return [
        ...(isRepeated ? [source.problem([...path, 'prefix'], `${text} is there already`)] : []),
        ...(prefix.address.length === nextHop.length
          ? []
          : [source.problem([...path, 'nextHop'], `the next hop of ${text} is of another family`)]),
      ]
    }),
  )
}

/** Where policies are used: a chain that accepts nothing is a slip, unless a policy says so itself. */
export function chainProblems(
  { document, source }: Sourced<BgpPeerDocument | VirtualNetworkDocument>,
  policies: readonly Sourced<RoutingPolicyDocument>[],
): ConfigProblem[] {
  const byName = new Map(policies.map((policy) => [policy.document.metadata.name, policy.document.spec]))
  return (['importPolicies', 'exportPolicies'] as const).flatMap((key) => {
    const path: DocumentPath = ['spec', key]
    const specs = document.spec[key].map((name) => byName.get(name))
    if (specs.length === 0 || specs.includes(undefined)) return []
    const isDecided = specs.some(
      (spec) => spec!.default || spec!.terms.some((term) => term.action === 'accept'),
    )
    if (isDecided) return []
    return [
      source.problem(
        path,
        'these policies accept no route: what no term decides is rejected',
        'end the last one with default: accept, or with default: reject where this is meant',
      ),
    ]
  })
}
