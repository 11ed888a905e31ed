import { expect } from 'chai'
import { Family } from '../../rib/model/family.ts'
import { PathFlag } from '../../rib/path-flags.ts'
import { RecordingMember } from '../support/recording-member.ts'
import { checkInvariants } from '../support/rib-check.ts'
import { Scene, ShortEncoder } from './scene.ts'

const VPN = 'bgp.l3vpn.0'
const key = (n: number): string => `64512:1:10.0.0.${n}/32`

describe('rib: stale paths and sweeps (RFC 4724 §4.2)', () => {
  it('keeps stale paths in use, and tells readers nothing of the mark', () => {
    const scene = new Scene()
    const peer = scene.ibgp('peer')
    const listener = new RecordingMember(scene.ebgp('listener', 2))
    scene.joinBgp(VPN, listener, { isIbgp: false, peerAs: 65002 })
    scene.put(VPN, key(1), peer)
    scene.settle()
    const before = listener.received
    scene.rib.sweeps.markStale(peer, undefined)
    scene.settle()
    expect(scene.list(VPN)).to.have.length(1)
    expect(listener.received).to.equal(before)
    const path = scene.table(VPN).routes.firstPath(scene.row(VPN, key(1)))
    expect(scene.rib.paths.flags(path) & PathFlag.stale).to.equal(PathFlag.stale)
  })

  it('removes at the end what was not taught again, copies and members included', () => {
    const scene = new Scene()
    scene.vrf('red', { imports: [1] })
    const peer = scene.ibgp('peer')
    const listener = new RecordingMember(scene.ebgp('listener', 2))
    scene.joinBgp(VPN, listener, { isIbgp: false, peerAs: 65002 })
    for (const n of [1, 2, 3]) scene.put(VPN, key(n), peer, { targets: [1] })
    scene.settle()
    scene.rib.sweeps.markStale(peer, undefined)
    scene.put(VPN, key(2), peer, { targets: [1] })
    scene.rib.sweeps.removeStale(peer, undefined)
    scene.settle()
    expect(scene.list(VPN)).to.deep.equal([`${key(2)} peer 192.0.2.21`])
    expect(scene.list('red.inet.0')).to.deep.equal(['10.0.0.2/32 peer 192.0.2.21'])
    expect([...listener.held.keys()]).to.deep.equal([key(2)])
    checkInvariants(scene.rib)
  })

  for (const others of [0, 40]) {
    it(`drops what is stale a second time, and nothing else, beside ${others} paths of others`, () => {
      const scene = new Scene()
      const [peer, other] = [scene.ibgp('peer'), scene.ibgp('other', 2)]
      for (let n = 0; n < others; n++) scene.put('inet.0', `10.1.0.${n}/32`, other)
      for (const n of [1, 2]) scene.put(VPN, key(n), peer)
      scene.put(VPN, key(1), other)
      scene.rib.sweeps.markStale(peer, undefined)
      scene.put(VPN, key(2), peer)
      scene.settle()
      expect(scene.list(VPN)).to.have.length(3)
      scene.rib.sweeps.markStale(peer, undefined)
      scene.settle()
      const nextHop = '192.0.2.21'
      expect(scene.list(VPN)).to.deep.equal([`${key(1)} other ${nextHop}`, `${key(2)} peer ${nextHop}`])
      checkInvariants(scene.rib)
    })
  }

  it('clears the mark silently when a path is taught again unchanged', () => {
    const scene = new Scene()
    const peer = scene.ibgp('peer')
    const listener = new RecordingMember(scene.ebgp('listener', 2))
    scene.joinBgp(VPN, listener, { isIbgp: false, peerAs: 65002 })
    scene.put(VPN, key(1), peer)
    scene.settle()
    const { received } = listener
    scene.rib.sweeps.markStale(peer, Family.inetVpn)
    scene.put(VPN, key(1), peer)
    scene.settle()
    expect(listener.received).to.equal(received)
    const path = scene.table(VPN).routes.firstPath(scene.row(VPN, key(1)))
    expect(scene.rib.paths.flags(path)).to.equal(0)
  })

  it('leaves a copy alone whose path was taught again after the copy was made of the stale one', () => {
    const scene = new Scene()
    scene.vrf('red', { exports: [1] })
    scene.vrf('blue', { imports: [1] })
    const agent = scene.agent('agent')
    scene.put('red.inet.0', '10.0.0.1/32', agent)
    scene.put('blue.inet.0', '10.0.0.2/32', agent)
    scene.settle()
    scene.rib.sweeps.markStale(agent, undefined)
    scene.vrf('red', { exports: [1, 2] })
    scene.settle()
    scene.put('red.inet.0', '10.0.0.1/32', agent)
    scene.rib.sweeps.removeStale(agent, undefined)
    scene.settle()
    expect(scene.list('blue.inet.0')).to.deep.equal(['10.0.0.1/32 agent 192.0.2.21'])
  })

  it('keeps to the family it was asked for', () => {
    const scene = new Scene()
    const peer = scene.ibgp('peer')
    scene.put(VPN, key(1), peer)
    scene.put('inet.0', '10.0.0.1/32', peer)
    scene.rib.sweeps.remove(peer, Family.inet)
    scene.settle()
    expect(scene.list(VPN)).to.have.length(1)
    expect(scene.list('inet.0')).to.deep.equal([])
    expect([...peer.pathCounts]).to.deep.equal([0, 0, 0, 0, 1, 0, 0, 0])
  })

  it('spares what the source teaches after the sweep was asked for, in any slice', () => {
    for (const steps of [0, 1, 2, 3, 5]) {
      const scene = new Scene({ sliceRoutes: 1 })
      const peer = scene.ibgp('peer')
      for (const n of [1, 2, 3, 4]) scene.put(VPN, key(n), peer)
      scene.settle()
      scene.rib.sweeps.remove(peer, undefined)
      for (let i = 0; i < steps; i++) scene.clock.step()
      for (const n of [1, 4, 5]) scene.put(VPN, key(n), peer)
      scene.settle()
      const left = [1, 4, 5].map((n) => `${key(n)} peer 192.0.2.21`)
      expect(scene.list(VPN), `after ${steps} slices`).to.deep.equal(left)
      // And a later end of the source finds them.
      scene.rib.removeSource(peer)
      scene.settle()
      expect(scene.list(VPN), `after ${steps} slices`).to.deep.equal([])
    }
  })

  it('removes all paths of the source although the rest is put in another order meanwhile', () => {
    const scene = new Scene()
    const peer = scene.ibgp('peer')
    const other = scene.ibgp('other', 0)
    // Without the first path MED comes into play, and the last one moves to the front.
    scene.put(VPN, key(1), peer, { pathId: 1, localPref: 200 })
    scene.put(VPN, key(1), other, { med: 10 })
    scene.put(VPN, key(1), peer, { pathId: 2, med: 0 })
    scene.rib.removeSource(peer)
    scene.settle()
    expect(scene.list(VPN)).to.deep.equal([`${key(1)} other 192.0.2.21`])
  })

  it('frees the number of a removed source only when none of its paths is left', () => {
    const scene = new Scene({ sliceRoutes: 1 })
    const peer = scene.ibgp('peer')
    for (const n of [1, 2, 3]) scene.put(VPN, key(n), peer)
    scene.rib.removeSource(peer)
    const early = scene.ibgp('early', 2)
    expect(early.id).to.not.equal(peer.id)
    scene.settle()
    const late = scene.ibgp('late', 3)
    expect(late.id).to.equal(peer.id)
    scene.put(VPN, key(1), late)
    scene.settle()
    expect(scene.list(VPN)).to.deep.equal([`${key(1)} late 192.0.2.21`])
  })

  it('offers the paths of a source that got the number of another one by its own facts', () => {
    const scene = new Scene()
    const member = new RecordingMember(scene.ibgp('member', 9))
    scene.joinBgp(VPN, member)
    const external = scene.ebgp('external')
    scene.put(VPN, key(1), external)
    scene.settle()
    expect([...member.held.keys()]).to.deep.equal([key(1)])
    scene.rib.removeSource(external)
    scene.settle()
    const internal = scene.ibgp('internal')
    expect(internal.id).to.equal(external.id)
    scene.put(VPN, key(1), internal)
    scene.settle()
    // RFC 4271 §9.2: what an iBGP peer taught does not go to another one.
    expect([...member.held.keys()]).to.deep.equal([])
  })

  it('ranks and offers paths anew when their source has other facts', () => {
    const scene = new Scene({ clusterId: 7 })
    scene.vrf('red', { imports: [1] })
    const a = scene.ibgp('a', 1)
    const b = scene.ibgp('b', 2)
    const member = new RecordingMember(scene.ibgp('member', 9))
    scene.joinBgp(VPN, member, { clusterId: 7 })
    scene.put(VPN, key(1), a, { targets: [1], nextHop: '192.0.2.1' })
    scene.put(VPN, key(1), b, { targets: [1], nextHop: '192.0.2.2' })
    scene.settle()
    expect(scene.list(VPN)[0]).to.contain(' a ')
    expect(member.held.size).to.equal(0)
    scene.rib.updateSource(b, { ...scene.rib.sources.get(b.id), routerId: 1, isClient: true })
    scene.settle()
    expect(scene.list(VPN)[0]).to.contain(' b ')
    expect(scene.list('red.inet.0')[0]).to.contain(' b ')
    expect([...member.held.values()]).to.deep.equal(['192.0.2.2/16'])
  })

  it('lets groups forget once for all sources that go at one moment', () => {
    const scene = new Scene()
    scene.vrf('red')
    let forgotten = 0
    const rule = Object.assign(scene.rib.agentExportRule(), { forget: () => forgotten++ })
    const listener = new RecordingMember(scene.agent('listener'))
    scene.rib.join(scene.table('red.inet.0'), rule, () => new ShortEncoder(scene.rib), listener)
    const sources = Array.from({ length: 100 }, (_, n) => scene.agent(`agent${n}`))
    scene.put('red.inet.0', '10.0.0.1/32', sources[0]!)
    scene.settle()
    forgotten = 0
    for (const source of sources) scene.rib.removeSource(source)
    scene.settle()
    expect([...scene.rib.sources.all()]).to.not.include.members(sources)
    expect(forgotten).to.equal(1)
  })
})
