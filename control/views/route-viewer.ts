/**
 * Reads routes out of the RIB as views. What depends on the attribute set alone is worked out once per set and kept
 * until `forget`, which the caller calls whenever it lets other work run: sets may be collected then.
 */
import { decisionReason } from '../../rib/best-path.ts'
import type { PathFacts } from '../../rib/best-path.ts'
import type { AttrSet } from '../../rib/model/attr-set.ts'
import { Family } from '../../rib/model/family.ts'
import { formatIpAddress } from '../../rib/model/ip-address.ts'
import type { PathSource } from '../../rib/path-source.ts'
import type { Rib } from '../../rib/rib.ts'
import type { Table } from '../../rib/table.ts'
import type { RouteNode } from '../api/control-node.ts'
import { attributesView, flagsView, infeasibleReason, keyView, sourceKindName } from './route-view.ts'
import type { AttributeNames, AttributesView, PathView, RouteView } from './route-view.ts'

/** Decides which paths of a route are shown. */
export type PathTest = (attrs: AttrSet, source: PathSource) => boolean

export class RouteViewer {
  readonly #node: RouteNode
  readonly #rib: Rib
  readonly #names: AttributeNames
  readonly #attributes = new Map<AttrSet, AttributesView>()
  #networks: ReadonlyMap<number, string> | undefined
  #nodes: ReadonlyMap<string, string> | undefined

  constructor(node: RouteNode) {
    this.#node = node
    this.#rib = node.rib
    this.#names = {
      nodeName: (address) => (this.#nodes ??= this.#node.nodeNames()).get(address),
      networkName: (asn, index) => this.#networkName(asn, index),
    }
  }

  forget(): void {
    this.#attributes.clear()
    this.#networks = undefined
    this.#nodes = undefined
  }

  /** True when the row is a route with a path that passes. */
  hasPath(table: Table, row: number, test: PathTest): boolean {
    const { paths, attrs, sources } = this.#rib
    if (!table.isRoute(row)) return false
    for (let path = table.routes.firstPath(row); path !== 0; path = paths.next(path)) {
      if (test(attrs.get(paths.attrs(path)), sources.get(paths.source(path)))) return true
    }
    return false
  }

  /** The route at a row with the paths that pass; undefined when there are none. */
  view(table: Table, row: number, test: PathTest): RouteView | undefined {
    if (!table.isRoute(row)) return undefined
    const shown: PathView[] = []
    const best = table.routes.firstPath(row)
    const equalCost = table.routes.equalCostCount(row)
    let rank = 0
    for (let path = best; path !== 0; path = this.#rib.paths.next(path), rank++) {
      const facts = this.#facts(path)
      if (!test(facts.attrs, facts.source)) continue
      const isBest = rank === 0 && equalCost > 0
      shown.push({
        best: isBest,
        ecmp: rank < equalCost && equalCost > 1,
        ...(!isBest && equalCost > 0 && { reason: decisionReason(this.#facts(best), facts) }),
        ...this.#path(table, path, facts),
      })
    }
    if (shown.length === 0) return undefined
    return { table: table.name, ...keyView(table.family, table.rows, row * table.stride), paths: shown }
  }

  #path(table: Table, path: number, facts: PathFacts): Omit<PathView, 'best' | 'ecmp' | 'reason'> {
    const { paths } = this.#rib
    const { source, flags, pathId } = facts
    const decided = this.#rib.policies.decidedOn(table, path)
    const infeasible = infeasibleReason(flags, decided)
    const origin = paths.origin(path)
    const copies = this.#copyTables(origin === 0 ? path : origin).filter((name) => name !== table.name)
    return {
      ...(infeasible !== undefined && { infeasible }),
      ...(decided && { importedBy: decided }),
      source: {
        kind: sourceKindName(source.kind),
        name: source.name,
        ...(source.address.length > 0 && { address: formatIpAddress(source.address) }),
      },
      ...this.#attributesOf(facts.attrs),
      ...(hasLabel(table) && { label: paths.label(path) }),
      // 32 bits without sign on the wire (RFC 7911 §3).
      ...(pathId !== 0 && { pathId: pathId >>> 0 }),
      flags: flagsView(flags),
      ...(origin !== 0 && { primaryTable: this.#rib.tableById(paths.table(origin)).name }),
      ...(copies.length > 0 && { secondaryTables: copies }),
    }
  }

  #facts(path: number): PathFacts {
    const { paths, attrs, sources } = this.#rib
    return {
      attrs: attrs.get(paths.attrs(path)),
      source: sources.get(paths.source(path)),
      flags: paths.flags(path),
      pathId: paths.pathId(path),
    }
  }

  #copyTables(primary: number): string[] {
    const { paths } = this.#rib
    const names: string[] = []
    for (let copy = paths.copies(primary); copy !== 0; copy = paths.copies(copy)) {
      names.push(this.#rib.tableById(paths.table(copy)).name)
    }
    return names
  }

  #attributesOf(attrs: AttrSet): AttributesView {
    let view = this.#attributes.get(attrs)
    if (!view) {
      view = attributesView(attrs, this.#names)
      this.#attributes.set(attrs, view)
    }
    return view
  }

  #networkName(asn: number, index: number): string | undefined {
    if (asn !== this.#rib.options.localAs) return undefined
    this.#networks ??= new Map(
      [...this.#rib.instances()].map(({ config }) => [config.vnIndex, config.virtualNetwork]),
    )
    return this.#networks.get(index)
  }
}

/** inet.0 and inet6.0 of the node itself hold routes without labels. */
function hasLabel(table: Table): boolean {
  if (table.family === Family.routeTarget) return false
  return table.instance !== undefined || (table.family !== Family.inet && table.family !== Family.inet6)
}
