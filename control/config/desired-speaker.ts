/**
 * ControlNode and BGPPeer documents as the node's own facts and peer configurations (pure).
 */
import type { PeerConfig } from '../../bgp/session/peer-config.ts'
import { wordAt } from '../../rib/model/ip-address.ts'
import type { DesiredControlNode } from './desired.ts'
import type { BgpPeerDocument, Documents } from './documents.ts'

export function desiredControlNode({ controlNode, peers }: Documents): DesiredControlNode {
  const { metadata, spec } = controlNode
  const routerId = wordAt(spec.routerID, 0) >>> 0
  const reflects = peers.some((peer) => peer.spec.routeReflectorClient)
  const clusterId = spec.clusterID ? wordAt(spec.clusterID, 0) >>> 0 : reflects ? routerId : undefined
  return {
    name: metadata.name,
    localAs: spec.autonomousSystem,
    routerId,
    clusterId,
    bgpListen: spec.bgp.listen,
    agentsListen: spec.agents.listen,
    apiListen: spec.api.listen,
    agentHoldTimeSec: spec.agents.holdTime,
    tls: spec.agents.tls,
    stateDir: spec.stateDir,
  }
}

export function peerConfig({ metadata, spec }: BgpPeerDocument): PeerConfig {
  return {
    name: metadata.name,
    address: spec.address,
    range: spec.range,
    port: spec.port,
    autonomousSystem: spec.autonomousSystem,
    // Nobody knows where to connect to within a range.
    passive: spec.passive || spec.range !== undefined,
    families: [...new Set(spec.families)],
    routeReflectorClient: spec.routeReflectorClient,
    holdTimeSec: spec.holdTime,
    ebgpRequiresPolicy: spec.ebgpRequiresPolicy,
    adminDown: spec.adminDown,
    ...(spec.localAddress ? { localAddress: spec.localAddress } : {}),
  }
}
