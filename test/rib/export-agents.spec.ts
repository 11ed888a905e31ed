import { expect } from 'chai'
import { Community } from '../../rib/model/community.ts'
import { PathFlag } from '../../rib/path-flags.ts'
import { checkInvariants } from '../support/rib-check.ts'
import { RecordingMember } from '../support/recording-member.ts'
import { Scene, sequence } from './scene.ts'

const TABLE = 'red.inet.0'
const KEY = '10.0.0.1/32'

/** A VRF with an agent that listens. */
function listening(): { scene: Scene; member: RecordingMember; held: () => string | undefined } {
  const scene = new Scene()
  scene.vrf('red', { imports: [1] })
  const member = new RecordingMember(scene.agent('listener', 99))
  scene.joinAgent(TABLE, member)
  const held = (): string | undefined => {
    scene.settle()
    checkInvariants(scene.rib)
    return member.held.get(KEY)
  }
  return { scene, member, held }
}

describe('export to agents (agent-channel reference 4.5, 4.6)', () => {
  it('offers all equal-cost paths, best first, as one item', () => {
    const { scene, held } = listening()
    const [a, b] = [scene.agent('a', 1), scene.agent('b', 2)]
    scene.put(TABLE, KEY, b, { nextHop: '192.0.2.2', label: 22 })
    expect(held()).to.equal('192.0.2.2/22')
    scene.put(TABLE, KEY, a, { nextHop: '192.0.2.1', label: 11 })
    expect(held()).to.equal('192.0.2.1/11 192.0.2.2/22')
    scene.drop(TABLE, KEY, b)
    expect(held()).to.equal('192.0.2.1/11')
  })

  it('leaves worse and infeasible paths out', () => {
    const { scene, held } = listening()
    scene.put(TABLE, KEY, scene.agent('a', 1), { nextHop: '192.0.2.1', localPref: 200 })
    scene.put(TABLE, KEY, scene.agent('b', 2), { nextHop: '192.0.2.2', localPref: 100 })
    scene.put(TABLE, KEY, scene.agent('c', 3), {
      nextHop: '192.0.2.3',
      localPref: 200,
      flags: PathFlag.infeasible,
    })
    expect(held()).to.equal('192.0.2.1/16')
  })

  it('offers a route again in full when the set changes in any way', () => {
    const { scene, member, held } = listening()
    const [a, b] = [scene.agent('a', 1), scene.agent('b', 2)]
    scene.put(TABLE, KEY, a, { nextHop: '192.0.2.1', label: 11 })
    scene.put(TABLE, KEY, b, { nextHop: '192.0.2.2', label: 22 })
    held()
    const { received } = member
    scene.put(TABLE, KEY, b, { nextHop: '192.0.2.2', label: 23 })
    expect(held()).to.equal('192.0.2.1/11 192.0.2.2/23')
    expect(member.received).to.equal(received + 1)
    scene.put(TABLE, KEY, b, { nextHop: '192.0.2.2', label: 23 })
    held()
    expect(member.received).to.equal(received + 1)
  })

  it('names one way only once: same next hop and label under several RDs or from several reflectors', () => {
    const { scene, member, held } = listening()
    const vpn = 'bgp.l3vpn.0'
    scene.put(vpn, `64512:1:${KEY}`, scene.ibgp('rr1', 1), { targets: [1], label: 11 })
    scene.put(vpn, `64512:2:${KEY}`, scene.ibgp('rr2', 2), { targets: [1], label: 11 })
    expect(held()).to.equal('192.0.2.21/11')
    scene.put(vpn, `64512:3:${KEY}`, scene.ibgp('rr3', 3), { targets: [1], label: 12 })
    expect(held()).to.equal('192.0.2.21/11 192.0.2.21/12')
    // One of the two that mean the same goes: nothing changes for agents.
    const { received } = member
    scene.drop(
      vpn,
      `64512:2:${KEY}`,
      [...scene.rib.sources.all()].find((source) => source.name === 'rr2')!,
    )
    expect(held()).to.equal('192.0.2.21/11 192.0.2.21/12')
    expect(member.received).to.equal(received)
  })

  it('gives an agent its own route back', () => {
    const { scene, member, held } = listening()
    scene.put(TABLE, KEY, member.source, { label: 38 })
    expect(held()).to.equal('192.0.2.21/38')
  })

  it('is not restricted by communities that restrict BGP', () => {
    const { scene, held } = listening()
    scene.put(TABLE, KEY, scene.agent('a'), { communities: [Community.NO_ADVERTISE, Community.NO_EXPORT] })
    expect(held()).to.equal('192.0.2.21/16')
  })

  it('mixes eBGP and iBGP paths that tie until ORIGIN, agents first', () => {
    const { scene, held } = listening()
    const vpn = 'bgp.l3vpn.0'
    scene.put(vpn, `64512:1:${KEY}`, scene.ebgp('e', 1), {
      targets: [1],
      nextHop: '192.0.2.1',
      asPath: sequence(65001),
    })
    scene.put(vpn, `64512:2:${KEY}`, scene.ibgp('i', 2), {
      targets: [1],
      nextHop: '192.0.2.2',
      asPath: sequence(65002),
    })
    expect(held()).to.equal('192.0.2.1/16 192.0.2.2/16')
    scene.put(TABLE, KEY, scene.agent('a'), { nextHop: '192.0.2.3', asPath: sequence(65003) })
    expect(held()).to.equal('192.0.2.3/16 192.0.2.1/16 192.0.2.2/16')
  })

  it('offers at most 128 next hops', () => {
    const { scene, held } = listening()
    for (let n = 0; n < 140; n++)
      scene.put(TABLE, KEY, scene.agent(`agent${n}`, n), { nextHop: `192.0.2.${n}` })
    expect(held()!.split(' ')).to.have.length(128)
  })

  it('offers nothing of a VRF that is being deleted, and everything when it comes back', () => {
    const { scene, member, held } = listening()
    for (const n of [1, 2]) scene.put(TABLE, KEY, scene.agent(`a${n}`, n), { nextHop: `192.0.2.${n}` })
    scene.rib.attach(scene.rib.instance('red')!, member.source)
    expect(held()).to.equal('192.0.2.1/16 192.0.2.2/16')
    scene.rib.deleteInstance('red')
    expect(held()).to.equal(undefined)
    scene.vrf('red', { imports: [1] })
    expect(held()).to.equal('192.0.2.1/16 192.0.2.2/16')
  })

  it('does not grow with labels that come and go', () => {
    const { scene, held } = listening()
    const [a, b] = [scene.agent('a', 1), scene.agent('b', 2)]
    scene.put(TABLE, KEY, a, { nextHop: '192.0.2.1' })
    for (let label = 16; label < 3_016; label++) {
      scene.put(TABLE, KEY, b, { nextHop: '192.0.2.2', label })
      scene.settle()
    }
    expect(scene.rib.nextHopSets.count).to.be.lessThan(1_100)
    expect(held()).to.equal('192.0.2.1/16 192.0.2.2/3015')
  })
})
