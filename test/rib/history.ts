/** Histories for properties: everything that sessions and configuration may ask of a RIB, in any order. */
import fc from 'fast-check'
import { Family } from '../../rib/model/family.ts'
import { formatRouteKey, membershipKey } from '../../rib/model/route-key.ts'
import type { PathChoice } from '../../rib/path-offers.ts'
import { AGENTS, PEERS, TARGETS, VRFS } from './world.ts'
import type { PathSpec, World } from './world.ts'

/** What a session does with its peer's paths through restarts and refreshes. */
const retentionSteps = [
  'remove',
  'mark stale',
  'remove stale',
  'keep long',
  'begin refresh',
  'end refresh',
] as const

const PREFIXES = ['10.0.0.1/32', '10.0.0.2/32', '10.0.0.0/24']

export interface Command {
  run(world: World): void
  toString(): string
}

const index = (count: number) => fc.nat({ max: count - 1 })
const peer = index(PEERS)
const agent = index(AGENTS)
const vrf = fc.constantFrom(...VRFS)
const prefix = fc.constantFrom(...PREFIXES)
const targetSet = fc.uniqueArray(index(TARGETS.length), { maxLength: 3 })
const vpnKey = fc.tuple(index(2), prefix).map(([rd, text]) => `64512:${rd + 1}:${text}`)
const member = fc.oneof(
  peer.map((i) => `vpn:${i}`),
  fc.tuple(vrf, agent).map(([name, i]) => `${name}:${i}`),
)
const path: fc.Arbitrary<PathSpec> = fc.record({
  label: fc.integer({ min: 16, max: 18 }),
  nextHop: index(3),
  targets: targetSet,
  localPref: fc.constantFrom(100, 200),
  med: fc.constantFrom(0, 10),
  isInfeasible: index(8).map((n) => n === 0),
})
const paths = fc.constantFrom<PathChoice>('best', 'equal-cost', 'all', 1, 2)
const policy = fc.record({ isClient: fc.boolean(), sendNothing: fc.boolean(), identifier: peer, paths })
const membershipPath: PathSpec = {
  label: 0,
  nextHop: 0,
  targets: [],
  localPref: 100,
  med: 0,
  isInfeasible: false,
}

/** A command with its arguments, which a counterexample shows. */
function command<T>(
  weight: number,
  name: string,
  fields: { [K in keyof T]: fc.Arbitrary<T[K]> },
  run: (world: World, args: T) => void,
): { weight: number; arbitrary: fc.Arbitrary<Command> } {
  const arbitrary = (fc.record(fields) as fc.Arbitrary<T>).map((args): Command => ({
    run: (world) => {
      run(world, args)
    },
    toString: () => `${name} ${JSON.stringify(args)}`,
  }))
  return { weight, arbitrary }
}

const commands = [
  command(3, 'publish', { vrf, prefix, agent, path }, (world, c) => {
    const table = world.vrfTable(c.vrf)
    if (table) world.publish(table, c.prefix, world.agents[c.agent]!, { ...c.path, targets: [] })
  }),
  command(2, 'retract', { vrf, prefix, agent }, (world, c) => {
    const table = world.rib.instance(c.vrf)?.inet
    if (table) world.withdraw(table, c.prefix, world.agents[c.agent]!)
  }),
  command(3, 'update', { key: vpnKey, peer, path, pathId: index(2) }, (world, c) => {
    world.publish(world.table(Family.inetVpn), c.key, world.peers[c.peer]!, c.path, c.pathId)
  }),
  command(2, 'withdraw', { key: vpnKey, peer, pathId: index(2) }, (world, c) => {
    world.withdraw(world.table(Family.inetVpn), c.key, world.peers[c.peer]!, c.pathId)
  }),
  command(3, 'set VRF', { vrf, imports: targetSet, exports: targetSet }, (world, c) => {
    world.setVrf(c.vrf, c.imports, c.exports)
  }),
  command(1, 'delete VRF', { vrf }, (world, c) => {
    world.deleteVrf(c.vrf)
  }),
  command(1, 'attach', { vrf, agent, attach: fc.boolean() }, (world, c) => {
    const instance = world.rib.instance(c.vrf)
    if (!instance) return
    if (!c.attach) world.rib.detach(instance, world.agents[c.agent]!)
    else if (!instance.isDeleting) world.rib.attach(instance, world.agents[c.agent]!)
  }),
  command(1, 'sweep peer', { peer, step: fc.constantFrom(...retentionSteps) }, (world, c) => {
    const { sweeps } = world.rib
    const source = world.peers[c.peer]!
    if (c.step === 'remove') sweeps.remove(source, undefined)
    else if (c.step === 'mark stale') sweeps.markStale(source, undefined)
    else if (c.step === 'remove stale') sweeps.removeStale(source, undefined)
    else if (c.step === 'keep long') sweeps.keepLong(source, Family.inetVpn)
    else if (c.step === 'begin refresh') sweeps.beginRefresh(source, Family.inetVpn)
    else sweeps.endRefresh(source, Family.inetVpn)
  }),
  command(1, 'sweep agent', { agent }, (world, c) => {
    world.rib.sweeps.remove(world.agents[c.agent]!, undefined)
  }),
  command(1, 'flap', { peer }, (world, c) => {
    world.flap(c.peer)
  }),
  command(3, 'join peer', { peer, filters: fc.boolean(), paths: fc.option(paths) }, (world, c) => {
    world.joinPeer(c.peer, c.filters, c.paths ?? undefined)
  }),
  command(2, 'join agent', { vrf, agent }, (world, c) => {
    world.joinAgent(c.vrf, c.agent)
  }),
  command(1, 'policy', { peer, policy }, (world, c) => {
    world.changePolicy(c.peer, c.policy)
  }),
  command(1, 'leave', { member }, (world, c) => {
    world.leave(c.member)
  }),
  command(2, 'fill', { member, credit: index(3) }, (world, c) => {
    const seat = world.members.get(c.member)
    if (seat && seat.member.credit === Infinity) seat.member.credit = c.credit + 1
  }),
  command(1, 'drain', { member }, (world, c) => {
    world.drain(c.member)
  }),
  command(1, 'refresh', { member }, (world, c) => {
    const seat = world.members.get(c.member)
    if (!seat) return
    seat.member.startRefresh()
    world.rib.refresh(seat.table, seat.member)
  }),
  command(
    2,
    'membership',
    { peer, target: fc.option(index(TARGETS.length)), add: fc.boolean() },
    (world, c) => {
      const table = world.table(Family.routeTarget)
      const key = c.target === null ? membershipKey() : membershipKey(64512, TARGETS[c.target]!)
      const text = formatRouteKey(Family.routeTarget, key, 0)
      if (c.add) world.publish(table, text, world.peers[c.peer]!, membershipPath)
      else world.withdraw(table, text, world.peers[c.peer]!)
    },
  ),
  command(4, 'step', {}, (world) => {
    world.clock.step()
  }),
]

/** One history. */
export const history: fc.Arbitrary<Command[]> = fc.array(fc.oneof(...commands), {
  minLength: 5,
  maxLength: 80,
  // The usual size would hold most histories below fifteen commands.
  size: 'max',
})
