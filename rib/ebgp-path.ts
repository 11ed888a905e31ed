/**
 * AS_PATH as an eBGP peer is offered it (RFC 4271 §5.1.2 b):
 *
 *   local-as       | what we are to the peer | the node's own AS | path ...
 */
import { prependAs } from './model/as-path.ts'
import type { AsPath } from './model/as-path.ts'

/** What of an export policy concerns the path. */
export interface EbgpPathPolicy {
  /** What we are to the peer. */
  readonly localAs: number
  /** The node's own AS where it is another and is to be seen. */
  readonly hiddenAs?: number | undefined
}

/** The path as it leaves. */
export function pathToEbgp(path: AsPath, { localAs, hiddenAs }: EbgpPathPolicy): AsPath {
  const ours = hiddenAs === undefined ? path : prependAs(path, hiddenAs)
  return prependAs(ours, localAs)
}
