import { expect } from 'chai'
import type { PeerConfig } from '../../../bgp/session/peer-config.ts'
import type { Capability } from '../../../bgp/wire/capability.ts'
import { MessageType } from '../../../bgp/wire/iana.ts'
import { ceaseWithText, encodeNotification } from '../../../bgp/wire/notification.ts'
import { keepalive } from '../../../bgp/wire/keepalive.ts'
import { Family } from '../../../rib/model/family.ts'
import { parsePrefix } from '../../../rib/model/route-key.ts'
import { PathFlag } from '../../../rib/path-flags.ts'
import { rounds, until } from '../../support/until.ts'
import { peerAt, targets, TestNode } from './nodes.ts'
import { ScriptedPeer } from './scripted-peer.ts'

const address = '127.0.85.2'

// UPDATE bodies: | withdrawn length | attributes length | attributes | NLRI (203.0.113.0/24) |
const origin = '40 01 01 00'
const asPath = '40 02 00'
const nextHop = '40 03 04 0a090909'
const localPref = '40 05 04 00000064'
const prefix = '18 cb0071'

function update(attributes: string, nlri = prefix): string {
  const length = attributes.replace(/\s+/g, '').length / 2
  return `0000 ${length.toString(16).padStart(4, '0')} ${attributes} ${nlri}`
}

const good = update(`${origin} ${asPath} ${nextHop} ${localPref}`)
const other = update(`${origin} ${asPath} ${nextHop} ${localPref}`, '18 c63364')
const routes = { good: '203.0.113.0/24', other: '198.51.100.0/24' }

/** Of as many attribute sets. */
const ROUTES = 4_000

describe('a session', () => {
  let node: TestNode
  const scripts: ScriptedPeer[] = []

  beforeEach(async () => {
    node = await TestNode.start({ address: '127.0.85.1' })
  })

  afterEach(async () => {
    for (const script of scripts.splice(0)) script.destroy()
    await node.speaker.close()
  })

  async function session(
    families: readonly Family[],
    capabilities: readonly Capability[] = [],
    overrides: Partial<PeerConfig> = {},
  ): Promise<ScriptedPeer> {
    if (node.speaker.peers().length === 0) {
      node.speaker.setPeers([peerAt('gw', { address, port: 1 }, { passive: true, families, ...overrides })])
    }
    const peer = await ScriptedPeer.established(node, { address, families, capabilities })
    scripts.push(peer)
    await until('the session', () => node.isEstablished('gw'))
    return peer
  }

  describe('on malformed input (RFC 7606)', () => {
    const withdrawn: [string, string][] = [
      ['ORIGIN with value 9 (§7.1)', update(`40 01 01 09 ${asPath} ${nextHop} ${localPref}`)],
      ['no ORIGIN (§3.d)', update(`${asPath} ${nextHop} ${localPref}`)],
      ['NEXT_HOP of 3 octets (§7.3)', update(`${origin} ${asPath} 40 03 03 0a0909 ${localPref}`)],
    ]
    for (const [what, hex] of withdrawn) {
      it(`withdraws the routes and stays up: ${what}`, async () => {
        const peer = await session([Family.inet])
        peer.sendUpdate(good)
        peer.sendUpdate(other)
        await until('both routes', () => node.routes(Family.inet).length === 2)
        peer.sendUpdate(hex)
        await until('the withdraw', () => node.routes(Family.inet).length === 1)
        expect(node.routes(Family.inet)).to.deep.equal([routes.other])
        expect(node.isEstablished('gw')).to.equal(true)
        expect(node.peer('gw').counters).to.include({ treatAsWithdraw: 1, resets: 0 })
        expect(Object.values(node.peer('gw').errors)).to.deep.equal([1])
      })
    }

    it('leaves a malformed AGGREGATOR out and keeps the route (§7.7)', async () => {
      const peer = await session([Family.inet])
      peer.sendUpdate(update(`${origin} ${asPath} ${nextHop} ${localPref} c0 07 03 000000`))
      await until('the route', () => node.routes(Family.inet).length === 1)
      expect(node.attributes(routes.good, Family.inet).aggregator).to.equal(undefined)
      expect(node.peer('gw').counters).to.include({ attributeDiscard: 1, resets: 0 })
    })

    it('resets with 3/1 when lengths run over the message (RFC 4271 §6.3), and drops the routes', async () => {
      const peer = await session([Family.inet])
      peer.sendUpdate(good)
      await until('the route', () => node.routes(Family.inet).length === 1)
      peer.sendUpdate('0000 00ff 40')
      await peer.closed()
      expect(peer.notification).to.include({ code: 3, subcode: 1 })
      await until('no route', () => node.routes(Family.inet).length === 0)
    })

    it('resets with 1/1 when the marker is wrong (RFC 4271 §6.1)', async () => {
      const peer = await session([Family.inet])
      peer.send(new Uint8Array(19))
      await peer.closed()
      expect(peer.notification).to.include({ code: 1, subcode: 1 })
    })
  })

  it('listens for collections of attribute sets only while it lasts', async () => {
    let listening = 0
    const { attrs } = node.rib
    const onCollect = attrs.onCollect.bind(attrs)
    attrs.onCollect = (listener) => {
      const stop = onCollect(listener)
      listening++
      return () => {
        listening--
        stop()
      }
    }
    const peer = await session([Family.inet])
    expect(listening).to.equal(1)
    peer.destroy()
    await until('the session ends', () => !node.isEstablished('gw'))
    expect(listening).to.equal(0)
  })

  it('ends one session only, with CEASE/8, when decoding fails for a defect of ours', async () => {
    const peer = await session([Family.inet])
    Object.defineProperty(node.rib.attrs, 'intern', {
      value: () => {
        throw new Error('defect')
      },
    })
    peer.sendUpdate(good)
    await peer.closed()
    expect(peer.notification).to.include({ code: 6, subcode: 8 })
    expect(node.peer('gw').counters).to.include({ decodeDefects: 1 })
  })

  it('answers an UPDATE before Established with 5/2 (RFC 6608)', async () => {
    node.speaker.setPeers([peerAt('gw', { address, port: 1 }, { passive: true, families: [Family.inet] })])
    const peer = new ScriptedPeer(node, { address, families: [Family.inet] })
    scripts.push(peer)
    peer.sendOpen()
    peer.sendUpdate(good)
    await peer.closed()
    expect(peer.notification).to.include({ code: 5, subcode: 2 })
  })

  it('takes extended messages from whoever has read in our OPEN that it may send them (RFC 8654 §4)', async () => {
    const peer = await session([Family.inet])
    // AS_PATH and the rest, and an attribute of 5,000 octets that nobody knows.
    peer.sendUpdate(update(`${origin} ${asPath} ${nextHop} ${localPref} d0 63 1388 ${'00'.repeat(5_000)}`))
    await until('the route, or the end', () => node.routes(Family.inet).length === 1 || peer.isClosed)
    expect(node.routes(Family.inet)).to.deep.equal([routes.good])
    expect(peer.types).to.not.include(MessageType.notification)
  })

  it('gives back at End-of-RIB what it remembered of the table, and takes changes as before', async () => {
    const peer = await session([Family.inet])
    const octets = (): number => process.memoryUsage().arrayBuffers
    const med = (value: number): string => `80 04 04 ${value.toString(16).padStart(8, '0')}`
    const routeOf = (value: number): string =>
      update(
        `${origin} ${asPath} ${nextHop} ${med(value)} ${localPref}`,
        `18 0a${value.toString(16).padStart(4, '0')}`,
      )
    for (let i = 0; i < ROUTES; i++) peer.sendUpdate(routeOf(i))
    await until('the table', () => node.routes(Family.inet).length === ROUTES)
    const before = octets()
    peer.sendUpdate('0000 0000')
    await until('End-of-RIB', () => node.peer('gw').endOfRibs.includes('inet'))
    // A set has some 27 octets in the memo, and 24 and more in its tables.
    expect(before - octets()).to.be.greaterThan(ROUTES * 50)
    peer.sendUpdate(update(`${origin} ${asPath} ${nextHop} ${med(1)} ${localPref}`))
    await until('a change', () => node.routes(Family.inet).includes(routes.good))
  })

  it('sends everything again after ROUTE-REFRESH, then End-of-RIB (RFC 2918 §4)', async () => {
    node.announce(routes.good, {}, Family.inet)
    const peer = await session([Family.inet])
    await until('the first End-of-RIB', () => peer.count('eor inet') === 1)
    peer.sendRefresh(Family.inet6)
    peer.sendRefresh(Family.inet)
    await until('the second End-of-RIB', () => peer.count('eor inet') === 2)
    expect(peer.count(`+inet ${routes.good}`)).to.equal(2)
  })

  it('finishes what it sends to a peer that asks for it again and again', async () => {
    for (let i = 0; i < 20_000; i++) {
      node.announce(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}/32`, { med: i }, Family.inet)
    }
    const peer = await session([Family.inet])
    await until('the first End-of-RIB', () => peer.count('eor inet') === 1)
    peer.socket.on('data', () => {
      if (peer.count('eor inet') < 2) peer.sendRefresh(Family.inet)
    })
    peer.sendRefresh(Family.inet)
    await until('the second End-of-RIB', () => peer.count('eor inet') >= 2)
    await rounds()
    node.clock.advance(1_000)
    await until('what was asked for meanwhile', () => peer.count('eor inet') > 2)
  })

  describe('keeps time', () => {
    it('sends KEEPALIVE every third of the hold time (RFC 4271 §4.4)', async () => {
      const peer = await session([Family.inet])
      const before = peer.types.filter((type) => type === MessageType.keepalive).length
      for (let i = 1; i <= 2; i++) {
        peer.send(keepalive)
        await until('KEEPALIVE taken', () => node.peer('gw').counters['keepalivesIn'] === i + 1)
        node.clock.advance(30_000)
      }
      const after = (): number => peer.types.filter((type) => type === MessageType.keepalive).length
      await until('two more KEEPALIVEs', () => after() >= before + 2)
    })

    it('ends a silent session with 4/0 (RFC 4271 §6.5)', async () => {
      const peer = await session([Family.inet])
      node.clock.advance(90_000)
      await peer.closed()
      expect(peer.notification).to.include({ code: 4, subcode: 0 })
    })

    it('takes any data as a sign of life', async () => {
      const peer = await session([Family.inet])
      node.clock.advance(89_000)
      // Half a message.
      peer.send(keepalive.subarray(0, 7))
      const before = node.peer('gw').counters['octetsIn']!
      await until('the octets', () => node.peer('gw').counters['octetsIn'] === before + 7)
      node.clock.advance(89_000)
      await rounds()
      expect(node.isEstablished('gw')).to.equal(true)
      node.clock.advance(2_000)
      await peer.closed()
      expect(peer.notification).to.include({ code: 4, subcode: 0 })
    })
  })

  describe('to a peer that does not read (RFC 9687 §3)', () => {
    /** A session with more to send than its transport takes. */
    async function blockedPeer(): Promise<ScriptedPeer> {
      const peer = await session([Family.inet], [], { holdTimeSec: 0, sendHoldTimeSec: 20 })
      peer.socket.pause()
      const value = new Uint8Array(1_024)
      for (let i = 0; i < 20_000; i++) {
        new DataView(value.buffer).setUint32(0, i)
        const unknown = [{ flags: 0xc0, type: 200, value: value.slice() }]
        node.announce(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}/32`, { unknown }, Family.inet)
      }
      await until('a full transport', () => node.peer('gw').counters['outputBlocks']! > 0)
      await rounds()
      return peer
    }

    it('closes the session when the SendHoldTimer expires', async () => {
      await blockedPeer()
      node.clock.advance(19_000)
      await rounds()
      expect(node.isEstablished('gw')).to.equal(true)
      node.clock.advance(3_000)
      await until('the session ends', () => !node.isEstablished('gw'))
      expect(node.peer('gw').lastError).to.equal('sent Send Hold Timer Expired')
    })

    it('keeps the session while something moves, and sends all in the end', async () => {
      const peer = await blockedPeer()
      node.clock.advance(19_000)
      const { updatesOut } = node.peer('gw').counters
      peer.socket.resume()
      await until('a drain', () => node.peer('gw').counters['updatesOut']! > updatesOut!)
      peer.socket.pause()
      await rounds()
      node.clock.advance(19_000)
      await rounds()
      expect(node.isEstablished('gw')).to.equal(true)
      peer.socket.resume()
      await until('every route', () => peer.heard.length > 20_000)
      expect(new Set(peer.heard.filter((line) => line.startsWith('+'))).size).to.equal(20_000)
    })
  })

  describe('with route targets (RFC 4684 §6)', () => {
    const route = '10.0.0.1:5:203.0.113.5/32'
    const families = [Family.inetVpn, Family.routeTarget]
    // | 0 | length | MP_REACH: AFI 1 SAFI 132, next hop, 64512:target:64512:100 | ORIGIN | AS_PATH | LOCAL_PREF |
    const membership = update(
      `80 0e 16 0001 84 04 0a090909 00 60 0000fc00 0002fc0000000064 ${origin} ${asPath} ${localPref}`,
      '',
    )

    it('sends VPN routes after the peer has told its targets', async () => {
      node.announce(route, targets('target:64512:100'))
      node.announce('10.0.0.1:5:203.0.113.6/32', targets('target:64512:200'))
      const peer = await session(families)
      await until('our End-of-RIB for targets', () => peer.count('eor route-target') === 1)
      await rounds()
      expect(peer.count(`+inet-vpn ${route}`)).to.equal(0)
      peer.sendUpdate(membership)
      peer.sendEndOfRib(Family.routeTarget)
      await until('End-of-RIB for VPN routes', () => peer.count('eor inet-vpn') === 1)
      expect(peer.heard.filter((line) => line.startsWith('+inet-vpn'))).to.deep.equal([`+inet-vpn ${route}`])
    })

    const helper: Capability = {
      kind: 'gracefulRestart',
      restartState: false,
      notification: false,
      restartTimeSec: 0,
      families: [],
    }
    const waits: [string, readonly Capability[], number][] = [
      ['30 s where the peer has the graceful restart capability, and with it the marker', [helper], 30_000],
      ['3 s where it has not, and will never send one (RFC 4724 §3)', [], 3_000],
    ]
    for (const [what, capabilities, waitMs] of waits) {
      it(`waits for the End-of-RIB of a peer that sends none: ${what}`, async () => {
        node.announce(route, targets('target:64512:100'))
        const peer = await session(families, capabilities)
        await until('our End-of-RIB for targets', () => peer.count('eor route-target') === 1)
        node.clock.advance(waitMs - 1)
        await rounds()
        expect(peer.count('eor inet-vpn')).to.equal(0)
        node.clock.advance(1)
        await until('End-of-RIB for VPN routes', () => peer.count('eor inet-vpn') === 1)
        expect(peer.count(`+inet-vpn ${route}`)).to.equal(0)
        peer.sendUpdate(membership)
        await until('the route of a target told later', () => peer.count(`+inet-vpn ${route}`) === 1)
      })
    }
  })

  describe('graceful restart, as a helper (RFC 4724 §4.2)', () => {
    const restart = (forwarding: boolean, restartState = false): Capability => ({
      kind: 'gracefulRestart',
      restartState,
      notification: false,
      restartTimeSec: 60,
      families: [{ family: Family.inet, forwarding }],
    })

    async function restartingPeer(): Promise<ScriptedPeer> {
      const peer = await session([Family.inet], [restart(true)])
      peer.sendUpdate(good)
      peer.sendUpdate(other)
      await until('both routes', () => node.routes(Family.inet).length === 2)
      return peer
    }

    async function lose(peer: ScriptedPeer): Promise<void> {
      peer.destroy()
      await until('the session ends', () => !node.isEstablished('gw'))
    }

    it('keeps the routes stale, and after End-of-RIB only those that came again', async () => {
      await lose(await restartingPeer())
      expect(node.flags(routes.good, Family.inet)).to.equal(PathFlag.stale)
      expect(node.peer('gw').staleFamilies).to.deep.equal(['inet'])
      const again = await session([Family.inet], [restart(true, true)])
      again.sendUpdate(good)
      again.sendEndOfRib(Family.inet)
      await until('the sweep', () => node.routes(Family.inet).length === 1)
      expect(node.flags(routes.good, Family.inet)).to.equal(0)
      expect(node.peer('gw').staleFamilies).to.deep.equal([])
    })

    it('drops them when the peer is not back within its restart time', async () => {
      await lose(await restartingPeer())
      node.clock.advance(59_000)
      await rounds()
      expect(node.routes(Family.inet)).to.have.length(2)
      node.clock.advance(1_000)
      await until('no route', () => node.routes(Family.inet).length === 0)
    })

    it('drops them when the peer comes back without its forwarding state', async () => {
      await lose(await restartingPeer())
      await session([Family.inet], [restart(false, true)])
      await until('no route', () => node.routes(Family.inet).length === 0)
    })

    it('drops them at once when the peer becomes another one meanwhile: the AS number', async () => {
      await lose(await restartingPeer())
      const overrides = { passive: true, families: [Family.inet], autonomousSystem: 65001 }
      node.speaker.setPeers([peerAt('gw', { address, port: 1 }, overrides)])
      await until('no route', () => node.routes(Family.inet).length === 0)
    })

    it('drops them at once when the operator clears the peer', async () => {
      await lose(await restartingPeer())
      node.speaker.clearPeer('gw')
      await until('no route', () => node.routes(Family.inet).length === 0)
    })

    it('forgets a dynamic peer with its paths when its range goes down meanwhile', async () => {
      const range = { address: undefined, range: parsePrefix('127.0.85.0/24')!, families: [Family.inet] }
      node.speaker.setPeers([peerAt('racks', node, range)])
      const peer = await ScriptedPeer.established(node, {
        address,
        families: [Family.inet],
        capabilities: [restart(true)],
      })
      scripts.push(peer)
      await until('the session', () => node.isEstablished(`racks@${address}`))
      peer.destroy()
      await until('the session ends', () => !node.isEstablished(`racks@${address}`))
      expect(node.speaker.peers()).to.have.length(1)
      node.speaker.setPeers([peerAt('racks', node, { ...range, adminDown: true })])
      expect(node.speaker.peers()).to.deep.equal([])
    })

    it('keeps them when only the port to dial changes', async () => {
      await lose(await restartingPeer())
      node.speaker.setPeers([peerAt('gw', { address, port: 2 }, { passive: true, families: [Family.inet] })])
      await rounds()
      expect(node.routes(Family.inet)).to.have.length(2)
    })

    it('drops them at once after a NOTIFICATION', async () => {
      const peer = await restartingPeer()
      peer.send(encodeNotification(ceaseWithText(2, 'bye')))
      await until('no route', () => node.routes(Family.inet).length === 0)
    })

    it('drops them at once without the capability', async () => {
      const peer = await session([Family.inet])
      peer.sendUpdate(good)
      await until('the route', () => node.routes(Family.inet).length === 1)
      await lose(peer)
      await until('no route', () => node.routes(Family.inet).length === 0)
    })

    it('takes a new connection of a restarted peer for the end of the old one', async () => {
      const old = await restartingPeer()
      const fresh = await ScriptedPeer.established(node, {
        address,
        families: [Family.inet],
        capabilities: [restart(true, true)],
      })
      scripts.push(fresh)
      await old.closed()
      expect(old.notification).to.equal(undefined)
      await until('the new session', () => node.peer('gw').counters['sessionsUp'] === 2)
      expect(node.routes(Family.inet)).to.have.length(2)
      expect(node.flags(routes.good, Family.inet)).to.equal(PathFlag.stale)
    })

    it('closes a second connection of a peer that has not restarted (RFC 4271 §6.8)', async () => {
      await restartingPeer()
      const second = new ScriptedPeer(node, {
        address,
        families: [Family.inet],
        capabilities: [restart(true)],
      })
      scripts.push(second)
      second.sendOpen()
      await second.closed()
      expect(second.notification).to.include({ code: 6, subcode: 7 })
      expect(node.peer('gw').counters['sessionsDown']).to.equal(0)
    })
  })
})
