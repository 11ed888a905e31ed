/**
 * What an update group offers of a route: the pure heart of Adj-RIB-Out. A rule computes the desired state, "nothing"
 * included; who already has what is the group's business, so a rule never leaves anything stale by returning early.
 */
import type { AttrSet } from './model/attr-set.ts'
import type { PathOffers } from './path-offers.ts'
import type { Table } from './table.ts'

/** The group's reused result. want 0 is "nothing". */
export interface Want {
  want: number
  label: number
  /** Set whose route targets decide which members are interested (RFC 4684); undefined where none decide. */
  targetsOf: AttrSet | undefined
  /** Number of the source that must not get its own path back, or -1. */
  exceptSource: number
}

export interface ExportRule {
  /** Members whose rules have equal keys share one group. */
  readonly key: string
  /** All equal-cost paths are offered, not the first one alone: a route is as much work as it has of them. */
  readonly offersEqualCost: boolean
  /** RFC 7911: several paths of a route, each with an identifier; undefined where a route is one offer. */
  readonly pathOffers: PathOffers | undefined
  /** Fills `out` for one route of the table. */
  wantOf(table: Table, row: number, out: Want): void
  /** Keeps, or lets go of, what a want number stands for. */
  retain(want: number): void
  release(want: number): void
  /** Forgets everything keyed by attribute ids. */
  forget(): void
}
