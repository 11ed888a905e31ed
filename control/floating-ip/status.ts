/**
 * How a floating IP stands, and what is in its way: the first link that is missing on
 *
 *   pool → address → port → label (or an agent that reports it) → path in the VRF of the pool's network
 */
import type { Desired, DesiredFloatingIp } from '../config/desired.ts'
import { formatIpAddress } from '../../rib/model/ip-address.ts'
import type { IpAddress } from '../../rib/model/ip-address.ts'
import type { AllocationResult, RefusalReason } from './allocation.ts'
import { translates } from './local-path.ts'
import type { LabelResult } from './label-allocation.ts'

export type FloatingIpReason =
  RefusalReason | 'Unassociated' | 'NoPath' | 'LabelsExhausted' | 'FamilyMismatch'

export interface FloatingIpPort {
  /** `namespace/name`. */
  readonly name: string
  readonly node?: string
  readonly nextHop?: string
  readonly label?: number
}

export interface FloatingIpStatus {
  /** `namespace/name`. */
  readonly name: string
  readonly address?: string
  readonly pool: string
  readonly network?: string
  readonly vrf?: string
  readonly ports: readonly FloatingIpPort[]
  readonly state: 'advertised' | 'allocated' | 'failed'
  readonly reason?: FloatingIpReason
  readonly problem?: string
}

export interface StatusContext {
  readonly desired: Desired
  readonly allocation: AllocationResult
  readonly labels: LabelResult
  /** An agent has published the address in the VRF. */
  readonly hasAgentPath: (vrf: string, address: IpAddress) => boolean
}

export function floatingIpStatuses(context: StatusContext): FloatingIpStatus[] {
  const parts = new StatusParts(context)
  return context.desired.floatingIps.map((floatingIp) => parts.statusOf(floatingIp))
}

class StatusParts {
  readonly #context: StatusContext
  readonly #pools
  readonly #networks
  readonly #ports
  readonly #nodes

  constructor(context: StatusContext) {
    const { desired } = context
    this.#context = context
    this.#pools = new Map(desired.pools.map((pool) => [pool.key, pool]))
    this.#networks = new Map(desired.networks.map((network) => [network.key, network]))
    this.#ports = new Map(desired.ports.map((port) => [port.key, port]))
    this.#nodes = new Map(desired.nodes.map((node) => [node.name, node]))
  }

  statusOf(floatingIp: DesiredFloatingIp): FloatingIpStatus {
    const { allocation, hasAgentPath } = this.#context
    const network = this.#networks.get(this.#pools.get(floatingIp.pool)?.network ?? '')
    const base = {
      name: floatingIp.key,
      pool: floatingIp.pool,
      ...(network ? { network: network.key, vrf: network.vrf } : {}),
      ports: floatingIp.ports.map((key) => this.#port(key)),
    }
    const refusal = allocation.refusals.get(floatingIp.key)
    if (refusal) return { ...base, state: 'failed', reason: refusal.reason, problem: refusal.message }
    const address = allocation.allocations.get(floatingIp.key)!.address
    const allocated = { ...base, address: formatIpAddress(address) }
    const isStatic = base.ports.some(
      (port) => port.label !== undefined && translates(this.#ports.get(port.name)!, address),
    )
    if (network && (isStatic || hasAgentPath(network.vrf, address)))
      return { ...allocated, state: 'advertised' }
    return { ...allocated, state: 'allocated', ...this.#whyNot(floatingIp, address) }
  }

  #port(key: string): FloatingIpPort {
    const node = this.#nodes.get(this.#ports.get(key)?.node ?? '')
    if (!node) return { name: key }
    const label = this.#context.labels.labels.get(node.name)?.byPort.get(key)
    return {
      name: key,
      node: node.name,
      nextHop: formatIpAddress(node.address),
      ...(label === undefined ? {} : { label }),
    }
  }

  #whyNot(floatingIp: DesiredFloatingIp, address: IpAddress): { reason: FloatingIpReason; problem: string } {
    const text = formatIpAddress(address)
    const [first] = floatingIp.ports
    if (first === undefined) {
      return { reason: 'Unassociated', problem: `${text} is reserved, but no port is behind it` }
    }
    const full = floatingIp.ports.find((key) => this.#context.labels.refused.has(key))
    if (full !== undefined) {
      const node = this.#ports.get(full)!.node!
      return { reason: 'LabelsExhausted', problem: `node ${node} has no label left for port ${full}` }
    }
    const port = this.#ports.get(first)
    if (port && !translates(port, address)) {
      return { reason: 'FamilyMismatch', problem: `port ${first} has no address of the family of ${text}` }
    }
    return {
      reason: 'NoPath',
      problem: `port ${first} sits on no ComputeNode, and no agent reports ${text}`,
    }
  }
}
