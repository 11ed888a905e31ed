import { expect } from 'chai'
import type { BgpExportPolicy } from '../../rib/export-bgp.ts'
import { PathFlag } from '../../rib/path-flags.ts'
import type { PathChoice } from '../../rib/path-offers.ts'
import type { PathSource } from '../../rib/path-source.ts'
import { Family } from '../../rib/model/family.ts'
import { formatRouteKey, membershipKey } from '../../rib/model/route-key.ts'
import { checkInvariants } from '../support/rib-check.ts'
import { RecordingMember } from '../support/recording-member.ts'
import { LOCAL_AS, Scene, target } from './scene.ts'

const TABLE = 'inet.0'
const KEY = '10.0.0.1/32'
const VPN = 'bgp.l3vpn.0'
const VPN_KEY = '64512:1:10.0.0.1/32'

/** Members whose groups have path identifiers. */
class PathScene extends Scene {
  #count = 100

  join(choice: PathChoice, policy: Partial<BgpExportPolicy> = {}, source?: PathSource): RecordingMember {
    const n = ++this.#count
    const member = new RecordingMember(source ?? this.ibgp(`member${n}`, n), false, () => this.clock.turns)
    this.joinBgp(TABLE, member, { paths: choice, ...policy })
    return member
  }

  /** Next hops that a member holds paths to; no path of it is odd. */
  hops(member: RecordingMember): string[] {
    this.settle()
    checkInvariants(this.rib)
    expect(member.faults).to.deep.equal([])
    return [...member.held.values()].sort()
  }

  /** Identifiers of the paths that a member holds, by next hop. */
  ids(member: RecordingMember): Map<string, string> {
    this.settle()
    return new Map([...member.held].map(([key, hop]) => [hop, key]))
  }
}

const membership = (n: number): string =>
  formatRouteKey(Family.routeTarget, membershipKey(LOCAL_AS, target(n)), 0)

const hop = (n: number): string => `192.0.2.${n}`
const held = (...numbers: number[]): string[] => numbers.map((n) => `${hop(n)}/16`)

describe('rib: several paths of a route (RFC 7911)', () => {
  it('are the best, the equal-cost ones, so many, or all that are feasible', () => {
    const scene = new PathScene()
    const peers = [1, 2, 3, 4].map((n) => scene.ebgp(`peer${n}`, n))
    scene.put(TABLE, KEY, peers[0]!, { nextHop: hop(1), localPref: 200 })
    scene.put(TABLE, KEY, peers[1]!, { nextHop: hop(2), localPref: 200 })
    scene.put(TABLE, KEY, peers[2]!, { nextHop: hop(3) })
    scene.put(TABLE, KEY, peers[3]!, { nextHop: hop(4), flags: PathFlag.infeasible | PathFlag.asLoop })
    const choices: [PathChoice, string[]][] = [
      ['best', held(1)],
      [1, held(1)],
      ['equal-cost', held(1, 2)],
      [2, held(1, 2)],
      [3, held(1, 2, 3)],
      [9, held(1, 2, 3)],
      ['all', held(1, 2, 3)],
    ]
    for (const [choice, expected] of choices)
      expect(scene.hops(scene.join(choice)), String(choice)).to.deep.equal(expected)
  })

  it('count those that may be offered; the best is the one that a peer without identifiers gets', () => {
    const scene = new PathScene()
    // RFC 1997: NO_ADVERTISE.
    scene.put(TABLE, KEY, scene.ebgp('a', 1), { nextHop: hop(1), localPref: 300, communities: [0xffffff02] })
    scene.put(TABLE, KEY, scene.ebgp('b', 2), { nextHop: hop(2), localPref: 200 })
    scene.put(TABLE, KEY, scene.ebgp('c', 3), { nextHop: hop(3) })
    expect(scene.hops(scene.join(1))).to.deep.equal(held(2))
    expect(scene.hops(scene.join(2))).to.deep.equal(held(2, 3))
    expect(scene.hops(scene.join('best'))).to.deep.equal([])
  })

  it('come and go one by one, and the identifier of a path stays as long as it does (§3)', () => {
    const scene = new PathScene()
    const [a, b, c] = [1, 2, 3].map((n) => scene.ebgp(`peer${n}`, n)) as [PathSource, PathSource, PathSource]
    const member = scene.join('all')
    scene.put(TABLE, KEY, a, { nextHop: hop(1) })
    scene.put(TABLE, KEY, b, { nextHop: hop(2) })
    const before = scene.ids(member)
    const count = member.received
    expect(before.size).to.equal(2)
    scene.put(TABLE, KEY, c, { nextHop: hop(3), localPref: 500 })
    expect(scene.hops(member)).to.deep.equal(held(1, 2, 3))
    expect(member.received - count, 'messages for a path more').to.equal(1)
    // Other attributes, another rank, the same path.
    scene.put(TABLE, KEY, a, { nextHop: hop(9), localPref: 900 })
    scene.drop(TABLE, KEY, c)
    expect(scene.hops(member)).to.deep.equal(held(2, 9))
    expect(scene.ids(member).get(held(9)[0]!)).to.equal(before.get(held(1)[0]!))
    expect(member.received - count).to.equal(3)
    scene.drop(TABLE, KEY, a)
    scene.drop(TABLE, KEY, b)
    expect(scene.hops(member)).to.deep.equal([])
  })

  it('of one peer are as many as it has sent', () => {
    const scene = new PathScene()
    const peer = scene.ebgp('peer', 1)
    const member = scene.join('all')
    for (const n of [1, 2, 3]) scene.put(TABLE, KEY, peer, { nextHop: hop(n), pathId: n * 1000 })
    expect(scene.hops(member)).to.deep.equal(held(1, 2, 3))
    scene.drop(TABLE, KEY, peer, 2000)
    expect(scene.hops(member)).to.deep.equal(held(1, 3))
  })

  it('of one VPN route are the equal-cost next hops of an agent', () => {
    const scene = new PathScene()
    scene.vrf('red', { imports: [1] })
    const reflector = scene.ibgp('reflector', 1)
    const agent = new RecordingMember(scene.agent('agent'), false, () => scene.clock.turns)
    scene.joinAgent('red.inet.0', agent)
    for (const n of [1, 2]) scene.put(VPN, VPN_KEY, reflector, { nextHop: hop(n), pathId: n, targets: [1] })
    expect(scene.hops(agent)).to.deep.equal([held(1, 2).join(' ')])
    scene.drop(VPN, VPN_KEY, reflector, 1)
    expect(scene.hops(agent)).to.deep.equal(held(2))
  })

  it('never go back to where they came from, and others get them all the same', () => {
    const scene = new PathScene({ clusterId: 7 })
    const clients = [1, 2, 3].map((n) => scene.ibgp(`client${n}`, n, { isClient: true }))
    const policy = { clusterId: 7, isClient: true }
    const members = clients.map((source) => scene.join('all', policy, source))
    for (const n of [1, 2]) scene.put(TABLE, KEY, clients[n - 1]!, { nextHop: hop(n) })
    expect(members.map((member) => scene.hops(member))).to.deep.equal([held(2), held(1), held(1, 2)])
  })

  it('follow the rules of reflection path by path (RFC 4456 §6)', () => {
    const scene = new PathScene({ clusterId: 7 })
    scene.put(TABLE, KEY, scene.ibgp('client', 1, { isClient: true }), { nextHop: hop(1) })
    scene.put(TABLE, KEY, scene.ibgp('other', 2), { nextHop: hop(2) })
    scene.put(TABLE, KEY, scene.ebgp('external', 3), { nextHop: hop(3) })
    const client = scene.join('all', { clusterId: 7, isClient: true })
    const other = scene.join('all', { clusterId: 7, isClient: false })
    expect(scene.hops(client)).to.deep.equal(held(1, 2, 3))
    expect(scene.hops(other)).to.deep.equal(held(1, 3))
  })

  it('go to whoever asked for a target of theirs (RFC 4684)', () => {
    const scene = new PathScene({ clusterId: 7 })
    const client = scene.ibgp('client', 5, { isClient: true })
    const member = new RecordingMember(client, true, () => scene.clock.turns)
    scene.joinBgp(VPN, member, { clusterId: 7, isClient: true, paths: 'all' })
    scene.put('bgp.rtarget.0', membership(1), client)
    scene.put(VPN, VPN_KEY, scene.ebgp('a', 1), { nextHop: hop(1), targets: [1] })
    scene.put(VPN, VPN_KEY, scene.ebgp('b', 2), { nextHop: hop(2), targets: [2] })
    expect(scene.hops(member)).to.deep.equal(held(1))
    scene.put('bgp.rtarget.0', membership(2), client)
    expect(scene.hops(member)).to.deep.equal(held(1, 2))
    scene.drop('bgp.rtarget.0', membership(1), client)
    expect(scene.hops(member)).to.deep.equal(held(2))
    scene.put('bgp.rtarget.0', membership(1), client)
    expect(scene.hops(member)).to.deep.equal(held(1, 2))
  })

  it('of which more or fewer are chosen stay as they are where both choices have them', () => {
    const scene = new PathScene()
    for (const n of [1, 2, 3])
      scene.put(TABLE, KEY, scene.ebgp(`peer${n}`, n), { nextHop: hop(n), localPref: 500 - n })
    const member = scene.join('all')
    expect(scene.hops(member)).to.deep.equal(held(1, 2, 3))
    const count = member.received
    scene.joinBgp(TABLE, member, { paths: 2 })
    expect(scene.hops(member)).to.deep.equal(held(1, 2))
    expect(member.received - count, 'one withdraw').to.equal(1)
    scene.joinBgp(TABLE, member, { paths: 'all' })
    expect(scene.hops(member)).to.deep.equal(held(1, 2, 3))
    expect(member.received - count, 'and one path more').to.equal(2)
  })

  it('are all sent again for a route refresh (RFC 2918)', () => {
    const scene = new PathScene()
    for (const n of [1, 2]) scene.put(TABLE, KEY, scene.ebgp(`peer${n}`, n), { nextHop: hop(n) })
    const member = scene.join('all')
    scene.settle()
    member.startRefresh()
    scene.rib.refresh(scene.table(TABLE), member)
    expect(scene.hops(member)).to.deep.equal(held(1, 2))
    expect([...member.unconfirmed]).to.deep.equal([])
  })
})
