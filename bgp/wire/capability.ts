/**
 * Capabilities of OPEN (RFC 5492 §4): | code (1) | length (1) | value |
 *
 *    1  multiprotocol       AFI (2), reserved (1), SAFI (1)                              RFC 4760 §8
 *    2  route refresh       empty                                                        RFC 2918 §2
 *    5  extended next hop   AFI (2), SAFI (2), next hop's AFI (2), repeated                           RFC 8950 §4
 *    6  extended message    empty                                                        RFC 8654 §3
 *    9  role                role (1)                                                     RFC 9234 §4.1
 *   64  graceful restart    R N 0 0 | time (12 bits), then AFI (2) SAFI (1) flags (1)    RFC 4724 §3, RFC 8538 §2
 *   65  4-octet AS          AS (4)                                                       RFC 6793 §3
 *   69  add-path             AFI (2), SAFI (1), send/receive (1), repeated                 RFC 7911 §4
 *   70  enhanced refresh    empty                                                        RFC 7313 §3.1
 *   71  long-lived restart  AFI (2), SAFI (1), flags (1), stale time (3), repeated            RFC 9494 §3.1
 *   73  FQDN                length, host, length, domain                                 draft-walton-bgp-hostname
 *
 * A known capability whose length is wrong makes its parameter a malformed one (RFC 4271 §6.2): going on without it would
 * leave the two sides with different ideas, say, of how long an AS number is. Only FQDN, which is for display and no RFC's,
 * is then kept as an unknown one.
 */
import { familyAfi, familyOf, familySafi } from '../../rib/model/family.ts'
import type { Family } from '../../rib/model/family.ts'
import { copyOf } from '../../rib/model/ip-address.ts'
import { CapabilityCode } from './iana.ts'
import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

export interface GracefulRestartFamily {
  readonly family: Family
  /** The peer kept its forwarding state for the family. */
  readonly forwarding: boolean
}

export interface LongLivedFamily extends GracefulRestartFamily {
  /** How long others may keep the peer's routes beyond its restart time; 24 bits. */
  readonly staleTimeSec: number
}

/** Next hops that the sender takes for a family's routes beside those of its own. */
export interface ExtendedNextHopFamily {
  readonly family: Family
  readonly nextHopAfi: number
}

/** What the sender of the capability is able to do; one of the two at least. */
export interface AddPathFamily {
  readonly family: Family
  readonly send: boolean
  readonly receive: boolean
}

export type Capability =
  | { readonly kind: 'multiprotocol'; readonly family: Family }
  | { readonly kind: 'multiprotocolUnknown'; readonly afi: number; readonly safi: number }
  | { readonly kind: 'routeRefresh' }
  | { readonly kind: 'as4'; readonly asn: number }
  | {
      readonly kind: 'gracefulRestart'
      readonly restartState: boolean
      /** The N bit of RFC 8538. */
      readonly notification: boolean
      readonly restartTimeSec: number
      readonly families: readonly GracefulRestartFamily[]
    }
  | { readonly kind: 'longLivedGracefulRestart'; readonly families: readonly LongLivedFamily[] }
  | { readonly kind: 'addPath'; readonly families: readonly AddPathFamily[] }
  | { readonly kind: 'extendedNextHop'; readonly families: readonly ExtendedNextHopFamily[] }
  | { readonly kind: 'extendedMessage' }
  | { readonly kind: 'role'; readonly role: number }
  | { readonly kind: 'enhancedRouteRefresh' }
  | { readonly kind: 'fqdn'; readonly host: string; readonly domain: string }
  | { readonly kind: 'unknown'; readonly code: number; readonly octets: Uint8Array }

/** Send/Receive (RFC 7911 §4). */
const ADD_PATH_RECEIVE = 1
const ADD_PATH_SEND = 2

const RESTART_STATE = 0x8000
const NOTIFICATION_BIT = 0x4000
const RESTART_TIME_MASK = 0x0fff
const FORWARDING_STATE = 0x80
const MAX_STALE_TIME_SEC = 0xff_ffff

/** Decodes one capability whose value is all of `value`; undefined when its length is wrong. */
export function decodeCapability(code: number, value: Reader): Capability | undefined {
  const at = value.position
  const known = decodeKnown(code, value)
  if (known !== undefined) {
    if (!value.failed && value.remaining === 0) return known
    if (known.kind !== 'fqdn') return undefined
  }
  return { kind: 'unknown', code, octets: copyOf(value.octets, at, value.end) }
}

function decodeKnown(code: number, value: Reader): Capability | undefined {
  switch (code) {
    case CapabilityCode.multiprotocol: {
      const afi = value.u16()
      value.u8()
      const safi = value.u8()
      const family = familyOf(afi, safi)
      return family === undefined
        ? { kind: 'multiprotocolUnknown', afi, safi }
        : { kind: 'multiprotocol', family }
    }
    case CapabilityCode.routeRefresh:
      return { kind: 'routeRefresh' }
    case CapabilityCode.extendedNextHop:
      return decodeExtendedNextHop(value)
    case CapabilityCode.extendedMessage:
      return { kind: 'extendedMessage' }
    case CapabilityCode.role:
      return { kind: 'role', role: value.u8() }
    case CapabilityCode.enhancedRouteRefresh:
      return { kind: 'enhancedRouteRefresh' }
    case CapabilityCode.as4:
      return { kind: 'as4', asn: value.u32() }
    case CapabilityCode.gracefulRestart:
      return decodeGracefulRestart(value)
    case CapabilityCode.longLivedGracefulRestart:
      return decodeLongLived(value)
    case CapabilityCode.addPath:
      return decodeAddPath(value)
    case CapabilityCode.fqdn: {
      const host = decodeText(value.take(value.u8()))
      return { kind: 'fqdn', host, domain: decodeText(value.take(value.u8())) }
    }
    default:
      return undefined
  }
}

function decodeExtendedNextHop(value: Reader): Capability {
  const rows: ExtendedNextHopFamily[] = []
  while (value.remaining > 0) {
    const family = familyOf(value.u16(), value.u16())
    const nextHopAfi = value.u16()
    if (family !== undefined && !value.failed) rows.push({ family, nextHopAfi })
  }
  return { kind: 'extendedNextHop', families: rows }
}

function decodeGracefulRestart(value: Reader): Capability {
  const head = value.u16()
  const families: GracefulRestartFamily[] = []
  while (value.remaining > 0) {
    const family = familyOf(value.u16(), value.u8())
    const flags = value.u8()
    if (family !== undefined && !value.failed) {
      families.push({ family, forwarding: (flags & FORWARDING_STATE) !== 0 })
    }
  }
  return {
    kind: 'gracefulRestart',
    restartState: (head & RESTART_STATE) !== 0,
    notification: (head & NOTIFICATION_BIT) !== 0,
    restartTimeSec: head & RESTART_TIME_MASK,
    families,
  }
}

function decodeLongLived(value: Reader): Capability {
  const families: LongLivedFamily[] = []
  while (value.remaining > 0) {
    const family = familyOf(value.u16(), value.u8())
    const forwarding = (value.u8() & FORWARDING_STATE) !== 0
    const staleTimeSec = (value.u8() << 16) | value.u16()
    if (family !== undefined && !value.failed) families.push({ family, forwarding, staleTimeSec })
  }
  return { kind: 'longLivedGracefulRestart', families }
}

/** RFC 7911 §4: with any value that is not one of the three, the capability is as one not understood. */
function decodeAddPath(value: Reader): Capability | undefined {
  const rows: AddPathFamily[] = []
  let isUnderstood = true
  while (value.remaining > 0) {
    const family = familyOf(value.u16(), value.u8())
    const bits = value.u8()
    if (value.failed) break
    isUnderstood &&= bits >= ADD_PATH_RECEIVE && bits <= (ADD_PATH_RECEIVE | ADD_PATH_SEND)
    if (family === undefined) continue
    rows.push({ family, send: (bits & ADD_PATH_SEND) !== 0, receive: (bits & ADD_PATH_RECEIVE) !== 0 })
  }
  return isUnderstood || value.failed ? { kind: 'addPath', families: rows } : undefined
}

function decodeText(octets: Uint8Array): string {
  return new TextDecoder().decode(octets)
}

/** Appends code, length and value. */
export function encodeCapability(writer: Writer, capability: Capability): void {
  writer.u8(capabilityCode(capability))
  const lengthAt = writer.length
  writer.u8(0)
  encodeValue(writer, capability)
  writer.patchU8(lengthAt, writer.length - lengthAt - 1)
}

function capabilityCode(capability: Capability): number {
  switch (capability.kind) {
    case 'unknown':
      return capability.code
    case 'multiprotocolUnknown':
      return CapabilityCode.multiprotocol
    default:
      return CapabilityCode[capability.kind]
  }
}

function encodeValue(writer: Writer, capability: Capability): void {
  switch (capability.kind) {
    case 'multiprotocol':
      encodeFamily(writer, familyAfi(capability.family), familySafi(capability.family))
      break
    case 'multiprotocolUnknown':
      encodeFamily(writer, capability.afi, capability.safi)
      break
    case 'role':
      writer.u8(capability.role)
      break
    case 'as4':
      writer.u32(capability.asn)
      break
    case 'gracefulRestart':
      writer.u16(
        (capability.restartState ? RESTART_STATE : 0) |
          (capability.notification ? NOTIFICATION_BIT : 0) |
          Math.min(capability.restartTimeSec, RESTART_TIME_MASK),
      )
      for (const { family, forwarding } of capability.families) {
        writer.u16(familyAfi(family))
        writer.u8(familySafi(family))
        writer.u8(forwarding ? FORWARDING_STATE : 0)
      }
      break
    case 'longLivedGracefulRestart':
      encodeLongLived(writer, capability.families)
      break
    case 'addPath':
      for (const { family, send, receive } of capability.families) {
        writer.u16(familyAfi(family))
        writer.u8(familySafi(family))
        writer.u8((send ? ADD_PATH_SEND : 0) | (receive ? ADD_PATH_RECEIVE : 0))
      }
      break
    case 'extendedNextHop':
      for (const { family, nextHopAfi } of capability.families) {
        writer.u16(familyAfi(family))
        writer.u16(familySafi(family))
        writer.u16(nextHopAfi)
      }
      break
    case 'fqdn':
      encodeText(writer, capability.host)
      encodeText(writer, capability.domain)
      break
    case 'unknown':
      writer.put(capability.octets.subarray(0, 255))
      break
    case 'routeRefresh':
    case 'extendedMessage':
    case 'enhancedRouteRefresh':
      break
  }
}

function encodeFamily(writer: Writer, afi: number, safi: number): void {
  writer.u16(afi)
  writer.u8(0)
  writer.u8(safi)
}

function encodeLongLived(writer: Writer, families: readonly LongLivedFamily[]): void {
  for (const { family, forwarding, staleTimeSec } of families) {
    const time = Math.min(staleTimeSec, MAX_STALE_TIME_SEC)
    writer.u16(familyAfi(family))
    writer.u8(familySafi(family))
    writer.u8(forwarding ? FORWARDING_STATE : 0)
    writer.u8(time >>> 16)
    writer.u16(time & 0xffff)
  }
}

/** Host and domain get 64 octets each, so that both always fit one capability. */
function encodeText(writer: Writer, text: string): void {
  const octets = new TextEncoder().encode(text).subarray(0, 64)
  writer.u8(octets.length)
  writer.put(octets)
}
