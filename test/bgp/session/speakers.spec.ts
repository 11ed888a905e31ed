import { expect } from 'chai'
import { Family } from '../../../rib/model/family.ts'
import { formatAsPath } from '../../../rib/model/as-path.ts'
import { parseIpv4, wordAt } from '../../../rib/model/ip-address.ts'
import { parsePrefix } from '../../../rib/model/route-key.ts'
import { PathFlag } from '../../../rib/path-flags.ts'
import { rounds, until } from '../../support/until.ts'
import { peerAt, TestNode } from './nodes.ts'
import type { NodeOptions } from './nodes.ts'
import { ScriptedPeer } from './scripted-peer.ts'

const route = '10.0.0.1:5:203.0.113.5/32'
const identifier = (text: string): number => wordAt(parseIpv4(text)!, 0) >>> 0

describe('two speakers on loopback', () => {
  const nodes: TestNode[] = []

  async function start(options: NodeOptions): Promise<TestNode> {
    const node = await TestNode.start(options)
    nodes.push(node)
    return node
  }

  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.speaker.close()))
  })

  it('end with exactly one session when both dial (RFC 4271 §6.8), and pass routes both ways', async () => {
    const a = await start({ address: '127.0.81.1' })
    const b = await start({ address: '127.0.81.2' })
    a.announce(route)
    b.announce('10.0.0.2:5:203.0.113.6/32')
    a.speaker.setPeers([peerAt('b', b, { localAddress: parseIpv4(a.address)! })])
    b.speaker.setPeers([peerAt('a', a, { localAddress: parseIpv4(b.address)! })])
    await until('routes on both', () => a.routes().length === 2 && b.routes().length === 2)
    expect(a.peer('b').counters['sessionsUp']).to.equal(1)
    expect(b.peer('a').counters['sessionsUp']).to.equal(1)
    expect(a.peer('b')).to.deep.include({
      state: 'Established',
      isIbgp: true,
      routerId: '127.0.81.2',
      families: ['inet-vpn'],
      received: { 'inet-vpn': 1 },
      sent: { 'inet-vpn': 1 },
    })
    a.withdraw(route)
    await until('the withdraw on b', () => b.routes().length === 1)
  })

  it('send an agent-style route with its next hop unchanged and LOCAL_PREF 100', async () => {
    const { a, b } = await pair()
    a.announce(route, { med: 7 })
    await until('the route on b', () => b.routes().length === 1)
    expect(b.attributes(route)).to.deep.include({ med: 7, localPref: 100, nextHop: parseIpv4('10.9.9.9')! })
  })

  it('say why on close (RFC 9003), and take the routes back at once', async () => {
    const { a, b } = await pair()
    a.announce(route)
    await until('the route on b', () => b.routes().length === 1)
    await a.speaker.close('maintenance at noon')
    await until('the route is gone', () => b.routes().length === 0)
    expect(b.peer('a').lastError).to.contain('Administrative Shutdown').and.contain('maintenance at noon')
  })

  it('exchange nothing over eBGP without policy, and show why (RFC 8212)', async () => {
    const { a, b } = await ebgpPair(true, false)
    a.announce(route)
    b.announce('10.0.0.2:5:203.0.113.6/32')
    await until('the rejected route on a', () => a.routes().length === 2)
    expect(a.flags('10.0.0.2:5:203.0.113.6/32')).to.equal(PathFlag.infeasible | PathFlag.policyRejected)
    await until('End-of-RIB on b', () => b.peer('a').endOfRibs.length === 1)
    await rounds()
    expect(b.routes()).to.have.length(1)
  })

  it('exchange routes over eBGP where the peer allows it: own AS in front, no LOCAL_PREF (RFC 4271 §5.1)', async () => {
    const { a, b } = await ebgpPair(false, false)
    a.announce(route, { localPref: 200 })
    await until('the route on b', () => b.routes().length === 1)
    expect(formatAsPath(b.attributes(route).asPath)).to.equal('64512')
    expect(b.attributes(route).localPref).to.equal(undefined)
  })

  it('bring ebgpRequiresPolicy into effect on the live session, both ways and back', async () => {
    const { a, b } = await ebgpPair(true, false)
    const theirs = '10.0.0.2:5:203.0.113.6/32'
    a.announce(route)
    b.announce(theirs)
    await until('the rejected route on a', () => a.routes().length === 2)
    a.speaker.setPeers([ebgpPeer('b', b, false)])
    await until('our route on b', () => b.routes().length === 2)
    await until('their route is usable', () => a.flags(theirs) === 0)
    a.speaker.setPeers([ebgpPeer('b', b, true)])
    await until('our route is withdrawn', () => b.routes().length === 1)
    await until('their route is rejected', () => (a.flags(theirs) & PathFlag.policyRejected) !== 0)
    expect(a.peer('b').counters).to.include({ sessionsUp: 1, sessionsDown: 0 })
  })

  it('reflect between clients with ORIGINATOR_ID and CLUSTER_LIST (RFC 4456 §8), switched on a live session', async () => {
    const { left, right, reflector } = await reflection(false)
    left.announce(route)
    await until('the route on the reflector', () => reflector.routes().length === 1)
    await until('End-of-RIB on the right', () => right.peer('rr').endOfRibs.length === 1)
    await rounds()
    expect(right.routes()).to.deep.equal([])
    reflector.speaker.setPeers(reflectorPeers(left, right, true))
    await until('the route on the right', () => right.routes().length === 1)
    expect(right.attributes(route)).to.deep.include({
      originatorId: identifier(left.address),
      clusterList: [identifier('127.0.81.9')],
    })
    reflector.speaker.setPeers(reflectorPeers(left, right, false))
    await until('the route is withdrawn', () => right.routes().length === 0)
    for (const peer of reflector.speaker.peers()) expect(peer.counters['sessionsDown']).to.equal(0)
  })

  it('make a dynamic peer of whoever connects from a range, and forget it afterwards', async () => {
    const a = await start({ address: '127.0.81.1' })
    const b = await start({ address: '127.0.82.7' })
    const range = { ...peerAt('racks', b), address: undefined, range: parsePrefix('127.0.82.0/24') }
    a.speaker.setPeers([range])
    expect(a.speaker.peers()).to.deep.equal([])
    a.announce(route)
    b.speaker.setPeers([peerAt('a', a, { localAddress: parseIpv4(b.address)! })])
    await until('the route on b', () => b.routes().length === 1)
    expect(a.peer('racks@127.0.82.7')).to.include({
      isDynamic: true,
      configName: 'racks',
      state: 'Established',
    })
    await b.speaker.close()
    await until('the peer is forgotten', () => a.speaker.peers().length === 0)
  })

  it('take the longest range that holds the address', async () => {
    const a = await start({ address: '127.0.81.1' })
    const b = await start({ address: '127.0.82.7' })
    const range = (name: string, text: string): ReturnType<typeof peerAt> => ({
      ...peerAt(name, b),
      address: undefined,
      range: parsePrefix(text),
    })
    a.speaker.setPeers([
      range('room', '127.0.0.0/8'),
      range('rack', '127.0.82.0/29'),
      range('hall', '127.0.80.0/20'),
    ])
    b.speaker.setPeers([peerAt('a', a, { localAddress: parseIpv4(b.address)! })])
    await until('the session', () => b.isEstablished('a'))
    expect(a.speaker.peers().map((peer) => peer.configName)).to.deep.equal(['rack'])
  })

  it('make a static peer of a dynamic one that is configured by its address', async () => {
    const a = await start({ address: '127.0.81.1' })
    const b = await start({ address: '127.0.82.7' })
    const range = { ...peerAt('racks', b), address: undefined, range: parsePrefix('127.0.82.0/24') }
    a.speaker.setPeers([range])
    b.speaker.setPeers([peerAt('a', a, { localAddress: parseIpv4(b.address)! })])
    await until('the dynamic session', () => b.isEstablished('a'))
    a.speaker.setPeers([range, peerAt('b', b, { passive: true })])
    await until('the end of that session', () => !b.isEstablished('a'))
    b.clock.advance(1_000)
    await until('the static session', () => a.isEstablished('b') && b.isEstablished('a'))
    expect(a.speaker.peers()).to.have.length(1)
  })

  it('close the connection of a stranger without a word, and count it', async () => {
    const a = await start({ address: '127.0.81.1' })
    const stranger = new ScriptedPeer(a, { address: '127.0.83.1', families: [Family.inetVpn] })
    await stranger.closed()
    expect(stranger.types).to.deep.equal([])
    expect(a.speaker.rejectedConnections).to.equal(1)
    expect(a.speaker.refusedConnections(1).sources[0]).to.include({
      address: '127.0.83.1',
      count: 1,
      reason: 'unknown',
    })
  })

  async function pair(): Promise<{ a: TestNode; b: TestNode }> {
    const a = await start({ address: '127.0.81.1' })
    const b = await start({ address: '127.0.81.2' })
    b.speaker.setPeers([peerAt('a', a, { passive: true })])
    a.speaker.setPeers([peerAt('b', b, { localAddress: parseIpv4(a.address)! })])
    await until('the session', () => a.isEstablished('b') && b.isEstablished('a'))
    return { a, b }
  }

  function ebgpPeer(name: string, node: TestNode, ebgpRequiresPolicy: boolean): ReturnType<typeof peerAt> {
    const localAddress = parseIpv4('127.0.81.1')!
    return peerAt(name, node, { autonomousSystem: 65001, ebgpRequiresPolicy, localAddress })
  }

  async function ebgpPair(aRequires: boolean, bRequires: boolean): Promise<{ a: TestNode; b: TestNode }> {
    const a = await start({ address: '127.0.81.1' })
    const b = await start({ address: '127.0.81.2', localAs: 65001 })
    b.speaker.setPeers([peerAt('a', a, { passive: true, ebgpRequiresPolicy: bRequires })])
    a.speaker.setPeers([ebgpPeer('b', b, aRequires)])
    await until('the session', () => a.isEstablished('b') && b.isEstablished('a'))
    return { a, b }
  }

  function reflectorPeers(left: TestNode, right: TestNode, isClient: boolean): ReturnType<typeof peerAt>[] {
    const overrides = { routeReflectorClient: isClient, localAddress: parseIpv4('127.0.81.9')! }
    return [peerAt('left', left, overrides), peerAt('right', right, overrides)]
  }

  async function reflection(
    isClient: boolean,
  ): Promise<{ left: TestNode; right: TestNode; reflector: TestNode }> {
    const reflector = await start({ address: '127.0.81.9', clusterId: '127.0.81.9' })
    const left = await start({ address: '127.0.81.1' })
    const right = await start({ address: '127.0.81.2' })
    for (const node of [left, right]) node.speaker.setPeers([peerAt('rr', reflector, { passive: true })])
    reflector.speaker.setPeers(reflectorPeers(left, right, isClient))
    await until('both sessions', () => left.isEstablished('rr') && right.isEstablished('rr'))
    return { left, right, reflector }
  }
})
