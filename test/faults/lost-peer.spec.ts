/**
 * Peers that go away without a word, at any moment, or stay and say nothing. Whatever it was: their routes leave whoever
 * had them, nothing of theirs stays behind, and other sessions do not notice.
 */
import { expect } from 'chai'
import { tcp } from '../../bgp/session/transport.ts'
import type { Transport } from '../../bgp/session/transport.ts'
import type { Socket } from 'node:net'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { encodeNotification } from '../../bgp/wire/notification.ts'
import { Family } from '../../rib/model/family.ts'
import { peerAt, TestNode } from '../bgp/session/nodes.ts'
import { ScriptedPeer } from '../bgp/session/scripted-peer.ts'
import { rounds, until } from '../support/until.ts'
import { announcement } from './announcement.ts'
import { footprint, untilAsBefore } from './footprint.ts'
import type { Footprint } from './footprint.ts'
import { Learned } from './learned.ts'

const ADDRESS = '127.0.61.1'
const families = [Family.inet]
const ROUTES = 100

/** A transport that shows the sockets that are in use. */
class Watched {
  readonly sockets: Socket[] = []
  readonly transport: Transport = {
    ...tcp,
    acceptor: (onSocket, onError) =>
      tcp.acceptor((socket) => {
        this.sockets.push(socket)
        onSocket(socket)
      }, onError),
    dial: (target) => {
      const socket = tcp.dial(target)
      this.sockets.push(socket)
      return socket
    },
  }

  get open(): Socket[] {
    return this.sockets.filter((socket) => !socket.destroyed)
  }
}

describe('a peer that is lost', () => {
  let watched: Watched
  let node: TestNode
  let observer: ScriptedPeer
  let table: Learned
  let before: Footprint
  const scripts: ScriptedPeer[] = []

  beforeEach(async () => {
    watched = new Watched()
    node = await TestNode.start({ address: ADDRESS, clusterId: ADDRESS, transport: watched.transport })
    const client = { passive: true, families, routeReflectorClient: true }
    node.speaker.setPeers([
      peerAt('observer', { address: '127.0.61.2', port: 1 }, { ...client, holdTimeSec: 0 }),
      peerAt('lost', { address: '127.0.61.3', port: 1 }, { ...client, sendHoldTimeSec: 20 }),
    ])
    observer = await establish('127.0.61.2', 0)
    table = new Learned(observer)
    await until('the observer is in step', () => observer.count('eor inet') === 1)
    before = footprint(node)
  })
  afterEach(async () => {
    for (const script of scripts.splice(0)) script.destroy()
    await node.speaker.close()
  })

  async function establish(address: string, holdTimeSec = 90): Promise<ScriptedPeer> {
    const peer = await ScriptedPeer.established(node, { address, families, holdTimeSec })
    scripts.push(peer)
    return peer
  }

  /** The lost one, whose routes the observer has. */
  async function peerWithRoutes(): Promise<ScriptedPeer> {
    const peer = await establish('127.0.61.3')
    peer.sendUpdate(announcement(0, ROUTES))
    await until('its routes are at the observer', () => table.routes.size === ROUTES)
    return peer
  }

  async function expectNoTrace(sessionsUp: number): Promise<void> {
    await until('its routes have left the observer', () => table.routes.size === 0)
    await untilAsBefore(node, before)
    expect(watched.open, 'sockets').to.have.length(1)
    expect(node.peer('observer').counters).to.include({ sessionsUp: 1, sessionsDown: 0 })
    expect(node.peer('lost').counters).to.include({ sessionsUp, sessionsDown: sessionsUp })
  }

  describe('by a reset (RST)', () => {
    it('in the middle of an UPDATE: what came before it counts until then, half a message never', async () => {
      const peer = await peerWithRoutes()
      const half = Buffer.from(announcement(5_000, 50).replace(/\s+/g, ''), 'hex')
      const head = Buffer.concat([
        Buffer.alloc(16, 255),
        Buffer.of((19 + half.length) >> 8, (19 + half.length) & 255, 2),
      ])
      const octetsIn = node.peer('lost').counters['octetsIn']!
      peer.send(Buffer.concat([head, half.subarray(0, half.length - 7)]))
      await until('the half message', () => node.peer('lost').counters['octetsIn']! > octetsIn)
      peer.socket.resetAndDestroy()
      await until('the session ends', () => !node.isEstablished('lost'))
      await expectNoTrace(1)
      expect(observer.heard.some((line) => line.includes('10.0.19.'))).to.equal(false)
      expect(node.peer('lost').lastError).to.match(/ECONNRESET/)
    })

    const steps: [string, (peer: ScriptedPeer) => void][] = [
      ['before it said anything', () => undefined],
      ['in the middle of its OPEN', (peer) => peer.send(Buffer.alloc(17, 255))],
      ['after its OPEN', (peer) => peer.sendOpen()],
    ]
    for (const [when, say] of steps) {
      it(when, async () => {
        const peer = new ScriptedPeer(node, { address: '127.0.61.3', families })
        scripts.push(peer)
        say(peer)
        await until('the OPEN of the node', () => peer.types.length > 0)
        peer.socket.resetAndDestroy()
        await until('the connection is gone', () => watched.open.length === 1)
        await expectNoTrace(0)
      })
    }
  })

  describe('without a packet: its host is gone', () => {
    it('withdraws its routes when the hold time is over, and lets the socket go though nothing is acknowledged', async () => {
      const peer = await peerWithRoutes()
      // What the node still sends stays in the kernel, as with a host that is gone.
      peer.socket.pause()
      node.clock.advance(89_999)
      await rounds()
      expect(table.routes.size).to.equal(ROUTES)
      node.clock.advance(1)
      await until('its routes have left the observer', () => table.routes.size === 0)
      expect(node.peer('lost').lastError).to.equal('sent Hold Timer Expired')
      node.clock.advance(2_000)
      await expectNoTrace(1)
    })

    it('has its host back before that: refused while the old session lasts (RFC 4271 §6.8), in after it', async () => {
      const old = await peerWithRoutes()
      old.socket.pause()
      node.clock.advance(60_000)
      const early = new ScriptedPeer(node, { address: '127.0.61.3', families })
      scripts.push(early)
      early.sendOpen()
      await early.closed()
      expect(early.notification).to.include({ code: 6, subcode: 7 })
      expect(table.routes.size).to.equal(ROUTES)
      node.clock.advance(30_000)
      await until('its routes have left the observer', () => table.routes.size === 0)
      node.clock.advance(2_000)
      const again = await establish('127.0.61.3')
      again.sendUpdate(announcement(0, 1))
      await until('the route that it still has', () => table.routes.size === 1)
      again.socket.resetAndDestroy()
      await until('the session ends', () => !node.isEstablished('lost'))
      await expectNoTrace(2)
    })
  })

  it('by its own hold timer: its NOTIFICATION 4/0 ends the session, and the next one is welcome at once', async () => {
    const peer = await peerWithRoutes()
    peer.send(encodeNotification({ code: 4, subcode: 0, octets: new Uint8Array(0) }))
    await until('its routes have left the observer', () => table.routes.size === 0)
    expect(node.peer('lost').lastError).to.equal('received Hold Timer Expired')
    const again = await peerWithRoutes()
    again.socket.resetAndDestroy()
    await until('the session ends', () => !node.isEstablished('lost'))
    await expectNoTrace(2)
  })

  it('that says OPEN and nothing more: 4/0 after the hold time, no session', async () => {
    const peer = new ScriptedPeer(node, { address: '127.0.61.3', families })
    scripts.push(peer)
    peer.sendOpen()
    await until('the node has confirmed', () => node.peer('lost').state === 'OpenConfirm')
    node.clock.advance(90_000)
    await peer.closed()
    expect(peer.notification).to.include({ code: 4, subcode: 0 })
    await expectNoTrace(0)
  })
})

describe('a peer that answers nothing', () => {
  it('is dialed again and again, with pauses, one connection at a time, for as long as it takes', async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined).resume())
    await new Promise<void>((resolve) => silent.listen(0, '127.0.61.9', resolve))
    const { port } = silent.address() as AddressInfo
    const watched = new Watched()
    const node = await TestNode.start({ address: ADDRESS, transport: watched.transport })
    const before = footprint(node)
    node.speaker.setPeers([peerAt('hole', { address: '127.0.61.9', port })])
    for (let minute = 0; minute < 60; minute++) {
      node.clock.advance(60_000)
      await until('connecting, waiting or paused', () => watched.open.every((socket) => !socket.connecting))
      await rounds(3)
      // The last one may still linger over its NOTIFICATION.
      expect(watched.open.length).to.be.at.most(2)
    }
    // An attempt lasts four minutes (RFC 4271 §8.2.2), and a pause one at most.
    expect(watched.sockets.length).to.be.within(10, 20)
    expect(node.peer('hole').lastError).to.equal('sent Hold Timer Expired')
    node.speaker.setPeers([])
    node.clock.advance(2_000)
    await until('no socket is left', () => watched.open.length === 0)
    await untilAsBefore(node, before)
    await node.speaker.close()
    silent.close()
  })
})

describe('a peer that never lets a session come about (F8)', () => {
  const refusals: [string, (socket: Socket) => void][] = [
    [
      'answers every OPEN with 2/2',
      (socket) =>
        void socket.once('data', () =>
          socket.end(encodeNotification({ code: 2, subcode: 2, octets: new Uint8Array(0) })),
        ),
    ],
    ['closes every connection', (socket) => void socket.end()],
    ['resets every connection', (socket) => void socket.resetAndDestroy()],
  ]
  for (const [what, answer] of refusals) {
    it(`and ${what}: attempts thin out to one a minute, and each leaves nothing behind`, async () => {
      const server = createServer((socket) => {
        socket.on('error', () => undefined)
        answer(socket)
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.61.8', resolve))
      const { port } = server.address() as AddressInfo
      const watched = new Watched()
      const node = await TestNode.start({ address: ADDRESS, transport: watched.transport })
      node.speaker.setPeers([peerAt('no', { address: '127.0.61.8', port })])
      const timers = node.clock.timerCount
      for (let second = 0; second < 900; second++) {
        node.clock.advance(1_000)
        await until('the attempt is over', () => watched.open.length === 0)
      }
      // 1, 2, 4 ... 32 s, and then a minute each.
      expect(watched.sockets.length).to.be.within(15, 25)
      expect(node.clock.timerCount).to.be.at.most(timers)
      await node.speaker.close()
      server.close()
    })
  }
})

describe('a peer that reads a trickle', () => {
  const address = '127.0.61.4'
  /** Reads as little as makes the kernel of the sender take more: some megabytes, where buffers are large. */
  async function trickle({ socket }: ScriptedPeer, sender: Socket): Promise<void> {
    const left = (): number => sender.bytesWritten - sender.writableLength
    const before = left()
    while (left() === before && sender.writableLength > 0) {
      let isRead = false
      socket.once('data', () => {
        isRead = true
        socket.pause()
      })
      socket.resume()
      await until('something is read', () => isRead)
    }
  }

  const CHANGES = 20
  const ROWS = 2_000

  it('stays, costs no memory whatever happens meanwhile, and gets the last state of every route', async () => {
    const watched = new Watched()
    const node = await TestNode.start({ address: ADDRESS, transport: watched.transport })
    const slowConfig = { passive: true, families, holdTimeSec: 0, sendHoldTimeSec: 20 }
    node.speaker.setPeers([peerAt('slow', { address, port: 1 }, slowConfig)])
    const slow = await ScriptedPeer.established(node, { address, families, holdTimeSec: 0 })
    slow.socket.pause()
    const value = new Uint8Array(2_048)
    let most = 0
    for (let change = 0; change < CHANGES; change++) {
      for (let n = 0; n < ROWS; n++) {
        new DataView(value.buffer).setUint32(0, n)
        const unknown = [{ flags: 0xc0, type: 200, value: value.slice() }]
        node.announce(`10.0.${n >> 8}.${n & 255}/32`, { communities: [change], unknown }, Family.inet)
      }
      await rounds(5)
      most = Math.max(most, watched.sockets[0]!.writableLength)
      // Some octets in every send hold time.
      node.clock.advance(15_000)
      await trickle(slow, watched.sockets[0]!)
      await rounds(5)
    }
    expect(node.isEstablished('slow')).to.equal(true)
    expect(node.rib.attrs.liveCount).to.be.at.most(2 * ROWS + 10)
    expect(node.rib.master(Family.inet)!.routes.rowCount).to.be.below(ROWS + 100)
    // A slice of a turn may come on top of the high-water mark.
    expect(most).to.be.below(4 * 1024 * 1024)
    slow.socket.resume()
    const table = new Learned(slow)
    await until('every route', () => table.routes.size === ROWS)
    await until('the last change', () => slow.lastCommunities[0] === CHANGES - 1)
    // Of 40,000 changes most became one with a later one before they left.
    expect(slow.heard.length).to.be.below((CHANGES * ROWS * 3) / 4)
    slow.destroy()
    await node.speaker.close()
  })
})
