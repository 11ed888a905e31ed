import { expect } from 'chai'
import {
  encapsulationCommunity,
  originVnCommunity,
  originVnOf,
  routeTargetsOf,
  tunnelTypesOf,
} from '../../rib/model/ext-community.ts'
import { PathFlag } from '../../rib/path-flags.ts'
import { checkInvariants } from '../support/rib-check.ts'
import { LOCAL_AS, Scene, sequence, target } from './scene.ts'

const VPN = 'bgp.l3vpn.0'

describe('rib: replication (control-node reference 4.1)', () => {
  it('1: gives each VRF that imports one of the targets one copy, others none', () => {
    const scene = new Scene()
    scene.vrf('one', { imports: [1] })
    scene.vrf('both', { imports: [1, 2] })
    scene.vrf('other', { imports: [3] })
    scene.put(VPN, '64512:1:10.0.0.0/24', scene.ibgp('peer'), { targets: [1, 2] })
    scene.settle()
    for (const name of ['one', 'both'])
      expect(scene.list(`${name}.inet.0`), name).to.deep.equal(['10.0.0.0/24 peer 192.0.2.21'])
    expect(scene.list('other.inet.0')).to.deep.equal([])
  })

  it('2: imports no path without extended communities, and exports none without targets', () => {
    const scene = new Scene()
    scene.vrf('red', { imports: [1] })
    scene.put(VPN, '64512:1:10.0.0.0/24', scene.ibgp('peer'))
    scene.put('red.inet.0', '10.0.0.1/32', scene.agent('agent'), { instanceId: 3 })
    scene.settle()
    expect(scene.list('red.inet.0')).to.deep.equal(['10.0.0.1/32 agent 192.0.2.21'])
    expect(scene.list(VPN)).to.have.length(1)
  })

  it('3: makes the RD of an agent route of its compute node and instance id (RFC 4364 §4.2 type 1)', () => {
    const scene = new Scene()
    scene.vrf('red', { exports: [1] })
    scene.put('red.inet.0', '10.0.0.1/32', scene.agent('agent'), {
      nextHop: '192.0.2.21',
      instanceId: 3,
      label: 38,
    })
    scene.settle()
    expect(scene.list(VPN)).to.deep.equal(['192.0.2.21:3:10.0.0.1/32 agent 192.0.2.21'])
    const path = scene.table(VPN).routes.firstPath(scene.row(VPN, '192.0.2.21:3:10.0.0.1/32'))
    expect(scene.rib.paths.label(path)).to.equal(38)
  })

  it('3: keeps the low 16 bits of an instance id, as an RD has no more', () => {
    const scene = new Scene()
    scene.vrf('red', { exports: [1] })
    scene.put('red.inet.0', '10.0.0.1/32', scene.agent('agent'), { instanceId: 0x1_0003 })
    scene.settle()
    expect(scene.list(VPN)[0]).to.match(/^192\.0\.2\.21:3:/)
    // Teaching it again is no change.
    const reader = scene.rib.watch(scene.table(VPN), 'tail', () => {})
    scene.put('red.inet.0', '10.0.0.1/32', scene.agent('other', 2), { instanceId: 0x1_0003 })
    scene.settle()
    expect(reader.hasNews).to.equal(true)
    checkInvariants(scene.rib)
  })

  it('3: makes the RD of a path with an IPv6 next hop of our identifier and the number of the VRF', () => {
    const scene = new Scene()
    scene.vrf('blue')
    const red = scene.vrf('red', { exports: [1] })
    scene.put('red.inet6.0', '2001:db8::1/128', scene.agent('agent'), {
      nextHop: '2001:db8:1::21',
      instanceId: 9,
    })
    scene.settle()
    expect(scene.list('bgp.l3vpn-inet6.0')).to.deep.equal([
      `10.0.0.1:${red.index}:2001:db8::1/128 agent 2001:db8:1::21`,
    ])
  })

  it('3: takes an IPv4 next hop mapped into IPv6 as the compute node it is (RFC 4659 §3.2.1.2)', () => {
    const scene = new Scene()
    scene.vrf('red', { exports: [1] })
    scene.put('red.inet6.0', '2001:db8::1/128', scene.agent('agent'), {
      nextHop: '::ffff:192.0.2.21',
      instanceId: 9,
    })
    scene.settle()
    expect(scene.list('bgp.l3vpn-inet6.0')[0]).to.match(/^192\.0\.2\.21:9:/)
  })

  it('4: takes all copies away with the path', () => {
    const scene = new Scene()
    scene.vrf('red', { exports: [1], imports: [1] })
    scene.vrf('blue', { imports: [1] })
    scene.vrf('green', { imports: [1] })
    const agent = scene.agent('agent')
    scene.put('red.inet.0', '10.0.0.1/32', agent)
    scene.settle()
    for (const name of ['blue', 'green']) expect(scene.list(`${name}.inet.0`)).to.have.length(1)
    scene.drop('red.inet.0', '10.0.0.1/32', agent)
    // At once: no reader has to run first.
    for (const table of ['red.inet.0', 'blue.inet.0', 'green.inet.0', VPN])
      expect(scene.list(table), table).to.deep.equal([])
    checkInvariants(scene.rib)
  })

  it('5: brings the same prefix under two RDs as two paths, and either may go', () => {
    for (const gone of ['64512:1', '64512:2']) {
      const scene = new Scene()
      scene.vrf('red', { imports: [1] })
      const peer = scene.ibgp('peer')
      scene.put(VPN, '64512:1:10.0.0.0/24', peer, { targets: [1], nextHop: '192.0.2.1' })
      scene.put(VPN, '64512:2:10.0.0.0/24', peer, { targets: [1], nextHop: '192.0.2.2' })
      scene.settle()
      expect(scene.list('red.inet.0')).to.have.length(2)
      scene.drop(VPN, `${gone}:10.0.0.0/24`, peer)
      scene.settle()
      const left = gone === '64512:1' ? '192.0.2.2' : '192.0.2.1'
      expect(scene.list('red.inet.0')).to.deep.equal([`10.0.0.0/24 peer ${left}`])
    }
  })

  it('6: carries changes of attributes, label and next hop to the copies, without doubles', () => {
    const scene = new Scene()
    scene.vrf('red', { imports: [1] })
    scene.vrf('blue', { exports: [2] })
    const peer = scene.ibgp('peer')
    const agent = scene.agent('agent')
    scene.put(VPN, '64512:1:10.0.0.0/24', peer, { targets: [1] })
    scene.put('blue.inet.0', '10.0.0.1/32', agent, { nextHop: '192.0.2.21', instanceId: 3 })
    scene.settle()
    scene.put(VPN, '64512:1:10.0.0.0/24', peer, { targets: [1], localPref: 200, label: 99 })
    // The compute node is part of the RD: this is another VPN route.
    scene.put('blue.inet.0', '10.0.0.1/32', agent, { nextHop: '192.0.2.22', instanceId: 3 })
    scene.settle()
    expect(scene.list('red.inet.0')).to.have.length(1)
    expect(scene.best('red.inet.0', '10.0.0.0/24').localPref).to.equal(200)
    expect(scene.list(VPN)).to.deep.equal([
      '192.0.2.22:3:10.0.0.1/32 agent 192.0.2.22',
      '64512:1:10.0.0.0/24 peer 192.0.2.21',
    ])
    scene.put('blue.inet.0', '10.0.0.1/32', agent, { nextHop: '192.0.2.22', instanceId: 4 })
    scene.settle()
    expect(scene.list(VPN)[0]).to.match(/^192\.0\.2\.22:4:/)
    checkInvariants(scene.rib)
  })

  it('7: marks copies as such, and copies no copy on', () => {
    const scene = new Scene()
    scene.vrf('red', { imports: [1], exports: [2] })
    scene.vrf('blue', { imports: [2] })
    scene.put(VPN, '64512:1:10.0.0.0/24', scene.ibgp('peer'), { targets: [1] })
    scene.settle()
    expect(scene.list('red.inet.0')).to.have.length(1)
    expect(scene.list('blue.inet.0')).to.deep.equal([])
    expect(scene.list(VPN)).to.have.length(1)
    const path = scene.table('red.inet.0').routes.firstPath(scene.row('red.inet.0', '10.0.0.0/24'))
    expect(scene.rib.paths.flags(path) & PathFlag.secondary).to.equal(PathFlag.secondary)
  })

  it('8: copies the equal-cost paths only, so that a better one takes the copies of others away', () => {
    const scene = new Scene()
    scene.vrf('red', { imports: [1] })
    const [a, b] = [scene.ibgp('a', 1), scene.ibgp('b', 2)]
    for (const peer of [a, b]) scene.put(VPN, '64512:1:10.0.0.0/24', peer, { targets: [1] })
    scene.settle()
    expect(scene.list('red.inet.0')).to.have.length(2)
    scene.put(VPN, '64512:1:10.0.0.0/24', b, { targets: [1], localPref: 200 })
    scene.settle()
    expect(scene.list('red.inet.0')).to.deep.equal(['10.0.0.0/24 b 192.0.2.21'])
    scene.drop(VPN, '64512:1:10.0.0.0/24', b)
    scene.settle()
    expect(scene.list('red.inet.0')).to.deep.equal(['10.0.0.0/24 a 192.0.2.21'])
    checkInvariants(scene.rib)
  })

  it('8: copies nothing of a route whose best path is infeasible, and takes what was copied away', () => {
    const scene = new Scene()
    scene.vrf('red', { imports: [1] })
    const peer = scene.ibgp('peer')
    scene.put(VPN, '64512:1:10.0.0.0/24', peer, { targets: [1] })
    scene.settle()
    const path = scene.table(VPN).routes.firstPath(scene.row(VPN, '64512:1:10.0.0.0/24'))
    scene.table(VPN).setPathFlags(path, PathFlag.infeasible | PathFlag.asLoop)
    scene.settle()
    expect(scene.list('red.inet.0')).to.deep.equal([])
    scene.table(VPN).setPathFlags(path, 0)
    scene.settle()
    expect(scene.list('red.inet.0')).to.have.length(1)
  })

  it('8: carries the LLGR mark to copies, which then lose against fresh paths (RFC 9494 §4.3)', () => {
    const scene = new Scene()
    scene.vrf('red', { imports: [1] })
    const [a, b] = [scene.ibgp('a', 1), scene.ibgp('b', 2)]
    scene.put(VPN, '64512:1:10.0.0.0/24', a, { targets: [1], localPref: 900 })
    scene.put(VPN, '64512:2:10.0.0.0/24', b, { targets: [1] })
    scene.settle()
    expect(scene.list('red.inet.0')[0]).to.contain(' a ')
    const path = scene.table(VPN).routes.firstPath(scene.row(VPN, '64512:1:10.0.0.0/24'))
    scene.table(VPN).setPathFlags(path, PathFlag.llgrStale)
    scene.settle()
    expect(scene.list('red.inet.0').map((line) => line.split(' ')[1])).to.deep.equal(['b', 'a'])
  })

  it('9: keeps an own path beside an imported one, the own one first', () => {
    const scene = new Scene()
    scene.vrf('red', { imports: [1] })
    scene.put(VPN, '64512:1:10.0.0.1/32', scene.ibgp('peer'), { targets: [1] })
    scene.put('red.inet.0', '10.0.0.1/32', scene.agent('agent'), { nextHop: '192.0.2.22' })
    scene.settle()
    expect(scene.list('red.inet.0')).to.deep.equal([
      '10.0.0.1/32 agent 192.0.2.22',
      '10.0.0.1/32 peer 192.0.2.21',
    ])
  })

  it('10: replicates a route that went and came again before anybody looked', () => {
    const scene = new Scene()
    scene.vrf('red', { imports: [1], exports: [1] })
    scene.vrf('blue', { imports: [1] })
    const peer = scene.ibgp('peer')
    const agent = scene.agent('agent')
    for (let round = 0; round < 2; round++) {
      scene.put(VPN, '64512:1:10.0.0.0/24', peer, { targets: [1] })
      scene.put('red.inet.0', '10.0.0.1/32', agent)
      scene.settle()
      scene.drop(VPN, '64512:1:10.0.0.0/24', peer)
      scene.drop('red.inet.0', '10.0.0.1/32', agent)
      scene.put(VPN, '64512:1:10.0.0.0/24', peer, { targets: [1] })
      scene.put('red.inet.0', '10.0.0.1/32', agent)
      scene.settle()
      expect(scene.list('blue.inet.0')).to.have.length(2)
      checkInvariants(scene.rib)
    }
  })

  it('11: follows networks that are connected, disconnected and connected again', () => {
    const scene = new Scene()
    scene.vrf('red', { imports: [1], exports: [1] })
    scene.vrf('blue', { imports: [2], exports: [2] })
    scene.put('red.inet.0', '10.0.0.1/32', scene.agent('a'))
    scene.put('blue.inet.0', '10.0.0.2/32', scene.agent('b', 2))
    scene.settle()
    for (let round = 0; round < 2; round++) {
      scene.vrf('red', { imports: [1, 2], exports: [1] })
      scene.vrf('blue', { imports: [2, 1], exports: [2] })
      scene.settle()
      expect(scene.list('red.inet.0')).to.have.length(2)
      expect(scene.list('blue.inet.0')).to.have.length(2)
      scene.vrf('red', { imports: [1], exports: [1] })
      scene.vrf('blue', { imports: [2], exports: [2] })
      scene.settle()
      expect(scene.list('red.inet.0')).to.deep.equal(['10.0.0.1/32 a 192.0.2.21'])
      expect(scene.list('blue.inet.0')).to.deep.equal(['10.0.0.2/32 b 192.0.2.21'])
    }
    checkInvariants(scene.rib)
  })

  it('exports a path by targets of its own beside those of its VRF, and strips none', () => {
    const scene = new Scene()
    scene.vrf('red', { exports: [1] })
    scene.vrf('blue', { imports: [7] })
    scene.vrf('plain')
    scene.put('red.inet.0', '10.0.0.1/32', scene.agent('agent'), {
      targets: [7],
      ext: [encapsulationCommunity(2)],
    })
    scene.put('plain.inet.0', '10.0.0.2/32', scene.agent('other', 2), { targets: [7] })
    scene.settle()
    const copy = scene.best('blue.inet.0', '10.0.0.1/32')
    expect(routeTargetsOf(copy.extCommunities)).to.deep.equal([target(1), target(7)])
    expect(tunnelTypesOf(copy.extCommunities)).to.deep.equal([2])
    expect(scene.list('blue.inet.0')).to.have.length(2)
    // RFC 4364 §4.3.1: the VRF's own path is not changed by what is exported of it.
    expect(scene.best('red.inet.0', '10.0.0.1/32').routeTargets).to.deep.equal([target(7)])
  })

  it('14: stamps the origin network on what leaves a VRF, and keeps one that is known', () => {
    const scene = new Scene()
    scene.vrf('red', { exports: [1], vnIndex: 5 })
    scene.vrf('plain', { exports: [1] })
    scene.put('red.inet.0', '10.0.0.1/32', scene.agent('agent'), { instanceId: 1 })
    scene.put('red.inet.0', '10.0.0.2/32', scene.agent('agent2', 2), {
      instanceId: 1,
      ext: [originVnCommunity(LOCAL_AS, 8)],
    })
    scene.put('plain.inet.0', '10.0.0.3/32', scene.agent('agent3', 3), { instanceId: 1 })
    scene.settle()
    const index = (n: number) =>
      originVnOf(scene.best(VPN, `192.0.2.21:1:10.0.0.${n}/32`).extCommunities)?.index
    expect([1, 2, 3].map(index)).to.deep.equal([5, 8, undefined])
    scene.vrf('red', { exports: [1], vnIndex: 6 })
    scene.settle()
    expect(index(1)).to.equal(6)
  })

  it('17: is quiet when what it would write is there already', () => {
    const scene = new Scene()
    scene.vrf('red', { imports: [1], exports: [2] })
    const peer = scene.ibgp('peer')
    scene.put(VPN, '64512:1:10.0.0.0/24', peer, { targets: [1] })
    scene.settle()
    const readers = [VPN, 'red.inet.0'].map((name) => scene.rib.watch(scene.table(name), 'tail', () => {}))
    scene.put(VPN, '64512:1:10.0.0.0/24', peer, { targets: [1] })
    scene.settle()
    expect(readers.map((reader) => reader.hasNews)).to.deep.equal([false, false])
    // A change of the route that the copy does not show is none for the VRF.
    scene.put(VPN, '64512:1:10.0.0.0/24', scene.ibgp('worse', 2), { targets: [1], asPath: sequence(1, 2) })
    scene.settle()
    expect(readers.map((reader) => reader.hasNews)).to.deep.equal([true, false])
  })

  it('replicates IPv6 the same way, and keeps the families apart', () => {
    const scene = new Scene()
    scene.vrf('red', { imports: [1], exports: [1] })
    scene.vrf('blue', { imports: [1] })
    scene.put('red.inet6.0', '2001:db8::1/128', scene.agent('agent'), { instanceId: 3 })
    scene.put('bgp.l3vpn-inet6.0', '64512:1:2001:db8:1::/48', scene.ibgp('peer'), { targets: [1] })
    scene.settle()
    expect(scene.list('blue.inet6.0')).to.have.length(2)
    expect(scene.list('blue.inet.0')).to.deep.equal([])
    expect(scene.list('bgp.l3vpn-inet6.0')[0]).to.match(/^192\.0\.2\.21:3:2001:db8::1\/128/)
    expect(scene.list(VPN)).to.deep.equal([])
  })

  it('forgets what it computed for attribute numbers that are given away again', () => {
    const scene = new Scene()
    scene.vrf('red', { imports: [1] })
    scene.vrf('blue', { imports: [2] })
    const peer = scene.ibgp('peer')
    scene.put(VPN, '64512:1:10.0.0.0/24', peer, { targets: [1] })
    scene.settle()
    const { id } = scene.best(VPN, '64512:1:10.0.0.0/24')
    scene.drop(VPN, '64512:1:10.0.0.0/24', peer)
    for (let n = 0; n < 1_100; n++) scene.attrs({ med: n })
    scene.put(VPN, '64512:9:10.9.0.0/24', peer)
    scene.settle()
    let reused = false
    for (let n = 0; n < 1_200 && !reused; n++) {
      const set = scene.attrs({ targets: [2], med: n })
      reused = set.id === id
      if (reused) scene.put(VPN, '64512:2:10.0.0.0/24', peer, { targets: [2], med: n })
    }
    expect(reused, 'the number is used again').to.equal(true)
    scene.settle()
    expect(scene.list('red.inet.0')).to.deep.equal([])
    expect(scene.list('blue.inet.0')).to.have.length(1)
  })
})
