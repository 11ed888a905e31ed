/** A RIB as text, and the invariants that hold between turns. */
import { formatRouteKey } from '../../rib/model/route-key.ts'
import type { Rib } from '../../rib/rib.ts'
import { RowKind } from '../../rib/route-rows.ts'
import type { Table } from '../../rib/table.ts'
import type { AdjPathsOut } from '../../rib/adj-paths-out.ts'
import { attributesKey } from './attr-sets.ts'

export function pathsOf(rib: Rib, table: Table, row: number): number[] {
  const paths: number[] = []
  for (let path = table.routes.firstPath(row); path !== 0; path = rib.paths.next(path)) paths.push(path)
  return paths
}

export function describePath(rib: Rib, path: number): string {
  const { paths } = rib
  const origin = paths.origin(path)
  const from =
    origin === 0 ? 'primary' : `copy of ${rib.tableById(paths.table(origin)).name} ${keyText(rib, origin)}`
  const attrs = Buffer.from(attributesKey(rib.attrs.get(paths.attrs(path))), 'latin1').toString('hex')
  const source = rib.sources.get(paths.source(path)).name
  return `${source}#${paths.pathId(path)} label ${paths.label(path)} flags ${paths.flags(path)} ${from} ${attrs}`
}

function keyText(rib: Rib, path: number): string {
  const table = rib.tableById(rib.paths.table(path))
  return formatRouteKey(table.family, table.rows, rib.paths.route(path) * table.stride)
}

/** All tables, routes and paths in a canonical order: equal dumps mean equal RIBs. */
export function dumpRib(rib: Rib): string[] {
  const lines: string[] = []
  for (const table of rib.tables()) {
    for (let row = 1; row < table.routes.rowCount; row++) {
      if (!table.isRoute(row)) continue
      const key = formatRouteKey(table.family, table.rows, row * table.stride)
      for (const path of pathsOf(rib, table, row))
        lines.push(`${table.name} ${key} ${describePath(rib, path)}`)
    }
  }
  return lines.sort()
}

/** Everything that must hold between turns; throws with what does not. */
export function checkInvariants(rib: Rib): void {
  const references = new Map<number, number>()
  const count = (id: number): void => {
    references.set(id, (references.get(id) ?? 0) + 1)
  }
  let pathCount = 0
  for (const table of rib.tables()) {
    checkList(table)
    pathCount += table.pathCount
    let paths = 0
    for (let row = 1; row < table.routes.rowCount; row++) {
      if (!table.isRoute(row)) continue
      checkOrder(rib, table, row)
      for (const path of pathsOf(rib, table, row)) {
        paths++
        count(rib.paths.attrs(path))
        if (rib.paths.received(path) !== 0) count(rib.paths.received(path))
        if (rib.paths.route(path) !== row || rib.paths.table(path) !== table.id) {
          throw new Error(`path ${path} of ${table.name} says it is elsewhere`)
        }
        checkCopies(rib, path)
      }
    }
    if (paths !== table.pathCount)
      throw new Error(`${table.name} counts ${table.pathCount} paths, has ${paths}`)
    for (const group of rib.groups(table)) {
      for (const want of group.paths?.out.wants() ?? []) count(want)
      if (group.paths) checkPathsOut(table, group.paths.out)
      for (let row = 0; row < group.out.rowCount; row++) {
        const want = group.out.want(row)
        if (want > 0) count(want)
      }
    }
  }
  if (pathCount !== rib.paths.count)
    throw new Error(`${rib.paths.count} paths stored, ${pathCount} in tables`)
  for (const [id, expected] of references) {
    const held = rib.attrs.references(id)
    // Next-hop sets hold references too, so agents' groups may only add to it.
    if (held < expected) throw new Error(`attribute set ${id}: ${expected} users, ${held} references`)
    if (rib.nextHopSets.count === 0 && held !== expected) {
      throw new Error(`attribute set ${id}: ${expected} users, ${held} references`)
    }
  }
}

/** Paths stand as the decision process puts them, whatever order they came in. */
function checkOrder(rib: Rib, table: Table, row: number): void {
  const paths = pathsOf(rib, table, row)
  const again = Int32Array.from([...paths].reverse())
  const equalCost = paths.length === 0 ? 0 : rib.decision.order(again, again.length)
  const where = `${table.name} row ${row}`
  if (again.join() !== paths.join())
    throw new Error(`${where}: order ${paths.join()}, should be ${again.join()}`)
  if (equalCost !== table.routes.equalCostCount(row))
    throw new Error(`${where}: equal-cost set of another size`)
}

function checkCopies(rib: Rib, path: number): void {
  const { paths } = rib
  if (paths.origin(path) !== 0) {
    if (paths.origin(paths.origin(path)) !== 0) throw new Error(`path ${path} is a copy of a copy`)
    return
  }
  for (let copy = paths.copies(path); copy !== 0; copy = paths.copies(copy)) {
    if (paths.origin(copy) !== path) throw new Error(`copy ${copy} does not name ${path}`)
  }
}

/** Entries stand by identifier, and none is kept of which nothing is wanted and nobody has anything. */
function checkPathsOut(table: Table, out: AdjPathsOut): void {
  for (let row = 1; row < out.rowCount; row++) {
    let last = 0
    for (let entry = out.first(row); entry !== 0; entry = out.next(entry)) {
      const pathId = out.pathId(entry)
      if (pathId <= last) throw new Error(`${table.name} row ${row}: path ${pathId} behind ${last}`)
      last = pathId
      const isHeld = Array.from({ length: 32 }, (_, member) => out.holds(entry, member)).some(Boolean)
      if (out.want(entry) === 0 && !isHeld) throw new Error(`${table.name} row ${row}: nothing of ${pathId}`)
    }
  }
}

/** Every route is linked exactly once, links agree both ways, and every marker is in the list. */
function checkList(table: Table): void {
  const { changes, routes } = table
  const seen = new Set<number>()
  let previous = 0
  for (let row = changes.next(0); row !== 0; row = changes.next(row)) {
    if (seen.has(row)) throw new Error(`${table.name}: row ${row} is twice in the change list`)
    seen.add(row)
    if (changes.previous(row) !== previous) throw new Error(`${table.name}: row ${row} links back wrongly`)
    previous = row
  }
  for (let row = 1; row < routes.rowCount; row++) {
    if ((routes.kind(row) !== RowKind.free) !== seen.has(row)) {
      throw new Error(`${table.name}: row ${row} of kind ${routes.kind(row)} linked: ${seen.has(row)}`)
    }
  }
}
