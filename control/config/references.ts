/**
 * What documents say about each other by name: every name once per kind and namespace, and every reference to something
 * that exists.
 */
import type { DocumentSource } from './document-source.ts'
import { documentTitle, resolveReference } from './documents.ts'
import type { ConfigProblem, DocumentPath } from './problem.ts'
import type { Reference } from './scalar-schema.ts'
import { clusterKinds, DEFAULT_NAMESPACE } from './schema.ts'
import type { AnyDocument, Kind } from './schema.ts'
import type { SourcedDocument } from './sourced.ts'
import { nearest } from './suggest.ts'

/** Which names exist, those of documents with problems of their own included: one mistake is one problem. */
export class DeclaredNames {
  readonly #byKind = new Map<string, Map<string, DocumentSource>>()

  constructor(sources: Iterable<DocumentSource>) {
    for (const source of sources) {
      const kind = textAt(source.value, 'kind')
      const metadata = (source.value as { metadata?: unknown } | null)?.metadata
      const name = textAt(metadata, 'name')
      if (kind === undefined || name === undefined) continue
      const key = clusterKinds.has(kind)
        ? name
        : `${textAt(metadata, 'namespace') ?? DEFAULT_NAMESPACE}/${name}`
      let names = this.#byKind.get(kind)
      if (!names) this.#byKind.set(kind, (names = new Map()))
      if (!names.has(key)) names.set(key, source)
    }
  }

  has(kind: Kind, key: string): boolean {
    return this.#byKind.get(kind)?.has(key) ?? false
  }

  /** The first document of this name. */
  first(kind: Kind, key: string): DocumentSource | undefined {
    return this.#byKind.get(kind)?.get(key)
  }

  keys(kind: Kind): string[] {
    return [...(this.#byKind.get(kind)?.keys() ?? [])]
  }
}

function textAt(value: unknown, key: string): string | undefined {
  const found = (value as Record<string, unknown> | null | undefined)?.[key]
  return typeof found === 'string' ? found : undefined
}

/** Names used twice. */
export function duplicateProblems(
  documents: readonly SourcedDocument[],
  names: DeclaredNames,
): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  for (const { document, source } of documents) {
    const metadata = document.metadata as { name: string; namespace?: string }
    const key = metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`
    const first = names.first(document.kind, key)
    if (first === undefined || first === source) continue
    const { line } = first.position(['metadata', 'name'])
    problems.push(
      source.problem(
        ['metadata', 'name'],
        `${documentTitle(document)} is there already`,
        `the first is at ${first.file}:${line}`,
      ),
    )
  }
  return problems
}

/**
 * Problems that get a hint by search: each search looks at every name of a kind, and a slip such as a renamed namespace
 * breaks all references of a large file at once, perhaps in a daemon that has sessions to keep.
 */
const MAX_SEARCHES = 100

/** References to nothing. */
export function referenceProblems(
  documents: readonly SourcedDocument[],
  names: DeclaredNames,
): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  for (const { document, source } of documents) {
    const namespace = (document.metadata as { namespace?: string }).namespace
    for (const use of referencesOf(document)) {
      const key = keyOf(use, namespace)
      if (names.has(use.kind, key)) continue
      const similar = problems.length < MAX_SEARCHES ? similarName(use, key, namespace, names) : undefined
      problems.push(
        source.problem(use.path, `there is no ${use.kind} ${key}`, similar ?? missingHint(use.kind)),
      )
    }
  }
  return problems
}

interface ReferenceUse {
  readonly kind: Kind
  readonly path: DocumentPath
  readonly reference: Reference
}

function referencesOf(document: AnyDocument): ReferenceUse[] {
  switch (document.kind) {
    case 'BGPPeer': {
      const { peerGroup } = document.spec
      const uses = policyUses(document.spec)
      if (peerGroup === undefined) return uses
      const reference = { namespace: undefined, name: peerGroup }
      return [{ kind: 'BGPPeerGroup', path: ['spec', 'peerGroup'], reference }, ...uses]
    }
    case 'FloatingIPPool':
      return [
        { kind: 'VirtualNetwork', path: ['spec', 'virtualNetwork'], reference: document.spec.virtualNetwork },
      ]
    case 'Port': {
      const { virtualNetwork, node } = document.spec
      const uses: ReferenceUse[] = [
        { kind: 'VirtualNetwork', path: ['spec', 'virtualNetwork'], reference: virtualNetwork },
      ]
      if (node !== undefined) {
        uses.push({
          kind: 'ComputeNode',
          path: ['spec', 'node'],
          reference: { namespace: undefined, name: node },
        })
      }
      return uses
    }
    case 'FloatingIP':
      return [
        { kind: 'FloatingIPPool', path: ['spec', 'pool'], reference: document.spec.pool },
        ...document.spec.ports.map((reference, index) => ({
          kind: 'Port' as const,
          path: ['spec', 'ports', index],
          reference,
        })),
      ]
    case 'NetworkConnection':
      return document.spec.networks.map((reference, index) => ({
        kind: 'VirtualNetwork' as const,
        path: ['spec', 'networks', index],
        reference,
      }))
    case 'BGPPeerGroup':
    case 'VirtualNetwork':
      return policyUses(document.spec)
    case 'RoutingPolicy':
      return document.spec.terms.flatMap(({ match }, term) =>
        namedUses('PrefixList', ['spec', 'terms', term, 'match', 'prefixLists'], match.prefixLists ?? []),
      )
    default:
      return []
  }
}

function policyUses(spec: {
  readonly importPolicies?: readonly string[] | undefined
  readonly exportPolicies?: readonly string[] | undefined
}): ReferenceUse[] {
  return [
    ...namedUses('RoutingPolicy', ['spec', 'importPolicies'], spec.importPolicies ?? []),
    ...namedUses('RoutingPolicy', ['spec', 'exportPolicies'], spec.exportPolicies ?? []),
  ]
}

/** A list of names of documents that belong to no namespace. */
function namedUses(kind: Kind, path: DocumentPath, names: readonly string[]): ReferenceUse[] {
  return names.map((name, index) => ({
    kind,
    path: [...path, index],
    reference: { namespace: undefined, name },
  }))
}

function keyOf({ kind, reference }: ReferenceUse, namespace: string | undefined): string {
  return namespace === undefined || clusterKinds.has(kind)
    ? reference.name
    : resolveReference(reference, namespace)
}

/** A question after the name that was meant, when one comes near. */
function similarName(
  { kind, reference }: ReferenceUse,
  key: string,
  namespace: string | undefined,
  names: DeclaredNames,
): string | undefined {
  const candidates = names.keys(kind)
  const elsewhere = candidates.find((candidate) => candidate.endsWith(`/${reference.name}`))
  if (elsewhere !== undefined)
    return `did you mean ${elsewhere}? (another namespace is written before a slash)`
  // Only what follows the namespace is weighed: a long namespace would make any two names look alike.
  const [wantedNamespace, wantedName] = key.includes('/') ? key.split('/') : ['', key]
  const inNamespace = candidates.flatMap((candidate) => {
    const [candidateNamespace, name] = candidate.includes('/') ? candidate.split('/') : ['', candidate]
    return candidateNamespace === wantedNamespace ? [name!] : []
  })
  const near = nearest(wantedName!, inNamespace)
  if (near === undefined) return undefined
  const isHere = wantedNamespace === (namespace ?? '') || wantedNamespace === ''
  return `did you mean ${isHere ? near : `${wantedNamespace}/${near}`}?`
}

function missingHint(kind: Kind): string {
  return kind === 'ComputeNode'
    ? 'leave node out where an agent reports the paths, or add a ComputeNode document'
    : `add a ${kind} document of this name`
}
