/**
 * Connection collision (RFC 4271 §6.8, RFC 6286 §2.3): which of two connections to the same peer lives.
 *
 *   identifier larger on our side   the connection that we opened
 *   larger on theirs                the one that they opened
 *   equal (eBGP only)               the larger AS decides in the same way
 *
 * Both sides come to the same verdict, so exactly one connection is left, whatever the order of events.
 */
export type Direction = 'dialed' | 'accepted'

export interface Speaker {
  readonly routerId: number
  readonly asn: number
}

/** Direction, seen from here, of the connection that lives. */
export function survivingDirection(local: Speaker, remote: Speaker): Direction {
  if (local.routerId !== remote.routerId) return local.routerId > remote.routerId ? 'dialed' : 'accepted'
  return local.asn > remote.asn ? 'dialed' : 'accepted'
}

/** What becomes of two connections when a valid OPEN has come on one of them (`arrival`). */
export type Verdict =
  /** The other one ends. */
  | 'dropOther'
  /** The one on which the OPEN came ends. */
  | 'dropArrival'
  /** The other one should live but its OPEN has not come yet: the arrival waits for the other's fate. */
  | 'holdArrival'
  /** The peer has restarted: the old session ends without NOTIFICATION, its routes are retained (RFC 4724 §4.2). */
  | 'replaceOther'

export interface Contest {
  readonly survivor: Direction
  readonly arrival: Direction
  readonly other: Direction
  readonly otherState: 'OpenConfirm' | 'Established' | 'waitsForOpen'
  /** The other session is Established with graceful restart, and the new OPEN shows that its peer has restarted. */
  readonly peerRestarted: boolean
}

/** The verdict over one pair. */
export function judge(contest: Contest): Verdict {
  if (contest.otherState === 'Established') {
    // RFC 4271 §6.8: an Established connection stays, the newly created one is closed.
    return contest.peerRestarted ? 'replaceOther' : 'dropArrival'
  }
  // Twice from the same side: whoever opens a second connection has given the first one up.
  if (contest.arrival === contest.other) return 'dropOther'
  if (contest.arrival === contest.survivor) return 'dropOther'
  return contest.otherState === 'OpenConfirm' ? 'dropArrival' : 'holdArrival'
}
