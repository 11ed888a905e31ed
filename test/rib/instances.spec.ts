import { expect } from 'chai'
import type { InstanceEvent } from '../../rib/instances.ts'
import { checkInvariants } from '../support/rib-check.ts'
import { RecordingMember } from '../support/recording-member.ts'
import { Scene, target } from './scene.ts'

const VPN = 'bgp.l3vpn.0'

function recorded(scene: Scene): [string, InstanceEvent][] {
  const events: [string, InstanceEvent][] = []
  scene.rib.onInstance((instance, event) => events.push([instance.name, event]))
  return events
}

describe('rib: routing instances', () => {
  it('have their tables under their names, and go with them', () => {
    const scene = new Scene()
    const events = recorded(scene)
    const red = scene.vrf('red', { imports: [1] })
    expect(scene.rib.tableNamed('red.inet.0')).to.equal(red.inet)
    expect(scene.rib.tableNamed('red.inet6.0')).to.equal(red.inet6)
    expect([red.inet.name, red.inet6.name]).to.deep.equal(['red.inet.0', 'red.inet6.0'])
    expect(scene.rib.tableNamed('red.inet')).to.equal(undefined)
    expect([...scene.rib.tables()]).to.include.members([red.inet, red.inet6])
    expect(scene.vrf('red', { imports: [1] })).to.equal(red)
    scene.rib.deleteInstance('red')
    scene.rib.deleteInstance('red')
    scene.settle()
    expect([
      scene.rib.instance('red'),
      scene.rib.tableNamed('red.inet.0'),
      [...scene.rib.instances()].length,
    ]).to.deep.equal([undefined, undefined, 0])
    expect(events).to.deep.equal([
      ['red', 'added'],
      ['red', 'deleted'],
    ])
    scene.rib.deleteInstance('none')
    expect(events).to.have.length(2)
  })

  it('15: that are deleted take imported and exported copies along, and stay while an agent is attached', () => {
    const scene = new Scene()
    const red = scene.vrf('red', { imports: [1], exports: [2] })
    scene.vrf('blue', { imports: [2] })
    const agent = scene.agent('agent')
    const member = new RecordingMember(agent)
    scene.rib.attach(red, agent)
    scene.joinAgent('red.inet.0', member)
    scene.put('red.inet.0', '10.0.0.1/32', agent)
    scene.put(VPN, '64512:1:10.0.0.0/24', scene.ibgp('peer'), { targets: [1] })
    scene.settle()
    expect(member.held.size).to.equal(2)
    scene.rib.deleteInstance('red')
    scene.settle()
    // The agent's own path is there until it retracts it, but offered to nobody.
    expect(scene.list('red.inet.0')).to.deep.equal(['10.0.0.1/32 agent 192.0.2.21'])
    expect(scene.list('blue.inet.0')).to.deep.equal([])
    expect(scene.list(VPN)).to.have.length(1)
    expect([...member.held.keys()]).to.deep.equal([])
    expect(scene.list('bgp.rtarget.0')).to.deep.equal([])
    expect(scene.rib.instance('red')).to.equal(red)
    scene.rib.leave(red.inet, member)
    scene.drop('red.inet.0', '10.0.0.1/32', agent)
    scene.rib.detach(red, agent)
    scene.settle()
    expect(scene.rib.instance('red')).to.equal(undefined)
    checkInvariants(scene.rib)
  })

  it('stay while they hold a path, whoever is attached', () => {
    const scene = new Scene()
    scene.vrf('red')
    const agent = scene.agent('agent')
    scene.put('red.inet6.0', '2001:db8::1/128', agent)
    scene.rib.deleteInstance('red')
    scene.settle()
    expect(scene.rib.instance('red')?.isDeleting).to.equal(true)
    scene.rib.removeSource(agent)
    scene.settle()
    expect(scene.rib.instance('red')).to.equal(undefined)
  })

  it('come back to life when they are configured again before they are gone', () => {
    const scene = new Scene()
    const events = recorded(scene)
    const red = scene.vrf('red', { imports: [1], exports: [2] })
    scene.vrf('blue', { imports: [2] })
    const agent = scene.agent('agent')
    const member = new RecordingMember(agent)
    scene.rib.attach(red, agent)
    scene.joinAgent('red.inet.0', member)
    scene.put('red.inet.0', '10.0.0.1/32', agent)
    scene.put(VPN, '64512:1:10.0.0.0/24', scene.ibgp('peer'), { targets: [1] })
    scene.settle()
    scene.rib.deleteInstance('red')
    scene.settle()
    expect(scene.vrf('red', { imports: [1], exports: [2] })).to.equal(red)
    scene.settle()
    expect(red.isDeleting).to.equal(false)
    expect([...member.held.keys()].sort()).to.deep.equal(['10.0.0.0/24', '10.0.0.1/32'])
    expect(scene.list('blue.inet.0')).to.have.length(1)
    expect(scene.list('bgp.rtarget.0')).to.have.length(1)
    expect(events.map(([, event]) => event)).to.deep.equal(['added', 'added', 'deleted', 'added'])
    checkInvariants(scene.rib)
  })

  it('come back with nothing lost when nothing but the deletion changed, targets none', () => {
    const scene = new Scene()
    const red = scene.vrf('red')
    const agent = scene.agent('agent')
    const member = new RecordingMember(agent)
    scene.rib.attach(red, agent)
    scene.joinAgent('red.inet.0', member)
    scene.put('red.inet.0', '10.0.0.1/32', agent)
    scene.settle()
    scene.rib.deleteInstance('red')
    scene.settle()
    expect(member.held.size).to.equal(0)
    scene.vrf('red')
    scene.settle()
    expect(member.held.size).to.equal(1)
  })

  it('get the number of one that is gone only then', () => {
    const scene = new Scene()
    const red = scene.vrf('red')
    const agent = scene.agent('agent')
    scene.put('red.inet.0', '10.0.0.1/32', agent)
    scene.rib.deleteInstance('red')
    scene.settle()
    expect(scene.vrf('blue').index).to.not.equal(red.index)
    scene.rib.removeSource(agent)
    scene.settle()
    expect(scene.vrf('green').index).to.equal(red.index)
    expect(red.index).to.be.greaterThan(0)
  })

  it('do not find routes of a table whose number they got', () => {
    const scene = new Scene()
    const agent = scene.agent('agent')
    const red = scene.vrf('red')
    scene.put('red.inet.0', '10.0.0.1/32', agent)
    scene.drop('red.inet.0', '10.0.0.1/32', agent)
    scene.rib.deleteInstance('red')
    scene.settle()
    const blue = scene.vrf('blue')
    expect([blue.inet.id, blue.inet6.id]).to.include(red.inet.id)
    scene.put('blue.inet.0', '10.0.0.2/32', agent)
    scene.put('blue.inet6.0', '2001:db8::1/128', agent)
    scene.settle()
    scene.rib.sweeps.remove(agent, undefined)
    scene.settle()
    expect([...scene.list('blue.inet.0'), ...scene.list('blue.inet6.0')]).to.deep.equal([])
  })

  it('are dropped with members that never left, and hold no attribute sets after', () => {
    const scene = new Scene()
    const red = scene.vrf('red', { imports: [1] })
    const agent = scene.agent('agent')
    const member = new RecordingMember(agent)
    member.credit = 1
    scene.joinAgent('red.inet.0', member)
    const peer = scene.ibgp('peer')
    scene.put(VPN, '64512:1:10.0.0.0/24', peer, { targets: [1] })
    scene.settle()
    scene.rib.deleteInstance('red')
    scene.drop(VPN, '64512:1:10.0.0.0/24', peer)
    scene.settle()
    expect(scene.rib.instance('red')).to.equal(undefined)
    expect(scene.rib.attrs.liveCount).to.equal(0)
    scene.rib.unblock(member)
    scene.rib.leave(red.inet, member)
    scene.rib.refresh(red.inet, member)
    scene.settle()
    expect([...scene.rib.groups(red.inet)]).to.deep.equal([])
  })

  it('tell who imports a target', () => {
    const scene = new Scene()
    const red = scene.vrf('red', { imports: [1, 2] })
    const blue = scene.vrf('blue', { imports: [2] })
    expect([...scene.rib.importersOf(target(2))]).to.deep.equal([red, blue])
    scene.vrf('blue', { imports: [] })
    expect([...scene.rib.importersOf(target(2))]).to.deep.equal([red])
    expect([...scene.rib.importersOf(target(9))]).to.deep.equal([])
  })
})

describe('rib: memberships of attached instances (RFC 4684; control-node reference 4.2)', () => {
  const memberships = (scene: Scene): string[] =>
    scene.list('bgp.rtarget.0').map((line) => line.split(' ')[0]!)

  it('21: exist from the first subscription to the last', () => {
    const scene = new Scene()
    const red = scene.vrf('red', { imports: [1, 2] })
    const [a, b] = [scene.agent('a', 1), scene.agent('b', 2)]
    expect(memberships(scene)).to.deep.equal([])
    scene.rib.attach(red, a)
    scene.rib.attach(red, b)
    scene.rib.attach(red, b)
    expect(memberships(scene)).to.deep.equal(['64512:target:64512:1', '64512:target:64512:2'])
    expect(scene.list('bgp.rtarget.0')[0]).to.contain('rt-membership 10.0.0.1')
    scene.rib.detach(red, a)
    expect(memberships(scene)).to.have.length(2)
    scene.rib.detach(red, b)
    scene.settle()
    expect(memberships(scene)).to.deep.equal([])
  })

  it('22: are not harmed by a second unsubscription', () => {
    const scene = new Scene()
    const red = scene.vrf('red', { imports: [1] })
    const blue = scene.vrf('blue', { imports: [1] })
    const agent = scene.agent('agent')
    scene.rib.attach(red, agent)
    scene.rib.attach(blue, agent)
    scene.rib.detach(red, agent)
    scene.rib.detach(red, agent)
    expect(memberships(scene)).to.have.length(1)
  })

  it('23: are one route for several instances, counted', () => {
    const scene = new Scene()
    const [red, blue] = [scene.vrf('red', { imports: [1] }), scene.vrf('blue', { imports: [1, 2] })]
    const agent = scene.agent('agent')
    scene.rib.attach(red, agent)
    scene.rib.attach(blue, agent)
    expect(memberships(scene)).to.have.length(2)
    scene.rib.detach(blue, agent)
    expect(memberships(scene)).to.deep.equal(['64512:target:64512:1'])
    expect([...scene.rib.membership.originatedTargets()]).to.deep.equal([target(1)])
  })

  it('24: follow the import targets of an attached instance, not of one that nobody needs', () => {
    const scene = new Scene()
    const red = scene.vrf('red', { imports: [1] })
    scene.vrf('idle', { imports: [7] })
    scene.rib.attach(red, scene.agent('agent'))
    scene.vrf('red', { imports: [2, 3] })
    expect(memberships(scene).sort()).to.deep.equal(['64512:target:64512:2', '64512:target:64512:3'])
    scene.vrf('red', { imports: [3], exports: [9] })
    expect(memberships(scene)).to.deep.equal(['64512:target:64512:3'])
    scene.rib.deleteInstance('red')
    expect(memberships(scene)).to.deep.equal([])
  })

  it('34: of connected instances name the import targets only', () => {
    const scene = new Scene()
    const red = scene.vrf('red', { imports: [1, 2], exports: [1] })
    scene.vrf('blue', { imports: [2, 1], exports: [2, 8] })
    scene.rib.attach(red, scene.agent('agent'))
    expect(memberships(scene).sort()).to.deep.equal(['64512:target:64512:1', '64512:target:64512:2'])
  })
})
