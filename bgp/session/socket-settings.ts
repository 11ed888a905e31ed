/**
 * What a peer's configuration asks of its sockets beyond what Node can do (pure), and what it asks of the listeners, which
 * meet a peer before anybody knows who it is.
 *
 *   password           TCP MD5 signature (RFC 2385)
 *   ttlSecurity        GTSM (RFC 5082): send 255, drop what arrives with less than 256 - hops
 *   ebgpMultihop       TTL of what is sent
 *   dscp               traffic class; CS6, network control, unless configured (RFC 4594 §3.1)
 */
import type { IpAddress } from '../../rib/model/ip-address.ts'
import type { PeerConfig } from './peer-config.ts'
import type { Secret } from './secret.ts'

/** CS6, in which routers carry their own protocols. */
export const DEFAULT_DSCP = 48

const MAX_TTL = 255

export interface SocketSettings {
  readonly password: Secret | undefined
  /** 0: the system's own. */
  readonly ttl: number
  /** Less is dropped by the kernel; 0: anything is taken. */
  readonly minTtl: number
  readonly dscp: number
}

/** Whose segments a listener takes only with this key. */
export interface SignedSource {
  /** Name of the peer's configuration. */
  readonly peer: string
  readonly address: IpAddress
  /** Less than the whole address for a range of peers. */
  readonly length: number
  readonly password: Secret
}

/** What all listeners have to do for the peers together. */
export interface ListenerSettings {
  readonly signed: readonly SignedSource[]
  /** Some peer wants to see TTL 255 from the first segment on. */
  readonly sendsMaxTtl: boolean
  /** What every peer asks for at least: the listener can drop less before there is a connection. */
  readonly minTtl: number
}

export function socketSettings(config: PeerConfig): SocketSettings {
  const { ttlSecurityHops: hops } = config
  return {
    password: config.password,
    ttl: hops === undefined ? (config.multihopTtl ?? 0) : MAX_TTL,
    minTtl: hops === undefined ? 0 : MAX_TTL + 1 - hops,
    dscp: config.dscp ?? DEFAULT_DSCP,
  }
}

/** True where Node alone cannot do it. */
export function needsKernel(settings: SocketSettings): boolean {
  return settings.password !== undefined || settings.ttl > 0
}

/** True where a connection without it would be worse than none. */
export function isProtected(settings: SocketSettings): boolean {
  return settings.password !== undefined || settings.minTtl > 0
}

export function sameSettings(a: SocketSettings, b: SocketSettings): boolean {
  return (
    (a.password === b.password || a.password?.equals(b.password) === true) &&
    a.ttl === b.ttl &&
    a.minTtl === b.minTtl &&
    a.dscp === b.dscp
  )
}

export function listenerSettings(configs: Iterable<PeerConfig>): ListenerSettings {
  const signed: SignedSource[] = []
  let minTtl = MAX_TTL
  let sendsMaxTtl = false
  for (const config of configs) {
    const settings = socketSettings(config)
    const place =
      config.range ?? (config.address && { address: config.address, length: config.address.length * 8 })
    if (settings.password && place) {
      signed.push({ peer: config.name, ...place, password: settings.password })
    }
    sendsMaxTtl ||= settings.minTtl > 0
    minTtl = Math.min(minTtl, settings.minTtl)
  }
  return { signed, sendsMaxTtl, minTtl: sendsMaxTtl ? minTtl : 0 }
}
