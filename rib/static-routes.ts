/**
 * Keeps static routes and aggregates of all VRFs (rib/static-route.ts) as what they follow comes and goes: a reader of each
 * VRF table that has any. A changed route is compared with what each of them looks at; those concerned are worked out anew
 * once the slice is through.
 *
 *   change list ──► does it cover `via`? does it lie inside an aggregate? ──► resolve ──► Table.upsert / withdraw
 */
import type { AttrSet } from './model/attr-set.ts'
import { Family } from './model/family.ts'
import { ipv4OfWord } from './model/ip-address.ts'
import { prefixKey } from './model/route-key.ts'
import type { RouteKey } from './model/route-key.ts'
import { localSource } from './local-source.ts'
import { PathFlag } from './path-flags.ts'
import { SourceKind } from './path-source.ts'
import type { PathSource } from './path-source.ts'
import type { Reader } from './reader.ts'
import type { Rib } from './rib.ts'
import { followingAttributes, summaryOf } from './static-route.ts'
import type { FollowingRoute } from './static-route.ts'
import { emptyPathInput } from './table.ts'
import type { Table } from './table.ts'

/** Changed routes between two looks at the other work of the node. */
const SLICE = 1024

const UNRESOLVED = PathFlag.infeasible | PathFlag.unresolved

interface Follower {
  readonly route: FollowingRoute
  readonly key: RouteKey
  readonly via: RouteKey
  /** Rows of the routes inside an aggregate. */
  readonly contributors: Set<number>
  /** Paths it has in the table: ids from 1 on. */
  pathCount: number
  isDue: boolean
}

interface Followed {
  readonly table: Table
  readonly reader: Reader
  readonly followers: readonly Follower[]
  isScheduled: boolean
}

export class StaticRoutes {
  readonly #rib: Rib
  readonly #followed = new Map<Table, Followed>()
  readonly #sources: Readonly<Record<FollowingRoute['kind'], PathSource>>
  readonly #input = emptyPathInput()

  constructor(rib: Rib) {
    this.#rib = rib
    this.#sources = {
      static: rib.addSource(localSource(rib.options, 'static', SourceKind.static)),
      aggregate: rib.addSource(localSource(rib.options, 'aggregate', SourceKind.aggregate)),
    }
  }

  /** These are the VRF's routes from now on. */
  set(vrf: string, routes: readonly FollowingRoute[]): void {
    const instance = this.#rib.instance(vrf)
    if (!instance) return
    for (const table of [instance.inet, instance.inet6]) {
      const length = table.family === Family.inet ? 4 : 16
      this.#setTable(
        table,
        routes.filter((route) => route.prefix.address.length === length),
      )
    }
    for (const source of Object.values(this.#sources)) {
      const isUsed = routes.some((route) => this.#sources[route.kind] === source)
      if (isUsed) this.#rib.attach(instance, source)
      else this.#rib.detach(instance, source)
    }
  }

  #setTable(table: Table, routes: readonly FollowingRoute[]): void {
    const before = this.#followed.get(table)
    if (before) {
      for (const follower of before.followers) this.#withdraw(table, follower, 0)
      this.#suppress({ ...before, followers: [] })
      this.#rib.unwatch(before.reader)
      this.#followed.delete(table)
    }
    if (routes.length === 0) return
    const wake = (): void => this.#schedule(followed)
    const followed: Followed = {
      table,
      // From the first route on: what is there already may be followed, too.
      reader: this.#rib.watch(table, 'head', wake),
      followers: routes.map(followerOf),
      isScheduled: false,
    }
    this.#followed.set(table, followed)
    this.#schedule(followed)
  }

  #schedule(followed: Followed): void {
    if (followed.isScheduled) return
    followed.isScheduled = true
    this.#rib.options.clock.defer(() => {
      followed.isScheduled = false
      if (this.#followed.get(followed.table) === followed) this.#advance(followed)
    })
  }

  #advance(followed: Followed): void {
    const { table, reader, followers } = followed
    reader.take(SLICE, (row) => {
      for (const follower of followers) this.#look(table, row, follower)
    })
    if (reader.hasNews) this.#schedule(followed)
    for (const follower of followers) {
      if (!follower.isDue) continue
      follower.isDue = false
      this.#place(table, follower)
    }
    this.#suppress(followed)
  }

  /** Notes what a changed route means for a follower. */
  #look(table: Table, row: number, follower: Follower): void {
    const { rows, stride } = table
    const base = row * stride
    if (covers(rows, base, follower.via, table.keyWords)) follower.isDue = true
    if (follower.route.kind !== 'aggregate') return
    const isInside = rows[base]! > follower.key[0]! && isWithin(rows, base, follower.key)
    if (!isInside) return
    follower.isDue = true
    if (table.routes.equalCostCount(row) > 0) follower.contributors.add(row)
    else follower.contributors.delete(row)
  }

  #place(table: Table, follower: Follower): void {
    const { route, key } = follower
    const isAggregate = route.kind === 'aggregate'
    if (isAggregate && follower.contributors.size === 0) return this.#withdraw(table, follower, 0)
    const rib = this.#rib
    const leading = this.#leading(table, follower.via)
    const summary = isAggregate ? summaryOf(this.#setsOf(table, follower.contributors)) : undefined
    const aggregator = { asn: rib.options.localAs, address: ipv4OfWord(rib.options.routerId) }
    const input = this.#input
    input.source = this.#sources[route.kind]
    // Without a way to `via` one path stays, to be seen.
    for (const [index, path] of (leading.length > 0 ? leading : [0]).entries()) {
      const set = path === 0 ? undefined : rib.attrs.get(rib.paths.attrs(path))
      input.attrs = rib.attrs.intern(followingAttributes(route, set, summary, aggregator))
      input.label = path === 0 ? 0 : rib.paths.label(path)
      input.instanceId = path === 0 ? 0 : rib.paths.instanceId(path)
      input.flags = path === 0 ? UNRESOLVED : 0
      input.pathId = index + 1
      table.upsert(key, 0, input)
    }
    const count = Math.max(leading.length, 1)
    this.#withdraw(table, follower, count)
    follower.pathCount = count
  }

  /** The equal-cost paths of the longest route that leads to an address and follows nothing itself. */
  #leading(table: Table, via: RouteKey): number[] {
    const { paths, sources } = this.#rib
    const key = via.slice()
    for (let length = via[0]!; length >= 0; length--) {
      maskTo(key, length)
      const row = table.find(key, 0)
      if (row < 0) continue
      const found: number[] = []
      let left = table.routes.equalCostCount(row)
      for (let path = table.routes.firstPath(row); left > 0; path = paths.next(path), left--) {
        const { kind } = sources.get(paths.source(path))
        if (kind !== SourceKind.static && kind !== SourceKind.aggregate) found.push(path)
      }
      if (found.length > 0) return found
    }
    return []
  }

  *#setsOf(table: Table, rows: Iterable<number>): Iterable<AttrSet> {
    const { paths, attrs } = this.#rib
    const seen = new Set<number>()
    for (const row of rows) {
      // Gone meanwhile: the change stands further on in the list.
      if (table.routes.equalCostCount(row) === 0) continue
      const id = paths.attrs(table.routes.firstPath(row))
      if (seen.has(id)) continue
      seen.add(id)
      yield attrs.get(id)
    }
  }

  /** Takes away the paths with ids above `keep`. */
  #withdraw(table: Table, follower: Follower, keep: number): void {
    for (let id = keep + 1; id <= follower.pathCount; id++) {
      table.withdraw(follower.key, 0, this.#sources[follower.route.kind], id)
    }
    follower.pathCount = Math.min(follower.pathCount, keep)
  }

  /** Which routes stay in the VRF: those inside an aggregate that is there and asks for it. */
  #suppress({ table, followers }: Followed): void {
    const kept = new Set<number>()
    for (const { route, contributors, key } of followers) {
      if (!route.discardMoreSpecifics) continue
      const row = table.find(key, 0)
      if (row < 0 || table.routes.equalCostCount(row) === 0) continue
      for (const contributor of contributors) kept.add(contributor)
    }
    const before = table.suppressed
    if (kept.size === 0 && before === undefined) return
    table.suppressed = kept.size === 0 ? undefined : kept
    for (const row of kept) if (!before?.has(row)) table.touch(row)
    for (const row of before ?? []) if (!kept.has(row) && table.isRoute(row)) table.touch(row)
  }
}

function followerOf(route: FollowingRoute): Follower {
  const via = prefixKey({ address: route.via, length: route.via.length * 8 })
  return { route, key: prefixKey(route.prefix), via, contributors: new Set(), pathCount: 0, isDue: true }
}

/** Whether the prefix of the row covers the address of a host key. */
function covers(rows: Int32Array, base: number, host: RouteKey, keyWords: number): boolean {
  return keyWords === host.length && sameBits(rows, base + 1, host, rows[base]!)
}

/** Whether the prefix of the row lies within another, or is it. */
function isWithin(rows: Int32Array, base: number, outer: RouteKey): boolean {
  return rows[base]! >= outer[0]! && sameBits(rows, base + 1, outer, outer[0]!)
}

/** Whether the first `length` bits of two addresses are equal; the second one's stand behind its length. */
function sameBits(rows: Int32Array, at: number, key: RouteKey, length: number): boolean {
  for (let i = 0; i * 32 < length; i++) {
    const bits = Math.min(32, length - i * 32)
    if (((rows[at + i]! ^ key[1 + i]!) & (-1 << (32 - bits))) !== 0) return false
  }
  return true
}

function maskTo(key: RouteKey, length: number): void {
  key[0] = length
  const word = 1 + (length >>> 5)
  if (word < key.length) key[word] = (length & 31) === 0 ? 0 : key[word]! & (-1 << (32 - (length & 31)))
}
