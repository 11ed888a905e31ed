import { expect } from 'chai'
import fc from 'fast-check'
import type { Attributes } from '../../rib/model/attr-set.ts'
import { plainAttributes } from '../../rib/model/attr-set.ts'
import { extCommunities } from '../../rib/model/ext-community.ts'
import { Family } from '../../rib/model/family.ts'
import { ipv4OfWord, parseIpv4 } from '../../rib/model/ip-address.ts'
import { formatRouteKey, membershipKey, parseRouteKey } from '../../rib/model/route-key.ts'
import { parseRouteTarget, routeTargetHigh, routeTargetLow } from '../../rib/model/route-target.ts'
import { PathFlag } from '../../rib/path-flags.ts'
import type { PathSource } from '../../rib/path-source.ts'
import { SourceKind } from '../../rib/path-source.ts'
import { Rib } from '../../rib/rib.ts'
import type { Table } from '../../rib/table.ts'
import { checkInvariants, dumpRib, pathsOf } from '../support/rib-check.ts'
import { RecordingMember, TextEncoder, wantText } from '../support/recording-member.ts'
import { TurnClock } from '../support/turn-clock.ts'

const TARGETS = [1, 2, 3, 4].map((n) => parseRouteTarget(`target:64512:${n}`)!)
const VRFS = ['red', 'blue', 'green']
const PREFIXES = ['10.0.0.1/32', '10.0.0.2/32', '10.0.0.0/24']

/** One world: a RIB with three BGP peers, three agents and their members. */
class World {
  readonly clock = new TurnClock()
  readonly rib = new Rib({ localAs: 64512, routerId: 0x0a000001, clusterId: 0x0a000001, clock: this.clock })
  readonly peers: PathSource[] = []
  readonly agents: PathSource[] = []
  readonly members = new Map<string, { member: RecordingMember; table: Table }>()
  readonly faults: string[] = []

  constructor() {
    for (let i = 0; i < 3; i++) {
      this.peers.push(this.rib.addSource(facts(SourceKind.bgp, `peer${i}`, i)))
      this.agents.push(this.rib.addSource(facts(SourceKind.agent, `agent${i}`, i)))
    }
  }

  setVrf(name: string, imports: number[], exports: number[]): void {
    this.rib.setInstance({
      name,
      virtualNetwork: name,
      vnIndex: VRFS.indexOf(name) + 1,
      importTargets: imports.map((i) => TARGETS[i]!),
      exportTargets: exports.map((i) => TARGETS[i]!),
    })
  }

  publish(table: Table, key: string, source: PathSource, path: PathSpec): void {
    table.upsert(parseRouteKey(table.family, key)!, 0, {
      source,
      pathId: 0,
      attrs: this.rib.attrs.intern(attributesOf(path)),
      label: path.label,
      instanceId: source.kind === SourceKind.agent ? source.id : 0,
      flags: path.infeasible ? PathFlag.infeasible : 0,
    })
  }

  join(name: string, table: Table, source: PathSource, filters: boolean): void {
    if (this.members.has(name)) return
    const member = new RecordingMember(source, filters)
    const rule =
      source.kind === SourceKind.agent
        ? this.rib.agentExportRule()
        : this.rib.bgpExportRule({
            isIbgp: source.isIbgp,
            peerAs: source.asn,
            localAs: 64512,
            routerId: 0x0a000001,
            clusterId: 0x0a000001,
            isClient: source.isClient,
            encodingKey: '',
            sendNothing: false,
          })
    this.rib.join(table, rule, () => new TextEncoder(this.rib), member)
    this.members.set(name, { member, table })
  }

  leave(name: string): void {
    const seat = this.members.get(name)
    if (!seat) return
    this.rib.leave(seat.table, seat.member)
    this.members.delete(name)
    this.faults.push(...seat.member.faults)
  }

  settle(): void {
    for (let round = 0; round < 100; round++) {
      this.clock.settle()
      let anyFull = false
      for (const { member } of this.members.values()) {
        if (member.credit > 0) continue
        anyFull = true
        member.credit = Infinity
        this.rib.unblock(member)
      }
      if (!anyFull) return
    }
    throw new Error('members never drain')
  }
}

interface PathSpec {
  label: number
  nextHop: number
  targets: number[]
  localPref: number
  infeasible: boolean
}

function attributesOf(path: PathSpec): Attributes {
  return {
    ...plainAttributes,
    nextHop: ipv4OfWord(0xc0000200 + path.nextHop),
    localPref: path.localPref,
    extCommunities: extCommunities(
      path.targets.map((i) => [routeTargetHigh(TARGETS[i]!), routeTargetLow(TARGETS[i]!)] as const),
    ),
  }
}

function facts(kind: SourceKind, name: string, i: number) {
  return {
    kind,
    name,
    // Peer 2 is an eBGP peer, peer 1 a route reflector client.
    isIbgp: kind === SourceKind.bgp && i < 2,
    isClient: kind === SourceKind.bgp && i === 1,
    asn: i === 2 ? 65001 : 64512,
    routerId: kind === SourceKind.bgp ? 0x01010101 * (i + 1) : 0,
    address: parseIpv4(`192.0.2.${i + 1}`)!,
  }
}

const index = (count: number) => fc.nat({ max: count - 1 })
const targetSet = fc.uniqueArray(index(TARGETS.length), { maxLength: 3 })
const pathSpec = fc.record({
  label: fc.integer({ min: 16, max: 18 }),
  nextHop: index(3),
  targets: targetSet,
  localPref: fc.constantFrom(100, 200),
  infeasible: fc.boolean().map((flag) => flag && false) as fc.Arbitrary<boolean>,
})

type Command = (world: World) => void

const vpnKey = fc
  .tuple(index(2), fc.constantFrom(...PREFIXES))
  .map(([rd, prefix]) => `64512:${rd + 1}:${prefix}`)

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .record({
        vrf: fc.constantFrom(...VRFS),
        prefix: fc.constantFrom(...PREFIXES),
        agent: index(3),
        path: pathSpec,
      })
      .map((c): Command => (world) => {
        const table = world.rib.instance(c.vrf)?.inet
        if (table && !world.rib.instance(c.vrf)!.isDeleting) {
          world.publish(table, c.prefix, world.agents[c.agent]!, { ...c.path, targets: [] })
        }
      }),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ vrf: fc.constantFrom(...VRFS), prefix: fc.constantFrom(...PREFIXES), agent: index(3) })
      .map((c): Command => (world) => {
        const table = world.rib.instance(c.vrf)?.inet
        table?.withdraw(parseRouteKey(Family.inet, c.prefix)!, 0, world.agents[c.agent]!, 0)
      }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ key: vpnKey, peer: index(3), path: pathSpec }).map(
      (c): Command =>
        (world) =>
          world.publish(world.rib.master(Family.inetVpn)!, c.key, world.peers[c.peer]!, c.path),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record({ key: vpnKey, peer: index(3) }).map((c): Command => (world) => {
      world.rib
        .master(Family.inetVpn)!
        .withdraw(parseRouteKey(Family.inetVpn, c.key)!, 0, world.peers[c.peer]!, 0)
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ vrf: fc.constantFrom(...VRFS), imports: targetSet, exports: targetSet }).map(
      (c): Command =>
        (world) =>
          world.setVrf(c.vrf, c.imports, c.exports),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...VRFS).map((vrf): Command => (world) => {
      for (const name of [...world.members.keys()]) if (name.startsWith(`${vrf}:`)) world.leave(name)
      world.rib.deleteInstance(vrf)
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ peer: index(3), kind: fc.constantFrom('peers' as const, 'agents' as const) }).map(
      (c): Command =>
        (world) =>
          world.rib.sweepSource(world[c.kind][c.peer]!, undefined, { onlyStale: false }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({ peer: index(3) }).map((c): Command => (world) => {
      world.rib.markStale(world.peers[c.peer]!, undefined)
      world.rib.sweepSource(world.peers[c.peer]!, undefined, { onlyStale: true })
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ peer: index(3), filters: fc.boolean() }).map(
      (c): Command =>
        (world) =>
          world.join(`vpn:${c.peer}`, world.rib.master(Family.inetVpn)!, world.peers[c.peer]!, c.filters),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record({ vrf: fc.constantFrom(...VRFS), agent: index(3) }).map((c): Command => (world) => {
      const instance = world.rib.instance(c.vrf)
      if (instance && !instance.isDeleting)
        world.join(`${c.vrf}:${c.agent}`, instance.inet, world.agents[c.agent]!, false)
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ peer: index(3), vrf: fc.constantFrom('vpn', ...VRFS) }).map(
      (c): Command =>
        (world) =>
          world.leave(`${c.vrf}:${c.peer}`),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ peer: index(3), vrf: fc.constantFrom('vpn', ...VRFS), credit: index(3) })
      .map((c): Command => (world) => {
        const seat = world.members.get(`${c.vrf}:${c.peer}`)
        if (seat && seat.member.credit === Infinity) seat.member.credit = c.credit + 1
      }),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ peer: index(3), vrf: fc.constantFrom('vpn', ...VRFS) })
      .map((c): Command => (world) => {
        const seat = world.members.get(`${c.vrf}:${c.peer}`)
        if (!seat || seat.member.credit > 0) return
        seat.member.credit = Infinity
        world.rib.unblock(seat.member)
      }),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ peer: index(3), vrf: fc.constantFrom('vpn', ...VRFS) })
      .map((c): Command => (world) => {
        const seat = world.members.get(`${c.vrf}:${c.peer}`)
        if (!seat) return
        seat.member.startRefresh()
        world.rib.refresh(seat.table, seat.member)
      }),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ peer: index(3), target: fc.option(index(TARGETS.length)), add: fc.boolean() })
      .map((c): Command => (world) => {
        const table = world.rib.master(Family.routeTarget)!
        const key = c.target === null ? membershipKey() : membershipKey(64512, TARGETS[c.target]!)
        if (!c.add) table.withdraw(key, 0, world.peers[c.peer]!, 0)
        else
          world.publish(table, formatRouteKey(Family.routeTarget, key, 0), world.peers[c.peer]!, {
            label: 0,
            nextHop: 0,
            targets: [],
            localPref: 100,
            infeasible: false,
          })
      }),
  },
  { weight: 3, arbitrary: fc.constant<Command>((world) => void world.clock.step()) },
)

/** The same primary paths and instances in a RIB that never saw the history. */
function rebuilt(world: World): Rib {
  const clock = new TurnClock()
  const rib = new Rib({ localAs: 64512, routerId: 0x0a000001, clusterId: 0x0a000001, clock })
  const sources = new Map<string, PathSource>()
  for (const source of [...world.peers, ...world.agents]) sources.set(source.name, rib.addSource(source))
  const instances = [...world.rib.instances()].sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const instance of instances) {
    rib.setInstance(instance.config)
    if (instance.isDeleting) rib.deleteInstance(instance.name)
  }
  for (const table of world.rib.tables()) {
    const copy = rib.tableNamed(table.name)!
    for (let row = 1; row < table.routes.rowCount; row++) {
      if (!table.isRoute(row)) continue
      const key = parseRouteKey(table.family, formatRouteKey(table.family, table.rows, row * table.stride))!
      for (const path of pathsOf(world.rib, table, row)) {
        if (world.rib.paths.origin(path) !== 0) continue
        copy.upsert(key, 0, {
          source: sources.get(world.rib.sources.get(world.rib.paths.source(path)).name)!,
          pathId: world.rib.paths.pathId(path),
          attrs: rib.attrs.intern(world.rib.attrs.get(world.rib.paths.attrs(path))),
          label: world.rib.paths.label(path),
          instanceId: world.rib.paths.instanceId(path),
          flags: world.rib.paths.flags(path),
        })
      }
    }
  }
  clock.settle()
  return rib
}

/** What a member should hold, from the rule and the memberships alone. */
function desired(world: World, member: RecordingMember, table: Table): Map<string, string> {
  const group = world.rib.groupOf(table, member)!
  const want = { want: 0, label: 0, targetsOf: undefined as never, exceptSource: -1 }
  const held = new Map<string, string>()
  for (let row = 1; row < table.routes.rowCount; row++) {
    if (!table.isRoute(row)) continue
    group.rule.wantOf(table, row, want)
    if (want.want === 0 || want.exceptSource === member.source.id) continue
    if (
      want.targetsOf &&
      member.filtersByTarget &&
      !world.rib.membership.wants(member.source, want.targetsOf)
    )
      continue
    held.set(
      formatRouteKey(table.family, table.rows, row * table.stride),
      wantText(world.rib, want.want, want.label),
    )
  }
  return held
}

describe('rib: any history', () => {
  it('leaves tables equal to those computed from scratch, and members with exactly what they should have', () => {
    fc.assert(
      fc.property(fc.array(command, { minLength: 5, maxLength: 60 }), (commands) => {
        const world = new World()
        world.setVrf('red', [0], [0])
        world.setVrf('blue', [0, 1], [1])
        for (const run of commands) run(world)
        world.settle()
        checkInvariants(world.rib)
        expect(dumpRib(world.rib)).to.deep.equal(dumpRib(rebuilt(world)))
        for (const [name, { member, table }] of world.members) {
          expect(member.faults, name).to.deep.equal([])
          expect([...member.unconfirmed], `${name} after refresh`).to.deep.equal([])
          expect(member.synced, `${name} synced`).to.be.greaterThan(0)
          expect([...member.held].sort(), name).to.deep.equal([...desired(world, member, table)].sort())
        }
        expect(world.faults).to.deep.equal([])
        // Nothing that is gone takes room once everybody has seen it go.
        for (const table of world.rib.tables())
          expect(table.routes.routeCount).to.equal(table.activeRouteCount)
      }),
      { numRuns: Number(process.env['HEDDLE_PROPERTY_RUNS'] ?? 300) },
    )
  })
})
