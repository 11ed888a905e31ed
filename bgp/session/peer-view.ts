/**
 * What an operator sees of one peer: a snapshot, made on demand.
 */
import type { Family } from '../../rib/model/family.ts'
import { familyName } from '../../rib/model/family.ts'
import type { IpAddress } from '../../rib/model/ip-address.ts'
import { formatIpAddress, formatIpv4Word } from '../../rib/model/ip-address.ts'
import type { State } from '../fsm/types.ts'
import type { PeerCounters } from './counters.ts'
import type { ErrorLog } from './error-log.ts'
import type { PeerConfig } from './peer-config.ts'
import { peerOptions } from './peer-options.ts'
import type { PrefixHold } from './prefix-hold.ts'
import { limitView } from './prefix-limit.ts'
import type { PrefixLimitView } from './prefix-limit.ts'
import type { PathRetention } from './retention.ts'
import { DEFAULT_DSCP } from './socket-settings.ts'
import type { Session } from './session.ts'

export interface PeerView {
  readonly name: string
  readonly address: string
  readonly asn: number
  readonly localAs: number
  readonly isIbgp: boolean
  readonly state: State
  /** Clock time of the last change of state; only differences mean anything. */
  readonly sinceMs: number
  /** Negotiated ones; empty unless Established. */
  readonly families: readonly string[]
  readonly routerId: string | undefined
  /** Negotiated, or configured while there is no session. */
  readonly holdTimeSec: number
  /** The peer's. */
  readonly capabilities: readonly string[]
  /** Families in which a route may come, and go, with several paths (RFC 7911). */
  readonly addPath: { readonly receives: readonly string[]; readonly sends: readonly string[] }
  /** Paths from the peer, by family. */
  readonly received: Readonly<Record<string, number>>
  /** Routes that the peer holds from us, by family; paths, where it gets several of a route. */
  readonly sent: Readonly<Record<string, number>>
  /** Families for which the peer's End-of-RIB has come. */
  readonly endOfRibs: readonly string[]
  /** Families whose paths are kept stale through a restart of the peer. */
  readonly staleFamilies: readonly string[]
  /** Of those, the ones kept beyond the restart time (RFC 9494). */
  readonly longLivedFamilies: readonly string[]
  readonly counters: Readonly<Record<string, number>>
  /** Errors in the peer's messages, by kind. */
  readonly errors: Readonly<Record<string, number>>
  readonly lastError: string | undefined
  readonly isDynamic: boolean
  readonly isAdminDown: boolean
  /** What is out of the ordinary in its configuration, such as `local-as 65010`. */
  readonly options: readonly string[]
  /** What segments are signed with; the key is nobody's business. */
  readonly authentication: 'tcp-md5' | 'none'
  /** `ttl-security 1 hop`, `multihop 5`; empty where neither is configured. */
  readonly ttl: string
  readonly dscp: number
  /** Differs from holdTimeSec where a change waits for the next session, or the peer wanted less. */
  readonly configuredHoldTimeSec: number
  /** RFC 8326: what it is offered is marked as the last choice. */
  readonly gracefulShutdown: boolean
  readonly prefixLimits: readonly PrefixLimitView[]
  /** Idle for its number of prefixes: seconds to go, or until the operator clears it. */
  readonly heldForSec: number | 'until cleared' | undefined
  /** Name of the configuration: that of the range for a dynamic peer. */
  readonly configName: string
}

/** What a view is made of. */
export interface PeerParts {
  readonly name: string
  readonly address: IpAddress
  readonly isDynamic: boolean
  readonly config: PeerConfig
  readonly localAs: number
  /** Families that our OPEN offers. */
  readonly offered: readonly Family[]
  readonly state: State
  readonly sinceMs: number
  readonly session: Session | undefined
  readonly retention: PathRetention
  readonly counters: PeerCounters
  readonly errors: ErrorLog
  readonly lastError: string | undefined
  readonly hold: PrefixHold
}

/** The snapshot. */
export function peerView(parts: PeerParts): PeerView {
  const { name, config, localAs, state, sinceMs, session, retention, lastError, isDynamic, offered } = parts
  const negotiated = session?.negotiated
  return {
    name,
    address: formatIpAddress(parts.address),
    asn: config.autonomousSystem,
    localAs,
    isIbgp: config.autonomousSystem === localAs,
    state,
    sinceMs,
    families: negotiated?.families.map(familyName) ?? [],
    routerId: negotiated && formatIpv4Word(negotiated.peerRouterId | 0),
    holdTimeSec: negotiated?.holdTimeSec ?? config.holdTimeSec,
    capabilities: negotiated?.capabilities ?? [],
    addPath: {
      receives: negotiated?.addPath.receives.map(familyName) ?? [],
      sends: negotiated?.addPath.sends.map(familyName) ?? [],
    },
    received: byFamily(offered, (family) => retention.source?.pathCounts[family] ?? 0),
    sent: byFamily(offered, (family) => session?.sentRoutes(family) ?? 0),
    endOfRibs: session?.endOfRibs ?? [],
    staleFamilies: retention.staleFamilies.map(familyName),
    longLivedFamilies: retention.longLivedFamilies.map(familyName),
    counters: parts.counters.toRecord(),
    errors: Object.fromEntries(parts.errors.counts()),
    lastError,
    isDynamic,
    isAdminDown: config.adminDown,
    options: peerOptions(config),
    authentication: config.password ? 'tcp-md5' : 'none',
    ttl: ttlText(config),
    dscp: config.dscp ?? DEFAULT_DSCP,
    configuredHoldTimeSec: config.holdTimeSec,
    gracefulShutdown: config.gracefulShutdown === true,
    prefixLimits:
      session?.limits?.view() ?? (config.prefixLimits ?? []).map((limit) => limitView(limit, 0, 0)),
    heldForSec: parts.hold.reason ? (parts.hold.restartInSec ?? 'until cleared') : undefined,
    configName: config.name,
  }
}

function ttlText({ ttlSecurityHops: hops, multihopTtl }: PeerConfig): string {
  if (hops !== undefined) return `ttl-security ${hops} ${hops === 1 ? 'hop' : 'hops'}`
  return multihopTtl === undefined ? '' : `multihop ${multihopTtl}`
}

function byFamily(families: readonly Family[], count: (family: Family) => number): Record<string, number> {
  return Object.fromEntries(families.map((family) => [familyName(family), count(family)]))
}
