/** RoutingPolicy and PrefixList documents as policies (pure). */
import { policyChain } from '../../rib/policy/policy.ts'
import type { Match, Policy, PolicyChain, Term } from '../../rib/policy/policy.ts'
import type { PrefixRule } from '../../rib/policy/prefix-set.ts'
import type { Documents, PrefixListDocument, RoutingPolicyDocument } from './documents.ts'

type TermDocument = RoutingPolicyDocument['spec']['terms'][number]

/** The policies of a configuration, joined into chains by name; equal lists of names are one chain. */
export class DesiredPolicies {
  readonly #byName: ReadonlyMap<string, Policy>
  readonly #chains = new Map<string, PolicyChain>()

  constructor({ policies, prefixLists }: Pick<Documents, 'policies' | 'prefixLists'>) {
    const lists = new Map(prefixLists.map((list) => [list.metadata.name, list]))
    this.#byName = new Map(policies.map((policy) => [policy.metadata.name, policyOf(policy, lists)]))
  }

  /** The chain of these policies; undefined when none is named. */
  chain(names: readonly string[]): PolicyChain | undefined {
    if (names.length === 0) return undefined
    const key = names.join(' ')
    let chain = this.#chains.get(key)
    if (!chain) {
      chain = policyChain(names.flatMap((name) => this.#byName.get(name) ?? []))
      this.#chains.set(key, chain)
    }
    return chain
  }
}

/** One policy; names of prefix lists that do not exist mean no prefix. */
export function policyOf(
  { metadata, spec }: RoutingPolicyDocument,
  lists: ReadonlyMap<string, PrefixListDocument>,
): Policy {
  return {
    name: metadata.name,
    terms: spec.terms.map((term) => termOf(term, lists)),
    ...(spec.default && { default: spec.default }),
  }
}

function termOf(
  { name, match, set, action }: TermDocument,
  lists: ReadonlyMap<string, PrefixListDocument>,
): Term {
  const { prefixes, prefixLists, ...rest } = match
  const rules: PrefixRule[] = [
    ...(prefixes ?? []),
    ...(prefixLists ?? []).flatMap((list) => lists.get(list)?.spec.prefixes ?? []),
  ]
  const asksForPrefix = prefixes !== undefined || prefixLists !== undefined
  return {
    name,
    match: { ...given(rest), ...(asksForPrefix && { prefixes: rules }) } as Match,
    set: given(set) as Term['set'],
    action,
  }
}

/** Without the keys whose value is undefined. */
function given<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Partial<T>
}
