/**
 * Who taught us a path: a BGP peer, an agent, or this node itself. Paths name their source by its number; the facts
 * that the decision process and export need stand here once.
 */
import type { ImportRule } from './import-rule.ts'
import { families } from './model/family.ts'
import { sameOctets } from './model/ip-address.ts'
import type { IpAddress } from './model/ip-address.ts'
import type { PolicyEvaluator } from './policy/evaluator.ts'

/** What this node makes itself: ports in static mode are `local`, configured routes `static`, summaries `aggregate`. */
export const SourceKind = { bgp: 0, agent: 1, local: 2, static: 3, aggregate: 4 } as const
export type SourceKind = (typeof SourceKind)[keyof typeof SourceKind]

export interface SourceFacts {
  readonly kind: SourceKind
  /** Peer, agent, or what made the route (`static`, `rt-membership`). */
  readonly name: string
  readonly isIbgp: boolean
  /** An iBGP peer to which we are the route reflector (RFC 4456 §6). */
  readonly isClient: boolean
  readonly asn: number
  /** BGP identifier, unsigned; 0 for agents and local sources. */
  readonly routerId: number
  readonly address: IpAddress
}

export class PathSource implements SourceFacts {
  readonly id: number
  kind: SourceKind
  name: string
  isIbgp: boolean
  isClient: boolean
  asn: number
  routerId: number
  address: IpAddress
  /** Paths it taught, by family. */
  readonly pathCounts = new Int32Array(families.length)
  /** Tables that hold, or held, paths of this source: where a sweep has to look. */
  readonly tableIds = new Set<number>()
  /** What its paths have to pass; who sets another has them judged again (rib/policies.ts). */
  importPolicy: PolicyEvaluator | undefined
  /** How its paths are taken before that; none for sources whose paths are always usable. */
  importRule: ImportRule | undefined
  /** The table added last, so that a run of routes into one table asks the set once. */
  lastTableId = -1

  constructor(id: number, facts: SourceFacts) {
    this.id = id
    this.kind = facts.kind
    this.name = facts.name
    this.isIbgp = facts.isIbgp
    this.isClient = facts.isClient
    this.asn = facts.asn
    this.routerId = facts.routerId
    this.address = facts.address
  }

  addTable(tableId: number): void {
    this.tableIds.add(tableId)
    this.lastTableId = tableId
  }

  /** The source has no path left in the table. */
  forgetTable(tableId: number): void {
    this.tableIds.delete(tableId)
    if (this.lastTableId === tableId) this.lastTableId = -1
  }
}

/** The sources in use, by number; numbers of removed ones are used again. */
export class PathSources {
  readonly #sources: (PathSource | undefined)[] = []
  readonly #free: number[] = []

  add(facts: SourceFacts): PathSource {
    const id = this.#free.pop() ?? this.#sources.length
    const source = new PathSource(id, facts)
    this.#sources[id] = source
    return source
  }

  get(id: number): PathSource {
    return this.#sources[id]!
  }

  /** Takes over new facts; false when they are those it has. */
  update(source: PathSource, facts: SourceFacts): boolean {
    if (sameFacts(source, facts)) return false
    Object.assign(source, facts)
    return true
  }

  /** Frees the number: only once no path names the source. */
  remove(source: PathSource): void {
    this.#sources[source.id] = undefined
    this.#free.push(source.id)
  }

  *all(): IterableIterator<PathSource> {
    for (const source of this.#sources) if (source) yield source
  }
}

function sameFacts(a: SourceFacts, b: SourceFacts): boolean {
  return (
    a.kind === b.kind &&
    a.name === b.name &&
    a.isIbgp === b.isIbgp &&
    a.isClient === b.isClient &&
    a.asn === b.asn &&
    a.routerId === b.routerId &&
    sameOctets(a.address, b.address)
  )
}
