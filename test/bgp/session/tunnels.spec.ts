import { expect } from 'chai'
import type { PeerConfig } from '../../../bgp/session/peer-config.ts'
import { encapsulationCommunity, extCommunities, tunnelTypesOf } from '../../../rib/model/ext-community.ts'
import { Family } from '../../../rib/model/family.ts'
import { parseIpv4 } from '../../../rib/model/ip-address.ts'
import { tunnelAttribute, tunnelAttributeOf } from '../../../rib/model/tunnel-encapsulation.ts'
import { until } from '../../support/until.ts'
import { peerAt, TestNode } from './nodes.ts'

const GRE = 2
const UDP = 13
/** Without a tunnel, with a community, with the attribute. */
const routes = [1, 2, 3].map((n) => `10.0.0.1:5:203.0.113.${n}/32`)

function defaults(...types: number[]): Pick<PeerConfig, 'defaultTunnels'> {
  const byFamily: number[][] = []
  byFamily[Family.inetVpn] = types
  return { defaultTunnels: byFamily }
}

describe('tunnels on the live session', () => {
  let a: TestNode
  let b: TestNode

  afterEach(async () => {
    expect(a.peer('b').counters).to.include({ sessionsUp: 1, sessionsDown: 0, refreshesOut: 0 })
    await Promise.all([a.speaker.close(), b.speaker.close()])
  })

  async function pair(asOfB: number, sender: 'a' | 'b'): Promise<void> {
    a = await TestNode.start({ address: '127.0.95.1' })
    b = await TestNode.start({ address: '127.0.95.2', localAs: asOfB })
    const sends = { ebgpRequiresPolicy: false, sendTunnels: asOfB === 64512 ? 'community' : 'both' } as const
    b.speaker.setPeers([peerAt('a', a, { passive: true, ...sends })])
    configure({})
    await until('the session', () => a.isEstablished('b') && b.isEstablished('a'))
    const node = sender === 'a' ? a : b
    node.announce(routes[0]!)
    node.announce(routes[1]!, { extCommunities: extCommunities([encapsulationCommunity(UDP)]) })
    node.announce(routes[2]!, { unknown: [tunnelAttribute([GRE])] })
    await until('all routes', () => a.routes().length === 3 && b.routes().length === 3)
  }

  function configure(overrides: Partial<PeerConfig>): void {
    const autonomousSystem = b.rib.options.localAs
    const place = { autonomousSystem, localAddress: parseIpv4(a.address)!, ebgpRequiresPolicy: false }
    a.speaker.setPeers([peerAt('b', b, { ...place, ...overrides })])
  }

  /** Tunnel types of the communities of each route, with `+` where there is the attribute, too. */
  const seenAt = (node: TestNode): string =>
    routes
      .map((route) => node.attributes(route))
      .map((set) => `${tunnelTypesOf(set.extCommunities).join()}${tunnelAttributeOf(set) ? '+' : ''}`)
      .join(' ')
  const untilSeen = async (node: TestNode, expected: string): Promise<void> => {
    await until(expected, () => seenAt(node) === expected)
  }

  it('what an iBGP peer brings: kept as it is, or with the default where it names none', async () => {
    await pair(64512, 'b')
    await untilSeen(a, ' 13 +')
    configure(defaults(GRE, UDP))
    await untilSeen(a, '2,13 13 +')
    configure({ ...defaults(GRE, UDP), acceptTunnelAttribute: false })
    await untilSeen(a, '2,13 13 2,13')
    configure({})
    await untilSeen(a, ' 13 +')
  })

  it('what an eBGP peer brings: without the attribute, unless that is accepted (RFC 9012 §11)', async () => {
    await pair(65001, 'b')
    await untilSeen(a, ' 13 ')
    configure({ acceptTunnelAttribute: true })
    await untilSeen(a, ' 13+ +')
    expect(a.peer('b').options).to.deep.equal(['accept-tunnel-encapsulation'])
  })

  it('what an iBGP peer is offered: as it is, with the default in its place, in the form asked for', async () => {
    await pair(64512, 'a')
    await untilSeen(b, ' 13 +')
    configure(defaults(GRE))
    await untilSeen(b, '2 2 2')
    configure({ ...defaults(GRE), sendTunnels: 'attribute' })
    await untilSeen(b, '+ + +')
    configure({ sendTunnels: 'both' })
    await untilSeen(b, ' 13+ +')
    expect(a.peer('b').options).to.deep.equal(['send-tunnel-encapsulation both'])
    configure({})
    await untilSeen(b, ' 13 +')
  })

  it('what an eBGP peer is offered: no attribute, unless that is asked for (RFC 9012 §11)', async () => {
    await pair(65001, 'a')
    b.speaker.setPeers([
      peerAt('a', a, { passive: true, ebgpRequiresPolicy: false, acceptTunnelAttribute: true }),
    ])
    await untilSeen(b, ' 13 ')
    configure({ sendTunnels: 'attribute' })
    await untilSeen(b, ' + +')
  })
})
