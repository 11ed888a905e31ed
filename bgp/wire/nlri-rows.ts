/**
 * One row per family heddle decodes: how its NLRI is read and written. Families without a row (EVPN)
 * are never offered to a peer, and NLRI of them is left out (RFC 4760 §7).
 */
import { Family } from '../../rib/model/family.ts'
import { decodeInet, decodeInet6, encodeInet, encodeInet6 } from './nlri-inet.ts'
import {
  decodeInet6Labeled,
  decodeInetLabeled,
  encodeInet6Labeled,
  encodeInetLabeled,
} from './nlri-labeled.ts'
import { withPathIds } from './nlri-path-id.ts'
import { decodeRouteTarget, encodeRouteTarget } from './nlri-route-target.ts'
import type { NlriRow } from './nlri-row.ts'
import { decodeInet6Vpn, decodeInetVpn, encodeInet6Vpn, encodeInetVpn } from './nlri-vpn.ts'

const rows: readonly (NlriRow | undefined)[] = rowsByFamily()

function rowsByFamily(): (NlriRow | undefined)[] {
  const table: (NlriRow | undefined)[] = []
  table[Family.inet] = { decode: decodeInet, encode: encodeInet, maxOctets: 5 }
  table[Family.inet6] = { decode: decodeInet6, encode: encodeInet6, maxOctets: 17 }
  table[Family.inetLabeled] = { decode: decodeInetLabeled, encode: encodeInetLabeled, maxOctets: 8 }
  table[Family.inet6Labeled] = { decode: decodeInet6Labeled, encode: encodeInet6Labeled, maxOctets: 20 }
  table[Family.inetVpn] = { decode: decodeInetVpn, encode: encodeInetVpn, maxOctets: 16 }
  table[Family.inet6Vpn] = { decode: decodeInet6Vpn, encode: encodeInet6Vpn, maxOctets: 28 }
  table[Family.routeTarget] = { decode: decodeRouteTarget, encode: encodeRouteTarget, maxOctets: 13 }
  table[Family.evpn] = undefined
  return table
}

const rowsWithPathIds = rows.map((row) => row && withPathIds(row))

/** The family's codec, where negotiated with path identifiers (RFC 7911); undefined when heddle has none. */
export function nlriRow(family: Family, hasPathIds: boolean): NlriRow | undefined {
  return hasPathIds ? rowsWithPathIds[family] : rows[family]
}
