/**
 * AS_PATH as an eBGP peer is offered it (RFC 4271 §5.1.2 b). In this order:
 *
 *   as-override    the peer's own AS, anywhere in the path, becomes ours: a site takes routes of another one of its AS
 *   private AS     numbers of RFC 6996 are taken out, or replaced by the public one before them
 *   local-as       | what we are to the peer | the node's own AS | path ...
 */
import { isPrivateAs, prependAs, SegmentType } from './model/as-path.ts'
import type { AsPath } from './model/as-path.ts'

/**
 * `remove` takes away private numbers up to the first public one, or the peer's own; `removeAll` all; `replaceAll` writes
 * the nearest public one before each (at the head ours), so that the path keeps its length.
 */
export type PrivateAsAction = 'remove' | 'removeAll' | 'replaceAll'

/** What of an export policy concerns the path. */
export interface EbgpPathPolicy {
  readonly peerAs: number
  /** What we are to the peer. */
  readonly localAs: number
  /** The node's own AS where it is another and is to be seen. */
  readonly hiddenAs?: number | undefined
  readonly overridesAs?: boolean
  readonly privateAs?: PrivateAsAction | undefined
}

/** The path as it leaves. */
export function pathToEbgp(path: AsPath, policy: EbgpPathPolicy): AsPath {
  const { localAs, hiddenAs, overridesAs = false, privateAs } = policy
  let leaving = path
  if (overridesAs) leaving = overridden(leaving, policy)
  if (privateAs) leaving = withoutPrivate(leaving, privateAs, policy)
  if (hiddenAs !== undefined) leaving = prependAs(leaving, hiddenAs)
  return prependAs(leaving, localAs)
}

function overridden(path: AsPath, { peerAs, localAs }: EbgpPathPolicy): AsPath {
  return path.map(({ type, asns }) => ({
    type,
    asns: asns.map((asn) => (asn === peerAs ? localAs : asn)),
  }))
}

function withoutPrivate(path: AsPath, action: PrivateAsAction, { localAs, peerAs }: EbgpPathPolicy): AsPath {
  let nearestPublic = localAs
  let isOver = false
  const kept = (asn: number): number[] => {
    const isPrivate = isPrivateAs(asn)
    if (!isPrivate) nearestPublic = asn
    // Beyond a public AS a private one is of that AS's making, and the peer's own has to be there for its loop test.
    if (action === 'remove' && (!isPrivate || asn === peerAs)) isOver = true
    if (isOver || !isPrivate) return [asn]
    return action === 'replaceAll' ? [nearestPublic] : []
  }
  return path
    .map(({ type, asns }) => {
      const rest = asns.flatMap(kept)
      return { type, asns: type === SegmentType.set ? [...new Set(rest)] : rest }
    })
    .filter(({ asns }) => asns.length > 0)
}
