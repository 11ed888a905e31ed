/**
 * Who stands where in an update group (rib/update-group.ts): a seat for each member, a cohort for all members that have
 * been told of the same changes.
 */
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
