/**
 * Which paths of a route a group with path identifiers is offered (RFC 7911), best first until the choice is exhausted:
 *
 *   best          the first one, if it may be offered       what a group without identifiers gets
 *   equal-cost    the equal-cost set
 *   N             the N first that may be offered
 *   all           every feasible one
 *
 * A member's own paths count, and are left out of what it gets. The identifier is the path's number in the store: no two paths
 * have the same, and a path keeps it until it is withdrawn, whatever is said of it anew or how it ranks.
 */
import type { Want } from './export-rule.ts'
import { PathFlag } from './path-flags.ts'
import type { PathStore } from './path-store.ts'
import type { Table } from './table.ts'

export type PathChoice = 'best' | 'equal-cost' | 'all' | number

/** Computes what may be offered of one path. */
export type WantOfPath = (table: Table, row: number, path: number, out: Want) => void

interface PathWant extends Want {
  pathId: number
}

/** The offers of one route, by path identifier: reused from route to route. */
export class PathWants {
  readonly #wants: PathWant[] = []
  count = 0

  at(index: number): Readonly<PathWant> {
    return this.#wants[index]!
  }

  clear(): void {
    this.count = 0
  }

  /** The next one, to be filled; it counts once it is kept. */
  next(): Want {
    if (this.count === this.#wants.length)
      this.#wants.push({ want: 0, label: 0, targetsOf: undefined, exceptSource: -1, pathId: 0 })
    return this.#wants[this.count]!
  }

  /** Puts the one just filled in its place; there are few, and they mostly come in order. */
  keep(pathId: number): void {
    const wants = this.#wants
    const kept = wants[this.count]!
    kept.pathId = pathId
    let at = this.count++
    for (; at > 0 && wants[at - 1]!.pathId > pathId; at--) wants[at] = wants[at - 1]!
    wants[at] = kept
  }
}

export class PathOffers {
  readonly #choice: PathChoice
  readonly #paths: PathStore
  readonly #wantOfPath: WantOfPath

  constructor(choice: PathChoice, paths: PathStore, wantOfPath: WantOfPath) {
    this.#choice = choice
    this.#paths = paths
    this.#wantOfPath = wantOfPath
  }

  // hot: once per change and group with path identifiers
  wantsOf(table: Table, row: number, out: PathWants): void {
    const paths = this.#paths
    const ranks = this.#ranks(table.routes.equalCostCount(row))
    const most = typeof this.#choice === 'number' ? this.#choice : Infinity
    out.clear()
    let path = table.routes.firstPath(row)
    for (let rank = 0; path !== 0 && rank < ranks && out.count < most; rank++) {
      // They come last.
      if ((paths.flags(path) & PathFlag.infeasible) !== 0) return
      const want = out.next()
      this.#wantOfPath(table, row, path, want)
      if (want.want !== 0) out.keep(path)
      path = paths.next(path)
    }
  }

  #ranks(equalCost: number): number {
    if (this.#choice === 'best') return 1
    return this.#choice === 'equal-cost' ? equalCost : Infinity
  }
}
