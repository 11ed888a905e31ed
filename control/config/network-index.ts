/**
 * The number n of every virtual network: its automatic route target, its origin-vn index, and the low half of the RDs of
 * its static paths. A network keeps its number for life; the number of a deleted one is not given out again until all
 * larger ones have been, since routes with it may still be on the way.
 */
import { firstFree } from './free-number.ts'

export interface NetworkIndexes {
  /** VRF name → n, from 1. */
  readonly byVrf: ReadonlyMap<string, number>
  /** The number tried first for the next new network. */
  readonly next: number
}

export const noNetworkIndexes: NetworkIndexes = { byVrf: new Map(), next: 1 }

export interface IndexAssignment {
  readonly indexes: NetworkIndexes
  /** Networks for which no number is left. */
  readonly refused: readonly string[]
}

/** Keeps the numbers of networks that are still there, and numbers new ones in the order of their names. */
export function assignNetworkIndexes(
  vrfs: readonly string[],
  previous: NetworkIndexes,
  largest: number,
): IndexAssignment {
  const byVrf = new Map<string, number>()
  const used = new Set<number>()
  for (const vrf of vrfs) {
    const index = previous.byVrf.get(vrf)
    if (index === undefined || index > largest || used.has(index)) continue
    byVrf.set(vrf, index)
    used.add(index)
  }
  const refused: string[] = []
  let next = previous.next
  for (const vrf of vrfs.filter((name) => !byVrf.has(name)).sort()) {
    const index = firstFree(next, used, { from: 1, to: largest })
    if (index === undefined) {
      refused.push(vrf)
      continue
    }
    byVrf.set(vrf, index)
    used.add(index)
    next = index + 1
  }
  return { indexes: { byVrf, next }, refused }
}
