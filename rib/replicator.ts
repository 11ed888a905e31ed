/**
 * The replicator of one VPN family: a reader of the VPN table and of every VRF table of the matching unicast family.
 * For each changed route it compares the copies that its primary paths should have (rib/replicate.ts) with those they
 * have, and applies the difference. The set is always computed anew, whatever the age of the route: skipping "unchanged"
 * routes is how stale route targets leak between tenants.
 *
 * Deletion needs no reader: a primary path takes its copies with it (Table.removePath).
 */
import type { AttrTable } from './attr-table.ts'
import type { ImportIndex } from './import-index.ts'
import type { Family } from './model/family.ts'
import { lengthWord } from './model/route-key.ts'
import { BOOKKEEPING_FLAGS, PathFlag } from './path-flags.ts'
import type { PathSources } from './path-source.ts'
import type { PathStore } from './path-store.ts'
import { REJECTED_FLAGS } from './policies.ts'
import { REJECTED } from './policy/evaluator.ts'
import type { PolicyEvaluator } from './policy/evaluator.ts'
import { copiesOutside, wantedCopies } from './replicate.ts'
import type { WantedCopies } from './replicate.ts'
import { emptyPathInput } from './table.ts'
import type { PathInput, Table } from './table.ts'

export interface ReplicatorOptions {
  readonly unicast: Family
  readonly vpnTable: Table
  readonly paths: PathStore
  readonly attrs: AttrTable
  readonly sources: PathSources
  readonly imports: ImportIndex
  tableById(id: number): Table
  readonly localAs: number
  /** Our identifier: the RD of a VRF route whose next hop is no IPv4 address. */
  readonly routerId: number
}

export class Replicator {
  readonly #options: ReplicatorOptions
  /** Of tables that had a route once. */
  readonly #markers = new Map<Table, number>()
  /** Wanted copies by table, then attribute set: valid until targets change or sets are collected. */
  readonly #memo = new Map<Table, Map<number, WantedCopies>>()
  /** The same for what a VRF's export policies made: by table, then set. */
  readonly #byPolicy = new Map<Table, Map<number, WantedCopies>>()
  readonly #key: Int32Array
  readonly #input: PathInput
  /** Copies of the path at hand by table id, and the mark of the round that wrote them. */
  #copyByTable = new Int32Array(64)
  #seenInRound = new Int32Array(64)
  #round = 0

  constructor(options: ReplicatorOptions) {
    this.#options = options
    this.#key = new Int32Array(options.vpnTable.keyWords)
    this.#input = emptyPathInput()
  }

  removeTable(table: Table): void {
    const marker = this.#markers.get(table)
    if (marker === undefined) return
    table.changes.removeMarker(marker)
    this.#markers.delete(table)
    this.#memo.delete(table)
    this.#byPolicy.delete(table)
  }

  /** Forgets what was computed: targets changed, or attribute ids are about to be reused. */
  forget(): void {
    this.#memo.clear()
    this.#byPolicy.clear()
  }

  /** Looks at up to `budget` changed routes of a table it reads; returns how many it looked at. */
  // hot: once per change
  advance(table: Table, budget: number): number {
    const marker = this.#markers.get(table) ?? this.#begin(table)
    if (marker === undefined) return 0
    let done = 0
    let last = marker
    for (let row = table.changes.nextRoute(marker); row !== 0 && done < budget;) {
      this.#replicate(table, row)
      last = row
      done++
      row = table.changes.nextRoute(row)
    }
    if (done > 0) table.changes.moveMarkerAfter(marker, last)
    return done
  }

  /** A marker before the first route, for a table that it reads and that has one. */
  #begin(table: Table): number | undefined {
    const { unicast, vpnTable } = this.#options
    const isRead = table === vpnTable || (table.instance !== undefined && table.family === unicast)
    if (!isRead || table.routes.routeCount === 0) return undefined
    const marker = table.changes.addMarkerAtHead()
    this.#markers.set(table, marker)
    return marker
  }

  #replicate(table: Table, row: number): void {
    const { paths } = this.#options
    const nothingImported = !table.instance && this.#options.imports.isEmpty
    let left = table.suppressed?.has(row) ? 0 : table.routes.equalCostCount(row)
    for (let path = table.routes.firstPath(row); path !== 0; path = paths.next(path)) {
      const isPreferred = left-- > 0
      if (paths.origin(path) !== 0) continue
      const wanted = isPreferred && !nothingImported ? this.#wanted(table, row, path) : undefined
      if (paths.copies(path) !== 0 || (wanted && wanted.tables.length > 0))
        this.#apply(table, row, path, wanted)
    }
  }

  #wanted(table: Table, row: number, path: number): WantedCopies {
    const wanted = this.#wantedByTargets(table, path)
    const policy = table.instance?.exportPolicy
    return policy ? this.#wantedByPolicy(policy, table, row, path, wanted) : wanted
  }

  #wantedByPolicy(
    policy: PolicyEvaluator,
    table: Table,
    row: number,
    path: number,
    before: WantedCopies,
  ): WantedCopies {
    const { paths, sources, attrs, unicast, vpnTable } = this.#options
    const { kind } = sources.get(paths.source(path))
    const set = policy.evaluate(before.attrs.id, table.family, kind, table.rows, row * table.stride)
    if (set === before.attrs.id) return before
    let bySet = this.#byPolicy.get(table)
    if (!bySet) this.#byPolicy.set(table, (bySet = new Map()))
    let wanted = bySet.get(set)
    if (!wanted) {
      wanted =
        set === REJECTED
          ? { attrs: before.attrs, tables: [] }
          : copiesOutside(this.#options, table, unicast, attrs.get(set), vpnTable)
      bySet.set(set, wanted)
    }
    return wanted
  }

  #wantedByTargets(table: Table, path: number): WantedCopies {
    const id = this.#options.paths.attrs(path)
    let byAttrs = this.#memo.get(table)
    if (!byAttrs) this.#memo.set(table, (byAttrs = new Map()))
    let wanted = byAttrs.get(id)
    if (!wanted) {
      const { attrs, unicast, vpnTable } = this.#options
      wanted = wantedCopies(this.#options, table, unicast, attrs.get(id), vpnTable)
      byAttrs.set(id, wanted)
    }
    return wanted
  }

  /** Makes the copies of a primary path equal to the wanted ones. */
  #apply(table: Table, row: number, path: number, wanted: WantedCopies | undefined): void {
    const { paths, sources } = this.#options
    this.#noteCopies(path)
    const round = this.#round
    if (wanted) {
      this.#input.source = sources.get(paths.source(path))
      this.#input.pathId = paths.pathId(path)
      this.#input.label = paths.label(path)
      this.#input.instanceId = paths.instanceId(path)
      for (const destination of wanted.tables) this.#place(table, row, path, destination, wanted)
    }
    for (let copy = paths.copies(path); copy !== 0;) {
      const next = paths.copies(copy)
      const tableId = paths.table(copy)
      if (this.#seenInRound[tableId] === round && this.#copyByTable[tableId] === copy) {
        this.#options.tableById(tableId).removePath(copy)
      }
      copy = next
    }
  }

  /** Adds or updates the copy in one table. A copy that is still wanted is no longer noted afterwards. */
  #place(table: Table, row: number, path: number, destination: Table, wanted: WantedCopies): void {
    this.#writeKey(table, row, path, destination)
    this.#input.attrs = wanted.attrs
    this.#input.flags = (this.#options.paths.flags(path) & ~BOOKKEEPING_FLAGS) | PathFlag.secondary
    if (destination.instance?.importPolicy) this.#judge(destination, destination.instance.importPolicy)
    const existing =
      this.#seenInRound[destination.id] === this.#round ? this.#copyByTable[destination.id]! : 0
    if (existing !== 0 && this.#hasKey(destination, this.#options.paths.route(existing))) {
      this.#copyByTable[destination.id] = 0
      destination.replacePath(existing, this.#input)
      return
    }
    // A copy under another key (its RD changed) stays noted and is removed after the new one is there.
    destination.addCopy(this.#key, 0, this.#input, path)
  }

  /** What the VRF's import policies say of the copy: rejected it stays there, to be seen but not used. */
  #judge(destination: Table, policy: PolicyEvaluator): void {
    const input = this.#input
    const { kind } = input.source
    const set = policy.evaluate(input.attrs.id, destination.family, kind, this.#key, 0)
    if (set === REJECTED) input.flags |= REJECTED_FLAGS
    else input.attrs = this.#options.attrs.get(set)
  }

  #noteCopies(path: number): void {
    const { paths } = this.#options
    this.#round++
    for (let copy = paths.copies(path); copy !== 0; copy = paths.copies(copy)) {
      const tableId = paths.table(copy)
      if (tableId >= this.#copyByTable.length) this.#growNotes(tableId)
      this.#copyByTable[tableId] = copy
      this.#seenInRound[tableId] = this.#round
    }
  }

  #growNotes(tableId: number): void {
    const size = Math.max(this.#copyByTable.length * 2, tableId + 1)
    const copies = new Int32Array(size)
    copies.set(this.#copyByTable)
    const rounds = new Int32Array(size)
    rounds.set(this.#seenInRound)
    this.#copyByTable = copies
    this.#seenInRound = rounds
  }

  /** The key of a route in the destination: an RD is added on the way into the VPN table and dropped on the way out. */
  #writeKey(table: Table, row: number, path: number, destination: Table): void {
    const rows = table.rows
    const unicastWords = this.#options.vpnTable.keyWords - lengthWord(this.#options.vpnTable.family)
    const from = row * table.stride + lengthWord(table.family)
    const to = lengthWord(destination.family)
    for (let i = 0; i < unicastWords; i++) this.#key[to + i] = rows[from + i]!
    if (to !== 0) this.#writeRouteDistinguisher(table, path)
  }

  /** Type 1, `<next hop>:<instance id>` (design section 4): two compute nodes with one address give two VPN routes. */
  #writeRouteDistinguisher(table: Table, path: number): void {
    // The path's own next hop, whatever a policy makes of it: it keeps the routes of compute nodes apart.
    const nextHop = this.#options.attrs.get(this.#options.paths.attrs(path)).ipv4NextHop
    const address = nextHop ?? this.#options.routerId
    const id = nextHop !== undefined ? this.#options.paths.instanceId(path) : table.instance!.index
    this.#key[0] = (1 << 16) | (address >>> 16)
    this.#key[1] = (address << 16) | (id & 0xffff)
  }

  #hasKey(destination: Table, row: number): boolean {
    const rows = destination.rows
    const base = row * destination.stride
    for (let i = 0; i < destination.keyWords; i++) if (rows[base + i] !== this.#key[i]) return false
    return true
  }
}
