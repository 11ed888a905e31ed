/**
 * A unicast route of the agent channel as a value (agent-channel reference 3.4): the same entry in both directions,
 * with exactly one next hop from an agent and the equal-cost set towards one.
 */
import type { Family } from '../../rib/model/family.ts'
import type { IpAddress } from '../../rib/model/ip-address.ts'
import type { Prefix } from '../../rib/model/route-key.ts'

export interface ItemNextHop {
  /** Always IPv4, for IPv6 routes too. */
  readonly address: IpAddress
  /** Six octets; undefined when none was given. */
  readonly mac: Uint8Array | undefined
  readonly label: number
  /** Names as they came, unknown ones included. */
  readonly encapsulations: readonly string[]
  readonly virtualNetwork: string
  readonly tags: readonly number[]
  readonly localSequence: number
}

/** Fields of a flow by which next hops are chosen; the default is no attribute at all. */
export interface LoadBalance {
  /** Bits of the extended community's third octet. */
  readonly fields: number
  readonly hasSourceBias: boolean
}

export interface InetItem {
  readonly family: Family
  readonly prefix: Prefix
  readonly nextHops: readonly ItemNextHop[]
  readonly virtualNetwork: string
  readonly sequence: number
  readonly isSticky: boolean
  readonly securityGroups: readonly number[]
  /** Communities that were understood. */
  readonly communities: readonly number[]
  /** 0: none. */
  readonly localPref: number
  /** 0: none. */
  readonly med: number
  readonly loadBalance: LoadBalance | undefined
  readonly subProtocol: string
}

/** Why an item is dropped; the session goes on (agent-channel reference 1.7). */
export type RejectReason =
  | 'badNode'
  | 'badInteger'
  | 'badFamily'
  | 'badPrefix'
  | 'noNextHop'
  | 'severalNextHops'
  | 'badNextHop'
  | 'badMac'
  | 'badLabel'
  | 'tooManyCommunities'

export class ItemReject {
  readonly reason: RejectReason
  readonly detail: string

  constructor(reason: RejectReason, detail: string) {
    this.reason = reason
    this.detail = detail
  }
}
