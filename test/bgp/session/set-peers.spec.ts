import { expect } from 'chai'
import type { PeerConfig } from '../../../bgp/session/peer-config.ts'
import { MessageType } from '../../../bgp/wire/iana.ts'
import { ceaseText } from '../../../bgp/wire/notification.ts'
import { Family } from '../../../rib/model/family.ts'
import { rounds, until } from '../../support/until.ts'
import { peerAt, TestNode } from './nodes.ts'
import { ScriptedPeer } from './scripted-peer.ts'

describe('Speaker.setPeers on a live session', () => {
  let node: TestNode
  let peer: ScriptedPeer
  const address = '127.0.84.2'
  const base = peerAt('gw', { address, port: 1 }, { passive: true })

  beforeEach(async () => {
    node = await TestNode.start({ address: '127.0.84.1' })
    node.speaker.setPeers([base])
    peer = await ScriptedPeer.established(node, { address, families: [Family.inetVpn] })
    await until('the session', () => node.isEstablished('gw'))
  })

  afterEach(async () => {
    peer.destroy()
    await node.speaker.close()
  })

  const silent: [string, Partial<PeerConfig>][] = [
    ['the same configuration', {}],
    ['another port', { port: 2 }],
    ['active instead of passive', { passive: false }],
    ['another hold time, which waits for the next session', { holdTimeSec: 30 }],
    ['other timers', { keepaliveSec: 5, connectRetrySec: 5, idleHoldSec: 2 }],
    ['another traffic class', { dscp: 10 }],
    ['the same families in another order', { families: [Family.inetVpn] }],
  ]
  for (const [what, change] of silent) {
    it(`keeps it: ${what}`, async () => {
      node.speaker.setPeers([{ ...base, ...change }])
      await rounds()
      expect(peer.notification).to.equal(undefined)
      expect(node.isEstablished('gw')).to.equal(true)
    })
  }

  const resets: [string, readonly PeerConfig[], number][] = [
    ['the families', [{ ...base, families: [Family.inetVpn, Family.inet] }], 6],
    ['the AS number', [{ ...base, autonomousSystem: 65001 }], 6],
    ['administratively down', [{ ...base, adminDown: true }], 2],
    [
      'administratively down, in the operators words',
      [{ ...base, adminDown: true, shutdownText: 'works' }],
      2,
    ],
    ['a peer that is configured no longer', [], 3],
  ]
  for (const [what, configs, subcode] of resets) {
    it(`ends it with CEASE/${subcode} and a text: ${what}`, async () => {
      node.speaker.setPeers(configs)
      await peer.closed()
      expect(peer.notification).to.include({ code: 6, subcode })
      expect(ceaseText(peer.notification!)).to.equal(
        configs[0]?.shutdownText ?? ceaseText(peer.notification!),
      )
      expect(ceaseText(peer.notification!)).to.be.a('string')
    })
  }

  it('ends it with CEASE/4 when the operator clears the peer, and takes the next connection', async () => {
    expect(node.speaker.clearPeer('gw')).to.equal(true)
    expect(node.speaker.clearPeer('nobody')).to.equal(false)
    await peer.closed()
    expect(peer.notification).to.include({ code: 6, subcode: 4 })
    peer = await ScriptedPeer.established(node, { address, families: [Family.inetVpn] })
    await until('the session is back', () => node.isEstablished('gw'))
  })

  it('refuses connections while administratively down, and takes them again afterwards', async () => {
    node.speaker.setPeers([{ ...base, adminDown: true }])
    await peer.closed()
    const refused = new ScriptedPeer(node, { address, families: [Family.inetVpn] })
    await refused.closed()
    expect(refused.notification).to.include({ code: 6, subcode: 2 })
    node.speaker.setPeers([base])
    peer = await ScriptedPeer.established(node, { address, families: [Family.inetVpn] })
    await until('the session is back', () => node.isEstablished('gw'))
  })

  it('uses the new families in the next session', async () => {
    node.speaker.setPeers([{ ...base, families: [Family.inet] }])
    await peer.closed()
    peer = new ScriptedPeer(node, { address, families: [Family.inetVpn] })
    peer.sendOpen()
    await peer.closed()
    expect(peer.notification).to.include({ code: 2, subcode: 7 })
  })

  it('never dials a passive peer', async () => {
    node.speaker.setPeers([])
    await peer.closed()
    node.speaker.setPeers([base])
    node.clock.advance(600_000)
    await rounds()
    expect(node.peer('gw').state).to.equal('Active')
    expect(node.peer('gw').counters['attemptsFailed']).to.equal(0)
    expect(peer.types.filter((type) => type === MessageType.open)).to.have.length(1)
  })
})
