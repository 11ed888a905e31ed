/**
 * The last word of the decision process: copies of one source's paths under one prefix differ only in where they come
 * from, so they are ordered by that, table first, then key (which holds the RD). Without it the order of paths would
 * depend on which copy came first.
 */
import type { PathStore } from './path-store.ts'
import type { TableRegistry } from './table-registry.ts'

export function compareOrigins(paths: PathStore, tables: TableRegistry, a: number, b: number): number {
  const x = paths.origin(a)
  const y = paths.origin(b)
  if (x === 0 || y === 0) return x - y
  const byTable = paths.table(x) - paths.table(y)
  if (byTable !== 0) return byTable
  const table = tables.byId(paths.table(x))!
  const atX = paths.route(x) * table.stride
  const atY = paths.route(y) * table.stride
  for (let i = 0; i < table.keyWords; i++) {
    const byWord = (table.rows[atX + i]! >>> 0) - (table.rows[atY + i]! >>> 0)
    if (byWord !== 0) return byWord
  }
  return 0
}
