/** The peer that an operator means: by its name, or by its address. */
import { ApiError } from './api-error.ts'
import type { ControlNode } from './control-node.ts'

/** The peer's name; throws the API's answer where there is none. */
export function peerNamed(node: Pick<ControlNode, 'peers'>, name: string): string {
  const peer = node.peers().find((known) => known.name === name || known.address === name)
  if (!peer) throw unknownPeer(name)
  return peer.name
}

/** The answer to a name that no peer has. */
export function unknownPeer(name: string): ApiError {
  return new ApiError(
    404,
    'unknown-peer',
    `no peer is named ${JSON.stringify(name)}`,
    'Names: `heddle show peers`.',
  )
}
