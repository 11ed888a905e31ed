import { expect } from 'chai'
import type { PeerConfig } from '../../../bgp/session/peer-config.ts'
import { Community } from '../../../rib/model/community.ts'
import { parseIpv4 } from '../../../rib/model/ip-address.ts'
import { until } from '../../support/until.ts'
import { peerAt, TestNode } from './nodes.ts'

const route = '10.0.0.1:5:203.0.113.5/32'
const other = '10.0.0.1:5:203.0.113.6/32'

describe('graceful shutdown (RFC 8326)', () => {
  let a: TestNode
  let b: TestNode

  afterEach(async () => {
    await Promise.all([a.speaker.close(), b.speaker.close()])
  })

  async function pair(asOfB: number): Promise<void> {
    a = await TestNode.start({ address: '127.0.93.1' })
    b = await TestNode.start({ address: '127.0.93.2', localAs: asOfB })
    b.speaker.setPeers([peerAt('a', a, { passive: true, ebgpRequiresPolicy: false })])
    configure({})
    await until('the session', () => a.isEstablished('b') && b.isEstablished('a'))
  }

  function configure(overrides: Partial<PeerConfig>): void {
    const autonomousSystem = b.speaker.peers()[0]!.localAs
    const local = { localAddress: parseIpv4(a.address)!, ebgpRequiresPolicy: false, autonomousSystem }
    a.speaker.setPeers([peerAt('b', b, { ...local, ...overrides })])
  }

  const heard = (): { localPref: number | undefined; isMarked: boolean } => {
    const { localPref, communities } = b.attributes(route)
    return { localPref, isMarked: communities.includes(Community.GRACEFUL_SHUTDOWN) }
  }

  it('marks what an iBGP peer was offered and gives it LOCAL_PREF 0, and takes that back, on the live session', async () => {
    await pair(64512)
    a.announce(route, { localPref: 200, communities: [0xfde80001] })
    await until('the route', () => b.routes().length === 1)
    expect(heard()).to.deep.equal({ localPref: 200, isMarked: false })
    configure({ gracefulShutdown: true })
    await until('the mark', () => heard().isMarked)
    expect(heard().localPref).to.equal(0)
    expect([...b.attributes(route).communities].sort((x, y) => x - y)).to.deep.equal([0xfde80001, 0xffff0000])
    expect(a.peer('b').gracefulShutdown).to.equal(true)
    a.announce(other)
    await until('a later route is marked too', () => b.routes().length === 2)
    expect(b.attributes(other).localPref).to.equal(0)
    configure({})
    await until('the mark is gone', () => !heard().isMarked)
    expect(heard().localPref).to.equal(200)
    expect(a.peer('b').counters).to.include({ sessionsUp: 1, sessionsDown: 0 })
  })

  it('marks what an eBGP peer is offered, and lowers what comes so marked (§4.2, §4.3)', async () => {
    await pair(65001)
    a.announce(route, { localPref: 200 })
    await until('the route', () => b.routes().length === 1)
    expect(heard()).to.deep.equal({ localPref: undefined, isMarked: false })
    configure({ gracefulShutdown: true })
    await until('the mark', () => heard().isMarked)
    // LOCAL_PREF does not cross the border; the 0 is the receiver's own.
    expect(heard().localPref).to.equal(0)
    configure({})
    await until('the mark is gone', () => !heard().isMarked)
    expect(heard().localPref).to.equal(undefined)
  })
})
