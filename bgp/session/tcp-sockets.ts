/**
 * TCP connections with what a peer's settings ask of them: dialed ones are made by hand where Node cannot set an option
 * before the first segment, accepted ones get theirs before a message is read.
 */
import { connect, Socket } from 'node:net'
import { parseIpAddress, unmapIpv4 } from '../../rib/model/ip-address.ts'
import type { AcceptedSocket, DialedSocket, DialTarget } from './connection.ts'
import { isSocketFault, socketOptions } from './native-sockets.ts'
import { isProtected, needsKernel } from './socket-settings.ts'
import type { SocketSettings } from './socket-settings.ts'
import { guardSocket } from './tcp-guard.ts'

/** Opens a TCP connection; one that cannot have what its settings ask for fails instead of going without. */
export function dialTcp(target: DialTarget): DialedSocket {
  const { host, port, localAddress, settings } = target
  const place = { host, port, ...(localAddress === undefined ? {} : { localAddress }) }
  if (!needsKernel(settings)) {
    const socket = connect(place)
    setTrafficClass(socket, settings.dscp)
    return socket
  }
  const descriptor = guardedDescriptor(target)
  if (typeof descriptor === 'string') {
    return isProtected(settings)
      ? failedSocket(descriptor)
      : dialTcp({ ...target, settings: { ...settings, ttl: 0 } })
  }
  // The descriptor was made by us, so that the first segment already carries what was set on it.
  const socket = new Socket({ fd: descriptor })
  setTrafficClass(socket, settings.dscp)
  return socket.connect(place)
}

/** Puts a peer's settings on an open connection; what is wrong, or undefined. */
export function protectTcp(
  socket: AcceptedSocket,
  settings: SocketSettings,
  before?: SocketSettings,
): string | undefined {
  setTrafficClass(socket, settings.dscp)
  if (!needsKernel(settings) && !(before && needsKernel(before))) return undefined
  const options = socketOptions()
  if (isSocketFault(options)) return isProtected(settings) ? options.fault : undefined
  const descriptor = descriptorOf(socket)
  const remote = parseIpAddress((socket.remoteAddress ?? '').replace(/%.*$/, ''))
  if (descriptor === undefined || !remote) return 'the connection is closed already'
  const family = socket.localFamily === 'IPv6' ? 6 : 4
  return guardSocket({ options, descriptor, family }, unmapIpv4(remote), settings, before)
}

/** The number of an open socket, which Node keeps to itself. */
export function descriptorOf(holder: object): number | undefined {
  const { _handle: handle } = holder as { _handle?: { readonly fd?: number } | null }
  return handle?.fd !== undefined && handle.fd >= 0 ? handle.fd : undefined
}

function guardedDescriptor({ address, settings }: DialTarget): number | string {
  const options = socketOptions()
  if (isSocketFault(options)) return options.fault
  const family = address.length === 4 ? 4 : 6
  const descriptor = options.open(family)
  if (isSocketFault(descriptor)) return descriptor.fault
  const fault = guardSocket({ options, descriptor, family }, address, settings, undefined)
  if (fault === undefined) return descriptor
  options.close(descriptor)
  return fault
}

/** A connection that has failed before it was tried. */
function failedSocket(reason: string): DialedSocket {
  const socket = new Socket()
  // After the caller has begun to listen.
  socket.destroy(new Error(reason))
  return socket
}

/** Node 24 and later; elsewhere the system's class stays. */
function setTrafficClass(socket: Socket, dscp: number): void {
  const { setTypeOfService } = socket as { setTypeOfService?: (value: number) => Socket }
  try {
    setTypeOfService?.call(socket, dscp << 2)
  } catch {
    // The connection is gone: it will say so itself.
  }
}
