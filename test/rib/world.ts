/**
 * A world for histories: one RIB with BGP peers of every kind, agents, VRFs, and the members that listen. Everything in
 * it has a name, so that a second world can be built from what is left of the first.
 */
import type { Attributes } from '../../rib/model/attr-set.ts'
import { plainAttributes } from '../../rib/model/attr-set.ts'
import { extCommunities } from '../../rib/model/ext-community.ts'
import { Family } from '../../rib/model/family.ts'
import { ipv4OfWord, parseIpv4 } from '../../rib/model/ip-address.ts'
import { formatRouteKey, parseRouteKey } from '../../rib/model/route-key.ts'
import { parseRouteTarget, routeTargetHigh, routeTargetLow } from '../../rib/model/route-target.ts'
import { PathFlag } from '../../rib/path-flags.ts'
import type { Want } from '../../rib/export-rule.ts'
import { PathWants } from '../../rib/path-offers.ts'
import type { PathChoice } from '../../rib/path-offers.ts'
import type { PathSource, SourceFacts } from '../../rib/path-source.ts'
import { SourceKind } from '../../rib/path-source.ts'
import { Rib } from '../../rib/rib.ts'
import type { Table } from '../../rib/table.ts'
import { pathsOf } from '../support/rib-check.ts'
import { pathKey, RecordingMember, TextEncoder, wantText } from '../support/recording-member.ts'
import { TurnClock } from '../support/turn-clock.ts'

export const TARGETS = [1, 2, 3, 4].map((n) => parseRouteTarget(`target:64512:${n}`)!)
export const VRFS = ['red', 'blue', 'green']
export const PEERS = 6
export const AGENTS = 3

const LOCAL_AS = 64512
const ROUTER_ID = 0x0a000001

export interface PathSpec {
  readonly label: number
  readonly nextHop: number
  readonly targets: readonly number[]
  readonly localPref: number
  readonly med: number
  readonly isInfeasible: boolean
}

/** Which of a peer's policies its group depends on. */
interface OfferPolicy {
  readonly sendNothing: boolean
  /** Of use where it has path identifiers. */
  readonly paths: PathChoice
}

interface Seat {
  readonly member: RecordingMember
  readonly table: Table
  /** Its session has path identifiers, from its beginning to its end. */
  readonly hasPaths: boolean
}

/** Every turn of it is one slice of `sliceRoutes` routes. */
export class World {
  readonly clock = new TurnClock(1_000)
  readonly rib: Rib
  readonly peers: PathSource[] = []
  readonly agents: PathSource[] = []
  readonly members = new Map<string, Seat>()
  /** Breaches seen by members that have left. */
  readonly faults: string[] = []

  constructor(sliceRoutes: number) {
    this.rib = newRib(this.clock, sliceRoutes)
    for (let i = 0; i < PEERS; i++) this.peers.push(this.rib.addSource(peerFacts(i)))
    for (let i = 0; i < AGENTS; i++) this.agents.push(this.rib.addSource(agentFacts(i)))
  }

  setVrf(name: string, imports: readonly number[], exports: readonly number[]): void {
    this.rib.setInstance({
      name,
      virtualNetwork: name,
      vnIndex: VRFS.indexOf(name) + 1,
      importTargets: imports.map((i) => TARGETS[i]!),
      exportTargets: exports.map((i) => TARGETS[i]!),
    })
  }

  /** The VRF's IPv4 table, unless the VRF is not there or on its way out. */
  vrfTable(name: string): Table | undefined {
    const instance = this.rib.instance(name)
    return instance && !instance.isDeleting ? instance.inet : undefined
  }

  table(family: Family): Table {
    return this.rib.master(family)!
  }

  publish(table: Table, key: string, source: PathSource, path: PathSpec, pathId = 0): void {
    table.upsert(parseRouteKey(table.family, key)!, 0, {
      source,
      pathId,
      attrs: this.rib.attrs.intern(attributesOf(path)),
      label: path.label,
      instanceId: source.kind === SourceKind.agent ? Number(source.name.slice(-1)) + 1 : 0,
      flags: path.isInfeasible ? PathFlag.infeasible : 0,
    })
  }

  withdraw(table: Table, key: string, source: PathSource, pathId = 0): void {
    table.withdraw(parseRouteKey(table.family, key)!, 0, source, pathId)
  }

  /** With path identifiers where paths are chosen. */
  joinPeer(index: number, filters: boolean, paths: PathChoice | undefined): void {
    const name = `vpn:${index}`
    if (this.members.has(name)) return
    const member = this.#member(this.peers[index]!, filters)
    const seat = { member, table: this.table(Family.inetVpn), hasPaths: paths !== undefined }
    this.#seat(name, seat, { sendNothing: false, paths: paths ?? 'best' })
  }

  joinAgent(vrf: string, index: number): void {
    const table = this.vrfTable(vrf)
    const name = `${vrf}:${index}`
    if (!table || this.members.has(name)) return
    const seat = { member: this.#member(this.agents[index]!, false), table, hasPaths: false }
    this.#seat(name, seat, { sendNothing: false, paths: 'best' })
  }

  /** The peer's policy is another one: its member moves to another group, or its group offers something else. */
  changePolicy(index: number, policy: OfferPolicy & { isClient: boolean; identifier: number }): void {
    const source = this.peers[index]!
    const { isClient, identifier } = policy
    this.rib.updateSource(source, {
      ...factsOf(source),
      isClient: source.isIbgp && isClient,
      routerId: 0x01010101 * (identifier + 1),
    })
    const seat = this.members.get(`vpn:${index}`)
    if (seat) this.#join(seat, policy)
  }

  leave(name: string): void {
    const seat = this.members.get(name)
    if (!seat) return
    this.rib.leave(seat.table, seat.member)
    this.members.delete(name)
    this.faults.push(...seat.member.faults)
  }

  /** The peer's session ends for good; the next one has a source of its own. */
  flap(index: number): void {
    this.leave(`vpn:${index}`)
    this.rib.removeSource(this.peers[index]!)
    this.peers[index] = this.rib.addSource(peerFacts(index))
  }

  /** Agents leave and let go, as their subscription ends with the instance. */
  deleteVrf(name: string): void {
    for (const seat of [...this.members.keys()]) if (seat.startsWith(`${name}:`)) this.leave(seat)
    const instance = this.rib.instance(name)
    if (!instance) return
    this.rib.deleteInstance(name)
  }

  drain(name: string): void {
    const seat = this.members.get(name)
    if (!seat || seat.member.credit > 0) return
    seat.member.credit = Infinity
    this.rib.unblock(seat.member)
  }

  /** Runs until nothing is left to do and nobody is full. */
  settle(): void {
    for (let round = 0; round < 1_000; round++) {
      this.clock.settle()
      const full = [...this.members].filter(([, seat]) => seat.member.credit <= 0)
      if (full.length === 0) return
      for (const [name] of full) this.drain(name)
    }
    throw new Error('members never drain')
  }

  /** What a member should hold, from the rule and the memberships alone. */
  desired(name: string): Map<string, string> {
    const { member, table } = this.members.get(name)!
    const { rule } = this.rib.groupOf(table, member)!
    const want: Want = { want: 0, label: 0, targetsOf: undefined, exceptSource: -1 }
    const wants = new PathWants()
    const held = new Map<string, string>()
    const add = (row: number, { want: id, label, targetsOf, exceptSource }: Want, pathId?: number): void => {
      if (id === 0 || exceptSource === member.source.id) return
      const isAsked = !targetsOf || this.rib.membership.wants(member.source, targetsOf)
      if (member.filtersByTarget && !isAsked) return
      const route = formatRouteKey(table.family, table.rows, row * table.stride)
      held.set(pathKey(route, pathId), wantText(this.rib, id, label))
    }
    for (const row of routesOf(table)) {
      if (rule.pathOffers) {
        rule.pathOffers.wantsOf(table, row, wants)
        for (let i = 0; i < wants.count; i++) add(row, wants.at(i), wants.at(i).pathId)
      } else {
        rule.wantOf(table, row, want)
        add(row, want)
      }
    }
    return held
  }

  /** The same instances, attachments and primary paths in a RIB that never saw the history. */
  rebuilt(): Rib {
    const clock = new TurnClock()
    const rib = newRib(clock, undefined)
    const sources = new Map<string, PathSource>()
    for (const source of [...this.peers, ...this.agents]) sources.set(source.name, rib.addSource(source))
    for (const instance of [...this.rib.instances()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const copy = rib.setInstance(instance.config)
      for (const source of instance.attached) rib.attach(copy, sources.get(source.name)!)
      if (instance.isDeleting) rib.deleteInstance(instance.name)
    }
    for (const table of this.rib.tables()) {
      for (const row of routesOf(table))
        for (const path of pathsOf(this.rib, table, row)) this.#repeat(rib, table, path, sources)
    }
    clock.settle()
    return rib
  }

  /** Teaches another RIB a primary path of this one. */
  #repeat(rib: Rib, table: Table, path: number, sources: ReadonlyMap<string, PathSource>): void {
    const { paths } = this.rib
    const source = this.rib.sources.get(paths.source(path))
    if (paths.origin(path) !== 0 || source.kind === SourceKind.local) return
    const key = formatRouteKey(table.family, table.rows, paths.route(path) * table.stride)
    rib.tableNamed(table.name)!.upsert(parseRouteKey(table.family, key)!, 0, {
      source: sources.get(source.name)!,
      pathId: paths.pathId(path),
      attrs: rib.attrs.intern(this.rib.attrs.get(paths.attrs(path))),
      label: paths.label(path),
      instanceId: paths.instanceId(path),
      flags: paths.flags(path),
    })
  }

  #member(source: PathSource, filters: boolean): RecordingMember {
    return new RecordingMember(source, filters, () => this.clock.turns)
  }

  #seat(name: string, seat: Seat, policy: OfferPolicy): void {
    this.#join(seat, policy)
    this.members.set(name, seat)
  }

  #join({ member, table, hasPaths }: Seat, { sendNothing, paths }: OfferPolicy): void {
    const { source } = member
    const rule =
      source.kind === SourceKind.agent
        ? this.rib.agentExportRule()
        : this.rib.bgpExportRule({
            isIbgp: source.isIbgp,
            peerAs: source.asn,
            localAs: LOCAL_AS,
            routerId: ROUTER_ID,
            clusterId: ROUTER_ID,
            isClient: source.isClient,
            encodingKey: '',
            sendNothing,
            takesLongLived: member.source.id % 2 === 0,
            paths: hasPaths ? paths : undefined,
          })
    this.rib.join(table, rule, () => new TextEncoder(this.rib), member)
  }
}

/** Rows of a table's routes, those without paths included. */
export function routesOf(table: Table): number[] {
  const rows: number[] = []
  for (let row = 1; row < table.routes.rowCount; row++) if (table.isRoute(row)) rows.push(row)
  return rows
}

export function attributesOf(path: PathSpec): Attributes {
  return {
    ...plainAttributes,
    nextHop: ipv4OfWord(0xc0000200 + path.nextHop),
    localPref: path.localPref,
    med: path.med,
    extCommunities: extCommunities(
      path.targets.map((i) => [routeTargetHigh(TARGETS[i]!), routeTargetLow(TARGETS[i]!)] as const),
    ),
  }
}

function newRib(clock: TurnClock, sliceRoutes: number | undefined): Rib {
  const options = { localAs: LOCAL_AS, routerId: ROUTER_ID, clusterId: ROUTER_ID, clock }
  return new Rib(sliceRoutes === undefined ? options : { ...options, sliceRoutes })
}

/** The first two are iBGP peers, the next two route reflector clients, the last two eBGP peers of one AS. */
function peerFacts(i: number): SourceFacts {
  return {
    kind: SourceKind.bgp,
    name: `peer${i}`,
    isIbgp: i < 4,
    isClient: i === 2 || i === 3,
    asn: i >= 4 ? 65001 : LOCAL_AS,
    routerId: 0x01010101 * (i + 1),
    address: parseIpv4(`192.0.2.${i + 1}`)!,
  }
}

function agentFacts(i: number): SourceFacts {
  return {
    kind: SourceKind.agent,
    name: `agent${i}`,
    isIbgp: false,
    isClient: false,
    asn: LOCAL_AS,
    routerId: 0,
    address: parseIpv4(`198.51.100.${i + 1}`)!,
  }
}

function factsOf(source: PathSource): SourceFacts {
  const { kind, name, isIbgp, isClient, asn, routerId, address } = source
  return { kind, name, isIbgp, isClient, asn, routerId, address }
}
