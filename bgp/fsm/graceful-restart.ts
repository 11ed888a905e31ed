/**
 * Graceful restart as an agreement: what we offer for our own restarts (RFC 4724 §3, RFC 9494 §3), and for which families
 * the peer's routes outlast its session, by how that ended (RFC 4724 §4.2, RFC 8538 §4, RFC 9494 §4).
 *
 *   session ends by                     both have the N bit      else
 *   loss of the connection              kept                     kept
 *   NOTIFICATION                        kept                     gone
 *   CEASE, Hard Reset                   gone                     gone
 */
import type { Capability } from '../wire/capability.ts'
import { CeaseError, ErrorCode } from '../wire/iana.ts'
import type { Open } from '../wire/open.ts'
import type { Family } from '../../rib/model/family.ts'
import type { Negotiated } from './negotiate.ts'
import type { DownCause, Notification } from './types.ts'

export type GracefulRestart = Extract<Capability, { kind: 'gracefulRestart' }>
export type LongLived = Extract<Capability, { kind: 'longLivedGracefulRestart' }>

/** Our own restarts. */
export interface RestartOffer {
  /** We have just restarted, and have not sent everything again (the R bit). */
  readonly isRestarting: boolean
  /** What was announced before still holds: compute nodes forward without us (the F bits). */
  readonly isPreserved: boolean
  readonly restartTimeSec: number
  /** Beyond the restart time; 0 where long-lived restart is not wanted. */
  readonly longLivedStaleTimeSec: number
}

/** Towards one peer: our restarts and its, its only, or neither. */
export type RestartRole = RestartOffer | 'helper' | 'off'

/** Capabilities 64 and 71. */
export function restartCapabilities(role: RestartRole, families: readonly Family[]): Capability[] {
  if (role === 'off') return []
  const offer = role === 'helper' ? undefined : role
  const forwarding = offer?.isPreserved ?? false
  const staleTimeSec = offer?.longLivedStaleTimeSec ?? 0
  return [
    {
      kind: 'gracefulRestart',
      restartState: offer?.isRestarting ?? false,
      // RFC 8538 §2: as a helper too, so that a NOTIFICATION costs no routes.
      notification: true,
      restartTimeSec: offer?.restartTimeSec ?? 0,
      // RFC 4724 §3: no family listed: we keep nothing, but we help, and End-of-RIB will be sent.
      families: offer ? families.map((family) => ({ family, forwarding })) : [],
    },
    {
      kind: 'longLivedGracefulRestart',
      families: staleTimeSec > 0 ? families.map((family) => ({ family, forwarding, staleTimeSec })) : [],
    },
  ]
}

/** The peer's long-lived capability; RFC 9494 §3.1: ignored from a peer without graceful restart. */
export function longLivedOf(open: Open): LongLived | undefined {
  if (!open.capabilities.some((row) => row.kind === 'gracefulRestart')) return undefined
  let found: LongLived | undefined
  for (const row of open.capabilities) if (row.kind === 'longLivedGracefulRestart') found = row
  return found
}

/** A family whose routes outlast the session. */
export interface Retained {
  readonly family: Family
  /** Beyond the restart time; 0: gone with it. */
  readonly longLivedSec: number
}

/** The families whose routes are kept now that the session has ended. */
export function retainedFamilies(negotiated: Negotiated, cause: DownCause): Retained[] {
  const { gracefulRestart, longLived, families } = negotiated
  if (!gracefulRestart || endsHard(gracefulRestart, cause)) return []
  const retained: Retained[] = []
  for (const family of families) {
    const restarts =
      gracefulRestart.restartTimeSec > 0 && gracefulRestart.families.some((row) => row.family === family)
    const longLivedSec = longLived?.families.find((row) => row.family === family)?.staleTimeSec ?? 0
    if (restarts || longLivedSec > 0) retained.push({ family, longLivedSec })
  }
  return retained
}

/** True where the peer, back again, has kept its forwarding state for a family (RFC 4724 §4.2, RFC 9494 §4.2). */
export function hasPreserved(negotiated: Negotiated, family: Family): boolean {
  const rows = [...(negotiated.gracefulRestart?.families ?? []), ...(negotiated.longLived?.families ?? [])]
  return negotiated.families.includes(family) && rows.some((row) => row.family === family && row.forwarding)
}

function endsHard(restart: GracefulRestart, cause: DownCause): boolean {
  if (cause.kind === 'connectionLost') return false
  // RFC 8538 §4: a NOTIFICATION is taken softly only where both have said so; we always do.
  if (!restart.notification) return true
  const { code, subcode } = cause.notification
  if (code === ErrorCode.cease && subcode === CeaseError.hardReset) return true
  return cause.kind === 'notificationSent' && meansHardReset(cause.notification)
}

/** NOTIFICATIONs of ours after which routes are to go at once: nobody means to come back soon. */
function meansHardReset({ code, subcode }: Notification): boolean {
  return (
    code === ErrorCode.cease &&
    (subcode === CeaseError.maximumPrefixes ||
      subcode === CeaseError.administrativeShutdown ||
      subcode === CeaseError.peerDeconfigured)
  )
}

/** What goes onto the wire for a NOTIFICATION of ours: RFC 8538 §3.1, inside a Hard Reset where routes are to go. */
export function asSent(notification: Notification, negotiated: Negotiated | undefined): Notification {
  if (negotiated?.gracefulRestart?.notification !== true || !meansHardReset(notification)) return notification
  const { code, subcode, octets } = notification
  return {
    code: ErrorCode.cease,
    subcode: CeaseError.hardReset,
    octets: Uint8Array.of(code, subcode, ...octets),
  }
}
