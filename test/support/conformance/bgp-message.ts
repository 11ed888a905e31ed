/**
 * BGP messages as a case spells them, to octets; and octets that the node sent, to one line a reviewer can read.
 */
import type { Capability } from '../../../bgp/wire/capability.ts'
import { encodeEndOfRib } from '../../../bgp/wire/end-of-rib.ts'
import type { Frame } from '../../../bgp/wire/framer.ts'
import { HEADER_LENGTH, MessageType } from '../../../bgp/wire/iana.ts'
import { keepalive } from '../../../bgp/wire/keepalive.ts'
import {
  decodeNotification,
  describeNotification,
  encodeNotification,
} from '../../../bgp/wire/notification.ts'
import { decodeOpen, encodeOpen } from '../../../bgp/wire/open.ts'
import { decodeRouteRefresh, encodeRouteRefresh } from '../../../bgp/wire/route-refresh.ts'
import type { DecodedUpdate } from '../../../bgp/wire/update-decode.ts'
import { UpdateEncoder } from '../../../bgp/wire/update-encode.ts'
import { isWireError } from '../../../bgp/wire/wire-error.ts'
import { capabilityText } from '../../../bgp/fsm/negotiate.ts'
import { familyName, parseFamily } from '../../../rib/model/family.ts'
import type { Family } from '../../../rib/model/family.ts'
import { formatIpv4Word, parseIpAddress, wordAt } from '../../../rib/model/ip-address.ts'
import { parseRouteTarget, routeTargetHigh, routeTargetLow } from '../../../rib/model/route-target.ts'
import { attributesOfValue, decoderFor, fromHex, interner, sourceOf, toHex } from '../../bgp/wire/support.ts'
import type { UpdateValue } from '../../bgp/wire/support.ts'
import { attributesText, routesText } from './update-text.ts'
import { MessageList } from '../message-list.ts'

export interface OpenValue {
  readonly asn: number
  readonly identifier: string
  /** 90 unless given. */
  readonly holdTimeSec?: number
  readonly families: readonly string[]
  /** Beside multiprotocol, route refresh and 4-octet AS: code and value. */
  readonly capabilities?: readonly { readonly code: number; readonly hex: string }[]
}

export type BgpMessage =
  | 'keepalive'
  | { readonly open: OpenValue }
  | { readonly endOfRib: string }
  | { readonly routeRefresh: string }
  | { readonly notification: { readonly code: number; readonly subcode: number } }
  /** Extended communities may be `target:64512:1` besides hex. */
  | { readonly update: UpdateValue }
  /** Any octets, whole messages or not. */
  | { readonly hex: string }
  /** The body of an UPDATE. */
  | { readonly updateHex: string }

export function encodeBgpMessage(message: BgpMessage): Uint8Array {
  if (message === 'keepalive') return keepalive
  if ('open' in message) return encodeOpenValue(message.open)
  if ('endOfRib' in message) return encodeEndOfRib(familyNamed(message.endOfRib))
  if ('routeRefresh' in message) return encodeRouteRefresh(familyNamed(message.routeRefresh))
  if ('notification' in message) {
    return encodeNotification({ ...message.notification, octets: new Uint8Array(0) })
  }
  if ('hex' in message) return fromHex(message.hex)
  if ('updateHex' in message) return updateAround(fromHex(message.updateHex))
  return Buffer.concat(encodeUpdateValue(message.update))
}

function encodeOpenValue({ asn, identifier, holdTimeSec, families, capabilities }: OpenValue): Uint8Array {
  return encodeOpen({
    version: 4,
    asn,
    holdTimeSec: holdTimeSec ?? 90,
    identifier: wordAt(parseIpAddress(identifier)!, 0) >>> 0,
    capabilities: [
      ...families.map((name): Capability => ({ kind: 'multiprotocol', family: familyNamed(name) })),
      { kind: 'routeRefresh' },
      { kind: 'as4', asn },
      ...(capabilities ?? []).map(({ code, hex }): Capability => ({
        kind: 'unknown',
        code,
        octets: fromHex(hex),
      })),
    ],
  })
}

function encodeUpdateValue(value: UpdateValue): Uint8Array[] {
  const encoder = new UpdateEncoder({ as4: true, isIbgp: true, maxMessageLength: 4096 })
  const messages = new MessageList()
  for (const run of value.unreach ?? []) {
    encoder.unreach(messages, familyNamed(run.family), sourceOf(run), run.routes.length)
  }
  for (const run of value.reach ?? []) {
    const { extCommunities = [], ...attributes } = run.attributes!
    const hex = extCommunities.map(extCommunityHex)
    const set = interner()(attributesOfValue({ ...attributes, extCommunities: hex }))
    encoder.reach(messages, familyNamed(run.family), set, sourceOf(run), run.routes.length)
  }
  return messages
}

function extCommunityHex(text: string): string {
  const target = parseRouteTarget(text)
  if (target === undefined) return text
  return [routeTargetHigh(target), routeTargetLow(target)]
    .map((word) => (word >>> 0).toString(16).padStart(8, '0'))
    .join('')
}

function updateAround(body: Uint8Array): Uint8Array {
  const length = HEADER_LENGTH + body.length
  return Buffer.concat([
    Buffer.alloc(16, 255),
    Buffer.of(length >> 8, length & 255, MessageType.update),
    body,
  ])
}

function familyNamed(name: string): Family {
  const family = parseFamily(name)
  if (family === undefined) throw new Error(`no family is called '${name}'`)
  return family
}

const decoder = decoderFor()
const ebgpDecoder = decoderFor({ isIbgp: false })

/** A message in words. AS numbers of UPDATEs are read as four octets. */
export function bgpMessageText({ type, octets, start, end }: Frame): string {
  switch (type) {
    case MessageType.open: {
      const open = decodeOpen(octets, start, end)
      if (isWireError(open)) return `OPEN that is wrong: ${open.detail}`
      const capabilities = open.capabilities.map(capabilityText).join(', ')
      return `OPEN AS ${open.asn}, hold time ${open.holdTimeSec} s, identifier ${formatIpv4Word(open.identifier)}; ${capabilities}`
    }
    case MessageType.update:
      return updateText(decodeUpdate({ type, octets, start, end }))
    case MessageType.notification:
      return `NOTIFICATION ${describeNotification(decodeNotification(octets, start, end))}`
    case MessageType.keepalive:
      return 'KEEPALIVE'
    case MessageType.routeRefresh: {
      const refresh = decodeRouteRefresh(octets, start, end, true)
      if (isWireError(refresh) || refresh.family === undefined) return 'ROUTE-REFRESH that is wrong'
      return `ROUTE-REFRESH ${familyName(refresh.family)}`
    }
    default:
      return `message of type ${type}: ${toHex(octets.subarray(start, end))}`
  }
}

/** As from an iBGP peer, so that a LOCAL_PREF shows wherever it is; where there is none, as from an eBGP peer. */
function decodeUpdate({ octets, start, end }: Frame): DecodedUpdate {
  const update = decoder.decode(octets, start, end)
  return update.errors.length === 0 ? update : ebgpDecoder.decode(octets, start, end)
}

function updateText(update: DecodedUpdate): string {
  if (update.endOfRib !== undefined) return `End-of-RIB ${familyName(update.endOfRib)}`
  const parts = update.errors.map((error) => `error ${error.code}`)
  for (const run of update.runs.slice(0, update.runCount)) {
    const family = familyName(run.family)
    if (!run.reach) parts.push(`withdraws ${family} ${routesText(run)}`)
    else
      parts.push(
        `announces ${family} ${routesText(run)} with ${run.attrs ? attributesText(run.attrs) : 'nothing'}`,
      )
  }
  return `UPDATE ${parts.join('; ')}`
}
