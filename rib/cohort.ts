/**
 * Who stands where in an update group (rib/update-group.ts): a seat for each member, a cohort for all members that have
 * been told of the same changes.
 */
import { RowKind } from './route-rows.ts'
import type { Table } from './table.ts'
import type { Member } from './update-group.ts'

/** One member of a group. */
export interface Seat {
  readonly member: Member
  readonly index: number
  cohort: Cohort
  isSynced: boolean
  isBlocked: boolean
}

/** Members at one place in the change list. */
export interface Cohort {
  readonly marker: number
  members: Int32Array
  /** A blocked member's own cohort: it stands still. */
  isBlocked: boolean
  /** Route refresh (RFC 2918): everything is announced again although it was sent. */
  resends: boolean
}

/** The cohorts of a group, and who may go on with whom. */
export class Cohorts {
  readonly #table: Table
  readonly #all: Cohort[] = []
  #memberWords: number

  constructor(table: Table, memberWords: number) {
    this.#table = table
    this.#memberWords = memberWords
  }

  get all(): readonly Cohort[] {
    return this.#all
  }

  has(cohort: Cohort): boolean {
    return this.#all.includes(cohort)
  }

  /** Some cohort that may move has routes before it. */
  get areBehind(): boolean {
    for (const cohort of this.#all) if (!cohort.isBlocked && !this.#isAtTail(cohort)) return true
    return false
  }

  add(marker: number, resends: boolean, isBlocked: boolean): Cohort {
    const cohort: Cohort = { marker, members: new Int32Array(this.#memberWords), isBlocked, resends }
    this.#all.push(cohort)
    return cohort
  }

  drop(cohort: Cohort): void {
    const at = this.#all.indexOf(cohort)
    if (at < 0) return
    this.#all.splice(at, 1)
    this.#table.changes.removeMarker(cohort.marker)
  }

  /** Whoever only has to see everything joins a cohort that has just begun; all others walk by themselves. */
  atHead(resends: boolean, isBlocked: boolean): Cohort {
    const { changes, routes } = this.#table
    const walksAlone = resends || isBlocked
    for (
      let row = changes.next(0);
      !walksAlone && row !== 0 && routes.kind(row) === RowKind.marker;
      row = changes.next(row)
    ) {
      const cohort = this.#all.find((c) => c.marker === row)
      if (cohort && !cohort.isBlocked && !cohort.resends && changes.nextRoute(row) !== 0) return cohort
    }
    return this.add(changes.addMarkerAtHead(), resends, isBlocked)
  }

  /** The cohort of this marker, where another may go on with it. */
  mergeableAt(marker: number, cohort: Cohort): Cohort | undefined {
    for (const other of this.#all) {
      if (other !== cohort && other.marker === marker && !other.isBlocked && !other.resends) return other
    }
    return undefined
  }

  /** One to go on with at the same place: nothing but markers lies between. */
  neighbourOf(cohort: Cohort): Cohort | undefined {
    if (cohort.resends) return undefined
    const { changes, routes } = this.#table
    let row = changes.previous(cohort.marker)
    while (row !== 0 && routes.kind(row) === RowKind.marker) row = changes.previous(row)
    for (row = changes.next(row); row !== 0 && routes.kind(row) === RowKind.marker; row = changes.next(row)) {
      const other = this.mergeableAt(row, cohort)
      if (other) return other
    }
    return undefined
  }

  /** Another cohort at the tail, which stands at the same place as one that is there. */
  otherAtTail(cohort: Cohort): Cohort | undefined {
    for (const other of this.#all) {
      if (other !== cohort && !other.isBlocked && !other.resends && this.#isAtTail(other)) return other
    }
    return undefined
  }

  /** Member sets get more words. */
  widen(memberWords: number): void {
    this.#memberWords = memberWords
    for (const cohort of this.#all) {
      const members = new Int32Array(memberWords)
      members.set(cohort.members)
      cohort.members = members
    }
  }

  #isAtTail(cohort: Cohort): boolean {
    return this.#table.changes.nextRoute(cohort.marker) === 0
  }
}
