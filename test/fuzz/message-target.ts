/** OPEN, NOTIFICATION and ROUTE-REFRESH through their decoders, and back. Each gives text that stands for the result. */
import { decodeNotification, describeNotification, encodeNotification } from '../../bgp/wire/notification.ts'
import { decodeOpen, encodeOpen } from '../../bgp/wire/open.ts'
import { decodeRouteRefresh } from '../../bgp/wire/route-refresh.ts'
import { HEADER_LENGTH } from '../../bgp/wire/iana.ts'
import { isWireError } from '../../bgp/wire/wire-error.ts'
import { negotiate } from '../../bgp/fsm/negotiate.ts'
import { config } from '../bgp/fsm/machines.ts'
import { fail } from './update-target.ts'

export function openText(octets: Uint8Array, start: number, end: number): string {
  const open = decodeOpen(octets, start, end)
  if (isWireError(open)) return JSON.stringify(open)
  // Whatever it says, the state machine has an answer.
  negotiate(open, config)
  const text = JSON.stringify(open)
  // A host name is cut to what fits, and what is no UTF-8 is replaced.
  if (open.capabilities.some(({ kind }) => kind === 'fqdn')) return text
  const message = encodeOpen(open)
  const again = JSON.stringify(decodeOpen(message, HEADER_LENGTH, message.length))
  if (again !== text) fail(`OPEN after encoding: ${again}, not ${text}`)
  return text
}

export function notificationText(octets: Uint8Array, start: number, end: number): string {
  const notification = decodeNotification(octets, start, end)
  const message = encodeNotification(notification)
  if (notification.octets.length <= 4075) {
    const again = decodeNotification(message, HEADER_LENGTH, message.length)
    if (JSON.stringify(again) !== JSON.stringify(notification)) fail('another NOTIFICATION after encoding')
  }
  return `${describeNotification(notification)} ${notification.octets.length}`
}

export function refreshText(octets: Uint8Array, start: number, end: number): string {
  return JSON.stringify(decodeRouteRefresh(octets, start, end, (end & 1) === 0))
}
