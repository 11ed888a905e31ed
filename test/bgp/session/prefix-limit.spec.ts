import { expect } from 'chai'
import type { PeerConfig } from '../../../bgp/session/peer-config.ts'
import type { PrefixLimit } from '../../../bgp/session/prefix-limit.ts'
import { describeNotification } from '../../../bgp/wire/notification.ts'
import { silentLog } from '../../../rib/log.ts'
import { Family } from '../../../rib/model/family.ts'
import { parsePrefix } from '../../../rib/model/route-key.ts'
import { rounds, until } from '../../support/until.ts'
import { peerAt, TestNode } from './nodes.ts'
import { ScriptedPeer } from './scripted-peer.ts'

const address = '127.0.87.2'
const families = [Family.inet]

/** IPv4 routes 203.0.113.`from` to `to` - 1 in one UPDATE. */
function routes(from: number, to: number): string {
  const nlri = Array.from(
    { length: to - from },
    (_, i) => `20cb0071${(from + i).toString(16).padStart(2, '0')}`,
  )
  const attributes = '40010100 400200 4003047f005702 40050400000064'.replaceAll(' ', '')
  return `0000 ${(attributes.length / 2).toString(16).padStart(4, '0')} ${attributes} ${nlri.join('')}`
}

function withdrawn(from: number, to: number): string {
  const nlri = Array.from(
    { length: to - from },
    (_, i) => `20cb0071${(from + i).toString(16).padStart(2, '0')}`,
  )
  return `${(nlri.length * 5).toString(16).padStart(4, '0')} ${nlri.join('')} 0000`
}

describe('a limit of prefixes', () => {
  let node: TestNode
  let peer: ScriptedPeer
  let lines: string[]
  const scripts: ScriptedPeer[] = []

  beforeEach(async () => {
    lines = []
    const note = (event: string, fields?: object): void => {
      if (event.startsWith('bgp.prefixLimit'))
        lines.push(`${event} ${(fields as { count?: number }).count ?? ''}`.trim())
    }
    node = await TestNode.start({ address: '127.0.87.1', log: { ...silentLog, warn: note, error: note } })
  })

  afterEach(async () => {
    for (const script of scripts.splice(0)) script.destroy()
    await node.speaker.close()
  })

  function config(overrides: Partial<PrefixLimit> = {}, more: Partial<PeerConfig> = {}): PeerConfig {
    const limit = {
      family: Family.inet,
      limit: 10,
      warnPercent: 80,
      action: 'reset',
      restartAfterSec: 300,
    } as const
    return peerAt(
      'gw',
      { address, port: 1 },
      { families, passive: true, prefixLimits: [{ ...limit, ...overrides }], ...more },
    )
  }

  async function establish(overrides: Partial<PrefixLimit> = {}): Promise<void> {
    node.speaker.setPeers([config(overrides)])
    await connect()
  }

  async function connect(): Promise<void> {
    peer = await ScriptedPeer.established(node, { address, families })
    scripts.push(peer)
    await until('the session', () => node.isEstablished('gw'))
  }

  const count = (): number => node.routes(Family.inet).length

  it('lets in as many as it says, and one more ends the session with CEASE/1: AFI, SAFI and the bound (RFC 4486 §4)', async () => {
    await establish()
    peer.sendUpdate(routes(0, 10))
    await until('all routes', () => count() === 10)
    // Nothing new: the same routes again do not count twice (RFC 4271 §3.1, implicit withdraw).
    peer.sendUpdate(routes(5, 10))
    peer.sendUpdate(routes(0, 11))
    await peer.closed()
    expect(peer.notification).to.deep.include({ code: 6, subcode: 1 })
    expect([...peer.notification!.octets]).to.deep.equal([0, 1, 1, 0, 0, 0, 10])
    expect(describeNotification(peer.notification!)).to.match(
      /Maximum Number of Prefixes Reached: more than 10 of inet$/,
    )
    await until('its routes are gone', () => count() === 0)
    expect(node.peer('gw')).to.deep.include({ state: 'Idle', heldForSec: 300 })
    expect(node.peer('gw').lastError).to.match(/more than 10 of inet/)
  })

  it('never holds a route beyond it, however many come at once', async () => {
    await establish({ action: 'discard' })
    peer.sendUpdate(routes(0, 7))
    peer.sendUpdate(routes(5, 205))
    await until('the limit', () => count() === 10)
    await until('the rest is counted', () => node.peer('gw').prefixLimits[0]!.discarded === 195)
    expect(node.isEstablished('gw')).to.equal(true)
    expect(node.peer('gw').prefixLimits[0]).to.deep.equal({
      family: 'inet',
      limit: 10,
      warnPercent: 80,
      action: 'discard',
      restartAfterSec: 300,
      count: 10,
      state: 'exceeded',
      discarded: 195,
    })
    // A route that is there may change, and one that goes makes room.
    peer.sendUpdate(withdrawn(0, 2))
    await until('room', () => count() === 8)
    peer.sendUpdate(routes(100, 101))
    await until('the room is used', () => count() === 9)
  })

  it('may only warn', async () => {
    await establish({ action: 'warn' })
    peer.sendUpdate(routes(0, 40))
    await until('all routes', () => count() === 40)
    expect(node.isEstablished('gw')).to.equal(true)
    expect(lines).to.deep.equal(['bgp.prefixLimitExceeded 40'])
  })

  it('warns once on the way, and again only after the count has gone back', async () => {
    await establish()
    peer.sendUpdate(routes(0, 8))
    peer.sendUpdate(routes(8, 9))
    peer.sendUpdate(withdrawn(8, 9))
    peer.sendUpdate(routes(8, 9))
    await until('nine routes', () => count() === 9)
    await rounds()
    expect(lines).to.deep.equal(['bgp.prefixLimitNear 9'])
    expect(node.peer('gw').prefixLimits[0]!.state).to.equal('warning')
    peer.sendUpdate(withdrawn(2, 9))
    await until('two routes', () => count() === 2)
    peer.sendUpdate(routes(2, 10))
    await until('ten routes', () => count() === 10)
    expect(lines).to.deep.equal(['bgp.prefixLimitNear 9', 'bgp.prefixLimitNear 10'])
  })

  it('keeps the peer idle: told why when it connects (CEASE/1), taken again after restartAfter', async () => {
    await establish({ restartAfterSec: 60 })
    peer.sendUpdate(routes(0, 11))
    await peer.closed()
    const early = new ScriptedPeer(node, { address, families })
    scripts.push(early)
    await early.closed()
    expect(early.notification).to.deep.include({ code: 6, subcode: 1 })
    node.clock.advance(59_000)
    expect(node.peer('gw').heldForSec).to.equal(1)
    node.clock.advance(1_000)
    expect(node.peer('gw').heldForSec).to.equal(undefined)
    await connect()
  })

  it('may keep it until the operator clears it', async () => {
    await establish({ restartAfterSec: undefined })
    peer.sendUpdate(routes(0, 11))
    await peer.closed()
    node.clock.advance(1_000_000)
    expect(node.peer('gw')).to.deep.include({ state: 'Idle', heldForSec: 'until cleared' })
    expect(node.speaker.clearPeer('gw')).to.equal(true)
    await connect()
  })

  it('changes on a live session; a held peer is tried again with the new one', async () => {
    await establish()
    peer.sendUpdate(routes(0, 10))
    await until('all routes', () => count() === 10)
    node.speaker.setPeers([config({ limit: 20 })])
    peer.sendUpdate(routes(10, 15))
    await until('more routes', () => count() === 15)
    expect(node.isEstablished('gw')).to.equal(true)
    node.speaker.setPeers([config({ limit: 14 })])
    await peer.closed()
    expect([...peer.notification!.octets]).to.deep.equal([0, 1, 1, 0, 0, 0, 14])
    expect(node.peer('gw').heldForSec).to.equal(300)
    node.speaker.setPeers([config({ limit: 30 })])
    expect(node.peer('gw').heldForSec).to.equal(undefined)
    await connect()
  })

  it('asks again for what it has discarded when it grows', async () => {
    await establish({ action: 'discard' })
    peer.sendUpdate(routes(0, 15))
    await until('the limit', () => count() === 10)
    await until('the rest is counted', () => node.peer('gw').prefixLimits[0]!.discarded === 5)
    node.speaker.setPeers([config({ action: 'discard', limit: 20 })])
    await until('ROUTE-REFRESH', () => peer.types.includes(5))
  })

  it('holds for a peer of a range too, which is not forgotten meanwhile', async () => {
    const range = { address: undefined, range: parsePrefix('127.0.87.0/24')! }
    node.speaker.setPeers([config({}, range)])
    peer = await ScriptedPeer.established(node, { address, families })
    peer.sendUpdate(routes(0, 11))
    await peer.closed()
    const again = new ScriptedPeer(node, { address, families })
    scripts.push(again)
    await again.closed()
    expect(again.notification).to.deep.include({ code: 6, subcode: 1 })
    node.clock.advance(300_000)
    await until('it is forgotten', () => node.speaker.peers().length === 0)
  })
})
