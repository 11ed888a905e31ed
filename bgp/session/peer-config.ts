/**
 * Configuration of one peer, and what a change of it asks for:
 *
 *   nothing        equal, or only of use for the next connection (passive, port), the next session (holdTime) or on the
 *                  sockets as they are (password, TTL, DSCP)
 *   policy         the session stays: its paths are judged again, and what the peer is offered is computed anew
 *   session        what an OPEN said has changed: CEASE/6, and a new session
 *   identity       another neighbour altogether: the old peer goes, a new one comes
 */
import type { PrivateAsAction } from '../../rib/ebgp-path.ts'
import type { Family } from '../../rib/model/family.ts'
import type { IpAddress } from '../../rib/model/ip-address.ts'
import { formatIpAddress, sameOctets } from '../../rib/model/ip-address.ts'
import type { Prefix } from '../../rib/model/route-key.ts'
import { sameChain } from '../../rib/policy/policy.ts'
import type { PolicyChain } from '../../rib/policy/policy.ts'
import type { PathChoice } from '../../rib/path-offers.ts'
import type { AddPathOffer } from '../fsm/add-path.ts'
import type { RestartOffer, RestartRole } from '../fsm/graceful-restart.ts'
import type { RoleSettings } from '../fsm/role.ts'
import type { FsmConfig } from '../fsm/types.ts'
import type { TunnelForm } from '../../rib/tunnels.ts'
import type { DialTarget } from './connection.ts'
import type { TunnelDefaults } from './import-check.ts'
import { sameLimits } from './prefix-limit.ts'
import type { PrefixLimit } from './prefix-limit.ts'
import type { Secret } from './secret.ts'
import { sameSettings, socketSettings } from './socket-settings.ts'

/** Another AS than the node's, to be to one peer (local-as). */
export interface SessionAs {
  readonly asn: number
  /** What the peer sends does not get it in front of its path. */
  readonly noPrepend: boolean
  /** The peer does not see the node's own AS behind it. */
  readonly replaceAs: boolean
}

/** Several paths of a route (RFC 7911), for every family of the peer that can have them. */
export interface AddPathConfig {
  readonly receive: boolean
  /** Not at all unless given. */
  readonly send?: PathChoice | undefined
}

export interface PeerConfig {
  readonly name: string
  /** Exactly one of address and range is set. */
  readonly address: IpAddress | undefined
  /** Dynamic peers: whoever connects from here is a peer while its session lasts. */
  readonly range: Prefix | undefined
  /** Peers of the range at a time; 1,000 unless given. */
  readonly dynamicPeerLimit?: number
  readonly port: number
  readonly autonomousSystem: number
  /** The node's own unless given. */
  readonly localAs?: SessionAs
  /** The peer's own AS in what it is offered is replaced by ours. */
  readonly asOverride?: boolean
  /** Private AS numbers in what it is offered. */
  readonly privateAs?: PrivateAsAction
  /** How often our AS may be in the path of what comes, by family. */
  readonly allowedOwnAs?: readonly number[]
  /** What comes begins with the peer's AS, or is not used. */
  readonly enforceFirstAs?: boolean
  /** Tunnel types, by family: of what comes and names none, and of all that goes. */
  readonly defaultTunnels?: TunnelDefaults
  /** How tunnels are said in what goes; by communities unless given. */
  readonly sendTunnels?: TunnelForm
  /** Whether the Tunnel Encapsulation attribute is taken; from iBGP peers unless given. */
  readonly acceptTunnelAttribute?: boolean
  /** RFC 9234: what we are to a peer of another AS. */
  readonly role?: RoleSettings
  /** RFC 8950: IPv6 next hops of IPv4 routes. */
  readonly extendedNextHop?: boolean
  /** Never dials. Peers of a range never do either. */
  readonly passive: boolean
  readonly families: readonly Family[]
  readonly routeReflectorClient: boolean
  readonly holdTimeSec: number
  /** RFC 8212: an eBGP peer without policy may neither send nor get routes. */
  readonly ebgpRequiresPolicy: boolean
  /** What the peer's routes have to pass, and what it is offered. */
  readonly importPolicies?: PolicyChain
  readonly exportPolicies?: PolicyChain
  readonly adminDown: boolean
  readonly localAddress?: IpAddress
  /** Wait of an accepted connection for the peer's OPEN (RFC 4271 §8.2.1.3); 0 unless given. */
  readonly delayOpenSec?: number
  /** RFC 9687; the RFC's default unless given. */
  readonly sendHoldTimeSec?: number
  /** Time between KEEPALIVEs; a third of the negotiated hold time unless given, and never more. */
  readonly keepaliveSec?: number
  /** Longest wait between two attempts to connect. */
  readonly connectRetrySec?: number
  /** First wait after a session or an attempt that failed; doubled with each failure in a row. */
  readonly idleHoldSec?: number
  /** What the other side reads when the peer is administratively down (RFC 9003). */
  readonly shutdownText?: string
  /** TCP MD5 (RFC 2385). */
  readonly password?: Secret
  /** GTSM (RFC 5082): the peer is this many hops away, 1 on the same link. */
  readonly ttlSecurityHops?: number
  /** TTL of what is sent; the system's unless given. */
  readonly multihopTtl?: number
  /** CS6 unless given. */
  readonly dscp?: number
  /** Through the restarts of both, of the peer only, of none; both unless given. */
  readonly gracefulRestart?: 'full' | 'helper' | 'off'
  /** RFC 8326: what the peer is offered becomes its last choice, before the session goes down. */
  readonly gracefulShutdown?: boolean
  /** Neither direction unless given. */
  readonly addPath?: AddPathConfig
  /** One to a family at most. */
  readonly prefixLimits?: readonly PrefixLimit[]
}

/** Facts of this speaker that every peer shares. */
export interface LocalFacts {
  readonly localAs: number
  readonly routerId: number
  /** Set when this node is a route reflector. */
  readonly clusterId: number | undefined
}

export type ConfigChange = 'nothing' | 'policy' | 'session' | 'identity'

/** What has to happen for a peer to go from one configuration to another; adminDown is looked at apart. */
export function configChange(before: PeerConfig, after: PeerConfig): ConfigChange {
  if (!sameAddress(before.address, after.address) || !samePrefix(before.range, after.range)) return 'identity'
  if (
    before.autonomousSystem !== after.autonomousSystem ||
    !sameSessionAs(before.localAs, after.localAs) ||
    !sameFamilies(before.families, after.families) ||
    before.role?.role !== after.role?.role ||
    before.role?.isStrict !== after.role?.isStrict ||
    before.extendedNextHop !== after.extendedNextHop ||
    !sameOffer(addPathOffer(before), addPathOffer(after)) ||
    !sameAddress(before.localAddress, after.localAddress)
  ) {
    return 'session'
  }
  if (
    before.routeReflectorClient !== after.routeReflectorClient ||
    before.ebgpRequiresPolicy !== after.ebgpRequiresPolicy ||
    before.gracefulShutdown !== after.gracefulShutdown ||
    before.addPath?.send !== after.addPath?.send ||
    JSON.stringify(before.defaultTunnels) !== JSON.stringify(after.defaultTunnels) ||
    before.sendTunnels !== after.sendTunnels ||
    before.acceptTunnelAttribute !== after.acceptTunnelAttribute ||
    before.asOverride !== after.asOverride ||
    before.privateAs !== after.privateAs ||
    before.enforceFirstAs !== after.enforceFirstAs ||
    String(before.allowedOwnAs) !== String(after.allowedOwnAs) ||
    !sameChain(before.importPolicies, after.importPolicies) ||
    !sameChain(before.exportPolicies, after.exportPolicies)
  ) {
    return 'policy'
  }
  return 'nothing'
}

/** True where there is nothing at all to be done. */
export function sameConfig(a: PeerConfig, b: PeerConfig): boolean {
  const sameTimers =
    a.holdTimeSec === b.holdTimeSec &&
    a.delayOpenSec === b.delayOpenSec &&
    a.sendHoldTimeSec === b.sendHoldTimeSec &&
    a.keepaliveSec === b.keepaliveSec &&
    a.connectRetrySec === b.connectRetrySec &&
    a.idleHoldSec === b.idleHoldSec
  return (
    configChange(a, b) === 'nothing' &&
    sameTimers &&
    sameSettings(socketSettings(a), socketSettings(b)) &&
    sameLimits(a.prefixLimits, b.prefixLimits) &&
    a.adminDown === b.adminDown &&
    a.shutdownText === b.shutdownText &&
    a.passive === b.passive &&
    a.port === b.port &&
    a.gracefulRestart === b.gracefulRestart
  )
}

/** How long an address of a range may be connected without an OPEN: anybody there takes the place of a peer. */
const DYNAMIC_OPEN_HOLD_SEC = 15

/** What the state machine needs of a peer; families without a table here are not offered. */
export function fsmConfigOf(
  config: PeerConfig,
  local: LocalFacts,
  families: readonly Family[],
  restart: RestartOffer | undefined,
): FsmConfig {
  return {
    localAs: config.localAs?.asn ?? local.localAs,
    peerAs: config.autonomousSystem,
    routerId: local.routerId,
    holdTimeSec: config.holdTimeSec,
    families,
    passive: config.passive || config.range !== undefined,
    delayOpenSec: config.delayOpenSec ?? 0,
    sendHoldTimeSec: config.sendHoldTimeSec ?? 0,
    openHoldTimeSec: config.range === undefined ? 0 : DYNAMIC_OPEN_HOLD_SEC,
    keepaliveSec: config.keepaliveSec ?? 0,
    connectRetrySec: config.connectRetrySec ?? 0,
    idleHoldSec: config.idleHoldSec ?? 0,
    restart: restartRole(config, restart),
    addPath: addPathOffer(config),
    extendedNextHop: config.extendedNextHop === true,
    role: config.role,
  }
}

function restartRole({ gracefulRestart = 'full' }: PeerConfig, offer: RestartOffer | undefined): RestartRole {
  if (gracefulRestart !== 'full') return gracefulRestart
  return offer ?? 'helper'
}

function addPathOffer({ addPath }: PeerConfig): AddPathOffer {
  return { receive: addPath?.receive === true, send: addPath?.send !== undefined }
}

/** Where a peer is reached, and from where. */
export function dialTarget(config: PeerConfig, address: IpAddress): DialTarget {
  const { port, localAddress } = config
  return {
    host: formatIpAddress(address),
    port,
    address,
    settings: socketSettings(config),
    localAddress: localAddress && formatIpAddress(localAddress),
  }
}

function sameAddress(a: IpAddress | undefined, b: IpAddress | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return sameOctets(a, b)
}

function sameSessionAs(a: SessionAs | undefined, b: SessionAs | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a.asn === b.asn && a.noPrepend === b.noPrepend && a.replaceAs === b.replaceAs
}

function sameOffer(a: AddPathOffer, b: AddPathOffer): boolean {
  return a.receive === b.receive && a.send === b.send
}

function samePrefix(a: Prefix | undefined, b: Prefix | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a.length === b.length && sameOctets(a.address, b.address)
}

/** The order of families is no difference: both sides negotiate a set. */
function sameFamilies(a: readonly Family[], b: readonly Family[]): boolean {
  return a.length === b.length && a.every((family) => b.includes(family))
}
