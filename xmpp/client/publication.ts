/**
 * What a simulated agent is told to publish, and the entry that a stock agent makes of it (agent-channel reference 3.4).
 */
import { Family } from '../../rib/model/family.ts'
import { parseIpv4 } from '../../rib/model/ip-address.ts'
import { parsePrefix } from '../../rib/model/route-key.ts'
import { parseCommunityTag } from '../wire/item-names.ts'
import type { InetItem, LoadBalance } from '../wire/inet-item.ts'

export interface Publication {
  readonly vrf: string
  readonly prefix: string
  readonly label: number
  /** The agent's own address by default. */
  readonly nextHop?: string
  /** `gre` and `udp` by default. */
  readonly encapsulations?: readonly string[]
  readonly localPref?: number
  readonly med?: number
  /** Name of the network; that of the VRF by default. */
  readonly virtualNetwork?: string
  readonly sequence?: number
  readonly isSticky?: boolean
  readonly securityGroups?: readonly number[]
  readonly tags?: readonly number[]
  /** `no-export`, `64512:100`. */
  readonly communities?: readonly string[]
  readonly loadBalance?: LoadBalance
  readonly mac?: Uint8Array
  readonly subProtocol?: string
}

/** The entry of a publication; throws for text that is no prefix or address, which is the caller's mistake. */
export function itemOf(publication: Publication, address: string): InetItem {
  const prefix = parsePrefix(publication.prefix)
  const nextHop = parseIpv4(publication.nextHop ?? address)
  if (!prefix) throw new Error(`'${publication.prefix}' is not a prefix`)
  if (!nextHop) throw new Error(`'${publication.nextHop ?? address}' is not an IPv4 address`)
  return {
    family: prefix.address.length === 4 ? Family.inet : Family.inet6,
    prefix,
    nextHops: [
      {
        address: nextHop,
        mac: publication.mac ?? Uint8Array.of(0, 0, 0x5e, 0, 1, 0),
        label: publication.label,
        encapsulations: publication.encapsulations ?? ['gre', 'udp'],
        virtualNetwork: publication.virtualNetwork ?? networkOf(publication.vrf),
        tags: publication.tags ?? [],
        localSequence: 0,
      },
    ],
    virtualNetwork: '',
    sequence: publication.sequence ?? 0,
    isSticky: publication.isSticky ?? false,
    securityGroups: publication.securityGroups ?? [],
    communities: (publication.communities ?? []).map(parseCommunityTag).filter((tag) => tag !== undefined),
    localPref: publication.localPref ?? 100,
    med: publication.med ?? 0,
    loadBalance: publication.loadBalance,
    subProtocol: publication.subProtocol ?? 'interface',
  }
}

/** `domain:project:network` of `domain:project:network:network`. */
function networkOf(vrf: string): string {
  return vrf.slice(0, Math.max(0, vrf.lastIndexOf(':')))
}
