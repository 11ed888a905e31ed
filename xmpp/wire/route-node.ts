/**
 * Node names of route stanzas (agent-channel reference 3.2): `AFI/SAFI/...`, with the channel's own SAFI numbers. Only
 * the first two fields are read: agents encode the rest loosely, and a VRF's name may hold slashes.
 */
import { Family } from '../../rib/model/family.ts'

export interface NodeFamily {
  readonly afi: number
  readonly safi: number
  /** The family heddle serves under these numbers; undefined for the others. */
  readonly family: Family | undefined
  /** What follows the two numbers. */
  readonly rest: string
}

/** Reads a node's family; undefined when it does not begin with two numbers. */
export function decodeRouteNode(node: string): NodeFamily | undefined {
  const match = /^([0-9]{1,5})\/([0-9]{1,5})(?:\/|$)/.exec(node)
  if (!match) return undefined
  const afi = Number(match[1])
  const safi = Number(match[2])
  return { afi, safi, family: servedFamily(afi, safi), rest: node.slice(match[0].length) }
}

function servedFamily(afi: number, safi: number): Family | undefined {
  if (safi !== 1) return undefined
  if (afi === 1) return Family.inet
  return afi === 2 ? Family.inet6 : undefined
}

/** `1/1/` or `2/1/`: what the node of a served family begins with. */
export function routeNodePrefix(family: Family): string {
  return family === Family.inet6 ? '2/1/' : '1/1/'
}
