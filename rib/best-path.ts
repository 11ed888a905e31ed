/**
 * The decision process (RFC 4271 §9.1.2.2 with RFC 4456 §9, RFC 9494 and the agents' preference sequence).
 *
 *    1 feasible                       6 ORIGIN, lower               | equal-cost set: what remains here   |
 *    2 not LLGR-stale (RFC 9494)      7 MED, lower, among paths     | 8 local   9 agent   10 eBGP         |
 *    3 LOCAL_PREF, higher               of the same neighbour AS    | 11 identifier   12 CLUSTER_LIST     |
 *    4 preference sequence, higher                                  | 13 address, and what makes it total |
 *    5 AS_PATH, shorter                                             |                                     |
 *
 * MED makes pairwise comparison intransitive, so step 7 eliminates among all remaining paths at once, as the RFC words
 * it; the outcome does not depend on the order of arrival. All equal-cost paths go to agents, the first one to BGP peers.
 */
import type { AttrTable } from './attr-table.ts'
import type { AttrSet } from './model/attr-set.ts'
import { compareOctets } from './model/ip-address.ts'
import { PathFlag } from './path-flags.ts'
import type { PathSource, PathSources } from './path-source.ts'
import type { SourceKind } from './path-source.ts'
import type { PathStore } from './path-store.ts'

/** Everything that the decision asks of one path. */
export interface PathFacts {
  readonly attrs: AttrSet
  readonly source: PathSource
  readonly flags: number
  readonly pathId: number
}

/** Steps 1 to 6: negative when a is preferred, zero when MED has to decide. */
// hot: per comparison
export function comparePreference(a: AttrSet, aFlags: number, b: AttrSet, bFlags: number): number {
  const infeasible = (aFlags & PathFlag.infeasible) - (bFlags & PathFlag.infeasible)
  if (infeasible !== 0) return infeasible
  const llgr = Number(isLlgrStale(a, aFlags)) - Number(isLlgrStale(b, bFlags))
  if (llgr !== 0) return llgr
  if (a.localPrefOrDefault !== b.localPrefOrDefault) return b.localPrefOrDefault - a.localPrefOrDefault
  if (a.mobilitySequence !== b.mobilitySequence) return b.mobilitySequence - a.mobilitySequence
  if (a.asPathLength !== b.asPathLength) return a.asPathLength - b.asPathLength
  return a.origin - b.origin
}

function isLlgrStale(attrs: AttrSet, flags: number): boolean {
  return attrs.isLlgrStale || (flags & PathFlag.llgrStale) !== 0
}

/** Steps 8 to 13; zero only for paths of one source with one path id, which differ in where they were copied from. */
// hot: per comparison of equal-cost paths
export function compareTieBreak(a: PathFacts, b: PathFacts): number {
  const x = a.source
  const y = b.source
  if (x !== y) {
    if (x.kind !== y.kind) return kindRank(x.kind) - kindRank(y.kind)
    if (x.isIbgp !== y.isIbgp) return Number(x.isIbgp) - Number(y.isIbgp)
  }
  // RFC 4456 §9: ORIGINATOR_ID stands in for the identifier of a reflected path.
  const identifiers = (a.attrs.originatorId ?? x.routerId) - (b.attrs.originatorId ?? y.routerId)
  if (identifiers !== 0) return identifiers
  const clusters = a.attrs.clusterCount - b.attrs.clusterCount
  if (clusters !== 0) return clusters
  if (x !== y) {
    const addresses = compareOctets(x.address, y.address)
    if (addresses !== 0) return addresses
    if (x.name !== y.name) return x.name < y.name ? -1 : 1
  }
  return a.pathId - b.pathId || (a.flags & PathFlag.secondary) - (b.flags & PathFlag.secondary)
}

/** What is made here goes first, and what follows other routes after what stands for itself; by number of the kind. */
const kindRanks: readonly number[] = [4, 3, 0, 1, 2]

function kindRank(kind: SourceKind): number {
  return kindRanks[kind]!
}

const kindReasons: readonly string[] = ['', 'agent', 'local', 'static', 'aggregate']

/** Why `best` is preferred to `other`, in the words of the table above. */
export function decisionReason(best: PathFacts, other: PathFacts): string {
  const a = best.attrs
  const b = other.attrs
  if ((other.flags & PathFlag.infeasible) !== 0) return 'infeasible'
  if (isLlgrStale(a, best.flags) !== isLlgrStale(b, other.flags)) return 'LLGR-stale'
  if (a.localPrefOrDefault !== b.localPrefOrDefault) return 'lower LOCAL_PREF'
  if (a.mobilitySequence !== b.mobilitySequence) return 'older preference sequence'
  if (a.asPathLength !== b.asPathLength) return 'longer AS_PATH'
  if (a.origin !== b.origin) return 'higher ORIGIN'
  if (a.neighborAs === b.neighborAs && a.medOrZero !== b.medOrZero) return 'higher MED'
  const x = best.source
  const y = other.source
  if (x.kind !== y.kind) return `${kindReasons[x.kind]!} path preferred`
  if (x.isIbgp !== y.isIbgp) return 'eBGP preferred to iBGP'
  if ((a.originatorId ?? x.routerId) !== (b.originatorId ?? y.routerId)) return 'higher router identifier'
  if (a.clusterCount !== b.clusterCount) return 'longer CLUSTER_LIST'
  if (compareOctets(x.address, y.address) !== 0) return 'higher address of source'
  return 'tie-break'
}

/**
 * Orders the paths of one route. Facts are kept in reused slots, so that ordering allocates nothing.
 * `compareOrigins` makes the order total for copies of one source's paths (same prefix under several RDs).
 */
export class Decision {
  readonly #paths: PathStore
  readonly #attrs: AttrTable
  readonly #sources: PathSources
  readonly #compareOrigins: (a: number, b: number) => number
  /** Whether the last `order` left the list out of sorting order. */
  hasDisplaced = false
  readonly #a: MutableFacts = emptyFacts()
  readonly #b: MutableFacts = emptyFacts()

  constructor(
    paths: PathStore,
    attrs: AttrTable,
    sources: PathSources,
    compareOrigins: (a: number, b: number) => number,
  ) {
    this.#paths = paths
    this.#attrs = attrs
    this.#sources = sources
    this.#compareOrigins = compareOrigins
  }

  /**
   * Sorts ids[0..count), best first, and returns how many of them form the equal-cost set. The first `sorted` are known
   * to be in sorting order already; after it, `hasDisplaced` says whether MED put a path behind a lesser one.
   */
  // hot: once per change of a route with several paths
  order(ids: Int32Array, count: number, sorted = 1): number {
    this.hasDisplaced = false
    for (let i = sorted; i < count; i++) this.#insert(ids, i)
    if ((this.#paths.flags(ids[0]!) & PathFlag.infeasible) !== 0) return 0
    const preferred = this.#countPreferred(ids, count)
    const equalCost = this.#eliminateByMed(ids, preferred)
    this.hasDisplaced = equalCost < preferred
    return equalCost
  }

  /** One step of an insertion sort by preference and tie-break, MED left aside. */
  #insert(ids: Int32Array, index: number): void {
    const path = ids[index]!
    this.#load(this.#a, path)
    let to = index
    for (; to > 0; to--) {
      this.#load(this.#b, ids[to - 1]!)
      if (this.#compare(path, ids[to - 1]!) >= 0) break
      ids[to] = ids[to - 1]!
    }
    ids[to] = path
  }

  #compare(a: number, b: number): number {
    const preference = comparePreference(this.#a.attrs, this.#a.flags, this.#b.attrs, this.#b.flags)
    if (preference !== 0) return preference
    return compareTieBreak(this.#a, this.#b) || this.#compareOrigins(a, b)
  }

  /** How many leading paths tie with the first one in steps 1 to 6. */
  #countPreferred(ids: Int32Array, count: number): number {
    const first = this.#attrs.get(this.#paths.attrs(ids[0]!))
    const firstFlags = this.#paths.flags(ids[0]!)
    let preferred = 1
    while (preferred < count) {
      const path = ids[preferred]!
      const attrs = this.#attrs.get(this.#paths.attrs(path))
      if (comparePreference(first, firstFlags, attrs, this.#paths.flags(path)) !== 0) break
      preferred++
    }
    return preferred
  }

  /**
   * Step 7 among ids[0..preferred): whoever has a higher MED than another of the same neighbour AS goes behind the
   * rest, order kept (RFC 4271 §9.1.2.2 c). Without an AS in the path the neighbour AS is our own, which 0 stands for.
   */
  #eliminateByMed(ids: Int32Array, preferred: number): number {
    if (this.#haveSameMed(ids, preferred)) return preferred
    let kept = 0
    for (let i = 0; i < preferred; i++) {
      const path = ids[i]!
      if (this.#isBeatenByMed(ids, preferred, path)) continue
      for (let j = i; j > kept; j--) ids[j] = ids[j - 1]!
      ids[kept++] = path
    }
    return kept
  }

  /** The usual case, and the one that stays linear for a thousand agents with one address. */
  #haveSameMed(ids: Int32Array, preferred: number): boolean {
    const med = this.#attrs.get(this.#paths.attrs(ids[0]!)).medOrZero
    for (let i = 1; i < preferred; i++) {
      if (this.#attrs.get(this.#paths.attrs(ids[i]!)).medOrZero !== med) return false
    }
    return true
  }

  #isBeatenByMed(ids: Int32Array, preferred: number, path: number): boolean {
    const attrs = this.#attrs.get(this.#paths.attrs(path))
    for (let i = 0; i < preferred; i++) {
      const other = this.#attrs.get(this.#paths.attrs(ids[i]!))
      if (other.neighborAs === attrs.neighborAs && other.medOrZero < attrs.medOrZero) return true
    }
    return false
  }

  #load(facts: MutableFacts, path: number): void {
    facts.attrs = this.#attrs.get(this.#paths.attrs(path))
    facts.source = this.#sources.get(this.#paths.source(path))
    facts.flags = this.#paths.flags(path)
    facts.pathId = this.#paths.pathId(path)
  }
}

interface MutableFacts {
  attrs: AttrSet
  source: PathSource
  flags: number
  pathId: number
}

function emptyFacts(): MutableFacts {
  return {
    attrs: undefined as unknown as AttrSet,
    source: undefined as unknown as PathSource,
    flags: 0,
    pathId: 0,
  }
}
