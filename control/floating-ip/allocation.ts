/**
 * Which floating IP has which address (pure). Nobody's address ever moves while it may stay: first every earlier
 * allocation that is still right is kept, then explicit requests are served, then automatic ones, each in the order of
 * their names, so that the order of documents does not matter.
 *
 *   refused:  PoolNotFound  PoolExhausted  AddressTaken  AddressReserved  AddressOutsidePool
 *
 * Addresses belong to the network, not to the pool: two pools of one network never give out the same one, and neither
 * gives out the address of a port of that network.
 */
import { addressValue, octetsOf } from '../config/address-range.ts'
import type { DesiredFloatingIp, DesiredPool, DesiredPort } from '../config/desired.ts'
import { formatIpAddress, sameOctets } from '../../rib/model/ip-address.ts'
import type { IpAddress } from '../../rib/model/ip-address.ts'
import { isInSubnet } from './subnet.ts'
import type { Subnet } from './subnet.ts'

export interface Allocation {
  /** Key of the network whose address it is. */
  readonly network: string
  readonly address: IpAddress
}

/** Floating IP key → its address. */
export type Allocations = ReadonlyMap<string, Allocation>

export type RefusalReason =
  'PoolNotFound' | 'PoolExhausted' | 'AddressTaken' | 'AddressReserved' | 'AddressOutsidePool'

export interface AllocationRefusal {
  readonly reason: RefusalReason
  readonly message: string
}

export interface AllocationResult {
  readonly allocations: Allocations
  /** Floating IP key → why it has no address. */
  readonly refusals: ReadonlyMap<string, AllocationRefusal>
}

export interface AllocationRequest {
  readonly pools: readonly DesiredPool[]
  readonly floatingIps: readonly DesiredFloatingIp[]
  readonly ports: readonly DesiredPort[]
  readonly existing: Allocations
}

export function allocateFloatingIps(request: AllocationRequest): AllocationResult {
  const round = new AllocationRound(request)
  const byKey = [...request.floatingIps].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  for (const floatingIp of byKey) round.keep(floatingIp)
  for (const floatingIp of byKey) if (floatingIp.address) round.give(floatingIp, floatingIp.address)
  for (const floatingIp of byKey) if (!floatingIp.address) round.giveAny(floatingIp)
  return { allocations: round.allocations, refusals: round.refusals }
}

class AllocationRound {
  readonly allocations = new Map<string, Allocation>()
  readonly refusals = new Map<string, AllocationRefusal>()
  readonly #pools: ReadonlyMap<string, DesiredPool>
  readonly #existing: Allocations
  /** Network and address → who has it. */
  readonly #holders = new Map<string, string>()
  /** What is left of a pool to look at, from the top. Addresses only get taken within a round, so nothing is missed. */
  readonly #candidates = new Map<string, Iterator<IpAddress>>()

  constructor({ pools, ports, existing }: AllocationRequest) {
    this.#pools = new Map(pools.map((pool) => [pool.key, pool]))
    this.#existing = existing
    for (const port of ports) {
      for (const address of port.addresses) {
        this.#holders.set(holderKey(port.network, address), `port ${port.key}`)
      }
    }
  }

  keep(floatingIp: DesiredFloatingIp): void {
    const earlier = this.#existing.get(floatingIp.key)
    const pool = this.#pools.get(floatingIp.pool)
    if (!earlier || !pool || earlier.network !== pool.network) return
    const { address } = earlier
    if (
      floatingIp.address ? !sameOctets(floatingIp.address, address) : !hasFamily(address, floatingIp.family)
    )
      return
    if (this.#whyNot(pool, address) === undefined) this.#take(floatingIp, pool, address)
  }

  give(floatingIp: DesiredFloatingIp, address: IpAddress): void {
    if (this.allocations.has(floatingIp.key)) return
    const pool = this.#poolOf(floatingIp)
    if (!pool) return
    const refusal = this.#whyNot(pool, address)
    if (refusal) this.refusals.set(floatingIp.key, refusal)
    else this.#take(floatingIp, pool, address)
  }

  giveAny(floatingIp: DesiredFloatingIp): void {
    if (this.allocations.has(floatingIp.key)) return
    const pool = this.#poolOf(floatingIp)
    if (!pool) return
    const octets = wantedOctets(pool, floatingIp.family)
    const key = `${octets} ${pool.key}`
    let candidates = this.#candidates.get(key)
    if (!candidates) this.#candidates.set(key, (candidates = poolAddresses(pool, octets)))
    for (let next = candidates.next(); !next.done; next = candidates.next()) {
      if (this.#holders.has(holderKey(pool.network, next.value))) continue
      this.#take(floatingIp, pool, next.value)
      return
    }
    const family = floatingIp.family === undefined ? '' : ` of family ${floatingIp.family}`
    this.refusals.set(floatingIp.key, {
      reason: 'PoolExhausted',
      message: `pool ${pool.key} has no free address${family}`,
    })
  }

  #poolOf(floatingIp: DesiredFloatingIp): DesiredPool | undefined {
    const pool = this.#pools.get(floatingIp.pool)
    if (!pool) {
      const message = `there is no pool ${floatingIp.pool}`
      this.refusals.set(floatingIp.key, { reason: 'PoolNotFound', message })
    }
    return pool
  }

  #whyNot(pool: DesiredPool, address: IpAddress): AllocationRefusal | undefined {
    const text = formatIpAddress(address)
    const subnet = pool.subnets.find((candidate) => isInSubnet(candidate, address))
    if (!subnet || !isInRanges(pool, address)) {
      return { reason: 'AddressOutsidePool', message: `${text} is outside pool ${pool.key}` }
    }
    const whose = subnet.reserved.get(addressValue(address))
    if (whose !== undefined) {
      return { reason: 'AddressReserved', message: `${text} is the ${whose} of network ${pool.network}` }
    }
    const holder = this.#holders.get(holderKey(pool.network, address))
    return holder === undefined
      ? undefined
      : { reason: 'AddressTaken', message: `${text} is that of ${holder}` }
  }

  #take(floatingIp: DesiredFloatingIp, pool: DesiredPool, address: IpAddress): void {
    this.allocations.set(floatingIp.key, { network: pool.network, address })
    this.#holders.set(holderKey(pool.network, address), `floating IP ${floatingIp.key}`)
  }
}

function holderKey(network: string, address: IpAddress): string {
  return `${network} ${formatIpAddress(address)}`
}

function hasFamily(address: IpAddress, family: 'inet' | 'inet6' | undefined): boolean {
  return family === undefined || address.length === (family === 'inet' ? 4 : 16)
}

/** Octets of the address to look for: IPv4 where the pool has any, unless asked otherwise. */
function wantedOctets(pool: DesiredPool, family: 'inet' | 'inet6' | undefined): number {
  if (family !== undefined) return family === 'inet' ? 4 : 16
  const spans = pool.ranges
    ? pool.ranges.map(({ first }) => first.length)
    : pool.subnets.map(({ octets }) => octets)
  return spans.includes(4) || spans.length === 0 ? 4 : 16
}

function isInRanges(pool: DesiredPool, address: IpAddress): boolean {
  if (!pool.ranges) return true
  const value = addressValue(address)
  return pool.ranges.some(
    ({ first, last }) =>
      first.length === address.length && value >= addressValue(first) && value <= addressValue(last),
  )
}

/** Addresses of a pool that are nobody's by rule, range by range (or subnet by subnet), each from the top. */
function* poolAddresses(pool: DesiredPool, octets: number): Generator<IpAddress, undefined> {
  const spans = pool.ranges
    ? pool.ranges
        .filter(({ first }) => first.length === octets)
        .map(({ first, last }) => [addressValue(first), addressValue(last)] as const)
    : pool.subnets
        .filter((subnet) => subnet.octets === octets)
        .map(({ first, last }) => [first, last] as const)
  for (const [first, last] of spans) {
    for (let value = last; value >= first; value--) {
      if (!isReserved(pool.subnets, octets, value)) yield octetsOf(value, octets)
    }
  }
  return undefined
}

function isReserved(subnets: readonly Subnet[], octets: number, value: bigint): boolean {
  return subnets.some((subnet) => subnet.octets === octets && subnet.reserved.has(value))
}
