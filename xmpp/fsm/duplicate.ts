/**
 * Two connections of one name (agent-channel reference 1.8): the first one stays. A copied host name on another
 * machine must not disturb the agent that runs. One exception heals a crashed agent sooner than its hold timer: a
 * connection from the same address replaces a session that missed two keepalives, which a living agent does not.
 */
import type { Rival } from './types.ts'

export type DuplicateVerdict = 'accept' | 'refuse' | 'replace'

export function duplicateVerdict(rival: Rival | undefined, holdTimeSec: number): DuplicateVerdict {
  if (!rival) return 'accept'
  const missedTwoMs = (2 * holdTimeSec * 1_000) / 3
  return rival.isSameAddress && rival.silentMs > missedTwoMs ? 'replace' : 'refuse'
}
