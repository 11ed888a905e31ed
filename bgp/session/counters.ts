/**
 * What a peer's sessions have counted since it was configured. Every drop, discard or refusal has a counter here.
 */
export class PeerCounters {
  messagesIn = 0
  messagesOut = 0
  octetsIn = 0
  octetsOut = 0
  opensIn = 0
  opensOut = 0
  updatesIn = 0
  updatesOut = 0
  notificationsIn = 0
  notificationsOut = 0
  keepalivesIn = 0
  keepalivesOut = 0
  refreshesIn = 0
  refreshesOut = 0
  /** UPDATEs whose routes were withdrawn for an error (RFC 7606 §2). */
  treatAsWithdraw = 0
  /** UPDATEs that lost an attribute for an error (RFC 7606 §2). */
  attributeDiscard = 0
  /** NLRI of a family that was not negotiated. */
  familyIgnored = 0
  /** Exceptions while decoding: defects of ours. */
  decodeDefects = 0
  sessionsUp = 0
  sessionsDown = 0
  attemptsFailed = 0
  /** Sessions that ended with a NOTIFICATION of ours. */
  resets = 0
  collisions = 0
  inputPauses = 0
  outputBlocks = 0

  /** A copy for views and metrics. */
  toRecord(): Record<string, number> {
    return Object.fromEntries(Object.entries(this) as [string, number][])
  }
}
