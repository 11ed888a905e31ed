import { expect } from 'chai'
import fc from 'fast-check'
import { parseIpAddress } from '../../rib/model/ip-address.ts'
import { parsePrefix } from '../../rib/model/route-key.ts'
import { Origin } from '../../rib/model/attr-set.ts'
import { PathFlag } from '../../rib/path-flags.ts'
import type { FollowingRoute } from '../../rib/static-route.ts'
import { StaticRoutes } from '../../rib/static-routes.ts'
import { checkInvariants } from '../support/rib-check.ts'
import { Scene, sequence, target } from './scene.ts'

const route = (
  kind: FollowingRoute['kind'],
  prefix: string,
  via: string,
  rest: Partial<FollowingRoute> = {},
): FollowingRoute => ({
  kind,
  prefix: parsePrefix(prefix)!,
  via: parseIpAddress(via)!,
  communities: [],
  routeTargets: [],
  discardMoreSpecifics: false,
  ...rest,
})

function red(...routes: FollowingRoute[]): { scene: Scene; statics: StaticRoutes } {
  const scene = new Scene()
  scene.vrf('red', { imports: [1], exports: [1] })
  const statics = new StaticRoutes(scene.rib)
  statics.set('red', routes)
  return { scene, statics }
}

/** Usable static routes and aggregates: `key source nextHop`. */
function followed(scene: Scene, table = 'red.inet.0'): string[] {
  const { routes } = scene.settle().table(table)
  return scene
    .list(table)
    .filter((line) => / (static|aggregate) /.test(line))
    .filter((line) => routes.equalCostCount(scene.row(table, line.split(' ')[0]!)) > 0)
}

describe('a static route of a VRF', () => {
  it('goes where the route to its next hop goes, and leaves with that compute node as next hop', () => {
    const { scene } = red(
      route('static', '10.9.0.0/16', '10.1.1.3', { communities: [0xfc000001], routeTargets: [target(2)] }),
    )
    scene.put('red.inet.0', '10.1.1.3/32', scene.agent('compute-1'), {
      nextHop: '192.0.2.21',
      label: 33,
      instanceId: 5,
    })
    expect(followed(scene)).to.deep.equal(['10.9.0.0/16 static 192.0.2.21'])
    const key = '192.0.2.21:5:10.9.0.0/16'
    const out = scene.best('bgp.l3vpn.0', key)
    expect([out.communities, out.routeTargets]).to.deep.equal([[0xfc000001], [target(1), target(2)]])
    const table = scene.table('bgp.l3vpn.0')
    expect(scene.rib.paths.label(table.routes.firstPath(scene.row('bgp.l3vpn.0', key)))).to.equal(33)
  })

  it('is kept, unusable, while nothing leads to its next hop', () => {
    const { scene } = red(route('static', '10.9.0.0/16', '10.1.1.3'))
    scene.settle()
    const at = scene.table('red.inet.0')
    const path = at.routes.firstPath(scene.row('red.inet.0', '10.9.0.0/16'))
    expect(scene.rib.paths.flags(path)).to.equal(PathFlag.infeasible | PathFlag.unresolved)
    expect(scene.list('bgp.l3vpn.0')).to.deep.equal([])
  })

  it('follows: another label, another compute node, none', () => {
    const { scene } = red(route('static', '10.9.0.0/16', '10.1.1.3'))
    const [one, two] = [scene.agent('compute-1', 1), scene.agent('compute-2', 2)]
    scene.put('red.inet.0', '10.1.1.3/32', one, { nextHop: '192.0.2.21' })
    expect(followed(scene)).to.deep.equal(['10.9.0.0/16 static 192.0.2.21'])
    scene.put('red.inet.0', '10.1.1.3/32', two, { nextHop: '192.0.2.22' })
    expect(followed(scene)).to.deep.equal(['10.9.0.0/16 static 192.0.2.21', '10.9.0.0/16 static 192.0.2.22'])
    scene.drop('red.inet.0', '10.1.1.3/32', one)
    expect(followed(scene)).to.deep.equal(['10.9.0.0/16 static 192.0.2.22'])
    scene.drop('red.inet.0', '10.1.1.3/32', two)
    expect(followed(scene)).to.deep.equal([])
    checkInvariants(scene.rib)
  })

  it('takes the longest route that leads there, and never itself or another of its kind', () => {
    const { scene } = red(
      route('static', '0.0.0.0/0', '10.1.1.3'),
      route('static', '10.1.1.0/24', '10.5.0.1'),
    )
    scene.put('red.inet.0', '10.0.0.0/8', scene.agent('compute-1', 1), { nextHop: '192.0.2.21' })
    expect(followed(scene)).to.deep.equal(['0.0.0.0/0 static 192.0.2.21', '10.1.1.0/24 static 192.0.2.21'])
    scene.put('red.inet.0', '10.1.0.0/16', scene.agent('compute-2', 2), { nextHop: '192.0.2.22' })
    expect(followed(scene)).to.deep.equal(['0.0.0.0/0 static 192.0.2.22', '10.1.1.0/24 static 192.0.2.21'])
  })

  it('goes with its configuration', () => {
    const { scene, statics } = red(route('static', '10.9.0.0/16', '10.1.1.3'))
    scene.put('red.inet.0', '10.1.1.3/32', scene.agent('compute-1'), { nextHop: '192.0.2.21' })
    scene.settle()
    statics.set('red', [])
    scene.settle()
    expect(scene.list('red.inet.0')).to.deep.equal(['10.1.1.3/32 compute-1 192.0.2.21'])
    scene.rib.deleteInstance('red')
    scene.drop('red.inet.0', '10.1.1.3/32', [...scene.rib.sources.all()].at(-1)!)
    scene.settle()
    expect(scene.rib.instance('red')).to.equal(undefined)
  })
})

describe('an aggregate of a VRF', () => {
  const gateway = '10.1.0.1'

  it('is there while a route inside it is (RFC 4271 §9.2.2.2), itself not counted', () => {
    const { scene } = red(route('aggregate', '10.1.0.0/16', '192.168.0.1'))
    const agent = scene.agent('compute-1')
    scene.put('red.inet.0', '192.168.0.1/32', agent, { nextHop: '192.0.2.21' })
    expect(followed(scene)).to.deep.equal([])
    scene.put('red.inet.0', '10.1.7.0/24', agent, { nextHop: '192.0.2.22' })
    expect(followed(scene)).to.deep.equal(['10.1.0.0/16 aggregate 192.0.2.21'])
    scene.drop('red.inet.0', '10.1.7.0/24', agent)
    expect(followed(scene)).to.deep.equal([])
    expect(scene.row('red.inet.0', '10.1.0.0/16')).to.equal(-1)
  })

  it('says what its routes have in common: ORIGIN, path, ATOMIC_AGGREGATE and who aggregated', () => {
    const { scene } = red(route('aggregate', '10.1.0.0/16', gateway))
    const peer = scene.ibgp('gw')
    scene.put('red.inet.0', '10.1.0.0/24', scene.agent('compute-1'), {
      nextHop: '192.0.2.21',
      asPath: sequence(65001, 65002),
    })
    scene.put('red.inet.0', '10.1.1.0/24', peer, { asPath: sequence(65001, 65003), origin: Origin.egp })
    scene.settle()
    const set = scene.best('red.inet.0', '10.1.0.0/16')
    expect(set.asPath).to.deep.equal(sequence(65001))
    expect([set.origin, set.atomicAggregate, set.aggregator!.asn]).to.deep.equal([Origin.egp, true, 64512])
    scene.drop('red.inet.0', '10.1.1.0/24', peer)
    scene.settle()
    const alone = scene.best('red.inet.0', '10.1.0.0/16')
    expect([alone.asPath, alone.atomicAggregate]).to.deep.equal([sequence(65001, 65002), false])
  })

  it('keeps the routes inside it in the VRF where it is asked to, for as long as it is there', () => {
    const { scene } = red(route('aggregate', '10.1.0.0/16', '192.168.0.1', { discardMoreSpecifics: true }))
    const agent = scene.agent('compute-1')
    scene.put('red.inet.0', '10.1.7.0/24', agent, { nextHop: '192.0.2.21' })
    expect(scene.settle().list('bgp.l3vpn.0')).to.have.length(1)
    scene.put('red.inet.0', '192.168.0.1/32', agent, { nextHop: '192.0.2.21' })
    expect(
      scene
        .settle()
        .list('bgp.l3vpn.0')
        .map((line) => line.split(' ')[0]),
    ).to.deep.equal(['192.0.2.21:0:10.1.0.0/16', '192.0.2.21:0:192.168.0.1/32'])
    scene.drop('red.inet.0', '192.168.0.1/32', agent)
    expect(
      scene
        .settle()
        .list('bgp.l3vpn.0')
        .map((line) => line.split(' ')[0]),
    ).to.deep.equal(['192.0.2.21:0:10.1.7.0/24'])
    checkInvariants(scene.rib)
  })
})

describe('static routes and aggregates', () => {
  it('after any history are what they would be from the beginning', () => {
    const routes = [
      route('static', '0.0.0.0/0', '10.1.1.3'),
      route('static', '10.9.0.0/16', '10.1.2.3'),
      route('aggregate', '10.1.0.0/16', '10.2.0.1', { discardMoreSpecifics: true }),
      route('aggregate', '10.0.0.0/8', '10.1.1.3'),
    ]
    const keys = ['10.1.1.3/32', '10.1.1.0/24', '10.1.2.0/24', '10.2.0.0/16', '10.2.0.1/32', '0.0.0.0/1']
    const step = fc.record({
      key: fc.constantFrom(...keys),
      agent: fc.nat(1),
      isThere: fc.boolean(),
      hop: fc.nat(2),
      turn: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const begin = (): { scene: Scene; agents: ReturnType<Scene['agent']>[]; statics: StaticRoutes } => {
          const scene = new Scene({ sliceRoutes: 1 })
          scene.vrf('red', { imports: [1], exports: [1] })
          const agents = [scene.agent('a', 1), scene.agent('b', 2)]
          return { scene, agents, statics: new StaticRoutes(scene.rib) }
        }
        const { scene, agents, statics } = begin()
        statics.set('red', routes)
        const there = new Map<string, (typeof steps)[number]>()
        const put = (to: Scene, who: typeof agents, { key, agent, hop }: (typeof steps)[number]): void =>
          to.put('red.inet.0', key, who[agent]!, { nextHop: `192.0.2.${hop + 1}`, label: 16 + hop })
        for (const at of steps) {
          if (at.isThere) {
            there.set(`${at.key} ${at.agent}`, at)
            put(scene, agents, at)
          } else {
            there.delete(`${at.key} ${at.agent}`)
            scene.drop('red.inet.0', at.key, agents[at.agent]!)
          }
          if (at.turn) scene.clock.step()
        }
        const fresh = begin()
        for (const at of there.values()) put(fresh.scene, fresh.agents, at)
        fresh.statics.set('red', routes)
        for (const table of ['red.inet.0', 'bgp.l3vpn.0']) {
          expect(scene.settle().list(table)).to.deep.equal(fresh.scene.settle().list(table))
        }
        checkInvariants(scene.rib)
      }),
      { numRuns: 300 },
    )
  })
})
