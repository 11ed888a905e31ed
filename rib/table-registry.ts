/** The tables of a RIB by number, and those outside any VRF by name and family. */
import { Family } from './model/family.ts'
import type { RoutingInstance } from './routing-instance.ts'
import { Table } from './table.ts'
import type { TableContext } from './table.ts'

const masterNames: readonly (readonly [Family, string])[] = [
  [Family.inet, 'inet.0'],
  [Family.inet6, 'inet6.0'],
  [Family.inetLabeled, 'inet.3'],
  [Family.inet6Labeled, 'inet6.3'],
  [Family.inetVpn, 'bgp.l3vpn.0'],
  [Family.inet6Vpn, 'bgp.l3vpn-inet6.0'],
  [Family.routeTarget, 'bgp.rtarget.0'],
]

export class TableRegistry {
  readonly #context: TableContext
  readonly #byId: (Table | undefined)[] = []
  readonly #freeIds: number[] = []
  readonly #masters = new Map<Family, Table>()

  constructor(context: TableContext) {
    this.#context = context
    for (const [family, name] of masterNames) this.#masters.set(family, this.make(family, name))
  }

  make(family: Family, place: RoutingInstance | string): Table {
    const id = this.#freeIds.pop() ?? this.#byId.length
    const table = new Table(id, family, this.#context, place)
    this.#byId[id] = table
    return table
  }

  /** Forgets an empty table; its number may be given to another. */
  drop(table: Table): void {
    this.#byId[table.id] = undefined
    this.#freeIds.push(table.id)
  }

  master(family: Family): Table | undefined {
    return this.#masters.get(family)
  }

  masterNamed(name: string): Table | undefined {
    const found = masterNames.find(([, known]) => known === name)
    return found && this.#masters.get(found[0])
  }

  byId(id: number): Table | undefined {
    return this.#byId[id]
  }

  all(): Iterable<Table> {
    return this.#byId.filter((table) => table !== undefined)
  }
}
