/**
 * One table: routes by key, their paths best first, and the change list. This is the only place that changes routes
 * and paths; a change marks the route and nothing more ("push to mark", design section 2). Who reads the marks:
 * rib/replicator.ts, rib/update-group.ts, rib/rt-membership.ts, rib/reader.ts, and last rib/reaper.ts.
 */
import type { AttrTable } from './attr-table.ts'
import type { Decision } from './best-path.ts'
import { ChangeList } from './change-list.ts'
import { invariant } from './invariant.ts'
import type { AttrSet } from './model/attr-set.ts'
import { Family } from './model/family.ts'
import { routeKeyWords } from './model/route-key.ts'
import { BOOKKEEPING_FLAGS, PathFlag } from './path-flags.ts'
import type { PathSource, PathSources } from './path-source.ts'
import type { PathStore } from './path-store.ts'
import { RouteRows, RowKind } from './route-rows.ts'
import type { RoutingInstance } from './routing-instance.ts'

/** Reused, mutable argument of upsert: nothing keeps it. */
export interface PathInput {
  source: PathSource
  /** Tells paths of one source and prefix apart (RFC 7911); 0 where there is one. */
  pathId: number
  attrs: AttrSet
  /** Id of the set as received, where an import policy made `attrs` of it; 0 elsewhere. */
  received?: number
  label: number
  /** Low half of the RD that the path gets in the VPN table: the agent's index of the VRF. */
  instanceId: number
  flags: number
}

/** A PathInput to be filled; using it unfilled is a defect. */
export function emptyPathInput(): PathInput {
  return {
    source: undefined as unknown as PathSource,
    pathId: 0,
    attrs: undefined as unknown as AttrSet,
    received: 0,
    label: 0,
    instanceId: 0,
    flags: 0,
  }
}

/** What all tables of a RIB share. */
export interface TableContext {
  readonly paths: PathStore
  readonly attrs: AttrTable
  readonly sources: PathSources
  readonly decision: Decision
  readonly hashSeed: number
  tableById(id: number): Table
  /** The table has news for its readers. */
  onChange(table: Table): void
}

export class Table {
  readonly id: number
  readonly family: Family
  readonly instance: RoutingInstance | undefined
  readonly keyWords: number
  readonly stride: number
  readonly routes: RouteRows
  readonly changes: ChangeList
  pathCount = 0
  /** Routes that have a path: what an operator calls the size of the table. */
  activeRouteCount = 0
  /** Rows whose routes stay in this VRF; undefined where there is none. */
  suppressed: ReadonlySet<number> | undefined
  readonly #context: TableContext
  /** Of a table outside any VRF. */
  readonly #ownName: string | undefined

  /** `place` is the VRF of the table, or the name of one outside any. */
  constructor(id: number, family: Family, context: TableContext, place: RoutingInstance | string) {
    this.id = id
    this.instance = typeof place === 'string' ? undefined : place
    this.#ownName = typeof place === 'string' ? place : undefined
    this.family = family
    this.keyWords = routeKeyWords(family)
    this.routes = new RouteRows(this.keyWords, context.hashSeed)
    this.stride = this.routes.stride
    this.changes = new ChangeList(this.routes)
    this.#context = context
  }

  /** Made when asked for: ten thousand VRFs are as many names less. */
  get name(): string {
    return this.#ownName ?? `${this.instance!.name}.${this.family === Family.inet ? 'inet' : 'inet6'}.0`
  }

  /** The row array; route r's key starts at rows[r * stride]. Read again after any change: it moves when it grows. */
  get rows(): Int32Array {
    return this.routes.words
  }

  get routeCount(): number {
    return this.activeRouteCount
  }

  /** Row of the key at `offset`, or -1 when the table has no such route with a path. */
  find(key: Int32Array, offset: number): number {
    const row = this.routes.find(key, offset)
    return row === 0 || this.routes.firstPath(row) === 0 ? -1 : row
  }

  isRoute(row: number): boolean {
    return this.routes.kind(row) === RowKind.route
  }

  /** Adds or replaces the path of (source, path id). Nothing is marked when nothing visible changed. */
  // hot: once per received route
  upsert(key: Int32Array, offset: number, input: PathInput): void {
    const row = this.routes.findOrAdd(key, offset)
    const path = this.#primaryOf(row, input.source.id, input.pathId)
    if (path === 0) this.#add(row, input, 0)
    else this.#replace(row, path, input)
  }

  /** Removes the path of (source, path id); false when there is none (a second withdraw is no error). */
  // hot: once per withdrawn route
  withdraw(key: Int32Array, offset: number, source: PathSource, pathId: number): boolean {
    const row = this.routes.find(key, offset)
    if (row === 0) return false
    const path = this.#primaryOf(row, source.id, pathId)
    if (path === 0) return false
    this.removePath(path)
    return true
  }

  /** The replicator's insert: a copy of `primary` under this key. Returns the new path. */
  addCopy(key: Int32Array, offset: number, input: PathInput, primary: number): number {
    return this.#add(this.routes.findOrAdd(key, offset), input, primary)
  }

  /** Gives a path of this table other content: a copy that stays under its key, or one that a policy sees anew. */
  replacePath(path: number, input: PathInput): void {
    this.#replace(this.#context.paths.route(path), path, input)
  }

  /** Removes a path of this table, and with a primary path all its copies. */
  // hot: once per withdrawn route; so the text of a broken invariant is made only for one
  removePath(path: number): void {
    const { paths, attrs, sources } = this.#context
    const row = paths.route(path)
    if (paths.table(path) !== this.id) invariant(false, `path ${path} is not in ${this.name}`)
    if (paths.origin(path) !== 0) {
      paths.unlinkCopy(path)
    } else {
      while (paths.copies(path) !== 0) {
        const copy = paths.copies(path)
        this.#context.tableById(paths.table(copy)).removePath(copy)
      }
      sources.get(paths.source(path)).pathCounts[this.family]!--
    }
    this.#unlinkPath(row, path)
    if (!paths.allAsReceived) this.#keepReceived(path, 0)
    attrs.release(paths.attrs(path))
    paths.free(path)
    this.pathCount--
    if (this.routes.firstPath(row) === 0) this.activeRouteCount--
    this.#reorder(row, 0)
    this.touch(row)
  }

  /** Sets or clears flags of a path, in place; marks the route when a reader could see the difference. */
  setPathFlags(path: number, flags: number): void {
    const { paths } = this.#context
    const before = paths.flags(path)
    if (before === flags) return
    paths.setFlags(path, flags, paths.instanceId(path))
    if (((before ^ flags) & ~BOOKKEEPING_FLAGS) === 0) return
    this.#reorder(paths.route(path), path)
    this.touch(paths.route(path))
  }

  /** Marks a route as changed: every reader will look at it again. */
  // hot: once per change
  touch(row: number): void {
    if (this.changes.touch(row)) this.#context.onChange(this)
  }

  /** Something that no path shows has changed: orders the paths anew and lets every reader decide anew. */
  reconsider(row: number): void {
    this.#reorder(row, ALL)
    this.touch(row)
  }

  /** Frees a route without paths: only when no reader still has to see it. */
  removeRoute(row: number): void {
    this.changes.unlink(row)
    this.routes.remove(row)
  }

  #primaryOf(row: number, sourceId: number, pathId: number): number {
    const { paths } = this.#context
    let path = this.routes.firstPath(row)
    while (path !== 0) {
      if (paths.source(path) === sourceId && paths.pathId(path) === pathId && paths.origin(path) === 0)
        return path
      path = paths.next(path)
    }
    return 0
  }

  #add(row: number, input: PathInput, primary: number): number {
    const { paths, attrs } = this.#context
    const path = paths.allocate()
    paths.setPlace(path, this.id, row)
    paths.setSource(path, input.source.id)
    paths.setPathId(path, input.pathId)
    paths.setAttrs(path, input.attrs.id)
    paths.setLabel(path, input.label)
    paths.setFlags(path, input.flags, input.instanceId)
    attrs.retain(input.attrs.id)
    if (input.received) this.#keepReceived(path, input.received)
    if (primary !== 0) {
      paths.linkCopy(primary, path)
    } else {
      input.source.pathCounts[this.family]!++
      if (input.source.lastTableId !== this.id) input.source.addTable(this.id)
    }
    const first = this.routes.firstPath(row)
    paths.setNext(path, first)
    this.routes.setFirstPath(row, path)
    this.pathCount++
    if (first === 0) this.activeRouteCount++
    this.#reorder(row, path)
    this.touch(row)
    return path
  }

  #replace(row: number, path: number, input: PathInput): void {
    const { paths, attrs } = this.#context
    if (input.received || !paths.allAsReceived) this.#keepReceived(path, input.received ?? 0)
    const sameContent =
      paths.attrs(path) === input.attrs.id &&
      paths.label(path) === input.label &&
      paths.instanceId(path) === (input.instanceId & 0xffff)
    // Clearing the stale mark alone is invisible to readers (RFC 4724 §4.2: a path taught again is simply kept).
    const sameFlags = ((paths.flags(path) ^ input.flags) & ~BOOKKEEPING_FLAGS) === 0
    paths.setFlags(path, input.flags, input.instanceId)
    if (sameContent && sameFlags) return
    attrs.retain(input.attrs.id)
    attrs.release(paths.attrs(path))
    paths.setAttrs(path, input.attrs.id)
    paths.setLabel(path, input.label)
    this.#reorder(row, path)
    this.touch(row)
  }

  #keepReceived(path: number, id: number): void {
    const { paths, attrs } = this.#context
    const before = paths.received(path)
    if (before === id) return
    if (id !== 0) attrs.retain(id)
    paths.setReceived(path, id)
    if (before !== 0) attrs.release(before)
  }

  #unlinkPath(row: number, path: number): void {
    const { paths } = this.#context
    let before = this.routes.firstPath(row)
    if (before === path) {
      this.routes.setFirstPath(row, paths.next(path))
      return
    }
    while (paths.next(before) !== path) before = paths.next(before)
    paths.setNext(before, paths.next(path))
  }

  /**
   * Puts the paths of a row in order, best first, and notes the size of the equal-cost set. `changed` is the only path
   * that may be out of place; 0 means none is (one was removed), `ALL` that each may be.
   */
  #reorder(row: number, changed: number): void {
    const { paths, decision } = this.#context
    const first = this.routes.firstPath(row)
    if (first === 0 || paths.next(first) === 0) {
      const feasible = first !== 0 && (paths.flags(first) & PathFlag.infeasible) === 0
      this.routes.setEqualCostCount(row, feasible ? 1 : 0)
      return
    }
    let count = 0
    for (let path = first; path !== 0; path = paths.next(path)) {
      if (count === scratchPaths.length) growScratch()
      if (path !== changed) scratchPaths[count++] = path
    }
    const sorted = changed === ALL || this.routes.isDisplaced(row) ? 1 : count
    if (changed > 0) {
      if (count === scratchPaths.length) growScratch()
      scratchPaths[count++] = changed
    }
    const equalCost = decision.order(scratchPaths, count, sorted)
    for (let i = 0; i < count; i++) paths.setNext(scratchPaths[i]!, i + 1 < count ? scratchPaths[i + 1]! : 0)
    this.routes.setFirstPath(row, scratchPaths[0]!)
    this.routes.setEqualCostCount(row, equalCost, decision.hasDisplaced)
  }
}

/** In place of the one path that changed: any of them may have. */
const ALL = -1

/** Reused by #reorder, which never runs inside itself. */
let scratchPaths = new Int32Array(64)

function growScratch(): void {
  const larger = new Int32Array(scratchPaths.length * 2)
  larger.set(scratchPaths)
  scratchPaths = larger
}
