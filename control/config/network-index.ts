/**
 * The number n of every virtual network: its automatic route target, its origin-vn index, and the low half of the RDs of
 * its static paths. A network keeps its number for life; the number of a deleted one is not given out again until all
 * larger ones have been, since routes with it may still be on the way. A number that the operator gives is the
 * network's, even if another one has had it.
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

/** The networks to number: VRF name → the number given by the operator, if any. */
export type NetworkNumbers = ReadonlyMap<string, number | undefined>

/** Takes given numbers, keeps those of networks that are still there, and numbers new ones in the order of their names. */
export function assignNetworkIndexes(
  networks: NetworkNumbers,
  previous: NetworkIndexes,
  largest: number,
): IndexAssignment {
  const byVrf = new Map<string, number>()
  const used = new Set<number>()
  const take = (vrf: string, index: number | undefined): void => {
    if (index === undefined || index > largest || used.has(index)) return
    byVrf.set(vrf, index)
    used.add(index)
  }
  for (const [vrf, given] of networks) take(vrf, given)
  for (const vrf of networks.keys()) if (!byVrf.has(vrf)) take(vrf, previous.byVrf.get(vrf))
  const refused: string[] = []
  let next = previous.next
  for (const vrf of [...networks.keys()].filter((name) => !byVrf.has(name)).sort()) {
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
