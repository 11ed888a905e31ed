/**
 * What the demo wants of a gateway, real or built in. Everything is asked of the gateway itself, never of heddle.
 */

/** A VPN route that the gateway holds. */
export interface HeldRoute {
  /** `admin:number`. */
  readonly rd: string
  readonly prefix: string
  readonly label: number
  readonly nextHop: string
  /** `target:asn:number`, sorted. */
  readonly routeTargets: readonly string[]
  /** Sorted: `gre`, `udp`. */
  readonly encapsulations: readonly string[]
}

/** A change in the gateway's VPN table, as it happens. */
export interface GatewayChange {
  readonly rd: string
  readonly prefix: string
  readonly nextHop: string
  readonly isWithdrawn: boolean
}

export interface DemoGateway {
  /** For people: which one it is, and where it comes from. */
  readonly title: string
  readonly isReal: boolean
  /** Listens for heddle's connection; returns the port. */
  start(): Promise<number>
  /** The VPN routes that heddle sent. */
  received(): Promise<HeldRoute[]>
  /** `prefix via next hop` of VRF internet, sorted. */
  internet(): Promise<string[]>
  /** Announces the default route of VRF internet. */
  announceDefault(): Promise<void>
  /** Hears of every change of the VPN table from now on. */
  watch(listener: (change: GatewayChange) => void): Promise<void>
  close(): Promise<void>
}
