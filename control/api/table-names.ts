/**
 * Which tables an operator means: a table's name, a family in any spelling of the field, a VRF's full name, or the short
 * name of its network where only one VRF has it. `public.inet.0` is a table of the VRF that `public` means.
 */
import { familyName, parseFamily } from '../../rib/model/family.ts'
import type { Family } from '../../rib/model/family.ts'
import type { Rib } from '../../rib/rib.ts'
import type { RoutingInstance } from '../../rib/routing-instance.ts'
import type { Table } from '../../rib/table.ts'
import { ApiError } from './api-error.ts'

/** How a request names tables; all absent means every table. */
export interface TableSelection {
  /** Any of the kinds of name above. */
  readonly table?: string | undefined
  /** A VRF: its tables, narrowed by the family when there is one. */
  readonly vrf?: string | undefined
  readonly family?: string | undefined
}

export function selectTables(rib: Rib, selection: TableSelection): Table[] {
  const family = selection.family === undefined ? undefined : familyNamed(selection.family)
  if (selection.vrf !== undefined) {
    return tablesOf(instanceNamed(rib, selection.vrf)).filter(
      (table) => family === undefined || table.family === family,
    )
  }
  if (selection.table !== undefined) {
    return tablesNamed(rib, selection.table).filter(
      (table) => family === undefined || table.family === family,
    )
  }
  return family === undefined ? [...rib.tables()] : masterTables(rib, family)
}

function tablesNamed(rib: Rib, name: string): Table[] {
  const exact = rib.tableNamed(name)
  if (exact) return [exact]
  const family = parseFamily(name)
  if (family !== undefined) return masterTables(rib, family)
  const ofInstance = /^(.+)\.(inet6?)\.0$/.exec(name)
  if (!ofInstance) return tablesOf(instanceNamed(rib, name))
  return tablesOf(instanceNamed(rib, ofInstance[1]!)).filter(
    (table) => familyName(table.family) === ofInstance[2],
  )
}

function masterTables(rib: Rib, family: Family): Table[] {
  const table = rib.master(family)
  if (table) return [table]
  throw new ApiError(404, 'unknown-table', `heddle keeps no table for ${familyName(family)}`)
}

function familyNamed(name: string): Family {
  const family = parseFamily(name)
  if (family !== undefined) return family
  throw new ApiError(
    400,
    'unknown-family',
    `${JSON.stringify(name)} is no address family`,
    'Families: inet, inet6, inet-vpn (vpnv4), inet6-vpn (vpnv6), route-target (rtc).',
  )
}

function tablesOf(instance: RoutingInstance): Table[] {
  return [instance.inet, instance.inet6]
}

/** The VRF of a full name, or of a network's short name where that is unambiguous. */
export function instanceNamed(rib: Rib, name: string): RoutingInstance {
  const exact = rib.instance(name)
  if (exact) return exact
  const candidates = [...rib.instances()].filter((instance) => shortNamesOf(instance.name).includes(name))
  if (candidates.length === 1) return candidates[0]!
  if (candidates.length > 1) {
    throw new ApiError(
      409,
      'ambiguous-name',
      `${JSON.stringify(name)} is the name of ${candidates.length} VRFs`,
      `Name one in full: ${listed(candidates.map((instance) => instance.name))}.`,
    )
  }
  throw new ApiError(
    404,
    'unknown-table',
    `no table, VRF or address family is named ${JSON.stringify(name)}`,
    'Names: `heddle show tables` and `heddle show vrfs`.',
  )
}

/** `domain:project:network:network` answers to `network`, `project:network` and `domain:project:network`. */
function shortNamesOf(vrf: string): string[] {
  const parts = vrf.split(':')
  if (parts.length !== 4) return []
  return [2, 1, 0].map((from) => parts.slice(from, 3).join(':'))
}

/** The fewest words that name each VRF among all of them: for completion. */
export function shortestNames(rib: Rib): Map<RoutingInstance, string> {
  const uses = new Map<string, number>()
  for (const { name } of rib.instances())
    for (const short of shortNamesOf(name)) uses.set(short, (uses.get(short) ?? 0) + 1)
  const isFree = (name: string): boolean =>
    uses.get(name) === 1 && rib.tableNamed(name) === undefined && parseFamily(name) === undefined
  return new Map(
    [...rib.instances()].map((instance) => [
      instance,
      shortNamesOf(instance.name).find(isFree) ?? instance.name,
    ]),
  )
}

function listed(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(', ')}, …` : names.join(', ')
}
