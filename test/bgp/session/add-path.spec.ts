import { expect } from 'chai'
import type { AddPathConfig, PeerConfig } from '../../../bgp/session/peer-config.ts'
import type { Capability } from '../../../bgp/wire/capability.ts'
import { encodeRouteRefresh, RefreshSubtype } from '../../../bgp/wire/route-refresh.ts'
import { Family } from '../../../rib/model/family.ts'
import { parseIpAddress } from '../../../rib/model/ip-address.ts'
import { PathFlag } from '../../../rib/path-flags.ts'
import { pathsOf } from '../../support/rib-check.ts'
import { rounds, until } from '../../support/until.ts'
import { peerAt, TestNode } from './nodes.ts'
import { ScriptedPeer } from './scripted-peer.ts'

const families = [Family.inet]
const route = '203.0.113.0/24'
const other = '198.51.100.0/24'

/** Path identifier, then 203.0.113.0/24 or 198.51.100.0/24. */
const path = (id: number, nlri = '18cb0071'): string => id.toString(16).padStart(8, '0') + nlri
const OTHER = '18c63364'

function update(paths: readonly string[], nextHop: number): string {
  const attributes = `40010100 400200 4003040a0909${nextHop.toString(16).padStart(2, '0')} 40050400000064`
  const length = attributes.replaceAll(' ', '').length / 2
  return `0000 ${length.toString(16).padStart(4, '0')} ${attributes} ${paths.join('')}`
}

function withdraw(...paths: string[]): string {
  const octets = paths.join('')
  return `${(octets.length / 2).toString(16).padStart(4, '0')} ${octets} 0000`
}

const sends: Capability = { kind: 'addPath', families: [{ family: Family.inet, send: true, receive: false }] }
const enhanced: Capability = { kind: 'enhancedRouteRefresh' }
const restarts: Capability = {
  kind: 'gracefulRestart',
  restartState: false,
  notification: false,
  restartTimeSec: 60,
  families: [{ family: Family.inet, forwarding: true }],
}

describe('several paths of a route from a peer (RFC 7911)', () => {
  const address = '127.0.88.2'
  let node: TestNode
  const scripts: ScriptedPeer[] = []

  beforeEach(async () => {
    node = await TestNode.start({ address: '127.0.88.1' })
  })
  afterEach(async () => {
    for (const script of scripts.splice(0)) script.destroy()
    await node.speaker.close()
  })

  async function session(
    capabilities: readonly Capability[] = [sends],
    more: Partial<PeerConfig> = {},
  ): Promise<ScriptedPeer> {
    const config = { passive: true, families, addPath: { receive: true }, ...more }
    node.speaker.setPeers([peerAt('gw', { address, port: 1 }, config)])
    const peer = await ScriptedPeer.established(node, { address, families, capabilities })
    scripts.push(peer)
    await until('the session', () => node.isEstablished('gw'))
    return peer
  }

  /** Next hops 10.9.9.n of the paths of a route. */
  function hops(of = route): number[] {
    return node
      .paths(of, Family.inet)
      .map((text) => Number(/10\.9\.9\.(\d+)/.exec(text)![1]))
      .sort((a, b) => a - b)
  }

  async function untilHops(...numbers: number[]): Promise<void> {
    await until(`paths ${numbers.join()}`, () => hops().join() === numbers.join())
  }

  function flags(): number[] {
    const table = node.rib.master(Family.inet)!
    const rows = Array.from({ length: table.routes.rowCount }, (_, row) => row)
    return rows
      .filter((row) => row > 0 && table.isRoute(row))
      .flatMap((row) => pathsOf(node.rib, table, row).map((each) => node.rib.paths.flags(each)))
  }

  it('are kept side by side, replaced and withdrawn each by itself (§5)', async () => {
    const peer = await session()
    peer.sendUpdate(update([path(1)], 1))
    peer.sendUpdate(update([path(2)], 2))
    peer.sendUpdate(update([path(0xffffffff)], 3))
    await untilHops(1, 2, 3)
    expect(node.peer('gw').received).to.deep.equal({ inet: 3 })
    expect(node.peer('gw').addPath).to.deep.equal({ receives: ['inet'], sends: [] })
    peer.sendUpdate(update([path(2)], 9))
    await untilHops(1, 3, 9)
    peer.sendUpdate(withdraw(path(0xffffffff), path(7)))
    await untilHops(1, 9)
    peer.sendUpdate(withdraw(path(1), path(2)))
    await until('no route', () => node.routes(Family.inet).length === 0)
    expect(node.peer('gw').errors).to.deep.equal({})
  })

  it('are one where it was not negotiated: then there are no identifiers on the wire (§4)', async () => {
    const peer = await session([sends], { addPath: { receive: false, send: 'all' } })
    peer.sendUpdate(update(['18cb0071'], 1))
    await untilHops(1)
    expect(node.peer('gw').addPath).to.deep.equal({ receives: [], sends: [] })
  })

  it('go with the session', async () => {
    const peer = await session()
    peer.sendUpdate(update([path(1), path(2)], 1))
    await untilHops(1, 1)
    peer.destroy()
    await until('no route', () => node.routes(Family.inet).length === 0)
  })

  it('outlast a restart one by one: what has not come again at End-of-RIB goes (RFC 4724 §4.2)', async () => {
    const first = await session([sends, restarts])
    first.sendUpdate(update([path(1)], 1))
    first.sendUpdate(update([path(2)], 2))
    await untilHops(1, 2)
    first.destroy()
    await until('the session ends', () => !node.isEstablished('gw'))
    expect(flags()).to.deep.equal([PathFlag.stale, PathFlag.stale])
    const second = await ScriptedPeer.established(node, {
      address,
      families,
      capabilities: [sends, restarts],
    })
    scripts.push(second)
    second.sendUpdate(update([path(2)], 2))
    second.sendEndOfRib(Family.inet)
    await untilHops(2)
    expect(flags()).to.deep.equal([0])
  })

  it('are refreshed one by one: what has not come again at EoRR goes (RFC 7313 §4)', async () => {
    const peer = await session([sends, enhanced])
    peer.sendUpdate(update([path(1)], 1))
    peer.sendUpdate(update([path(2)], 2))
    await untilHops(1, 2)
    peer.send(encodeRouteRefresh(Family.inet, RefreshSubtype.begin))
    peer.sendUpdate(update([path(1)], 1))
    peer.send(encodeRouteRefresh(Family.inet, RefreshSubtype.end))
    await untilHops(1)
  })

  it('count each for a limit of prefixes', async () => {
    const limit = { family: Family.inet, limit: 3, warnPercent: 80, restartAfterSec: 300 }
    const peer = await session([sends], { prefixLimits: [{ ...limit, action: 'discard' }] })
    peer.sendUpdate(update([path(1), path(2), path(3), path(4), path(1, OTHER)], 1))
    await until('what is beyond is counted', () => node.peer('gw').prefixLimits[0]!.discarded === 2)
    expect(hops()).to.deep.equal([1, 1, 1])
    expect(node.routes(Family.inet)).to.deep.equal([route])
    peer.sendUpdate(withdraw(path(2)))
    peer.sendUpdate(update([path(1, OTHER)], 1))
    await until('there is room again', () => node.routes(Family.inet).includes(other))
  })
})

describe('several paths of a route to a peer (RFC 7911)', () => {
  const nodes: TestNode[] = []

  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.speaker.close()))
  })

  async function start(address: string, clusterId?: string): Promise<TestNode> {
    const node = await TestNode.start({ address, ...(clusterId === undefined ? {} : { clusterId }) })
    nodes.push(node)
    return node
  }

  const vpnRoute = '192.0.2.1:7:198.51.100.0/24'
  const hop = (n: number): { nextHop: Uint8Array } => ({ nextHop: parseIpAddress(`192.0.2.${n}`)! })

  function peers(left: TestNode, right: TestNode, client: TestNode, addPath: AddPathConfig): PeerConfig[] {
    const reflected = { routeReflectorClient: true }
    return [
      peerAt('left', left, reflected),
      peerAt('right', right, reflected),
      peerAt('client', client, { ...reflected, addPath }),
    ]
  }

  /** Two gateways, a reflector between, and one client that takes several paths. */
  async function reflection(addPath: AddPathConfig) {
    const reflector = await start('127.0.88.9', '127.0.88.9')
    const [left, right, client] = [
      await start('127.0.88.11'),
      await start('127.0.88.12'),
      await start('127.0.88.13'),
    ]
    const own = (node: TestNode) => ({ localAddress: parseIpAddress(node.address)! })
    for (const node of [left, right]) node.speaker.setPeers([peerAt('rr', reflector, own(node))])
    client.speaker.setPeers([peerAt('rr', reflector, { ...own(client), addPath: { receive: true } })])
    const asClients = { ...own(reflector), passive: true }
    reflector.speaker.setPeers(
      peers(left, right, client, addPath).map((config) => ({ ...config, ...asClients })),
    )
    await until('all sessions', () =>
      ['left', 'right', 'client'].every((name) => reflector.isEstablished(name)),
    )
    const change = (other: AddPathConfig): void =>
      reflector.speaker.setPeers(
        peers(left, right, client, other).map((config) => ({ ...config, ...asClients })),
      )
    return { reflector, left, right, client, change }
  }

  it('let a client see the routes of two gateways under one RD, each with its own next hop', async () => {
    const { reflector, left, right, client } = await reflection({ receive: false, send: 'all' })
    left.announce(vpnRoute, hop(1))
    right.announce(vpnRoute, hop(2))
    await until('both paths', () => client.paths(vpnRoute).length === 2)
    expect(client.paths(vpnRoute)).to.deep.equal(['192.0.2.1 100', '192.0.2.2 100'])
    expect(reflector.peer('client').sent).to.deep.equal({ 'inet-vpn': 2 })
    // Without it the other gateway's path, and not its own back.
    expect(reflector.peer('left').addPath.sends).to.deep.equal([])
    left.withdraw(vpnRoute)
    await until('one path', () => client.paths(vpnRoute).length === 1)
    expect(client.paths(vpnRoute)).to.deep.equal(['192.0.2.2 100'])
    right.withdraw(vpnRoute)
    await until('no path', () => client.routes().length === 0)
  })

  it('keep their identifiers where messages bring equal attributes together', async () => {
    const sender = await start('127.0.88.1')
    const receiver = await start('127.0.88.3')
    for (const [pathId, n] of [1, 2, 1].entries()) sender.announcePath(vpnRoute, pathId, hop(n))
    const own = (node: TestNode) => ({ localAddress: parseIpAddress(node.address)! })
    const sends = { addPath: { receive: false, send: 'all' as const }, passive: true }
    sender.speaker.setPeers([peerAt('b', receiver, { ...own(sender), ...sends })])
    receiver.speaker.setPeers([peerAt('a', sender, { ...own(receiver), addPath: { receive: true } })])
    await until('all paths', () => receiver.paths(vpnRoute).length === 3)
    expect(receiver.paths(vpnRoute)).to.deep.equal(['192.0.2.1 100', '192.0.2.1 102', '192.0.2.2 101'])
    sender.withdraw(vpnRoute, Family.inetVpn, 1)
    await until('one less', () => receiver.paths(vpnRoute).length === 2)
    expect(receiver.paths(vpnRoute)).to.deep.equal(['192.0.2.1 100', '192.0.2.1 102'])
  })

  it('change in number on the live session', async () => {
    const { reflector, left, right, client, change } = await reflection({ receive: false, send: 'all' })
    left.announce(vpnRoute, hop(1))
    right.announce(vpnRoute, hop(2))
    await until('both paths', () => client.paths(vpnRoute).length === 2)
    change({ receive: false, send: 'best' })
    await until('the best one', () => client.paths(vpnRoute).length === 1)
    expect(client.paths(vpnRoute)).to.deep.equal(['192.0.2.1 100'])
    change({ receive: false, send: 2 })
    await until('both again', () => client.paths(vpnRoute).length === 2)
    expect(reflector.peer('client').counters).to.include({ sessionsUp: 1, sessionsDown: 0 })
  })

  it('begin and end with a new session, since OPEN says so (§4)', async () => {
    const { reflector, left, right, client, change } = await reflection({ receive: false })
    left.announce(vpnRoute, hop(1))
    right.announce(vpnRoute, hop(2))
    await until('one path', () => client.paths(vpnRoute).length === 1)
    await rounds()
    expect(client.paths(vpnRoute)).to.have.length(1)
    change({ receive: false, send: 'all' })
    await until('the session ends', () => reflector.peer('client').counters['sessionsDown'] === 1)
    await until('the client knows', () => client.peer('rr').counters['sessionsDown'] === 1)
    client.clock.advance(60_000)
    await until('both paths', () => client.paths(vpnRoute).length === 2)
  })

  it('are sent again for a refresh, and End-of-RIB follows them (RFC 2918, RFC 4724 §2)', async () => {
    const node = await start('127.0.88.1')
    for (const n of [1, 2]) node.announcePath(route, n, hop(n), Family.inet)
    const address = '127.0.88.2'
    const receives: Capability = {
      kind: 'addPath',
      families: [{ family: Family.inet, send: false, receive: true }],
    }
    node.speaker.setPeers([
      peerAt(
        'gw',
        { address, port: 1 },
        { passive: true, families, addPath: { receive: false, send: 'all' } },
      ),
    ])
    const script = await ScriptedPeer.established(node, {
      address,
      families,
      capabilities: [receives],
      pathIds: families,
    })
    try {
      const both = [1, 2].map((id) => `+inet ${route} path ${id}`)
      await until('End-of-RIB', () => script.count('eor inet') === 1)
      expect(script.heard.slice(0, -1).sort()).to.deep.equal(both)
      script.sendRefresh(Family.inet)
      await until('all of it again', () => script.count('eor inet') === 2)
      expect(script.heard.slice(3, -1).sort()).to.deep.equal(both)
      node.withdraw(route, Family.inet, 1)
      await until('the withdraw', () => script.count(`-inet ${route} path 1`) === 1)
      expect(script.count(`-inet ${route} path 2`)).to.equal(0)
    } finally {
      script.destroy()
    }
  })
})
