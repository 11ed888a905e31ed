/**
 * Flags of a path, in the low 16 bits of its flags word; the high 16 bits hold the instance id (the low half of the RD
 * that the path gets in the VPN table).
 */
export const PathFlag = {
  /** Kept through a graceful restart of its source (RFC 4724 §4.2); loses against nothing yet, swept at the end. */
  stale: 1,
  /** Kept beyond it: ranks below every other path (RFC 9494 §4.3). */
  llgrStale: 2,
  /** Kept so that an operator can see it, never chosen nor copied. One of the reasons below stands beside it. */
  infeasible: 4,
  /** A copy that the replicator placed; never copied again. */
  secondary: 8,

  /** Our AS number in AS_PATH (RFC 4271 §9.1.2). */
  asLoop: 16,
  /** Our identifier as ORIGINATOR_ID (RFC 4456 §8). */
  originatorLoop: 32,
  /** Our cluster in CLUSTER_LIST (RFC 4456 §8). */
  clusterLoop: 64,
  /** An agent offered only encapsulations that nobody knows. */
  noEncapsulation: 128,
  /** eBGP without policy (RFC 8212), or a policy's decision. */
  policyRejected: 256,
  /** A next hop that cannot be one (RFC 4271 §6.3). */
  badNextHop: 512,
  /** The first AS of the path is not the peer's (RFC 4271 §6.3). */
  wrongFirstAs: 4096,
  /** From a neighbour that should not have passed it on (RFC 9234 §5). */
  routeLeak: 8192,

  /** A sweep is on its way to it; of what its source teaches later, it will remove nothing. */
  condemned: 1024,
  /** Has not come again since the source began to send all of it again (RFC 7313 §4). */
  unrefreshed: 2048,
  /** Nothing in the VRF leads to what a static route or an aggregate follows. */
  unresolved: 8192,
} as const

export const INFEASIBLE_REASONS: readonly (readonly [number, string])[] = [
  [PathFlag.asLoop, 'AS loop'],
  [PathFlag.originatorLoop, 'originator loop'],
  [PathFlag.clusterLoop, 'cluster loop'],
  [PathFlag.noEncapsulation, 'no known encapsulation'],
  [PathFlag.policyRejected, 'no import policy (RFC 8212)'],
  [PathFlag.badNextHop, 'bad next hop'],
  [PathFlag.wrongFirstAs, "first AS is not the peer's"],
  [PathFlag.routeLeak, 'route leak (RFC 9234)'],
  [PathFlag.unresolved, 'next hop is not reachable in the VRF'],
]

/** Flags between a source and its sweeps: no reader of a table sees them, and no copy has them. */
export const BOOKKEEPING_FLAGS = PathFlag.stale | PathFlag.condemned | PathFlag.unrefreshed
