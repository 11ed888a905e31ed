import { expect } from 'chai'
import type { Capability } from '../../../bgp/wire/capability.ts'
import { MessageType } from '../../../bgp/wire/iana.ts'
import { ceaseWithText, encodeNotification } from '../../../bgp/wire/notification.ts'
import { encodeRouteRefresh, RefreshSubtype } from '../../../bgp/wire/route-refresh.ts'
import { Community } from '../../../rib/model/community.ts'
import { Family } from '../../../rib/model/family.ts'
import { PathFlag } from '../../../rib/path-flags.ts'
import { rounds, until } from '../../support/until.ts'
import { peerAt, TestNode } from './nodes.ts'
import { ScriptedPeer } from './scripted-peer.ts'

// UPDATE bodies: | withdrawn length | attributes length | ORIGIN, AS_PATH, NEXT_HOP, LOCAL_PREF | NLRI |
const shared = '40010100 400200 4003040a090909 40050400000064'
const routes = { one: '203.0.113.0/24', two: '198.51.100.0/24', three: '192.0.2.0/24' }
const one = update(shared, '18cb0071')
const two = update(shared, '18c63364')
const three = update(shared, '18c00002')
const twoWithoutLongLife = update(`${shared} c00804ffff0007`, '18c63364')

function update(attributes: string, nlri: string): string {
  const length = attributes.replace(/\s+/g, '').length / 2
  return `0000 ${length.toString(16).padStart(4, '0')} ${attributes} ${nlri}`
}

interface Restart {
  readonly notification?: boolean
  readonly restartState?: boolean
  readonly restartTimeSec?: number
  readonly forwarding?: boolean
}

function gracefulRestart(restart: Restart = {}): Capability {
  const { notification = false, restartState = false, restartTimeSec = 60, forwarding = true } = restart
  return {
    kind: 'gracefulRestart',
    restartState,
    notification,
    restartTimeSec,
    families: [{ family: Family.inet, forwarding }],
  }
}

function longLived(staleTimeSec: number, forwarding = true): Capability {
  return { kind: 'longLivedGracefulRestart', families: [{ family: Family.inet, forwarding, staleTimeSec }] }
}

const enhanced: Capability = { kind: 'enhancedRouteRefresh' }

describe('what outlasts a session', () => {
  const address = '127.0.86.2'
  let node: TestNode
  const scripts: ScriptedPeer[] = []

  beforeEach(async () => {
    node = await TestNode.start({ address: '127.0.86.1' })
    node.speaker.setPeers([
      peerAt('gw', { address, port: 1 }, { passive: true, families: [Family.inet] }),
      peerAt('other', { address: '127.0.86.3', port: 1 }, { passive: true, families: [Family.inet] }),
    ])
  })

  afterEach(async () => {
    for (const script of scripts.splice(0)) script.destroy()
    await node.speaker.close()
  })

  async function session(capabilities: readonly Capability[], name = 'gw'): Promise<ScriptedPeer> {
    const from = name === 'gw' ? address : '127.0.86.3'
    const peer = await ScriptedPeer.established(node, {
      address: from,
      families: [Family.inet],
      capabilities,
    })
    scripts.push(peer)
    await until('the session', () => node.isEstablished(name))
    return peer
  }

  async function sessionWithRoutes(
    capabilities: readonly Capability[],
    ...updates: string[]
  ): Promise<ScriptedPeer> {
    const peer = await session(capabilities)
    for (const each of updates) peer.sendUpdate(each)
    await until('the routes', () => node.routes(Family.inet).length === updates.length)
    return peer
  }

  async function lose(peer: ScriptedPeer, name = 'gw'): Promise<void> {
    peer.destroy()
    await until('the session ends', () => !node.isEstablished(name))
  }

  async function noRoutes(): Promise<void> {
    await until('no route', () => node.routes(Family.inet).length === 0)
  }

  describe('after a NOTIFICATION (RFC 8538)', () => {
    const notify = (peer: ScriptedPeer, subcode: number): void =>
      peer.send(encodeNotification({ code: 6, subcode, octets: new Uint8Array(0) }))

    it('keeps the routes where both have the N bit (§4)', async () => {
      const peer = await sessionWithRoutes([gracefulRestart({ notification: true })], one)
      notify(peer, 4)
      await until('the session ends', () => !node.isEstablished('gw'))
      expect(node.flags(routes.one, Family.inet)).to.equal(PathFlag.stale)
    })

    it('drops them where the peer has it not (RFC 4724 §4.2)', async () => {
      const peer = await sessionWithRoutes([gracefulRestart()], one)
      notify(peer, 4)
      await noRoutes()
    })

    it('drops them after a Hard Reset (§3.1)', async () => {
      const peer = await sessionWithRoutes([gracefulRestart({ notification: true })], one)
      notify(peer, 9)
      await noRoutes()
    })

    it('keeps them when the hold timer expires, our NOTIFICATION notwithstanding (§4)', async () => {
      const peer = await sessionWithRoutes([gracefulRestart({ notification: true })], one)
      node.clock.advance(90_000)
      await until('the NOTIFICATION', () => peer.notification?.code === 4)
      expect(node.flags(routes.one, Family.inet)).to.equal(PathFlag.stale)
    })

    it('keeps them when the operator clears the session, and sends a soft CEASE/4 (§4)', async () => {
      const peer = await sessionWithRoutes([gracefulRestart({ notification: true })], one)
      node.speaker.clearPeer('gw')
      await until('the NOTIFICATION', () => peer.notification !== undefined)
      expect(peer.notification).to.deep.include({ code: 6, subcode: 4 })
      expect(node.flags(routes.one, Family.inet)).to.equal(PathFlag.stale)
    })

    it('drops what is kept of a session that is over when the operator clears the peer', async () => {
      const peer = await sessionWithRoutes([gracefulRestart({ notification: true })], one)
      notify(peer, 4)
      await until('the session ends', () => !node.isEstablished('gw'))
      node.speaker.clearPeer('gw')
      await noRoutes()
    })

    it('sends a Hard Reset around the shutdown that the operator orders, and drops the routes (§3.1)', async () => {
      const peer = await sessionWithRoutes([gracefulRestart({ notification: true })], one)
      node.speaker.setPeers([
        peerAt('gw', { address, port: 1 }, { passive: true, families: [Family.inet], adminDown: true }),
      ])
      await until('the NOTIFICATION', () => peer.notification !== undefined)
      expect(peer.notification).to.deep.include({ code: 6, subcode: 9 })
      expect([...peer.notification!.octets.subarray(0, 2)]).to.deep.equal([6, 2])
      await noRoutes()
    })

    it('sends the plain shutdown to a peer without the N bit', async () => {
      const peer = await session([gracefulRestart()])
      await node.speaker.close('bye')
      expect(peer.notification).to.deep.equal(ceaseWithText(2, 'bye'))
    })
  })

  describe('when the peer restarts again before it has said all (RFC 4724 §4.2)', () => {
    it('drops what was stale before, and keeps what came in between', async () => {
      await lose(await sessionWithRoutes([gracefulRestart()], one, two))
      const again = await session([gracefulRestart({ restartState: true })])
      again.sendUpdate(three)
      await until('the third route', () => node.routes(Family.inet).length === 3)
      await lose(again)
      await until('the sweep', () => node.routes(Family.inet).length === 1)
      expect(node.routes(Family.inet)).to.deep.equal([routes.three])
      expect(node.flags(routes.three, Family.inet)).to.equal(PathFlag.stale)
    })
  })

  describe('for long (RFC 9494)', () => {
    const capabilities = [gracefulRestart(), longLived(3_600)]

    it('ranks the routes last when the restart time is over, and drops them after the stale time (§4.2)', async () => {
      await lose(await sessionWithRoutes(capabilities, one))
      node.clock.advance(60_000)
      await until('long-lived stale', () => (node.flags(routes.one, Family.inet) & PathFlag.llgrStale) !== 0)
      expect(node.peer('gw').longLivedFamilies).to.deep.equal(['inet'])
      node.clock.advance(3_599_000)
      await rounds()
      expect(node.routes(Family.inet)).to.deep.equal([routes.one])
      node.clock.advance(1_000)
      await noRoutes()
    })

    it('begins at once where the restart time is zero (§4.2)', async () => {
      await lose(await sessionWithRoutes([gracefulRestart({ restartTimeSec: 0 }), longLived(60)], one))
      node.clock.advance(1)
      await until('long-lived stale', () => (node.flags(routes.one, Family.inet) & PathFlag.llgrStale) !== 0)
    })

    it('does not keep a route with NO_LLGR (§4.2)', async () => {
      await lose(await sessionWithRoutes(capabilities, one, twoWithoutLongLife))
      node.clock.advance(60_000)
      await until('one route', () => node.routes(Family.inet).length === 1)
      expect(node.routes(Family.inet)).to.deep.equal([routes.one])
    })

    it('ignores the capability of a peer without graceful restart (§3.1)', async () => {
      await lose(await sessionWithRoutes([longLived(3_600)], one))
      await noRoutes()
    })

    it('takes the routes back as fresh ones, and sweeps the rest at End-of-RIB', async () => {
      await lose(await sessionWithRoutes(capabilities, one, two))
      node.clock.advance(60_000)
      await until('long-lived stale', () => (node.flags(routes.one, Family.inet) & PathFlag.llgrStale) !== 0)
      const again = await session([gracefulRestart({ restartState: true }), longLived(3_600)])
      again.sendUpdate(one)
      again.sendEndOfRib(Family.inet)
      await until('the sweep', () => node.routes(Family.inet).length === 1)
      expect(node.flags(routes.one, Family.inet)).to.equal(0)
    })

    it('drops them when the peer is back without its forwarding state (§4.2)', async () => {
      await lose(await sessionWithRoutes(capabilities, one))
      node.clock.advance(60_000)
      await rounds()
      await session([gracefulRestart({ restartState: true, forwarding: false }), longLived(3_600, false)])
      await noRoutes()
    })

    for (const [what, more, heard] of [
      ['with LLGR_STALE to a peer that has the capability', [gracefulRestart(), longLived(10)], '+inet'],
      ['not at all to one that has not', [gracefulRestart()], '-inet'],
    ] as const) {
      it(`offers such routes ${what} (§4.3)`, async () => {
        const { clientNode, peer, observer } = await reflected([...more])
        await lose(peer)
        clientNode.clock.advance(60_000)
        const line = `${heard} ${routes.one}`
        await until('the change', () => observer.heard.at(-1) === line && observer.heard.length > 2)
        if (heard === '+inet') expect(observer.lastCommunities).to.deep.equal([Community.LLGR_STALE])
      })
    }

    /** The node reflects between gw and an observer. */
    async function reflected(
      capabilitiesOfObserver: Capability[],
    ): Promise<{ clientNode: TestNode; peer: ScriptedPeer; observer: ScriptedPeer }> {
      await node.speaker.close()
      node = await TestNode.start({ address: '127.0.86.1', clusterId: '127.0.86.1' })
      const client = { passive: true, families: [Family.inet], routeReflectorClient: true }
      node.speaker.setPeers([
        peerAt('gw', { address, port: 1 }, client),
        peerAt('other', { address: '127.0.86.3', port: 1 }, client),
      ])
      const peer = await sessionWithRoutes(capabilities, one)
      const observer = await session(capabilitiesOfObserver, 'other')
      await until('the route', () => observer.heard.includes(`+inet ${routes.one}`))
      return { clientNode: node, peer, observer }
    }
  })

  describe('through a refresh with markers (RFC 7313 §4)', () => {
    const marker = (subtype: number): Uint8Array => encodeRouteRefresh(Family.inet, subtype)

    it('removes what has not come again by EoRR, and nothing else', async () => {
      const peer = await sessionWithRoutes([enhanced], one, two)
      peer.send(marker(RefreshSubtype.begin))
      peer.sendUpdate(one)
      peer.send(marker(RefreshSubtype.end))
      await until('one route', () => node.routes(Family.inet).length === 1)
      expect(node.routes(Family.inet)).to.deep.equal([routes.one])
      peer.sendUpdate(three)
      await until('a route that comes later stays', () => node.routes(Family.inet).length === 2)
    })

    it('waits no longer than a bound for an EoRR that does not come', async () => {
      const settings = { passive: true, families: [Family.inet], holdTimeSec: 0 }
      node.speaker.setPeers([peerAt('gw', { address, port: 1 }, settings)])
      const peer = await sessionWithRoutes([enhanced], one, two)
      peer.send(marker(RefreshSubtype.begin))
      peer.sendUpdate(one)
      await until('the update', () => node.peer('gw').counters['updatesIn'] === 3)
      node.clock.advance(360_000)
      await until('one route', () => node.routes(Family.inet).length === 1)
    })

    it('takes an EoRR without BoRR for nothing, and no marker from a peer without the capability (§5)', async () => {
      const peer = await sessionWithRoutes([], one)
      peer.send(marker(RefreshSubtype.begin))
      peer.send(marker(RefreshSubtype.end))
      peer.sendUpdate(two)
      await until('two routes', () => node.routes(Family.inet).length === 2)
    })

    it('answers a request between BoRR and EoRR, and End-of-RIB comes once', async () => {
      node.announce(routes.one, {}, Family.inet)
      const peer = await session([enhanced])
      await until('End-of-RIB', () => peer.count('eor inet') === 1)
      peer.heard.length = 0
      peer.sendRefresh(Family.inet)
      await until('EoRR', () => peer.heard.includes('eorr inet'))
      expect(peer.heard).to.deep.equal(['borr inet', `+inet ${routes.one}`, 'eorr inet'])
      expect(peer.types.filter((type) => type === MessageType.routeRefresh)).to.have.length(2)
    })
  })
})
