/**
 * Route target → tables of the VRFs that import it, per unicast family. Written by configuration, read when a path's
 * copies are decided.
 */
import type { Family } from './model/family.ts'
import type { RouteTarget } from './model/route-target.ts'
import type { RoutingInstance } from './routing-instance.ts'
import type { Table } from './table.ts'

export class ImportIndex {
  /** A target of one VRF alone, as most are, needs no set. */
  readonly #importers = new Map<RouteTarget, RoutingInstance | Set<RoutingInstance>>()

  add(target: RouteTarget, instance: RoutingInstance): void {
    const importers = this.#importers.get(target)
    if (importers instanceof Set) importers.add(instance)
    else if (importers === undefined) this.#importers.set(target, instance)
    else if (importers !== instance) this.#importers.set(target, new Set([importers, instance]))
  }

  remove(target: RouteTarget, instance: RoutingInstance): void {
    const importers = this.#importers.get(target)
    if (importers instanceof Set) importers.delete(instance)
    if (importers === instance || (importers instanceof Set && importers.size === 0)) {
      this.#importers.delete(target)
    }
  }

  /** Tables of the family that import at least one of the targets, each once, `except` left out. */
  tables(targets: Iterable<RouteTarget>, family: Family, except: Table | undefined): Table[] {
    const found = new Set<Table>()
    for (const target of targets) {
      for (const instance of this.importers(target)) {
        const table = instance.table(family)
        if (table && table !== except) found.add(table)
      }
    }
    return [...found]
  }

  importers(target: RouteTarget): Iterable<RoutingInstance> {
    const importers = this.#importers.get(target)
    return importers === undefined ? [] : importers instanceof Set ? importers : [importers]
  }

  get isEmpty(): boolean {
    return this.#importers.size === 0
  }
}
