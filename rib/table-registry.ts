/** The tables of a RIB by name, number and, for those outside any VRF, by family. */
import { Family } from './model/family.ts'
import type { RoutingInstance } from './routing-instance.ts'
import { Table } from './table.ts'
import type { TableContext } from './table.ts'

const masterNames: readonly (readonly [Family, string])[] = [
  [Family.inet, 'inet.0'],
  [Family.inet6, 'inet6.0'],
  [Family.inetVpn, 'bgp.l3vpn.0'],
  [Family.inet6Vpn, 'bgp.l3vpn-inet6.0'],
  [Family.routeTarget, 'bgp.rtarget.0'],
]

export class TableRegistry {
  readonly #context: TableContext
  readonly #byId: (Table | undefined)[] = []
  readonly #freeIds: number[] = []
  readonly #byName = new Map<string, Table>()
  readonly #masters = new Map<Family, Table>()

  constructor(context: TableContext) {
    this.#context = context
    for (const [family, name] of masterNames) this.#masters.set(family, this.make(name, family, undefined))
  }

  make(name: string, family: Family, instance: RoutingInstance | undefined): Table {
    const id = this.#freeIds.pop() ?? this.#byId.length
    const table = new Table(id, name, family, this.#context, instance)
    this.#byId[id] = table
    this.#byName.set(name, table)
    return table
  }

  /** Forgets an empty table; its number may be given to another. */
  drop(table: Table): void {
    this.#byId[table.id] = undefined
    this.#freeIds.push(table.id)
    this.#byName.delete(table.name)
  }

  master(family: Family): Table | undefined {
    return this.#masters.get(family)
  }

  named(name: string): Table | undefined {
    return this.#byName.get(name)
  }

  byId(id: number): Table | undefined {
    return this.#byId[id]
  }

  all(): Iterable<Table> {
    return this.#byName.values()
  }
}
