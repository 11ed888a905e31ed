/**
 * OPEN (RFC 4271 §4.2), with capabilities (RFC 5492) and the long form of the optional parameters (RFC 9072 §2):
 *
 *   | version (1) | AS (2) | hold time (2) | identifier (4) | length (1) | parameters: type (1) length (1) value ... |
 *   | ............................................... | length, not 0 | 255 | length (2) | type (1) length (2) value ... |
 *
 * Only what is wrong in itself is refused here; whether the peer is the one we expect is for bgp/fsm.
 */
import { AS_TRANS } from '../../rib/model/as-path.ts'
import { decodeCapability, encodeCapability } from './capability.ts'
import type { Capability } from './capability.ts'
import { BGP_VERSION, ErrorCode, MessageType, OpenError, OptionalParameter } from './iana.ts'
import { Reader } from './reader.ts'
import { sessionError } from './wire-error.ts'
import type { WireError } from './wire-error.ts'
import { Writer, finishMessage, messageWriter } from './writer.ts'

export interface Open {
  readonly version: number
  /** The 2-octet field: AS_TRANS where the AS needs four octets (RFC 6793 §4.1). */
  readonly asn: number
  readonly holdTimeSec: number
  /** Unsigned. */
  readonly identifier: number
  readonly capabilities: readonly Capability[]
}

export function encodeOpen(open: Open): Uint8Array {
  const writer = messageWriter()
  writer.u8(open.version)
  writer.u16(open.asn > 0xffff ? AS_TRANS : open.asn)
  writer.u16(open.holdTimeSec)
  writer.u32(open.identifier)
  const capabilities = new Writer()
  for (const capability of open.capabilities) encodeCapability(capabilities, capability)
  const value = capabilities.finish()
  if (value.length === 0) {
    writer.u8(0)
  } else if (value.length <= 253) {
    writer.u8(value.length + 2)
    writer.u8(OptionalParameter.capabilities)
    writer.u8(value.length)
  } else {
    writer.u8(255)
    writer.u8(OptionalParameter.extendedLength)
    writer.u16(value.length + 3)
    writer.u8(OptionalParameter.capabilities)
    writer.u16(value.length)
  }
  writer.put(value)
  return finishMessage(writer, MessageType.open)
}

/** Decodes the body at [start, end). */
export function decodeOpen(octets: Uint8Array, start: number, end: number): Open | WireError {
  const body = new Reader(octets, start, end)
  const version = body.u8()
  if (version !== BGP_VERSION) return badVersion(version)
  const asn = body.u16()
  const holdTimeSec = body.u16()
  const identifier = body.u32()
  const error = fieldError(asn, holdTimeSec, identifier)
  if (error !== undefined) return error
  const capabilities: Capability[] = []
  const parameterError = decodeParameters(body, capabilities)
  if (parameterError !== undefined) return parameterError
  if (capabilities.some((capability) => capability.kind === 'as4' && capability.asn === 0)) {
    return badPeerAs('RFC 7607 §2')
  }
  return { version, asn, holdTimeSec, identifier, capabilities }
}

function fieldError(asn: number, holdTimeSec: number, identifier: number): WireError | undefined {
  if (asn === 0) return badPeerAs('RFC 7607 §2')
  if (holdTimeSec === 1 || holdTimeSec === 2) {
    return sessionError(
      'unacceptable-hold-time',
      [ErrorCode.open, OpenError.unacceptableHoldTime],
      'RFC 4271 §6.2',
      `hold time ${holdTimeSec} s`,
    )
  }
  if (identifier === 0) {
    return sessionError(
      'bad-identifier',
      [ErrorCode.open, OpenError.badIdentifier],
      'RFC 6286 §2.2',
      'identifier is zero',
    )
  }
  return undefined
}

function decodeParameters(body: Reader, capabilities: Capability[]): WireError | undefined {
  const shortLength = body.u8()
  // RFC 9072 §2: type 255 in first place announces the long form; the short length then only must not be zero.
  const isLong =
    shortLength > 0 && body.remaining > 0 && body.octets[body.position] === OptionalParameter.extendedLength
  if (isLong) body.u8()
  const parameters = body.sub(isLong ? body.u16() : shortLength)
  while (parameters.remaining > 0) {
    const type = parameters.u8()
    const value = parameters.sub(isLong ? parameters.u16() : parameters.u8())
    if (type !== OptionalParameter.capabilities) {
      return sessionError(
        'unsupported-optional-parameter',
        [ErrorCode.open, OpenError.unsupportedParameter],
        'RFC 4271 §6.2',
        `optional parameter ${type}`,
      )
    }
    while (value.remaining > 0) {
      const code = value.u8()
      const octets = value.sub(value.u8())
      if (octets.failed) break
      const capability = decodeCapability(code, octets)
      if (capability === undefined) return malformedParameters(`capability ${code} has a wrong length`)
      capabilities.push(capability)
    }
    if (value.failed) return malformedParameters('a capability is longer than its parameter')
  }
  if (parameters.failed || body.failed) return malformedParameters('parameters are longer than the message')
  if (body.remaining > 0) return malformedParameters('octets follow the parameters')
  return undefined
}

/** RFC 4271 §6.2: recognised but malformed parameters get the subcode Unspecific. */
function malformedParameters(detail: string): WireError {
  return sessionError(
    'malformed-optional-parameter',
    [ErrorCode.open, OpenError.unspecific],
    'RFC 4271 §6.2',
    detail,
  )
}

function badVersion(version: number): WireError {
  return sessionError(
    'unsupported-version',
    [ErrorCode.open, OpenError.unsupportedVersion],
    'RFC 4271 §6.2',
    `version ${version}`,
    Uint8Array.of(0, BGP_VERSION),
  )
}

function badPeerAs(clause: string): WireError {
  return sessionError('bad-peer-as', [ErrorCode.open, OpenError.badPeerAs], clause, 'AS number is zero')
}
