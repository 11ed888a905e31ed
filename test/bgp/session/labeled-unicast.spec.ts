import { expect } from 'chai'
import type { PeerConfig } from '../../../bgp/session/peer-config.ts'
import { Family } from '../../../rib/model/family.ts'
import { parseIpv4 } from '../../../rib/model/ip-address.ts'
import { parseRouteKey } from '../../../rib/model/route-key.ts'
import { until } from '../../support/until.ts'
import { peerAt, TestNode } from './nodes.ts'
import { ScriptedPeer } from './scripted-peer.ts'

const families = [Family.inetLabeled, Family.inet6Labeled]
const CLIENTS = ['127.0.96.2', '127.0.96.3']

/** MP_REACH_NLRI of 10.1.2.0/24 with a label field behind ORIGIN, AS_PATH, LOCAL_PREF. */
const announcement = (field: string): string =>
  `0000 0021 800e10 0001 04 04 c0000215 00 30 ${field} 0a0102 40010100 400200 40050400000064`

describe('labelled unicast (RFC 8277)', () => {
  let node: TestNode
  let peers: ScriptedPeer[]

  beforeEach(async () => {
    node = await TestNode.start({ address: '127.0.96.1', clusterId: '127.0.96.1' })
    const spec: Partial<PeerConfig> = { passive: true, families, routeReflectorClient: true }
    node.speaker.setPeers(CLIENTS.map((address) => peerAt(address, { address, port: 1 }, spec)))
    peers = await Promise.all(CLIENTS.map((address) => ScriptedPeer.established(node, { address, families })))
  })
  afterEach(async () => {
    for (const peer of peers) peer.destroy()
    await node.speaker.close()
  })

  const label = (route: string, family: Family): number => {
    const table = node.rib.master(family)!
    const row = table.find(parseRouteKey(family, route)!, 0)
    return node.rib.paths.label(table.routes.firstPath(row))
  }

  it('is in inet.3 with its label, whatever its S bit says (§2.2), and reflected (RFC 4456)', async () => {
    for (const [field, value] of [
      ['000641', 100],
      ['000650', 101],
      ['000031', 3],
    ] as const) {
      peers[0]!.sendUpdate(announcement(field))
      await until(`label ${value}`, () => {
        const routes = node.routes(Family.inetLabeled)
        return routes.length === 1 && label('10.1.2.0/24', Family.inetLabeled) === value
      })
    }
    expect(node.rib.master(Family.inetLabeled)!.name).to.equal('inet.3')
    await until('the other client has it', () => peers[1]!.heard.includes('+inet-labeled 10.1.2.0/24'))
    expect(peers[0]!.heard).not.to.include('+inet-labeled 10.1.2.0/24')
  })

  it('is withdrawn by any label (§2.4)', async () => {
    for (const field of ['800000', '000000', '000641']) {
      peers[0]!.sendUpdate(announcement('000641'))
      await until('the route', () => node.routes(Family.inetLabeled).length === 1)
      peers[0]!.sendUpdate(`0000 000d 800f0a 0001 04 30 ${field} 0a0102`)
      await until('it is gone', () => node.routes(Family.inetLabeled).length === 0)
    }
    await until('the other client knows', () => peers[1]!.heard.at(-1) === '-inet-labeled 10.1.2.0/24')
  })

  it('has IPv6 routes with an IPv4-mapped next hop (RFC 4798 §2), sent as they came', async () => {
    node.announce('2001:db8::/32', { nextHop: parseIpv4('192.0.2.21')! }, Family.inet6Labeled)
    await until('both have it', () =>
      peers.every((peer) => peer.heard.includes('+inet6-labeled 2001:db8::/32')),
    )
    expect(node.rib.master(Family.inet6Labeled)!.name).to.equal('inet6.3')
  })

  it('ends the session where a prefix does not fit its family (RFC 7606 §5.3)', async () => {
    peers[0]!.sendUpdate(
      '0000 0022 800e11 0001 04 04 c0000215 00 39 000641 0a010203 40010100 400200 40050400000064',
    )
    await peers[0]!.closed()
    expect(peers[0]!.notification).to.include({ code: 3, subcode: 9 })
  })
})
