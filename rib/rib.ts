/**
 * The RIB of a control node: all tables, what moves routes between them, and who is offered what. Sessions and
 * configuration call in here; everything that follows runs in turns (rib/turn.ts).
 *
 *   sessions ──upsert/withdraw──► tables ──► replicators ──► tables ──► update groups ──► Member.write
 *                                   └──► route target membership ──► which members are interested
 */
import { AttrTable } from './attr-table.ts'
import { Decision } from './best-path.ts'
import type { Clock } from './clock.ts'
import { agentExportRule } from './export-agents.ts'
import { bgpExportRule } from './export-bgp.ts'
import type { BgpExportPolicy } from './export-bgp.ts'
import type { ExportRule } from './export-rule.ts'
import { ImportIndex } from './import-index.ts'
import { Instances } from './instances.ts'
import type { InstanceListener } from './instances.ts'
import { Family } from './model/family.ts'
import { ipv4OfWord } from './model/ip-address.ts'
import type { RouteTarget } from './model/route-target.ts'
import { NextHopSets } from './next-hop-sets.ts'
import type { NextHop } from './next-hop-sets.ts'
import { PathFlag } from './path-flags.ts'
import { PathSources, SourceKind } from './path-source.ts'
import type { PathSource, SourceFacts } from './path-source.ts'
import { PathStore } from './path-store.ts'
import { Reader } from './reader.ts'
import { Reaper } from './reaper.ts'
import { Replicator } from './replicator.ts'
import { Rescans } from './rescan.ts'
import type { InstanceConfig, RoutingInstance } from './routing-instance.ts'
import { RtMembership } from './rt-membership.ts'
import { Sweeps } from './sweep.ts'
import { Table } from './table.ts'
import { Turn } from './turn.ts'
import { UpdateGroup } from './update-group.ts'
import type { GroupEncoder, Member } from './update-group.ts'

export interface RibOptions {
  readonly localAs: number
  /** BGP identifier, unsigned. */
  readonly routerId: number
  readonly clusterId?: number
  readonly clock: Clock
}

const masterNames: readonly (readonly [Family, string])[] = [
  [Family.inet, 'inet.0'],
  [Family.inet6, 'inet6.0'],
  [Family.inetVpn, 'bgp.l3vpn.0'],
  [Family.inet6Vpn, 'bgp.l3vpn-inet6.0'],
  [Family.routeTarget, 'bgp.rtarget.0'],
]

export class Rib {
  readonly options: RibOptions
  readonly attrs = new AttrTable()
  readonly paths = new PathStore()
  readonly sources = new PathSources()
  readonly decision: Decision
  readonly membership: RtMembership
  readonly nextHopSets = new NextHopSets(this.attrs)
  readonly #imports = new ImportIndex()
  readonly #tables: (Table | undefined)[] = []
  readonly #freeTableIds: number[] = []
  readonly #byName = new Map<string, Table>()
  readonly #masters = new Map<Family, Table>()
  readonly #instances: Instances
  readonly #replicators: readonly (readonly [Family, Replicator])[]
  readonly #groups = new Map<Table, Map<string, UpdateGroup>>()
  readonly #readers = new Map<Table, Set<Reader>>()
  readonly #sweeps: Sweeps
  readonly #rescans: Rescans
  readonly #reaper = new Reaper()
  readonly #turn: Turn

  constructor(options: RibOptions) {
    this.options = options
    this.decision = new Decision(this.paths, this.attrs, this.sources, (a, b) => this.#compareOrigins(a, b))
    this.#sweeps = new Sweeps(this.paths, (id) => this.#tables[id])
    this.#rescans = new Rescans(this.paths, this.attrs)
    this.#turn = new Turn(options.clock, {
      advance: (budget) => this.#advance(budget),
      replicate: (table, budget) => this.#replicate(table, budget),
      export: (table, budget) => this.#export(table, budget),
      reap: (table, budget) => this.#reaper.advance(table, budget),
      onIdle: () => this.#onIdle(),
    })
    for (const [family, name] of masterNames)
      this.#masters.set(family, this.#makeTable(name, family, undefined))
    this.membership = this.#makeMembership()
    this.#replicators = [
      this.#makeReplicator(Family.inet, Family.inetVpn),
      this.#makeReplicator(Family.inet6, Family.inet6Vpn),
    ]
    this.#instances = new Instances({
      imports: this.#imports,
      membership: this.membership,
      makeTable: (name, family, instance) => this.#makeInstanceTable(name, family, instance),
      dropTable: (table) => this.#dropTable(table),
      onTargetsMoved: (targets) => this.#onTargetsMoved(targets),
      onTableMoved: (table) => this.#onTableMoved(table),
    })
    this.attrs.onCollect(() => this.#forget())
  }

  // --- tables -------------------------------------------------------------------------------------------------------

  /** The table of a family that belongs to no VRF. */
  master(family: Family): Table | undefined {
    return this.#masters.get(family)
  }

  tableNamed(name: string): Table | undefined {
    return this.#byName.get(name)
  }

  tables(): Iterable<Table> {
    return this.#byName.values()
  }

  tableById(id: number): Table {
    return this.#tables[id]!
  }

  // --- sources ------------------------------------------------------------------------------------------------------

  addSource(facts: SourceFacts): PathSource {
    return this.sources.add(facts)
  }

  updateSource(source: PathSource, facts: SourceFacts): void {
    this.sources.update(source, facts)
    this.#forgetExports()
  }

  /** Withdraws everything the source taught, in slices, and then forgets it. */
  removeSource(source: PathSource): void {
    this.#sweeps.add({
      source,
      family: undefined,
      onlyStale: false,
      onDone: () => {
        this.sources.remove(source)
        // Its number may be given to another source: nothing computed for the old one may answer for the new.
        this.#forgetExports()
      },
    })
    this.#turn.schedule()
  }

  /** Removes the source's paths of a family (all families when undefined), or only those still stale. */
  sweepSource(source: PathSource, family: Family | undefined, order: { onlyStale: boolean }): void {
    this.#sweeps.add({ source, family, onlyStale: order.onlyStale })
    this.#turn.schedule()
  }

  /** Marks the source's paths as stale, at once (RFC 4724 §4.2). */
  markStale(source: PathSource, family: Family | undefined): void {
    this.#sweeps.markStale(source, family, PathFlag.stale)
  }

  // --- routing instances --------------------------------------------------------------------------------------------

  instance(name: string): RoutingInstance | undefined {
    return this.#instances.get(name)
  }

  instances(): Iterable<RoutingInstance> {
    return this.#instances.all()
  }

  setInstance(config: InstanceConfig): RoutingInstance {
    return this.#instances.set(config)
  }

  deleteInstance(name: string): void {
    this.#instances.delete(name)
    this.#turn.schedule()
  }

  onInstance(listener: InstanceListener): void {
    this.#instances.onEvent(listener)
  }

  /** Somebody needs the instance's routes: an agent subscribed, or a local port sits in it. */
  attach(instance: RoutingInstance, source: PathSource): void {
    this.#instances.attach(instance, source)
  }

  detach(instance: RoutingInstance, source: PathSource): void {
    this.#instances.detach(instance, source)
    this.#turn.schedule()
  }

  /** VRFs that import a target, for introspection. */
  importersOf(target: RouteTarget): Iterable<RoutingInstance> {
    return this.#imports.importers(target)
  }

  // --- export -------------------------------------------------------------------------------------------------------

  bgpExportRule(policy: BgpExportPolicy): ExportRule {
    return bgpExportRule(policy, this)
  }

  agentExportRule(): ExportRule {
    return agentExportRule(this)
  }

  /** Puts a member into the table's group of its rule; the encoder is asked for only when the group is new. */
  join(table: Table, rule: ExportRule, encoderFor: () => GroupEncoder, member: Member): void {
    let groups = this.#groups.get(table)
    if (!groups) this.#groups.set(table, (groups = new Map()))
    let group = groups.get(rule.key)
    if (!group) groups.set(rule.key, (group = new UpdateGroup(table, rule, encoderFor(), this.membership)))
    group.join(member)
    this.#turn.activate(table)
  }

  leave(table: Table, member: Member): void {
    const group = this.groupOf(table, member)
    if (!group) return
    group.leave(member)
    if (group.isEmpty) this.#groups.get(table)!.delete(group.rule.key)
    this.#turn.activate(table)
  }

  /** Sends everything again (RFC 2918). */
  refresh(table: Table, member: Member): void {
    this.#reaper.restart(table)
    this.groupOf(table, member)?.refresh(member)
    this.#turn.activate(table)
  }

  /** The member's transport takes frames again. */
  unblock(member: Member): void {
    for (const [table, groups] of this.#groups) {
      for (const group of groups.values()) {
        if (!group.has(member)) continue
        group.unblock(member)
        this.#turn.activate(table)
      }
    }
  }

  groupOf(table: Table, member: Member): UpdateGroup | undefined {
    for (const group of this.#groups.get(table)?.values() ?? []) if (group.has(member)) return group
    return undefined
  }

  groups(table: Table): Iterable<UpdateGroup> {
    return this.#groups.get(table)?.values() ?? []
  }

  /** Members of an agent group's want: an equal-cost set, best first. */
  nextHops(want: number, label: number): readonly NextHop[] {
    return this.nextHopSets.get(want, label)
  }

  // --- observers ----------------------------------------------------------------------------------------------------

  watch(table: Table, from: 'head' | 'tail', wake: () => void): Reader {
    const reader = new Reader(table, from, wake)
    let readers = this.#readers.get(table)
    if (!readers) this.#readers.set(table, (readers = new Set()))
    readers.add(reader)
    this.#turn.activate(table)
    return reader
  }

  unwatch(reader: Reader): void {
    reader.close()
    this.#readers.get(reader.table)?.delete(reader)
    this.#turn.activate(reader.table)
  }

  /** The last turn left work over: readers of sockets may pause. */
  get isBusy(): boolean {
    return this.#turn.isBusy
  }

  // --- turn ---------------------------------------------------------------------------------------------------------

  #advance(budget: number): number {
    return this.#sweeps.advance(budget) + this.#rescans.advance(budget) + this.membership.advance(budget)
  }

  #replicate(table: Table, budget: number): number {
    let done = 0
    for (const [, replicator] of this.#replicators) done += replicator.advance(table, budget)
    return done
  }

  #export(table: Table, budget: number): number {
    let done = 0
    for (const group of this.#groups.get(table)?.values() ?? []) {
      done += group.advance(budget)
      if (group.hasWork) done++
    }
    for (const reader of this.#readers.get(table) ?? []) reader.wake()
    return done
  }

  #onIdle(): void {
    this.#instances.dropUnused()
    if (!this.attrs.isWorthCollecting) return
    this.#forget()
    this.nextHopSets.collect()
    this.attrs.collect()
  }

  #forget(): void {
    for (const [, replicator] of this.#replicators) replicator.forget()
    this.#rescans.forget()
    this.#forgetExports()
  }

  #forgetExports(): void {
    for (const groups of this.#groups.values()) for (const group of groups.values()) group.forget()
  }

  #onTargetsMoved(targets: ReadonlySet<RouteTarget>): void {
    for (const [unicast, replicator] of this.#replicators) {
      replicator.forget()
      this.#rescans.add(this.master(unicast === Family.inet ? Family.inetVpn : Family.inet6Vpn)!, targets)
    }
    // Between VRFs a path is found by the targets it carries and by those its VRF exports.
    for (const instance of this.#instances.all()) {
      const exportsOne = [...instance.exportTargets].some((target) => targets.has(target))
      this.#rescans.add(instance.inet, exportsOne ? undefined : targets)
      this.#rescans.add(instance.inet6, exportsOne ? undefined : targets)
    }
    this.#turn.schedule()
  }

  #onTableMoved(table: Table): void {
    for (const [, replicator] of this.#replicators) replicator.forget()
    this.#rescans.add(table, undefined)
    this.#turn.schedule()
  }

  #onMembershipChanged(targets: ReadonlySet<RouteTarget> | undefined): void {
    for (const family of [Family.inetVpn, Family.inet6Vpn]) {
      const table = this.master(family)!
      for (const group of this.groups(table)) group.forgetInterest()
      this.#rescans.add(table, targets)
    }
    this.#turn.schedule()
  }

  // --- making tables ------------------------------------------------------------------------------------------------

  #makeTable(name: string, family: Family, instance: RoutingInstance | undefined): Table {
    const id = this.#freeTableIds.pop() ?? this.#tables.length
    const context = {
      paths: this.paths,
      attrs: this.attrs,
      sources: this.sources,
      decision: this.decision,
      tableById: (tableId: number) => this.tableById(tableId),
      onChange: (changed: Table) => this.#turn.activate(changed),
    }
    const table = new Table(id, name, family, context, instance)
    this.#tables[id] = table
    this.#byName.set(name, table)
    this.#reaper.addTable(table)
    return table
  }

  #makeInstanceTable(name: string, family: Family, instance: RoutingInstance): Table {
    const table = this.#makeTable(name, family, instance)
    for (const [unicast, replicator] of this.#replicators) if (unicast === family) replicator.addTable(table)
    return table
  }

  #dropTable(table: Table): void {
    for (const [, replicator] of this.#replicators) replicator.removeTable(table)
    this.#reaper.removeTable(table)
    this.#rescans.remove(table)
    this.#turn.deactivate(table)
    this.#groups.delete(table)
    for (const reader of this.#readers.get(table) ?? []) reader.close()
    this.#readers.delete(table)
    for (const source of this.sources.all()) source.forgetTable(table.id)
    this.#tables[table.id] = undefined
    this.#freeTableIds.push(table.id)
    this.#byName.delete(table.name)
  }

  #makeMembership(): RtMembership {
    const { localAs, routerId } = this.options
    return new RtMembership({
      table: this.master(Family.routeTarget)!,
      paths: this.paths,
      attrs: this.attrs,
      sources: this.sources,
      localAs,
      routerId,
      localSource: this.addSource({
        kind: SourceKind.local,
        name: 'rt-membership',
        isIbgp: false,
        isClient: false,
        asn: localAs,
        routerId: 0,
        address: ipv4OfWord(routerId),
      }),
      onChange: (targets) => this.#onMembershipChanged(targets),
    })
  }

  #makeReplicator(unicast: Family, vpn: Family): readonly [Family, Replicator] {
    const { localAs, routerId } = this.options
    const replicator = new Replicator({
      unicast,
      vpnTable: this.master(vpn)!,
      paths: this.paths,
      attrs: this.attrs,
      sources: this.sources,
      imports: this.#imports,
      tableById: (id) => this.tableById(id),
      localAs,
      routerId,
    })
    return [unicast, replicator]
  }

  /** Copies of one source's paths under one prefix differ in where they come from: table, then key (the RD). */
  #compareOrigins(a: number, b: number): number {
    const x = this.paths.origin(a)
    const y = this.paths.origin(b)
    if (x === 0 || y === 0) return x - y
    const tables = this.paths.table(x) - this.paths.table(y)
    if (tables !== 0) return tables
    const table = this.tableById(this.paths.table(x))
    const atX = this.paths.route(x) * table.stride
    const atY = this.paths.route(y) * table.stride
    for (let i = 0; i < table.keyWords; i++) {
      const words = (table.rows[atX + i]! >>> 0) - (table.rows[atY + i]! >>> 0)
      if (words !== 0) return words
    }
    return 0
  }
}
