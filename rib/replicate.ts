/**
 * Pure: which copies a primary path should have (control-node reference 2a).
 *
 *   VRF table       path's targets ∪ export targets  →  the VPN table, and every other VRF table that imports one
 *   VPN table       path's targets                   →  every VRF table that imports one
 *
 * A copy's attributes are the path's own, with the exporter's targets and origin virtual network added on the way out
 * of a VRF. Policies of the exporting VRF (rib/replicator.ts) may change or reject them after that. Copies are never copied again: the caller asks for primary paths only.
 */
import type { AttrTable } from './attr-table.ts'
import type { ImportIndex } from './import-index.ts'
import type { AttrSet } from './model/attr-set.ts'
import { extCommunities, extCommunityPairs, originVnCommunity, originVnOf } from './model/ext-community.ts'
import type { Family } from './model/family.ts'
import { routeTargetHigh, routeTargetLow } from './model/route-target.ts'
import type { RoutingInstance } from './routing-instance.ts'
import type { Table } from './table.ts'

/** Where copies go and the attributes they carry. */
export interface WantedCopies {
  readonly attrs: AttrSet
  /** The VPN table is among them only when the path comes from a VRF. */
  readonly tables: readonly Table[]
}

export interface ReplicationContext {
  readonly attrs: AttrTable
  readonly imports: ImportIndex
  readonly localAs: number
}

/** Copies wanted of a path with these attributes in `table`; the VPN table is that of the table's family. */
export function wantedCopies(
  context: ReplicationContext,
  table: Table,
  unicast: Family,
  attrs: AttrSet,
  vpnTable: Table,
): WantedCopies {
  const { instance } = table
  if (!instance) return { attrs, tables: context.imports.tables(attrs.routeTargets, unicast, table) }
  const exported = exportedAttributes(context, instance, attrs)
  return copiesOutside(context, table, unicast, exported, vpnTable)
}

/** Where a VRF's path goes in the attributes that it has outside the VRF: nowhere without a target. */
export function copiesOutside(
  context: ReplicationContext,
  table: Table,
  unicast: Family,
  exported: AttrSet,
  vpnTable: Table,
): WantedCopies {
  if (exported.routeTargets.length === 0) return { attrs: exported, tables: [] }
  return {
    attrs: exported,
    tables: [vpnTable, ...context.imports.tables(exported.routeTargets, unicast, table)],
  }
}

/** The attributes of a VRF's path outside the VRF: export targets and, where none is there, the origin network. */
export function exportedAttributes(
  context: ReplicationContext,
  instance: RoutingInstance,
  attrs: AttrSet,
): AttrSet {
  if (instance.exportTargets.length === 0 && attrs.routeTargets.length === 0) return attrs
  const pairs = extCommunityPairs(attrs.extCommunities)
  for (const target of instance.exportTargets) pairs.push([routeTargetHigh(target), routeTargetLow(target)])
  if (!originVnOf(attrs.extCommunities) && instance.config.vnIndex > 0) {
    pairs.push(originVnCommunity(context.localAs, instance.config.vnIndex))
  }
  return context.attrs.intern({ ...attrs.plain(), extCommunities: extCommunities(pairs) })
}
