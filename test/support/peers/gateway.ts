/**
 * What a test asks of a real BGP speaker in the role of a gateway, whatever its make: the same questions in one
 * vocabulary, answered by the peer's own command line, so that one set of behaviours is tried on all of them.
 */
import { formatIpAddress, parseIpAddress, unmapIpv4 } from '../../../rib/model/ip-address.ts'

export type VpnFamily = 'inet-vpn' | 'inet6-vpn'
/** Those without route distinguishers; the last with a label (RFC 8277). */
export type PlainFamily = 'inet' | 'inet6' | 'inet-labeled'

/** A VPN route as the peer itself shows it. */
export interface VpnRoute {
  /** `admin:number`, like 192.0.2.21:3. */
  readonly rd: string
  readonly prefix: string
  readonly label: number
  readonly nextHop: string
  /** `asn:number` as the peers print them, sorted. */
  readonly routeTargets: readonly string[]
  /** Tunnel types of encapsulation communities (RFC 9012 §4.1), sorted. */
  readonly tunnelTypes: readonly number[]
  readonly localPref: number | undefined
  readonly med: number | undefined
  readonly asPath: string
  /** `asn:value`, sorted. */
  readonly communities: readonly string[]
}

/** A VPN route that the peer shall originate. */
export interface OriginatedRoute {
  readonly rd: string
  readonly prefix: string
  readonly label: number
  readonly nextHop: string
  readonly routeTargets: readonly string[]
  /** Encapsulation communities; only BIRD and ExaBGP can be told to add them. */
  readonly tunnelTypes?: readonly number[]
  /** `asn:value`; BIRD and ExaBGP can be told to add them. */
  readonly communities?: readonly string[]
}

/** A route without distinguisher, as the peer shows it or shall originate it. */
export interface PlainRoute {
  readonly prefix: string
  readonly nextHop: string
  /** Of labelled unicast alone. */
  readonly label?: number
}

/** As BIRD, FRR and heddle all three name those that are tried (RFC 9234 §4.1). */
export type Role = 'provider' | 'customer' | 'peer'

export interface GatewayOptions {
  /** The peer's own loopback address and BGP port. */
  readonly address: string
  readonly port: number
  readonly asn: number
  readonly routerId: string
  readonly neighbor: { readonly address: string; readonly port: number; readonly asn: number }
  readonly families: readonly (VpnFamily | PlainFamily | 'route-target')[]
  /** True: the peer waits for the neighbour to connect. */
  readonly passive?: boolean
  readonly holdTimeSec?: number
  /** Its own restarts (RFC 4724); from GoBGP also End-of-RIB. */
  readonly gracefulRestart?: boolean
  readonly restartTimeSec?: number
  /** Beyond the restart time (RFC 9494). */
  readonly longLivedStaleTimeSec?: number
  /** A NOTIFICATION costs no routes (RFC 8538). */
  readonly softNotification?: boolean
  /** False: ExaBGP speaks no four-octet AS numbers (RFC 6793). */
  readonly fourOctetAs?: boolean
  /** TCP MD5 (RFC 2385). */
  readonly password?: string
  /** GTSM for a neighbour one hop away (RFC 5082); the gateway is of another AS then. */
  readonly ttlSecurity?: boolean
  /** Its role towards the neighbour (RFC 9234); BIRD and FRR have one. */
  readonly role?: Role
  /** It refuses a neighbour that does not say its role. */
  readonly strictRole?: boolean
  /** IPv6 next hops of plain IPv4 routes (RFC 8950). */
  readonly extendedNextHop?: boolean
  /** VPN-IPv4 routes that the gateway takes from its neighbour. */
  readonly prefixLimit?: number
}

export interface StartOptions {
  /** It says that it was there before, and that its forwarding state still is (RFC 4724 §4.1). */
  readonly isRestarting?: boolean
}

export interface Gateway {
  readonly name: string
  readonly options: GatewayOptions
  /** Starts the daemon and waits until it answers questions; the session may still be down. */
  start(how?: StartOptions): Promise<void>
  stop(): Promise<void>
  /** Ends without a NOTIFICATION. */
  crash(): Promise<void>
  dispose(keepLogs: boolean): void
  isEstablished(): Promise<boolean>
  /** What the peer shows or logs of the neighbour's last NOTIFICATIONs. */
  lastWords(): Promise<string>
  /** Everything in the VPN table that came from the neighbour. */
  received(family: VpnFamily): Promise<VpnRoute[]>
  originate(family: VpnFamily, route: OriginatedRoute): Promise<void>
  withdraw(family: VpnFamily, route: OriginatedRoute): Promise<void>
  /** The same three for a plain family. */
  receivedPlain(family: PlainFamily): Promise<PlainRoute[]>
  originatePlain(family: PlainFamily, route: PlainRoute): Promise<void>
  withdrawPlain(family: PlainFamily, route: PlainRoute): Promise<void>
  /** Sends ROUTE-REFRESH for the family (RFC 2918). */
  requestRefresh(family: VpnFamily | PlainFamily): Promise<void>
}

/** One spelling of an address: peers print ::ffff:192.0.2.21 (RFC 4659 §3.2.1.2) in three different ways. */
export function normalAddress(text: string): string {
  const address = parseIpAddress(text)
  return address ? formatIpAddress(unmapIpv4(address)) : text
}

/** Order-independent comparison form. */
export function sorted(values: readonly string[]): string[] {
  return values.toSorted()
}
