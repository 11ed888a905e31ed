/**
 * What rib/update-group.ts does for a changed route, where the group has path identifiers (RFC 7911): each path is compared,
 * announced and withdrawn as a route is elsewhere. Split horizon and interest in targets decide path by path.
 */
import { AdjPathsOut } from './adj-paths-out.ts'
import type { Batches } from './batch.ts'
import type { Cohort } from './cohort.ts'
import type { ExportRule, Want } from './export-rule.ts'
import type { Interest } from './interest.ts'
import { PathWants } from './path-offers.ts'
import type { PathOffers } from './path-offers.ts'
import type { Table } from './table.ts'

export class PathExporter {
  readonly out: AdjPathsOut
  readonly #table: Table
  readonly #offers: PathOffers
  readonly #batches: Batches
  readonly #interest: Interest
  readonly #wants = new PathWants()
  #announce = new Int32Array(1)
  #withdraw = new Int32Array(1)

  constructor(
    table: Table,
    rule: ExportRule,
    offers: PathOffers,
    shared: { readonly batches: Batches; readonly interest: Interest },
  ) {
    this.out = new AdjPathsOut(table, rule, 1)
    this.#table = table
    this.#offers = offers
    this.#batches = shared.batches
    this.#interest = shared.interest
  }

  widen(memberWords: number): void {
    this.out.widen(memberWords)
    this.#announce = new Int32Array(memberWords)
    this.#withdraw = new Int32Array(memberWords)
  }

  /** Puts the differences into batches; returns how many paths there were to look at. */
  // hot: once per change and cohort
  export(cohort: Cohort, row: number): number {
    const wants = this.#wants
    const { out } = this
    this.#offers.wantsOf(this.#table, row, wants)
    out.offer(row, wants)
    let seen = 0
    let isLeft = false
    // Both go by path identifier.
    for (let entry = out.first(row), i = 0; entry !== 0; entry = out.next(entry), seen++) {
      if (out.want(entry) === 0) {
        isLeft = true
        this.#tell(cohort, row, entry, NOTHING)
      } else this.#tell(cohort, row, entry, wants.at(i++))
    }
    if (isLeft) out.prune(row)
    return Math.max(1, seen)
  }

  #tell(cohort: Cohort, row: number, entry: number, want: Readonly<Want>): void {
    const { out } = this
    const interested = want.targetsOf ? this.#interest.of(want.targetsOf) : undefined
    const exceptIndex = want.exceptSource < 0 ? -1 : this.#interest.indexOfSource(want.exceptSource)
    let anyAnnounce = 0
    let anyWithdraw = 0
    for (let i = 0; i < this.#announce.length; i++) {
      const sent = out.sent(entry, i)
      const owed = out.stale(entry, i)
      const members = cohort.members[i]!
      let target = want.want === 0 ? 0 : members
      if (interested) target &= interested[i]!
      if (exceptIndex >= 0 && exceptIndex >>> 5 === i) target &= ~(1 << (exceptIndex & 31))
      const announce = cohort.resends ? target : target & ~sent
      const withdraw = members & (sent | owed) & ~target
      out.setSent(entry, i, (sent & ~members) | target)
      out.setStale(entry, i, owed & ~members)
      this.#announce[i] = announce
      this.#withdraw[i] = withdraw
      anyAnnounce |= announce
      anyWithdraw |= withdraw
    }
    const pathId = out.pathId(entry)
    if (anyAnnounce !== 0)
      this.#batches.forMembers(this.#announce).addPathReach(row, want.want, want.label, pathId)
    if (anyWithdraw !== 0) this.#batches.forMembers(this.#withdraw).addPathUnreach(row, pathId)
  }
}

const NOTHING: Want = { want: 0, label: 0, targetsOf: undefined, exceptSource: -1 }
