/**
 * Route target membership (RFC 4684), both ways.
 *
 *  - Inward: a reader of bgp.rtarget.0 keeps, per BGP source, the targets it is served for asking: whole ones, partial ones (a
 *    prefix of origin AS and target, §4) and the default ("everything"). Update groups ask `wants`.
 *  - Outward: for every import target of an instance that somebody is attached to, one path in bgp.rtarget.0, origin
 *    local AS. It goes when the last attached instance that imports the target goes.
 */
import type { AttrSet } from './model/attr-set.ts'
import { plainAttributes } from './model/attr-set.ts'
import { ipv4OfWord } from './model/ip-address.ts'
import { membershipKey, membershipTarget } from './model/route-key.ts'
import { routeTargetHigh, routeTargetLow } from './model/route-target.ts'
import type { RouteTarget } from './model/route-target.ts'
import type { AttrTable } from './attr-table.ts'
import { PathFlag } from './path-flags.ts'
import type { PathSource, PathSources } from './path-source.ts'
import { SourceKind } from './path-source.ts'
import type { PathStore } from './path-store.ts'
import { emptyPathInput } from './table.ts'
import type { PathInput, Table } from './table.ts'

interface PartialTarget {
  /** Bits of the target that count: 1 to 63. */
  readonly bits: number
  readonly high: number
  readonly low: number
}

/** What one source asked for and is served. Counts, because several origin AS numbers may name one target. */
class Wanted {
  readonly targets = new Map<RouteTarget, number>()
  readonly partials = new Map<string, PartialTarget>()
  wantsAll = 0
}

export interface RtMembershipOptions {
  readonly table: Table
  readonly paths: PathStore
  readonly attrs: AttrTable
  readonly sources: PathSources
  readonly localAs: number
  readonly routerId: number
  /** The source of the paths made here. */
  readonly localSource: PathSource
  /** Somebody's wishes changed: routes with these targets (all, when undefined) have to be looked at again. */
  onChange(targets: ReadonlySet<RouteTarget> | undefined): void
}

export class RtMembership {
  readonly #options: RtMembershipOptions
  readonly #marker: number
  readonly #wantedBySource = new Map<number, Wanted>()
  /** Sources that were counted for a row, so that a change is a difference. */
  readonly #countedByRow = new Map<number, Set<number>>()
  readonly #originated = new Map<RouteTarget, number>()
  readonly #input: PathInput = emptyPathInput()

  constructor(options: RtMembershipOptions) {
    this.#options = options
    this.#marker = options.table.changes.addMarkerAtTail()
  }

  /** True when the source asked for one of the targets. Routes without any target go to whoever asked for everything. */
  wants(source: PathSource, attrs: AttrSet): boolean {
    const wanted = this.#wantedBySource.get(source.id)
    if (!wanted) return false
    if (wanted.wantsAll > 0) return true
    for (const target of attrs.routeTargets) {
      if (wanted.targets.has(target)) return true
      for (const partial of wanted.partials.values()) if (matchesPartial(partial, target)) return true
    }
    return false
  }

  /** Whole targets that a source is served for asking. */
  targetsOf(source: PathSource): RouteTarget[] {
    return [...(this.#wantedBySource.get(source.id)?.targets.keys() ?? [])]
  }

  /** False for a peer whose path of this membership is left out: another neighbour AS is nearer. */
  isServed(source: PathSource, row: number): boolean {
    return this.#countedByRow.get(row)?.has(source.id) === true
  }

  wantsEverything(source: PathSource): boolean {
    return (this.#wantedBySource.get(source.id)?.wantsAll ?? 0) > 0
  }

  /** One more attached instance imports the target. */
  originate(target: RouteTarget): void {
    const count = this.#originated.get(target) ?? 0
    this.#originated.set(target, count + 1)
    if (count > 0) return
    const { table, attrs, localAs, routerId, localSource } = this.#options
    this.#input.source = localSource
    this.#input.attrs = attrs.intern({ ...plainAttributes, nextHop: ipv4OfWord(routerId) })
    table.upsert(membershipKey(localAs, target), 0, this.#input)
  }

  /** One attached instance fewer imports the target. */
  withdraw(target: RouteTarget): void {
    const count = this.#originated.get(target) ?? 0
    if (count > 1) {
      this.#originated.set(target, count - 1)
      return
    }
    this.#originated.delete(target)
    const { table, localAs, localSource } = this.#options
    table.withdraw(membershipKey(localAs, target), 0, localSource, 0)
  }

  originatedTargets(): Iterable<RouteTarget> {
    return this.#originated.keys()
  }

  get hasWork(): boolean {
    return this.#options.table.changes.nextRoute(this.#marker) !== 0
  }

  /** Takes in up to `budget` changed membership routes; returns how many. */
  advance(budget: number): number {
    const { changes } = this.#options.table
    const changedTargets = new Set<RouteTarget>()
    let changesAll = false
    let done = 0
    let last = this.#marker
    for (
      let row = changes.nextRoute(this.#marker);
      row !== 0 && done < budget;
      row = changes.nextRoute(row)
    ) {
      if (this.#takeIn(row)) {
        const target = membershipTarget(this.#options.table.rows, row * this.#options.table.stride)
        if (target === undefined) changesAll = true
        else changedTargets.add(target)
      }
      last = row
      done++
    }
    if (done > 0) changes.moveMarkerAfter(this.#marker, last)
    if (changesAll) this.#options.onChange(undefined)
    else if (changedTargets.size > 0) this.#options.onChange(changedTargets)
    return done
  }

  /** Compares who is to be served for this membership with who was counted; true when somebody's wishes changed. */
  #takeIn(row: number): boolean {
    const now = this.#askers(row)
    const before = this.#countedByRow.get(row) ?? noSources
    const gone = [...before].filter((id) => !now.has(id))
    const come = [...now].filter((id) => !before.has(id))
    for (const id of gone) this.#count(row, id, -1)
    for (const id of come) this.#count(row, id, 1)
    if (now.size > 0) this.#countedByRow.set(row, now)
    else this.#countedByRow.delete(row)
    return gone.length + come.length > 0
  }

  /**
   * RFC 4684 §3.2: each internal peer that has a path of the membership asks for itself. §3.1: of external peers only
   * those in the AS of the best external path, since routes reach the origin AS through one neighbour AS: that of the
   * session, which sends the routes on. Where no origin AS is given, what a peer asks for is for itself.
   */
  #askers(row: number): Set<number> {
    const { table, paths, sources } = this.#options
    const askers = new Set<number>()
    const hasOrigin = table.rows[row * table.stride]! >= 32
    let nearestAs: number | undefined
    // Best path first.
    for (let path = table.routes.firstPath(row); path !== 0; path = paths.next(path)) {
      if ((paths.flags(path) & PathFlag.infeasible) !== 0) continue
      const { id, kind, isIbgp, asn } = sources.get(paths.source(path))
      if (kind !== SourceKind.bgp) continue
      if (hasOrigin && !isIbgp && asn !== (nearestAs ??= asn)) continue
      askers.add(id)
    }
    return askers
  }

  #count(row: number, sourceId: number, step: 1 | -1): void {
    let wanted = this.#wantedBySource.get(sourceId)
    if (!wanted) this.#wantedBySource.set(sourceId, (wanted = new Wanted()))
    const { table } = this.#options
    const at = row * table.stride
    const length = table.rows[at]!
    const target = membershipTarget(table.rows, at)
    if (target !== undefined) {
      const count = (wanted.targets.get(target) ?? 0) + step
      if (count > 0) wanted.targets.set(target, count)
      else wanted.targets.delete(target)
    } else if (length <= 32) {
      // RFC 4684 §4: nothing of the target is given (length 0, or the origin AS alone), so every target matches.
      wanted.wantsAll += step
    } else {
      const partial = { bits: length - 32, high: table.rows[at + 2]!, low: table.rows[at + 3]! }
      const name = `${table.rows[at + 1]}/${length}:${partial.high}:${partial.low}`
      if (step > 0) wanted.partials.set(name, partial)
      else wanted.partials.delete(name)
    }
    if (wanted.targets.size === 0 && wanted.partials.size === 0 && wanted.wantsAll === 0) {
      this.#wantedBySource.delete(sourceId)
    }
  }
}

const noSources: ReadonlySet<number> = new Set()

function matchesPartial(partial: PartialTarget, target: RouteTarget): boolean {
  const highMask = partial.bits >= 32 ? -1 : -1 << (32 - partial.bits)
  if (((routeTargetHigh(target) ^ partial.high) & highMask) !== 0) return false
  if (partial.bits <= 32) return true
  return ((routeTargetLow(target) ^ partial.low) & (-1 << (64 - partial.bits))) === 0
}
