/**
 * What must survive a restart, as a value and as text. Routes do not: peers and agents bring them again.
 *
 *   heddle-state crc32=1c291ca3        the checksum of all that follows
 *   {"version": 1, ...}
 *
 * The checksum is there because half of the damages of a disk leave valid JSON with another address in it.
 */
import { crc32 } from 'node:zlib'
import { noNetworkIndexes } from './config/network-index.ts'
import type { NetworkIndexes } from './config/network-index.ts'
import type { Allocations } from './floating-ip/allocation.ts'
import type { Labels } from './floating-ip/label-allocation.ts'
import { formatIpAddress, parseIpAddress } from '../rib/model/ip-address.ts'
import { MAX_LABEL } from '../rib/model/label.ts'

export interface DaemonState {
  readonly networkIndexes: NetworkIndexes
  readonly allocations: Allocations
  readonly labels: Labels
}

export const emptyState: DaemonState = {
  networkIndexes: noNetworkIndexes,
  allocations: new Map(),
  labels: new Map(),
}

const VERSION = 1
const HEADER = /^heddle-state crc32=([0-9a-f]{8})$/

export function encodeState(state: DaemonState): string {
  const body = `${JSON.stringify(
    {
      version: VERSION,
      networks: {
        next: state.networkIndexes.next,
        indexes: ordered(state.networkIndexes.byVrf, (index) => index),
      },
      floatingIps: ordered(state.allocations, ({ network, address }) => ({
        network,
        address: formatIpAddress(address),
      })),
      labels: ordered(state.labels, ({ next, byPort }) => ({
        next,
        ports: ordered(byPort, (label) => label),
      })),
    },
    undefined,
    1,
  )}\n`
  return `heddle-state crc32=${checksum(body)}\n${body}`
}

/** The state in a text, or what is wrong with it; never throws. */
export function decodeState(text: string): { readonly state: DaemonState } | { readonly fault: string } {
  const end = text.indexOf('\n')
  const header = HEADER.exec(end < 0 ? text : text.slice(0, end))
  if (!header || end < 0) return { fault: 'it does not begin as a state file does' }
  const body = text.slice(end + 1)
  if (checksum(body) !== header[1]) return { fault: 'its checksum does not match' }
  return stateOf(parseJson(body))
}

type Fields<K extends string> = Readonly<Record<K, unknown>>

/** Looked at part by part: the checksum says that it is whole, not that it is ours. */
function stateOf(value: unknown): { readonly state: DaemonState } | { readonly fault: string } {
  const parts = fieldsOf(value, ['version', 'networks', 'floatingIps', 'labels'])
  if (parts?.version !== VERSION) return { fault: `it is no state of version ${VERSION}` }
  const networks = fieldsOf(parts.networks, ['next', 'indexes'])
  const byVrf = networks && mapOf(networks.indexes, (index) => numberOf(index, 1, 0xffff))
  const next = networks && numberOf(networks.next)
  if (!byVrf || next === undefined) return { fault: 'its networks are none' }
  const allocations = mapOf(parts.floatingIps, allocationOf)
  if (!allocations) return { fault: 'its floating IPs are none' }
  const labels = mapOf(parts.labels, labelsOf)
  if (!labels) return { fault: 'its labels are none' }
  return { state: { networkIndexes: { next, byVrf }, allocations, labels } }
}

function allocationOf(value: unknown): ValueOf<Allocations> | undefined {
  const { network, address: text } = fieldsOf(value, ['network', 'address']) ?? {}
  const address = typeof text === 'string' ? parseIpAddress(text) : undefined
  return typeof network === 'string' && address ? { network, address } : undefined
}

function labelsOf(value: unknown): ValueOf<Labels> | undefined {
  const parts = fieldsOf(value, ['next', 'ports'])
  const next = parts && numberOf(parts.next)
  const byPort = parts && mapOf(parts.ports, (label) => numberOf(label, 0, MAX_LABEL))
  return byPort && next !== undefined ? { next, byPort } : undefined
}

type ValueOf<M> = M extends ReadonlyMap<string, infer V> ? V : never

/** The object's fields, when it has these and no others. */
function fieldsOf<K extends string>(value: unknown, names: readonly K[]): Fields<K> | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const isExact =
    Object.keys(value).length === names.length && names.every((name) => Object.hasOwn(value, name))
  return isExact ? (value as Fields<K>) : undefined
}

function mapOf<V>(value: unknown, valueOf: (value: unknown) => V | undefined): Map<string, V> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const map = new Map<string, V>()
  for (const [key, given] of Object.entries(value)) {
    const read = valueOf(given)
    if (read === undefined) return undefined
    map.set(key, read)
  }
  return map
}

function numberOf(value: unknown, least = 0, most = Number.MAX_SAFE_INTEGER): number | undefined {
  return Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most
    ? Number(value)
    : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0')
}

/** Keys in order, so that equal states are equal texts. */
function ordered<V, T>(map: ReadonlyMap<string, V>, valueOf: (value: V) => T): Record<string, T> {
  const keys = [...map.keys()].sort()
  // A null prototype takes every key, `__proto__` too.
  const object = Object.create(null) as Record<string, T>
  for (const key of keys) object[key] = valueOf(map.get(key)!)
  return object
}
