/**
 * ControlNode and BGPPeer documents as the node's own facts and peer configurations (pure).
 */
import type { TunnelDefaults } from '../../bgp/session/import-check.ts'
import type { PeerConfig, SessionAs } from '../../bgp/session/peer-config.ts'
import type { PrefixLimit } from '../../bgp/session/prefix-limit.ts'
import { unreadableSecret } from '../../bgp/session/secret.ts'
import type { Secret } from '../../bgp/session/secret.ts'
import { tunnelTypes } from '../../rib/model/ext-community.ts'
import { families, familyName } from '../../rib/model/family.ts'
import { wordAt } from '../../rib/model/ip-address.ts'
import type { DesiredControlNode } from './desired.ts'
import type { DesiredPolicies } from './desired-policy.ts'
import type { BgpPeerDocument, Documents } from './documents.ts'
import { secretPlace } from './secrets.ts'
import type { Authentication, Secrets } from './secrets.ts'

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
    restart: {
      restartTimeSec: spec.gracefulRestart.restartTime,
      selectionDeferralSec: spec.gracefulRestart.selectionDeferralTime,
      longLivedStaleTimeSec: spec.gracefulRestart.longLivedStaleTime,
    },
  }
}

export function peerConfig(
  { metadata, spec }: BgpPeerDocument,
  { controlNode, secrets }: Documents,
  policies: DesiredPolicies,
): PeerConfig {
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
    adminDown: spec.adminDown || spec.shutdown !== undefined,
    ...given({
      importPolicies: policies.chain(spec.importPolicies),
      exportPolicies: policies.chain(spec.exportPolicies),
      localAddress: spec.localAddress,
      asOverride: spec.asOverride || undefined,
      privateAs: spec.privateAS && privateAsActions[spec.privateAS],
      allowedOwnAs: allowedOwnAs(spec.allowOwnAS),
      enforceFirstAs: spec.enforceFirstAS || undefined,
      defaultTunnels: tunnelDefaults(spec.defaultTunnelEncapsulation),
      sendTunnels: spec.sendTunnelEncapsulation,
      acceptTunnelAttribute: spec.acceptTunnelEncapsulation,
      localAs: sessionAs(spec.localAS, controlNode.spec.autonomousSystem),
      password: passwordOf(spec.authentication, secrets),
      ttlSecurityHops: spec.ttlSecurity?.hops,
      multihopTtl: spec.ebgpMultihop,
      dscp: spec.dscp,
      keepaliveSec: spec.keepalive,
      connectRetrySec: spec.connectRetry,
      idleHoldSec: spec.idleHold,
      sendHoldTimeSec: spec.sendHoldTime,
      shutdownText: spec.shutdown?.message,
      gracefulShutdown: (spec.gracefulShutdown ?? controlNode.spec.gracefulShutdown) || undefined,
      gracefulRestart: spec.gracefulRestart,
      addPath: spec.addPath,
      role: spec.role && { role: spec.role, isStrict: spec.strictRole === true },
      extendedNextHop: spec.extendedNextHop || undefined,
      prefixLimits: prefixLimitsOf(spec.maximumPrefixes),
    }),
  }
}

const privateAsActions = { remove: 'remove', 'remove-all': 'removeAll', 'replace-all': 'replaceAll' } as const

/** By family; undefined where our AS is a loop in all of them. */
function allowedOwnAs(given: BgpPeerDocument['spec']['allowOwnAS']): number[] | undefined {
  const counts = families.map((family) => given?.[familyName(family)] ?? given?.['all'] ?? 0)
  return counts.some((count) => count > 0) ? counts : undefined
}

function tunnelDefaults(
  given: BgpPeerDocument['spec']['defaultTunnelEncapsulation'],
): TunnelDefaults | undefined {
  if (!given) return undefined
  return families.map((family) => given[familyName(family)]?.map((name) => tunnelTypes.get(name)!))
}

/** To be to a peer what the node is anyway is nothing special. */
function sessionAs(given: BgpPeerDocument['spec']['localAS'], own: number): SessionAs | undefined {
  if (!given || given.as === own) return undefined
  return { asn: given.as, noPrepend: given.noPrepend, replaceAs: given.replaceAS }
}

function prefixLimitsOf(
  maximumPrefixes: BgpPeerDocument['spec']['maximumPrefixes'],
): PrefixLimit[] | undefined {
  if (!maximumPrefixes) return undefined
  return families.flatMap((family) => {
    const limit = maximumPrefixes[familyName(family)]
    if (!limit) return []
    const { restartAfter, ...rest } = limit
    return [{ family, ...rest, restartAfterSec: restartAfter === 'never' ? undefined : restartAfter }]
  })
}

/** A peer whose password is missing must not run without one. */
function passwordOf(authentication: Authentication | undefined, secrets: Secrets): Secret | undefined {
  const place = authentication && secretPlace(authentication)
  return place === undefined ? undefined : (secrets.get(place) ?? unreadableSecret)
}

/** Without the keys that are undefined. */
function given<T extends object>(keys: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
