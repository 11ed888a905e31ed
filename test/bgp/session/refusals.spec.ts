import { expect } from 'chai'
import type { PeerConfig } from '../../../bgp/session/peer-config.ts'
import { Refusals } from '../../../bgp/session/refusals.ts'
import { ceaseWithText } from '../../../bgp/wire/notification.ts'
import { Family } from '../../../rib/model/family.ts'
import { parsePrefix } from '../../../rib/model/route-key.ts'
import { silentLog } from '../../../rib/log.ts'
import { duplex } from '../../support/duplex.ts'
import type { Duplex } from '../../support/duplex.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { rounds, until } from '../../support/until.ts'
import { peerAt, TestNode } from './nodes.ts'
import { ScriptedPeer } from './scripted-peer.ts'

describe('Refusals', () => {
  it('take few log lines and few sockets, however often somebody connects', async () => {
    const lines: string[] = []
    const clock = new FakeClock()
    const log = { ...silentLog, warn: (event: string) => lines.push(event) }
    const refusals = new Refusals(clock, log)
    const pairs: Duplex[] = []
    for (let i = 0; i < 100; i++) {
      const pair = await duplex()
      // The far end neither reads nor closes.
      pair.far.pause()
      pairs.push(pair)
      refusals.refuse(pair.near, '127.0.0.1', ceaseWithText(5, 'no such peer'))
    }
    expect(refusals.count).to.equal(100)
    expect(lines).to.have.length(4 + 4)
    expect(pairs.filter((pair) => !pair.near.destroyed)).to.have.length(64)
    clock.advance(2_000)
    await until('all sockets are closed', () => pairs.every((pair) => pair.near.destroyed))
    for (const pair of pairs) pair.far.destroy()
  })
})

describe('a range of dynamic peers', () => {
  let node: TestNode
  const scripts: ScriptedPeer[] = []
  const families = [Family.inet]

  beforeEach(async () => {
    node = await TestNode.start({ address: '127.0.86.1' })
  })

  afterEach(async () => {
    for (const script of scripts.splice(0)) script.destroy()
    await node.speaker.close()
  })

  function listenTo(overrides: Partial<PeerConfig> = {}): void {
    const range = { address: undefined, range: parsePrefix('127.0.86.0/24')!, families, ...overrides }
    node.speaker.setPeers([peerAt('racks', node, range)])
  }

  function connect(address: string): ScriptedPeer {
    const script = new ScriptedPeer(node, { address, families })
    scripts.push(script)
    return script
  }

  it('has room for a limited number of peers; others hear CEASE, Out of Resources (RFC 4486)', async () => {
    listenTo({ dynamicPeerLimit: 2 })
    const first = connect('127.0.86.2')
    connect('127.0.86.3')
    await until('two peers', () => node.speaker.peers().length === 2)
    const third = connect('127.0.86.4')
    await third.closed()
    expect(third.notification).to.include({ code: 6, subcode: 8 })
    expect(node.speaker.rejectedConnections).to.equal(1)
    first.destroy()
    await until('one peer', () => node.speaker.peers().length === 1)
    connect('127.0.86.4')
    await until('two peers again', () => node.speaker.peers().length === 2)
  })

  it('gives an address 15 s to say OPEN', async () => {
    listenTo()
    const silent = connect('127.0.86.2')
    await until('the peer', () => node.speaker.peers().length === 1)
    node.clock.advance(14_999)
    await rounds()
    expect(node.speaker.peers()).to.have.length(1)
    node.clock.advance(1)
    await silent.closed()
    expect(silent.notification).to.include({ code: 4, subcode: 0 })
    await until('the peer is forgotten', () => node.speaker.peers().length === 0)
  })
})
