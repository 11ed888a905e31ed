import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { expect } from 'chai'
import { Admission, MAX_UNIDENTIFIED } from '../../../bgp/session/admission.ts'
import { silentLog } from '../../../rib/log.ts'
import { Family } from '../../../rib/model/family.ts'
import { parsePrefix } from '../../../rib/model/route-key.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { until } from '../../support/until.ts'
import { peerAt, TestNode } from './nodes.ts'
import { ScriptedPeer } from './scripted-peer.ts'

describe('Admission', () => {
  let clock: FakeClock
  let lines: string[]
  let admission: Admission

  beforeEach(() => {
    clock = new FakeClock()
    lines = []
    admission = new Admission(clock, { ...silentLog, warn: (event) => lines.push(event) })
  })

  it('takes a burst of an address, then 20 attempts a second', () => {
    const admitted = (attempts: number): number => {
      let count = 0
      for (let i = 0; i < attempts; i++) if (admission.admits('192.0.2.1')) count++
      return count
    }
    expect(admitted(500)).to.equal(200)
    clock.advance(1_000)
    expect(admitted(500)).to.equal(20)
    clock.advance(3_600_000)
    expect(admitted(500)).to.equal(200)
    expect(admission.admits('192.0.2.2')).to.equal(true)
    expect(admission.counts.tooManyAttempts).to.equal(300 + 480 + 300)
  })

  it('keeps few addresses and writes few lines, however many there are', () => {
    for (let i = 0; i < 100_000; i++)
      admission.refuse(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 'unknown')
    expect(admission.size).to.equal(1_024)
    expect(admission.count).to.equal(100_000)
    expect(lines.length).to.be.lessThan(25)
  })

  it('names the latest that were refused, and how often', () => {
    admission.refuse('192.0.2.1', 'unknown')
    clock.advance(5)
    admission.refuse('192.0.2.2', 'unknown')
    admission.refuse('192.0.2.2', 'tooManyAttempts')
    admission.admits('192.0.2.3')
    expect(admission.refused(10).map(({ address, count, reason }) => [address, count, reason])).to.deep.equal(
      [
        ['192.0.2.2', 2, 'tooManyAttempts'],
        ['192.0.2.1', 1, 'unknown'],
      ],
    )
    expect(admission.refused(1)).to.have.length(1)
  })
})

describe('a flood of connections', () => {
  let node: TestNode
  let sockets: Socket[]
  const families = [Family.inet]

  beforeEach(async () => {
    sockets = []
    node = await TestNode.start({ address: '127.0.89.1' })
  })

  afterEach(async () => {
    for (const socket of sockets) socket.destroy()
    const closing = node.speaker.close()
    node.clock.advance(2_000)
    await closing
  })

  /** Opens a connection and notes what is said on it. */
  function open(from: string): { said: number; isClosed: boolean } {
    const state = { said: 0, isClosed: false }
    const socket = connect({ host: node.address, port: node.port, localAddress: from })
    sockets.push(socket)
    socket.on('data', (octets: Uint8Array) => (state.said += octets.length))
    socket.on('error', () => undefined)
    socket.on('close', () => (state.isClosed = true))
    return state
  }

  it('of strangers is closed without an octet, while a peer keeps its session', async () => {
    node.speaker.setPeers([peerAt('gw', { address: '127.0.89.2', port: 1 }, { families, passive: true })])
    const peer = await ScriptedPeer.established(node, { address: '127.0.89.2', families })
    sockets.push(peer.socket)
    await until('the session', () => node.isEstablished('gw'))
    const strangers = Array.from({ length: 500 }, (_, i) => open(`127.0.90.${1 + (i % 250)}`))
    await until('all are closed', () => strangers.every((stranger) => stranger.isClosed))
    expect(strangers.reduce((sum, stranger) => sum + stranger.said, 0)).to.equal(0)
    expect(node.speaker.rejectedConnections).to.equal(500)
    expect(node.speaker.refusedConnections(1_000).sources).to.have.length(250)
    expect(node.isEstablished('gw')).to.equal(true)
  })

  it('of one peer is cut at its burst, and its session is not touched', async () => {
    node.speaker.setPeers([peerAt('gw', { address: '127.0.89.2', port: 1 }, { families, passive: true })])
    const peer = await ScriptedPeer.established(node, { address: '127.0.89.2', families })
    sockets.push(peer.socket)
    await until('the session', () => node.isEstablished('gw'))
    const others = Array.from({ length: 400 }, () => open('127.0.89.2'))
    await until('most are closed', () => others.filter((other) => other.isClosed).length >= 399)
    expect(node.speaker.refusedConnections(10).counts.tooManyAttempts).to.equal(201)
    expect(node.isEstablished('gw')).to.equal(true)
    expect(peer.notification).to.equal(undefined)
  })

  it('of a range that says nothing is bounded, and gone after 15 s', async () => {
    const range = { address: undefined, range: parsePrefix('127.0.0.0/8')!, families }
    node.speaker.setPeers([peerAt('racks', node, range)])
    const silent = Array.from({ length: MAX_UNIDENTIFIED + 40 }, (_, i) =>
      open(`127.1.${i >> 7}.${1 + (i & 127)}`),
    )
    await until(
      'those beyond are closed',
      () => silent.filter((one) => one.isClosed).length === silent.length - MAX_UNIDENTIFIED,
    )
    expect(node.speaker.peers()).to.have.length(MAX_UNIDENTIFIED)
    node.clock.advance(15_000)
    node.clock.advance(2_000)
    await until('all are gone', () => node.speaker.peers().length === 0)
    const peer = await ScriptedPeer.established(node, { address: '127.0.89.3', families })
    sockets.push(peer.socket)
    await until('room for one that speaks', () => node.isEstablished('racks@127.0.89.3'))
  })
})
