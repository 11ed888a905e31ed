/** Pools, floating IPs, ports and nodes for tests, from short texts. */
import type {
  DesiredFloatingIp,
  DesiredNode,
  DesiredPool,
  DesiredPort,
} from '../../../control/config/desired.ts'
import type { AllocationResult } from '../../../control/floating-ip/allocation.ts'
import { makeSubnet } from '../../../control/floating-ip/subnet.ts'
import type { Subnet } from '../../../control/floating-ip/subnet.ts'
import { formatIpAddress, parseIpAddress } from '../../../rib/model/ip-address.ts'
import { parsePrefix } from '../../../rib/model/route-key.ts'

export function subnet(cidr: string, gateway?: string, dnsServer?: string): Subnet {
  const server = (text: string | undefined) => (text === 'none' ? text : text && parseIpAddress(text))
  return makeSubnet(parsePrefix(cidr)!, server(gateway) || undefined, server(dnsServer) || undefined)
}

export function pool(
  key: string,
  cidrs: readonly string[],
  options: { network?: string; ranges?: string[] } = {},
): DesiredPool {
  return {
    key,
    network: options.network ?? 'p/public',
    subnets: cidrs.map((cidr) => subnet(cidr)),
    ranges: options.ranges?.map((range) => {
      const [first, last] = range.split('-').map((text) => parseIpAddress(text)!)
      return { first: first!, last: last! }
    }),
  }
}

export function floatingIp(
  name: string,
  options: { pool?: string; address?: string; family?: 'inet' | 'inet6'; ports?: string[] } = {},
): DesiredFloatingIp {
  return {
    key: `p/${name}`,
    name,
    namespace: 'p',
    pool: options.pool ?? 'p/pool',
    address: options.address === undefined ? undefined : parseIpAddress(options.address)!,
    family: options.family,
    ports: (options.ports ?? []).map((port) => `p/${port}`),
  }
}

export function port(
  name: string,
  addresses: readonly string[],
  options: { network?: string; node?: string } = {},
): DesiredPort {
  return {
    key: `p/${name}`,
    name,
    namespace: 'p',
    network: options.network ?? 'p/blue',
    addresses: addresses.map((text) => parseIpAddress(text)!),
    node: options.node,
  }
}

export function node(name: string, from = 1000, to = 1999): DesiredNode {
  return { name, address: parseIpAddress('192.0.2.21')!, labels: { from, to }, encapsulations: ['gre'] }
}

/** Addresses by floating IP name, and reasons of refusals. */
export function outcome({ allocations, refusals }: AllocationResult): Record<string, string> {
  return Object.fromEntries([
    ...[...allocations].map(([key, { address }]) => [key.slice(2), formatIpAddress(address)] as const),
    ...[...refusals].map(([key, { reason }]) => [key.slice(2), reason] as const),
  ])
}
