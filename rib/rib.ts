/**
 * The RIB of a control node: all tables, what moves routes between them, and who is offered what. Sessions and
 * configuration call in here; everything that follows runs in turns (rib/turn.ts).
 *
 *   sessions ──upsert/withdraw──► tables ──► replicators ──► tables ──► update groups ──► Member.write
 *                                   └──► route target membership ──► which members are interested
 */
import { AttrTable } from './attr-table.ts'
import { Decision } from './best-path.ts'
import { agentExportRule } from './export-agents.ts'
import { bgpExportRule } from './export-bgp.ts'
import type { BgpExportPolicy } from './export-bgp.ts'
import type { ExportRule } from './export-rule.ts'
import { Groups } from './groups.ts'
import { ImportIndex } from './import-index.ts'
import { localSource } from './local-source.ts'
import { Instances } from './instances.ts'
import type { InstanceListener } from './instances.ts'
import { Family } from './model/family.ts'
import { ipv4OfWord } from './model/ip-address.ts'
import type { RouteTarget } from './model/route-target.ts'
import { NextHopSets } from './next-hop-sets.ts'
import type { NextHop } from './next-hop-sets.ts'
import { compareOrigins } from './origin-order.ts'
import { PathSources } from './path-source.ts'
import type { PathSource, SourceFacts } from './path-source.ts'
import { PathStore } from './path-store.ts'
import { Policies } from './policies.ts'
import type { Reader } from './reader.ts'
import { Readers } from './readers.ts'
import { Reaper } from './reaper.ts'
import { Replicator } from './replicator.ts'
import { Rescans } from './rescan.ts'
import type { InstanceConfig, RoutingInstance } from './routing-instance.ts'
import type { RibOptions } from './rib-options.ts'
import { RtMembership } from './rt-membership.ts'
import { Sweeps } from './sweep.ts'
import { TableRegistry } from './table-registry.ts'
import type { Table } from './table.ts'
import { Turn } from './turn.ts'
import type { GroupEncoder, Member, UpdateGroup } from './update-group.ts'

/** Changes that a group sees in a slice at least: below that, the cost of a slice outweighs that of its routes. */
const LEAST_OF_A_GROUP = 64

export class Rib {
  readonly options: RibOptions
  readonly attrs: AttrTable
  readonly paths = new PathStore()
  readonly sources = new PathSources()
  readonly decision: Decision
  readonly membership: RtMembership
  readonly policies: Policies
  readonly nextHopSets: NextHopSets
  readonly #imports = new ImportIndex()
  readonly #tables: TableRegistry
  readonly #instances: Instances
  readonly #replicators: readonly (readonly [Family, Replicator])[]
  readonly #groups = new Groups()
  readonly #readers = new Readers()
  /** Removing and marking what a source taught. */
  readonly sweeps: Sweeps
  readonly #rescans: Rescans
  readonly #reaper = new Reaper()
  readonly #turn: Turn
  #hasFreedSource = false
  /** Targets that moved since the last turn: a configuration moves those of thousands of instances at once. */
  #movedTargets = new Set<RouteTarget>()

  constructor(options: RibOptions) {
    this.options = options
    this.attrs = new AttrTable(options.hashSeed)
    this.nextHopSets = new NextHopSets(this.attrs)
    this.decision = new Decision(this.paths, this.attrs, this.sources, (a, b) =>
      compareOrigins(this.paths, this.#tables, a, b),
    )
    this.sweeps = new Sweeps({
      paths: this.paths,
      attrs: this.attrs,
      tableById: (id) => this.#tables.byId(id),
      onWork: () => this.#turn.schedule(),
    })
    this.#rescans = new Rescans(this.paths, this.attrs)
    this.policies = new Policies(this.attrs, this.paths, this.sources, (id) => this.#tables.byId(id))
    this.#turn = new Turn(options.clock, {
      sliceRoutes: options.sliceRoutes,
      advance: (budget) => this.#advance(budget),
      replicate: (table, budget) => this.#replicate(table, budget),
      export: (table, budget) => this.#export(table, budget),
      reap: (table, budget) => this.#reaper.advance(table, budget),
      onIdle: () => this.#onIdle(),
    })
    this.#tables = new TableRegistry({
      paths: this.paths,
      attrs: this.attrs,
      sources: this.sources,
      decision: this.decision,
      hashSeed: options.hashSeed ?? 0,
      tableById: (id) => this.tableById(id),
      onChange: (changed) => this.#turn.activate(changed),
    })
    this.membership = this.#makeMembership()
    this.#replicators = [
      this.#makeReplicator(Family.inet, Family.inetVpn),
      this.#makeReplicator(Family.inet6, Family.inet6Vpn),
    ]
    this.#instances = new Instances({
      imports: this.#imports,
      membership: this.membership,
      makeTable: (family, instance) => this.#tables.make(family, instance),
      dropTable: (table) => this.#dropTable(table),
      hasUntold: (table) => this.#readers.hasNews(table),
      policy: (chain) => this.policies.evaluator(chain, ipv4OfWord(options.routerId)),
      onTargetsMoved: (targets) => this.#onTargetsMoved(targets),
      onTableMoved: (table) => this.#onTableMoved(table),
    })
    this.attrs.onCollect(() => this.#forget())
  }

  // --- tables -------------------------------------------------------------------------------------------------------

  /** The table of a family that belongs to no VRF. */
  master(family: Family): Table | undefined {
    return this.#tables.master(family)
  }

  tableNamed(name: string): Table | undefined {
    return this.#tables.masterNamed(name) ?? this.#instances.tableNamed(name)
  }

  tables(): Iterable<Table> {
    return this.#tables.all()
  }

  tableById(id: number): Table {
    return this.#tables.byId(id)!
  }

  // --- sources ------------------------------------------------------------------------------------------------------

  addSource(facts: SourceFacts): PathSource {
    return this.sources.add(facts)
  }

  /** Gives the source other facts: its paths may rank, and be offered, differently, copies included. */
  updateSource(source: PathSource, facts: SourceFacts): void {
    if (!this.sources.update(source, facts)) return
    this.#groups.forget()
    for (const table of this.tables()) this.#rescans.add(table, undefined)
    this.#turn.schedule()
  }

  /** A source has brought the whole table: memos of its attribute sets go when all of it has been passed on. */
  complete(table: Table): void {
    this.#groups.complete(table)
    this.#turn.schedule()
  }

  /** The source's import policy is another one: its paths are judged again, in slices. */
  reevaluate(source: PathSource): void {
    this.policies.reevaluate(source)
    this.#turn.schedule()
  }

  /** Withdraws everything the source taught, in slices, and then forgets it. */
  removeSource(source: PathSource): void {
    this.sweeps.removeSource(source, () => {
      this.sources.remove(source)
      this.#hasFreedSource = true
    })
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

  /** Seats a member in its rule's group. One that moves there may be owed withdraws of routes about to be freed. */
  join(table: Table, rule: ExportRule, encoderFor: () => GroupEncoder, member: Member): void {
    this.#groups.join(table, member, { rule, encoderFor, membership: this.membership })
    this.#reaper.restart(table)
    this.#turn.activate(table)
  }

  leave(table: Table, member: Member): void {
    this.#groups.leave(table, member)
    this.#turn.activate(table)
  }

  /** Sends everything again (RFC 2918). */
  refresh(table: Table, member: Member): void {
    this.groupOf(table, member)?.refresh(member)
    // After the member has its marker: the reaper must stand before it.
    this.#reaper.restart(table)
    this.#turn.activate(table)
  }

  /** The member's transport takes frames again. */
  unblock(member: Member): void {
    for (const table of this.#groups.unblock(member)) this.#turn.activate(table)
  }

  groupOf(table: Table, member: Member): UpdateGroup | undefined {
    return this.#groups.of(table, member)
  }

  groups(table: Table): Iterable<UpdateGroup> {
    return this.#groups.in(table)
  }

  /** Members of an agent group's want: an equal-cost set, best first. */
  nextHops(want: number, label: number): readonly NextHop[] {
    return this.nextHopSets.get(want, label)
  }

  // --- observers ----------------------------------------------------------------------------------------------------

  watch(table: Table, from: 'head' | 'tail', wake: () => void): Reader {
    const reader = this.#readers.open(table, from, { wake, moved: () => this.#turn.activate(table) })
    this.#reaper.restart(table)
    this.#turn.activate(table)
    return reader
  }

  unwatch(reader: Reader): void {
    this.#readers.close(reader)
    this.#turn.activate(reader.table)
  }

  /** The last turn left work over: readers of sockets may pause. */
  get isBusy(): boolean {
    return this.#turn.isBusy
  }

  // --- turn ---------------------------------------------------------------------------------------------------------

  #advance(budget: number): number {
    this.#followTargets()
    const swept = this.sweeps.advance(budget)
    if (this.#hasFreedSource) {
      // Its number may be given to another source: nothing computed for the old one may answer for the new.
      this.#groups.forget()
      this.#hasFreedSource = false
    }
    return (
      swept + this.policies.advance(budget) + this.#rescans.advance(budget) + this.membership.advance(budget)
    )
  }

  #replicate(table: Table, budget: number): number {
    let done = 0
    for (const [, replicator] of this.#replicators) done += replicator.advance(table, budget)
    return done
  }

  #export(table: Table, budget: number): number {
    let done = 0
    // One budget for all: a hundred eBGP peers are as many groups.
    const share = Math.floor(budget / Math.max(1, this.#groups.countIn(table)))
    const each = Math.min(budget, Math.max(LEAST_OF_A_GROUP, share))
    for (const group of this.#groups.in(table)) {
      done += group.advance(each)
      if (group.hasWork) done++
    }
    this.#readers.wake(table)
    return done
  }

  #onIdle(): void {
    this.#instances.dropUnused()
    this.#groups.giveBackMemos()
    const { attrs, nextHopSets } = this
    if (nextHopSets.isWorthCollecting) nextHopSets.collectSome()
    else if (attrs.isWorthCollecting) attrs.collectSome()
    else return
    // What is left, or was let go during the sweep, goes in turns of its own: sockets and timers go first.
    if (nextHopSets.isWorthCollecting || attrs.isWorthCollecting) this.#turn.schedule()
  }

  #forget(): void {
    for (const [, replicator] of this.#replicators) replicator.forget()
    this.#rescans.forget()
    this.#groups.forget()
  }

  #onTargetsMoved(targets: ReadonlySet<RouteTarget>): void {
    for (const target of targets) this.#movedTargets.add(target)
    this.#turn.schedule()
  }

  #followTargets(): void {
    const targets = this.#movedTargets
    if (targets.size === 0) return
    this.#movedTargets = new Set()
    for (const [unicast, replicator] of this.#replicators) {
      replicator.forget()
      this.#rescans.add(this.master(unicast === Family.inet ? Family.inetVpn : Family.inet6Vpn)!, targets)
    }
    // Between VRFs a path is found by the targets it carries and by those its VRF exports.
    for (const instance of this.#instances.all()) {
      // Most are empty while ten thousand of them are configured.
      if (instance.inet.pathCount + instance.inet6.pathCount === 0) continue
      const exportsOne = instance.exportTargets.some((target) => targets.has(target))
      this.#rescans.add(instance.inet, exportsOne ? undefined : targets)
      this.#rescans.add(instance.inet6, exportsOne ? undefined : targets)
    }
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

  #dropTable(table: Table): void {
    for (const [, replicator] of this.#replicators) replicator.removeTable(table)
    this.#reaper.removeTable(table)
    this.#rescans.remove(table)
    this.#turn.deactivate(table)
    this.#groups.dropTable(table)
    this.#readers.dropTable(table)
    for (const source of this.sources.all()) source.forgetTable(table.id)
    this.#tables.drop(table)
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
      localSource: this.addSource(localSource(this.options, 'rt-membership')),
      onChange: (targets) => this.#onMembershipChanged(targets),
    })
  }

  #makeReplicator(unicast: Family, vpn: Family): readonly [Family, Replicator] {
    const { paths, attrs, sources, options } = this
    const vpnTable = this.master(vpn)!
    const shared = { paths, attrs, sources, imports: this.#imports, ...options }
    return [unicast, new Replicator({ ...shared, unicast, vpnTable, tableById: (id) => this.tableById(id) })]
  }
}
