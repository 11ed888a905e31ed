/**
 * One row per family heddle decodes: how its NLRI is read and written. Families without a row (labeled unicast, EVPN)
 * are never offered to a peer, and NLRI of them is left out (RFC 4760 §7).
 */
import { Family } from '../../rib/model/family.ts'
import type { NlriCursor } from './nlri-cursor.ts'
import { decodeInet, decodeInet6, encodeInet, encodeInet6 } from './nlri-inet.ts'
import { decodeRouteTarget, encodeRouteTarget } from './nlri-route-target.ts'
import type { NlriRun } from './nlri-run.ts'
import { decodeInet6Vpn, decodeInetVpn, encodeInet6Vpn, encodeInetVpn } from './nlri-vpn.ts'

export interface NlriRow {
  /** Decodes [start, end) into the run; false when the field is malformed. */
  readonly decode: (octets: Uint8Array, start: number, end: number, run: NlriRun) => boolean
  /** Writes routes from the cursor while they fit below `limit`; returns the offset behind the last. */
  readonly encode: (octets: Uint8Array, at: number, limit: number, cursor: NlriCursor) => number
  /** Octets of the longest NLRI. */
  readonly maxOctets: number
}

const rows: readonly (NlriRow | undefined)[] = rowsByFamily()

function rowsByFamily(): (NlriRow | undefined)[] {
  const table: (NlriRow | undefined)[] = []
  table[Family.inet] = { decode: decodeInet, encode: encodeInet, maxOctets: 5 }
  table[Family.inet6] = { decode: decodeInet6, encode: encodeInet6, maxOctets: 17 }
  table[Family.inetLabeled] = undefined
  table[Family.inet6Labeled] = undefined
  table[Family.inetVpn] = { decode: decodeInetVpn, encode: encodeInetVpn, maxOctets: 16 }
  table[Family.inet6Vpn] = { decode: decodeInet6Vpn, encode: encodeInet6Vpn, maxOctets: 28 }
  table[Family.routeTarget] = { decode: decodeRouteTarget, encode: encodeRouteTarget, maxOctets: 13 }
  table[Family.evpn] = undefined
  return table
}

/** The family's codec, or undefined when heddle has none. */
export function nlriRow(family: Family): NlriRow | undefined {
  return rows[family]
}
