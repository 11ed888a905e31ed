/** A table as JSON: its size. */
import { familyName } from '../../rib/model/family.ts'
import type { Table } from '../../rib/table.ts'

export interface TableView {
  readonly name: string
  readonly family: string
  readonly vrf?: string
  readonly routes: number
  readonly paths: number
}

export function tableView(table: Table): TableView {
  return {
    name: table.name,
    family: familyName(table.family),
    ...(table.instance && { vrf: table.instance.name }),
    routes: table.routeCount,
    paths: table.pathCount,
  }
}
