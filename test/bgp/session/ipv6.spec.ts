import { expect } from 'chai'
import type { PeerConfig } from '../../../bgp/session/peer-config.ts'
import { Family } from '../../../rib/model/family.ts'
import { formatIpAddress, parseIpAddress } from '../../../rib/model/ip-address.ts'
import { until } from '../../support/until.ts'
import { peerAt, TestNode } from './nodes.ts'

const families = [Family.inet, Family.inet6, Family.inetVpn, Family.inet6Vpn]
const overIpv4 = '10.0.0.1:5:203.0.113.1/32'
const overIpv6 = '10.0.0.1:5:203.0.113.2/32'
const NEXT_HOP = '2001:db8::21'

describe('a session over IPv6', () => {
  let a: TestNode
  let b: TestNode

  afterEach(async () => {
    await Promise.all([a.speaker.close(), b.speaker.close()])
  })

  async function pair(ofA: Partial<PeerConfig>, ofB: Partial<PeerConfig>): Promise<void> {
    a = await TestNode.start({ address: '::1', routerId: '192.0.2.1' })
    b = await TestNode.start({ address: '::1', routerId: '192.0.2.2' })
    b.speaker.setPeers([peerAt('a', a, { passive: true, families, ...ofB })])
    a.speaker.setPeers([peerAt('b', b, { families, localAddress: parseIpAddress('::1')!, ...ofA })])
    await until('the session', () => a.isEstablished('b') && b.isEstablished('a'))
  }

  const nextHop = (node: TestNode, route: string, family: Family): string =>
    formatIpAddress(node.attributes(route, family).nextHop)

  it('carries all families, IPv4 ones with IPv4 next hops (RFC 4760)', async () => {
    await pair({}, {})
    expect(a.peer('b').address).to.equal('::1')
    a.announce(overIpv4)
    a.announce('203.0.113.0/24', {}, Family.inet)
    a.announce('2001:db8:1::/48', { nextHop: parseIpAddress(NEXT_HOP)! }, Family.inet6)
    await until('three routes', () => families.flatMap((family) => b.routes(family)).length === 3)
    expect(nextHop(b, overIpv4, Family.inetVpn)).to.equal('10.9.9.9')
    expect(nextHop(b, '2001:db8:1::/48', Family.inet6)).to.equal(NEXT_HOP)
  })

  it('carries IPv4 and VPN-IPv4 routes with IPv6 next hops, both ways, where both offer it (RFC 8950)', async () => {
    const extendedNextHop = true
    await pair({ extendedNextHop }, { extendedNextHop })
    const ipv6 = { nextHop: parseIpAddress(NEXT_HOP)! }
    a.announce(overIpv6, ipv6)
    a.announce(overIpv4)
    b.announce('203.0.113.0/24', ipv6, Family.inet)
    await until('all routes', () => b.routes().length === 2 && a.routes(Family.inet).length === 1)
    expect(nextHop(b, overIpv6, Family.inetVpn)).to.equal(NEXT_HOP)
    expect(nextHop(b, overIpv4, Family.inetVpn)).to.equal('10.9.9.9')
    expect(nextHop(a, '203.0.113.0/24', Family.inet)).to.equal(NEXT_HOP)
    expect(a.peer('b').capabilities).to.include('extended-next-hop inet inet-vpn')
    expect(a.peer('b').options).to.deep.equal(['extended-next-hop'])
  })

  it('keeps back what the peer could not take: it did not offer it', async () => {
    await pair({ extendedNextHop: true }, {})
    a.announce(overIpv6, { nextHop: parseIpAddress(NEXT_HOP)! })
    a.announce(overIpv4)
    await until('the other one', () => b.routes().length === 1)
    expect(b.routes()).to.deep.equal([overIpv4])
    // It comes once its next hop is one that can be said.
    a.announce(overIpv6)
    await until('both', () => b.routes().length === 2)
    expect(b.peer('a').counters).to.include({ sessionsDown: 0, treatAsWithdraw: 0 })
  })

  it('knows a peer in a range of IPv6 addresses', async () => {
    a = await TestNode.start({ address: '::1', routerId: '192.0.2.1' })
    b = await TestNode.start({ address: '::1', routerId: '192.0.2.2' })
    const range = { address: parseIpAddress('::')!, length: 64 }
    b.speaker.setPeers([peerAt('anybody', a, { address: undefined, range, families })])
    a.speaker.setPeers([peerAt('b', b, { families })])
    await until('the session', () => a.isEstablished('b'))
    await until('the dynamic peer', () => b.isEstablished('anybody@::1'))
  })
})
