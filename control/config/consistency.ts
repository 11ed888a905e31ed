/**
 * What must hold within and between documents beyond their schema and their references.
 */
import {
  connectionProblems,
  networkIdProblems,
  networkProblems,
  poolProblems,
} from './network-consistency.ts'
import { extraControlNodes, peerProblems } from './peer-consistency.ts'
import { chainProblems, followingRouteProblems, policyProblems } from './policy-consistency.ts'
import { floatingIpProblems, nodeProblems, portProblems } from './port-consistency.ts'
import type { ConfigProblem } from './problem.ts'
import { ofKind } from './sourced.ts'
import type { SourcedDocument } from './sourced.ts'

/** Everything inconsistent among documents that are valid by themselves; our AS number where it is known. */
export function consistencyProblems(
  documents: readonly SourcedDocument[],
  localAs: number | undefined,
): ConfigProblem[] {
  const networks = ofKind(documents, 'VirtualNetwork')
  const policies = ofKind(documents, 'RoutingPolicy')
  return [
    ...extraControlNodes(ofKind(documents, 'ControlNode')),
    ...peerProblems(ofKind(documents, 'BGPPeer'), localAs),
    ...networks.flatMap((network) => networkProblems(network, localAs)),
    ...networkIdProblems(networks, localAs),
    ...ofKind(documents, 'FloatingIPPool').flatMap((pool) => poolProblems(pool, networks)),
    ...connectionProblems(ofKind(documents, 'NetworkConnection')),
    ...nodeProblems(ofKind(documents, 'ComputeNode')),
    ...portProblems(ofKind(documents, 'Port'), networks),
    ...ofKind(documents, 'FloatingIP').flatMap(floatingIpProblems),
    ...policies.flatMap(policyProblems),
    ...networks.flatMap(followingRouteProblems),
    ...[...ofKind(documents, 'BGPPeer'), ...networks].flatMap((user) => chainProblems(user, policies)),
  ]
}
