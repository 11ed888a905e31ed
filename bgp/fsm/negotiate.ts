/**
 * What two OPENs agree on: ours (from configuration) and the peer's.
 *
 *   version        2/1  RFC 4271 §6.2
 *   AS number      2/2  RFC 4271 §6.2, 4-octet form RFC 6793 §4.2.2, AS 0 RFC 7607
 *   identifier     2/3  RFC 6286 §2.2: non-zero; iBGP: not ours
 *   hold time      2/6  RFC 4271 §6.2: 0 or at least 3 seconds; the smaller one holds
 *   role           2/11 RFC 9234 §4.2
 *   families       2/7  RFC 5492 §3 where no family is common (RFC 4760 §8)
 */
import type { AddPathFamily, Capability, LongLivedFamily } from '../wire/capability.ts'
import { OpenError } from '../wire/iana.ts'
import type { Open } from '../wire/open.ts'
import { AS_TRANS } from '../../rib/model/as-path.ts'
import { Family, familyAfi, familyName, familySafi } from '../../rib/model/family.ts'
import { addPathCapability, agreedAddPath } from './add-path.ts'
import type { AddPath } from './add-path.ts'
import { agreedExtendedNextHop, extendedNextHopCapability } from './extended-next-hop.ts'
import { longLivedOf, restartCapabilities } from './graceful-restart.ts'
import type { GracefulRestart, LongLived } from './graceful-restart.ts'
import { openError } from './notifications.ts'
import { fitsRole, roleCapability, roleName } from './role.ts'
import type { FsmConfig, Notification } from './types.ts'

const BGP_VERSION = 4
const MIN_HOLD_TIME_SEC = 3

/** The agreement that a session runs under. */
export interface Negotiated {
  readonly peerAs: number
  readonly peerRouterId: number
  readonly isIbgp: boolean
  readonly families: readonly Family[]
  /** 0: no keepalives, no hold timer. */
  readonly holdTimeSec: number
  readonly as4: boolean
  /** Of what we send. */
  readonly maxMessageLength: number
  readonly routeRefresh: boolean
  /** The peer speaks the markers of RFC 7313. */
  readonly enhancedRouteRefresh: boolean
  /** The peer's capability (RFC 4724). */
  readonly gracefulRestart: GracefulRestart | undefined
  /** The peer's capability (RFC 9494); none without the former. */
  readonly longLived: LongLived | undefined
  /** Families with path identifiers (RFC 7911). */
  readonly addPath: AddPath
  /** IPv4 families in which the peer takes IPv6 next hops (RFC 8950). */
  readonly extendedNextHop: readonly Family[]
  /** The peer's capabilities as an operator reads them. */
  readonly capabilities: readonly string[]
}

/** The OPEN that we send. */
export function offeredOpen(config: FsmConfig): Open {
  const capabilities: Capability[] = config.families.map((family) => ({ kind: 'multiprotocol', family }))
  capabilities.push({ kind: 'routeRefresh' })
  capabilities.push({ kind: 'as4', asn: config.localAs })
  capabilities.push(...extendedNextHopCapability(config.extendedNextHop === true, config.families))
  capabilities.push({ kind: 'extendedMessage' })
  capabilities.push(...roleCapability(config.role))
  capabilities.push({ kind: 'enhancedRouteRefresh' })
  capabilities.push(...addPathCapability(config.addPath, config.families))
  capabilities.push(...restartCapabilities(config.restart, config.families))
  return {
    version: BGP_VERSION,
    asn: config.localAs > 0xffff ? AS_TRANS : config.localAs,
    holdTimeSec: config.holdTimeSec,
    identifier: config.routerId,
    capabilities,
  }
}

/** The agreement, or the NOTIFICATION that says what is wrong with the peer's OPEN. */
export function negotiate(open: Open, config: FsmConfig): Negotiated | Notification {
  const fault = openFault(open, config)
  if (fault) return fault
  const families = commonFamilies(open.capabilities, config.families)
  if (families.length === 0) return openError(7, multiprotocolOctets(config.families))
  const has = (kind: Capability['kind']): boolean => open.capabilities.some((row) => row.kind === kind)
  return {
    peerAs: config.peerAs,
    peerRouterId: open.identifier,
    isIbgp: config.peerAs === config.localAs,
    families,
    holdTimeSec: Math.min(open.holdTimeSec, config.holdTimeSec),
    as4: has('as4'),
    // RFC 8654 §4: only to a peer that offered to take it.
    maxMessageLength: has('extendedMessage') ? 65_535 : 4_096,
    routeRefresh: has('routeRefresh'),
    enhancedRouteRefresh: has('enhancedRouteRefresh'),
    // What was not offered is not agreed.
    gracefulRestart: config.restart === 'off' ? undefined : gracefulRestartOf(open),
    longLived: config.restart === 'off' ? undefined : longLivedOf(open),
    addPath: agreedAddPath(config.addPath, open, families),
    extendedNextHop: agreedExtendedNextHop(config.extendedNextHop === true, open, families),
    capabilities: open.capabilities.map(capabilityText),
  }
}

/** True for what negotiate returns when the OPEN is refused. */
export function isRefusal(result: Negotiated | Notification): result is Notification {
  return 'subcode' in result
}

/** The peer's graceful restart capability; the last one counts when there are several (RFC 4724 §3). */
export function gracefulRestartOf(open: Open): GracefulRestart | undefined {
  let found: GracefulRestart | undefined
  for (const row of open.capabilities) if (row.kind === 'gracefulRestart') found = row
  return found
}

function openFault(open: Open, config: FsmConfig): Notification | undefined {
  // RFC 4271 §6.2: the data is the largest version we support.
  if (open.version !== BGP_VERSION) return openError(1, Uint8Array.of(0, BGP_VERSION))
  if (!isPeerAs(open, config.peerAs)) return openError(2)
  if (open.identifier === 0) return openError(3)
  // RFC 6286 §2.2: within an AS the identifier is unique.
  if (config.peerAs === config.localAs && open.identifier === config.routerId) return openError(3)
  if (open.holdTimeSec !== 0 && open.holdTimeSec < MIN_HOLD_TIME_SEC) return openError(6)
  if (!fitsRole(config.role, open)) return openError(OpenError.roleMismatch)
  return undefined
}

function isPeerAs(open: Open, peerAs: number): boolean {
  for (const row of open.capabilities) {
    // RFC 6793 §4.2.2: the capability's number is the one that counts, AS_TRANS or not.
    if (row.kind === 'as4') return row.asn === peerAs && peerAs !== 0
  }
  return open.asn === peerAs && peerAs !== 0
}

function commonFamilies(capabilities: readonly Capability[], ours: readonly Family[]): Family[] {
  const theirs = new Set<Family>()
  let multiprotocol = false
  for (const row of capabilities) {
    if (row.kind === 'multiprotocol') theirs.add(row.family)
    if (row.kind === 'multiprotocol' || row.kind === 'multiprotocolUnknown') multiprotocol = true
  }
  // RFC 4760 §8: a speaker without the capability speaks IPv4 unicast and nothing else.
  if (!multiprotocol) theirs.add(Family.inet)
  return ours.filter((family) => theirs.has(family))
}

/** Our multiprotocol capabilities as TLVs: the data of Unsupported Capability (RFC 5492 §5). */
function multiprotocolOctets(families: readonly Family[]): Uint8Array {
  const octets: number[] = []
  for (const family of families) {
    octets.push(1, 4, familyAfi(family) >>> 8, familyAfi(family) & 255, 0, familySafi(family))
  }
  return Uint8Array.from(octets)
}

/** A capability as an operator reads it. */
export function capabilityText(row: Capability): string {
  switch (row.kind) {
    case 'multiprotocol':
      return `multiprotocol ${familyName(row.family)}`
    case 'multiprotocolUnknown':
      return `multiprotocol ${row.afi}/${row.safi}`
    case 'routeRefresh':
      return 'route-refresh'
    case 'as4':
      return `4-octet AS ${row.asn}`
    case 'gracefulRestart':
      return `graceful-restart ${row.restartTimeSec}s`
    case 'longLivedGracefulRestart':
      return longLivedText(row.families)
    case 'addPath':
      return addPathText(row.families)
    case 'extendedMessage':
      return 'extended-message'
    case 'enhancedRouteRefresh':
      return 'enhanced-route-refresh'
    case 'extendedNextHop':
      return ['extended-next-hop', ...row.families.map(({ family }) => familyName(family))].join(' ')
    case 'role':
      return `role ${roleName(row.role)}`
    case 'fqdn':
      return `fqdn ${row.host}${row.domain ? `.${row.domain}` : ''}`
    case 'unknown':
      return `capability ${row.code}`
  }
}

function addPathText(families: readonly AddPathFamily[]): string {
  const rows = families.map(({ family, send, receive }) => {
    const directions = send && receive ? 'send/receive' : send ? 'send' : 'receive'
    return `${familyName(family)} ${directions}`
  })
  return ['add-path', ...rows].join(' ')
}

function longLivedText(families: readonly LongLivedFamily[]): string {
  const times = families.map((row) => `${familyName(row.family)} ${row.staleTimeSec}s`)
  return ['long-lived-graceful-restart', ...times].join(' ')
}
