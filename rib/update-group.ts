/**
 * An update group: members (peers or agents) to whom one export rule offers the same, in one table. Each change is
 * computed, compared and encoded once for all of them (control-node reference 2g).
 *
 *   list:  r1  r2  ▲{a}  r3  r4  ▲{b, c, d}          a is slow; it walks r3, r4 when its transport drains, then merges
 *
 * Members that stand at the same place form a cohort with one marker. A joiner starts a cohort at the head, a blocked
 * member leaves with a marker where it stopped, and cohorts that meet merge. Per route:
 *
 *   want     = rule(route)                              differs from the last one: sent members become stale
 *   target   = want ? cohort ∩ interested(want) \ its own source : ∅
 *   announce = target \ sent          withdraw = cohort ∩ (sent ∪ stale) \ target
 */
import { AdjRibOut } from './adj-rib-out.ts'
import { Batches } from './batch.ts'
import type { Batch } from './batch.ts'
import { Cohorts } from './cohort.ts'
import type { Cohort, Seat } from './cohort.ts'
import { clearBit, isEmptySet, setBit } from './bit-set.ts'
import type { ExportRule, Want } from './export-rule.ts'
import { Interest } from './interest.ts'
import { PathExporter } from './path-export.ts'
import type { RtMembership } from './rt-membership.ts'
import type { PathSource } from './path-source.ts'
import { RowKind } from './route-rows.ts'
import type { Table } from './table.ts'

/** One peer or agent, as its session presents it. */
export interface Member {
  readonly source: PathSource
  /** RFC 4684 was negotiated: VPN routes only for targets that this source asked for. */
  readonly filtersByTarget: boolean
  /**
   * Takes frames shared with other members. False: no more, from any table, after what the slice at hand still holds,
   * until unblock.
   */
  write(table: Table, frames: readonly Uint8Array[]): boolean
  /** All that the table held at join or refresh has been written. */
  onSynced(table: Table): void
}

/** Encodes one batch; called once for all its members. */
export interface GroupEncoder {
  encode(batch: Batch): readonly Uint8Array[]
  /** Lets go of what it has made of attribute sets for the case that they come again. */
  releaseAttributes?(): void
}

export interface GroupOptions {
  readonly encoder: GroupEncoder
  readonly membership: RtMembership
  /** A member's transport is full: the groups of other tables must stop, too. */
  readonly onFull: (member: Member) => void
}

export class UpdateGroup {
  readonly table: Table
  readonly rule: ExportRule
  readonly out: AdjRibOut
  /** In place of `out` where a route has several offers (RFC 7911). */
  readonly paths: PathExporter | undefined
  readonly #encoder: GroupEncoder
  readonly #onFull: (member: Member) => void
  readonly #batches: Batches
  readonly #interest: Interest
  readonly #seats: (Seat | undefined)[] = []
  readonly #seatOf = new Map<Member, Seat>()
  readonly #cohorts: Cohorts
  readonly #want: Want = { want: 0, label: 0, targetsOf: undefined, exceptSource: -1 }
  #memberWords = 1
  #announce = new Int32Array(1)
  #withdraw = new Int32Array(1)

  constructor(table: Table, rule: ExportRule, options: GroupOptions) {
    this.table = table
    this.rule = rule
    this.#encoder = options.encoder
    this.#onFull = options.onFull
    this.out = new AdjRibOut(table, 1)
    this.#cohorts = new Cohorts(table, 1)
    this.#batches = new Batches(table, 1)
    this.#interest = new Interest(options.membership)
    const { pathOffers } = rule
    const shared = { batches: this.#batches, interest: this.#interest }
    this.paths = pathOffers && new PathExporter(table, rule, pathOffers, shared)
  }

  get isEmpty(): boolean {
    return this.#seatOf.size === 0
  }

  get memberCount(): number {
    return this.#seatOf.size
  }

  has(member: Member): boolean {
    return this.#seatOf.has(member)
  }

  /** The member's number in the group's bit sets, or -1. */
  indexOf(member: Member): number {
    return this.#seatOf.get(member)?.index ?? -1
  }

  /**
   * Starts the full dump for a member; joiners of the same moment walk together. Whoever comes from another group keeps
   * what it holds from there until this one has offered better or withdrawn it.
   */
  join(member: Member, isBlocked = false, before?: UpdateGroup): void {
    let index = this.#seats.findIndex((seat) => seat === undefined)
    if (index < 0) index = this.#seats.length
    if (index >>> 5 >= this.#memberWords) this.#widen()
    // A refresh that is under way goes on here: what is the same as before has to come again, too.
    const resends = before !== undefined && before.#seatOf.get(member)?.cohort.resends === true
    const cohort = this.#cohorts.atHead(resends, isBlocked)
    const seat: Seat = { member, index, cohort, isSynced: false, isBlocked }
    setBit(cohort.members, index)
    this.#seats[index] = seat
    this.#seatOf.set(member, seat)
    if (before) this.#adopt(before, before.indexOf(member), index)
    this.#interest.setMembers(this.#interestMembers(), this.#memberWords)
  }

  leave(member: Member): void {
    const seat = this.#seatOf.get(member)
    if (!seat) return
    this.#removeFromCohort(seat)
    // With the last one nothing is offered any more: one pass over all routes is enough.
    if (this.memberCount > 1) (this.paths ?? this).out.clearMember(seat.index)
    this.#seats[seat.index] = undefined
    this.#seatOf.delete(member)
    this.#interest.setMembers(this.#interestMembers(), this.#memberWords)
    if (this.isEmpty) this.releaseAll()
  }

  /** What a member holds: paths, where they have identifiers, else routes. A scan: for introspection. */
  countHeld(member: Member): number {
    const index = this.indexOf(member)
    return this.paths ? this.paths.out.countHeld(index) : this.out.countHeld(index)
  }

  /** A group of one that becomes another group of one takes everything along; in all other cases row by row. */
  #adopt(before: UpdateGroup, from: number, to: number): void {
    const isAlone = this.memberCount === 1 && before.memberCount === 1 && from === to
    if (this.paths) this.paths.out.adoptHeld(before.paths!.out, from, to)
    else if (!isAlone || !this.out.takeOver(before.out)) this.out.adoptHeld(before.out, from, to, this.rule)
  }

  /** Sends everything again to one member (RFC 2918). */
  refresh(member: Member): void {
    const seat = this.#seatOf.get(member)
    if (!seat) return
    this.#removeFromCohort(seat)
    const cohort = this.#cohorts.atHead(true, seat.isBlocked)
    setBit(cohort.members, seat.index)
    seat.cohort = cohort
    seat.isSynced = false
  }

  /** The member's transport is full: it stays behind at its place. Not while this group advances. */
  block(member: Member): void {
    const seat = this.#seatOf.get(member)
    if (!seat || seat.isBlocked) return
    seat.isBlocked = true
    this.#splitBlocked(seat.cohort)
  }

  unblock(member: Member): void {
    const seat = this.#seatOf.get(member)
    if (!seat || !seat.isBlocked) return
    seat.isBlocked = false
    seat.cohort.isBlocked = false
    // Members that were full at the same place go on together, before one of them is a step ahead.
    const neighbour = this.#cohorts.neighbourOf(seat.cohort)
    if (neighbour) this.#merge(seat.cohort, neighbour)
  }

  /** Some member's interest in route targets changed: what was computed about it is void. */
  forgetInterest(): void {
    this.#interest.forget()
  }

  forget(): void {
    this.rule.forget()
    this.#interest.forget()
  }

  /** What was remembered of attribute sets is still right, but not worth its memory. */
  giveBackMemos(): void {
    this.forget()
    this.#encoder.releaseAttributes?.()
  }

  /** True when a cohort that may move has routes before it, or somebody waits to hear that it has everything. */
  get hasWork(): boolean {
    if (this.#cohorts.areBehind) return true
    for (const seat of this.#seats) if (seat && !seat.isSynced && !seat.cohort.isBlocked) return true
    return false
  }

  /**
   * Handles up to about `budget` changes, a set of equal-cost next hops being as many; returns how many, so that 0 means
   * "nothing to do".
   */
  advance(budget: number): number {
    let done = 0
    // A cohort that merges or splits changes the array: go through a copy.
    for (const cohort of [...this.#cohorts.all]) {
      while (done < budget && !cohort.isBlocked && this.#cohorts.has(cohort)) {
        const moved = this.#advanceCohort(cohort, Math.min(budget - done, SLICE))
        done += moved
        if (moved === 0) break
      }
    }
    return done
  }

  /** Distinct places in the change list: one, when everybody keeps up. */
  get cohortCount(): number {
    return this.#cohorts.all.length
  }

  #advanceCohort(cohort: Cohort, budget: number): number {
    const { changes, routes } = this.table
    if (this.paths) this.paths.out.fit()
    else this.out.fit()
    let done = 0
    let last = cohort.marker
    let row = changes.next(cohort.marker)
    while (row !== 0 && done < budget) {
      if (routes.kind(row) === RowKind.marker) {
        const other = cohort.resends ? undefined : this.#cohorts.mergeableAt(row, cohort)
        if (other) {
          // The other cohort stands where this one would be after what was just done.
          if (done > 0) break
          this.#merge(cohort, other)
          return 0
        }
      } else {
        last = row
        if (this.paths) done += this.paths.export(cohort, row)
        else {
          this.#exportRoute(cohort, row)
          done += this.rule.offersEqualCost ? Math.max(1, routes.equalCostCount(row)) : 1
        }
      }
      row = changes.next(row)
    }
    if (done > 0) changes.moveMarkerAfter(cohort.marker, last)
    this.#flush(cohort)
    if (!cohort.isBlocked && this.#cohorts.has(cohort) && changes.nextRoute(cohort.marker) === 0) {
      this.#reachTail(cohort)
    }
    return done
  }

  // hot: once per change and cohort
  #exportRoute(cohort: Cohort, row: number): void {
    const want = this.#want
    this.rule.wantOf(this.table, row, want)
    const { words, stale, stride } = this.out
    const width = this.#memberWords
    const base = row * stride
    const isChanged = words[base] !== want.want || words[base + 1] !== want.label
    if (isChanged) this.out.offer(row, want, this.rule, cohort.members)
    const interested = want.targetsOf ? this.#interest.of(want.targetsOf) : undefined
    const exceptIndex = want.exceptSource < 0 ? -1 : this.#interest.indexOfSource(want.exceptSource)
    let anyAnnounce = 0
    let anyWithdraw = 0
    for (let i = 0; i < width; i++) {
      const sentAt = base + 2 + i
      const staleAt = row * width + i
      const held = words[sentAt]!
      const members = cohort.members[i]!
      let target = want.want === 0 ? 0 : members
      if (interested) target &= interested[i]!
      if (exceptIndex >>> 5 === i && exceptIndex >= 0) target &= ~(1 << (exceptIndex & 31))
      const announce = cohort.resends || isChanged ? target : target & ~held
      const owed = stale[staleAt]!
      const withdraw = members & (held | owed) & ~target
      words[sentAt] = (held & ~members) | target
      if ((owed & members) !== 0) stale[staleAt] = owed & ~members
      this.#announce[i] = announce
      this.#withdraw[i] = withdraw
      anyAnnounce |= announce
      anyWithdraw |= withdraw
    }
    if (anyAnnounce !== 0) this.#batches.forMembers(this.#announce).addReach(row, want.want, want.label)
    if (anyWithdraw !== 0) this.#batches.forMembers(this.#withdraw).addUnreach(row)
  }

  /** Encodes each batch once and hands it to its members; whoever is full then stays behind at the cohort's marker. */
  #flush(cohort: Cohort): void {
    for (const batch of this.#batches.all()) {
      const frames = this.#encoder.encode(batch)
      if (frames.length === 0) continue
      for (let i = 0; i < batch.members.length; i++) {
        for (let bits = batch.members[i]!; bits !== 0; bits &= bits - 1) {
          const seat = this.#seats[i * 32 + 31 - Math.clz32(bits & -bits)]
          if (!seat || seat.member.write(this.table, frames)) continue
          seat.isBlocked = true
          this.#onFull(seat.member)
        }
      }
    }
    this.#batches.clear()
    this.#splitBlocked(cohort)
  }

  #splitBlocked(cohort: Cohort): void {
    for (const seat of this.#seats) {
      if (!seat || !seat.isBlocked || seat.cohort !== cohort || cohort.isBlocked) continue
      clearBit(cohort.members, seat.index)
      const own = this.#cohorts.add(this.table.changes.addMarkerAfter(cohort.marker), cohort.resends, true)
      setBit(own.members, seat.index)
      seat.cohort = own
    }
    if (isEmptySet(cohort.members)) this.#cohorts.drop(cohort)
  }

  #reachTail(cohort: Cohort): void {
    cohort.resends = false
    for (const seat of this.#seats) {
      if (!seat || seat.cohort !== cohort || seat.isSynced) continue
      seat.isSynced = true
      seat.member.onSynced(this.table)
    }
    const other = this.#cohorts.otherAtTail(cohort)
    if (other) this.#merge(cohort, other)
  }

  #merge(from: Cohort, into: Cohort): void {
    for (const seat of this.#seats) if (seat?.cohort === from) seat.cohort = into
    for (let i = 0; i < from.members.length; i++) into.members[i] = into.members[i]! | from.members[i]!
    this.#cohorts.drop(from)
  }

  #removeFromCohort(seat: Seat): void {
    clearBit(seat.cohort.members, seat.index)
    if (isEmptySet(seat.cohort.members)) this.#cohorts.drop(seat.cohort)
  }

  #interestMembers(): readonly (Member | undefined)[] {
    return this.#seats.map((seat) => seat?.member)
  }

  #widen(): void {
    this.#memberWords *= 2
    if (this.paths) this.paths.widen(this.#memberWords)
    else this.out.widen(this.#memberWords)
    this.#batches.widen(this.#memberWords)
    this.#announce = new Int32Array(this.#memberWords)
    this.#withdraw = new Int32Array(this.#memberWords)
    this.#cohorts.widen(this.#memberWords)
  }

  /** The last member left, or the table goes: nothing is offered any more. */
  releaseAll(): void {
    this.paths?.out.releaseAll()
    this.out.releaseAll(this.rule)
  }
}

/** Routes between two flushes: small enough that a member that fills up stops soon after. */
const SLICE = 2048
