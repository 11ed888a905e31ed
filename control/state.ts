/**
 * What must survive a restart, as a value and as text. Routes do not: peers and agents bring them again.
 *
 *   heddle-state crc32=1c291ca3        the checksum of all that follows
 *   {"version": 1, ...}
 *
 * The checksum is there because half of the damages of a disk leave valid JSON with another address in it.
 */
import { crc32 } from 'node:zlib'
import * as z from 'zod'
import { parseAddress } from './config/address.ts'
import { noNetworkIndexes } from './config/network-index.ts'
import type { NetworkIndexes } from './config/network-index.ts'
import { read } from './config/scalar-schema.ts'
import type { Allocations } from './floating-ip/allocation.ts'
import type { Labels } from './floating-ip/label-allocation.ts'
import { formatIpAddress } from '../rib/model/ip-address.ts'
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

const number = z.number().int().min(0)
const schema = z.strictObject({
  version: z.literal(VERSION),
  networks: z.strictObject({ next: number, indexes: z.record(z.string(), number.min(1).max(0xffff)) }),
  floatingIps: z.record(
    z.string(),
    z.strictObject({ network: z.string(), address: read(z.string(), parseAddress) }),
  ),
  labels: z.record(
    z.string(),
    z.strictObject({ next: number, ports: z.record(z.string(), number.max(MAX_LABEL)) }),
  ),
})

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
  const parsed = schema.safeParse(parseJson(body))
  if (!parsed.success) return { fault: z.prettifyError(parsed.error).split('\n', 1)[0]! }
  const { networks, floatingIps, labels } = parsed.data
  return {
    state: {
      networkIndexes: { next: networks.next, byVrf: new Map(Object.entries(networks.indexes)) },
      allocations: new Map(Object.entries(floatingIps)),
      labels: new Map(
        Object.entries(labels).map(([node, { next, ports }]) => [
          node,
          { next, byPort: new Map(Object.entries(ports)) },
        ]),
      ),
    },
  }
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
