/**
 * Keys and TTLs onto sockets: which options a peer's settings are, on a connection and on the listeners, and which of them
 * a change asks for. A key that is set again replaces the one before on the live connection, so that two sides that change
 * theirs within a retransmission or two lose nothing (RFC 2385 §4.5 leaves that to us).
 */
import type { IpAddress } from '../../rib/model/ip-address.ts'
import { formatPrefix } from '../../rib/model/route-key.ts'
import { md5Option, minTtlOption, ttlOption } from './kernel-options.ts'
import type { KernelOption, SocketFamily } from './kernel-options.ts'
import type { SocketOptions } from './native-sockets.ts'
import type { Secret } from './secret.ts'
import type { ListenerSettings, SignedSource, SocketSettings } from './socket-settings.ts'

/** A socket of the kernel. */
export interface GuardedSocket {
  readonly options: SocketOptions
  readonly descriptor: number
  /** That of the socket: an IPv6 one may talk to an IPv4 peer. */
  readonly family: SocketFamily
}

/** What a peer with a password hears where there is nothing to set it with. */
export const NO_PASSWORD = 'its password could not be read'

/** Brings one connection from `before` (undefined: nothing set yet) to its settings; what is wrong, or undefined. */
export function guardSocket(
  { options, descriptor, family }: GuardedSocket,
  remote: IpAddress,
  settings: SocketSettings,
  before: SocketSettings | undefined,
): string | undefined {
  const wanted: KernelOption[] = []
  const { password } = settings
  const place = { address: remote, length: remote.length * 8 }
  if (password) {
    if (password.octets.length === 0) return NO_PASSWORD
    wanted.push(md5Option(family, place, password.octets))
  }
  // An IPv4 peer of an IPv6 socket is reached by the options of IPv4.
  const ipFamily = remote.length === 4 ? 4 : 6
  if (settings.ttl !== (before?.ttl ?? 0)) wanted.push(ttlOption(ipFamily, settings.ttl))
  if (settings.minTtl !== (before?.minTtl ?? 0)) wanted.push(minTtlOption(ipFamily, settings.minTtl))
  if (before?.password && !password) options.set(descriptor, md5Option(family, place, undefined))
  for (const option of wanted) {
    const fault = options.set(descriptor, option)
    if (fault !== undefined) return fault
  }
  return undefined
}

/** What one listener has been given, and the way to what it should have. */
export class ListenerGuard {
  readonly #keys = new Map<string, { readonly source: SignedSource; readonly password: Secret }>()
  #sendsMaxTtl = false
  #minTtl = 0

  /** False where the listener has all that, and nothing more: then nobody has to load anything. */
  isChangedBy(settings: ListenerSettings): boolean {
    return (
      settings.signed.length !== this.#keys.size ||
      settings.signed.some((source) => !this.#has(source)) ||
      settings.sendsMaxTtl !== this.#sendsMaxTtl ||
      settings.minTtl !== this.#minTtl
    )
  }

  /** Sets what is new and takes away what is gone; faults by name of the peer. */
  apply(socket: GuardedSocket, settings: ListenerSettings): Map<string, string> {
    this.#setTtl(socket, settings)
    const faults = new Map<string, string>()
    const wanted = new Set(settings.signed.map(keyOf))
    for (const [key, { source }] of [...this.#keys]) {
      if (wanted.has(key)) continue
      socket.options.set(socket.descriptor, md5Option(socket.family, source, undefined))
      this.#keys.delete(key)
    }
    for (const source of settings.signed) {
      if (this.#has(source)) continue
      const fault = this.#setKey(socket, source)
      if (fault === undefined) this.#keys.set(keyOf(source), { source, password: source.password })
      else faults.set(source.peer, fault)
    }
    return faults
  }

  #setKey({ options, descriptor, family }: GuardedSocket, source: SignedSource): string | undefined {
    const { octets } = source.password
    if (octets.length === 0) return NO_PASSWORD
    // A listener of the other family never meets this peer.
    if (family === 4 && source.address.length !== 4) return undefined
    return options.set(descriptor, md5Option(family, source, octets))
  }

  /** The answer to a SYN comes from the listener, before there is a connection to set anything on. */
  #setTtl({ options, descriptor, family }: GuardedSocket, { sendsMaxTtl, minTtl }: ListenerSettings): void {
    const families: SocketFamily[] = family === 4 ? [4] : [4, 6]
    for (const each of families) {
      if (sendsMaxTtl !== this.#sendsMaxTtl) options.set(descriptor, ttlOption(each, sendsMaxTtl ? 255 : 0))
      if (minTtl !== this.#minTtl) options.set(descriptor, minTtlOption(each, minTtl))
    }
    this.#sendsMaxTtl = sendsMaxTtl
    this.#minTtl = minTtl
  }

  #has(source: SignedSource): boolean {
    return this.#keys.get(keyOf(source))?.password.equals(source.password) === true
  }
}

function keyOf(source: SignedSource): string {
  return formatPrefix(source)
}
