import type { Socket } from 'node:net'
import { Duplex as Stream } from 'node:stream'
import { expect } from 'chai'
import { Connection } from '../../../bgp/session/connection.ts'
import type { ConnectionListener } from '../../../bgp/session/connection.ts'
import { dialTcp } from '../../../bgp/session/tcp-sockets.ts'
import type { Frame } from '../../../bgp/wire/framer.ts'
import { keepalive } from '../../../bgp/wire/keepalive.ts'
import { OutputSlabs } from '../../../bgp/wire/output-slabs.ts'
import { parseIpv4 } from '../../../rib/model/ip-address.ts'
import { duplex } from '../../support/duplex.ts'
import type { Duplex } from '../../support/duplex.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { rounds, until } from '../../support/until.ts'

class Recorder implements ConnectionListener {
  readonly events: string[] = []
  onConnected(): void {
    this.events.push('connected')
  }
  onData(): void {}
  onFrame(frame: { type: number }): void {
    this.events.push(`frame ${frame.type}`)
  }
  onDataDone(): void {}
  onFramingError(error: { code: string }): void {
    this.events.push(error.code)
  }
  onDrain(): void {
    this.events.push('drain')
  }
  onLost(): void {
    this.events.push('lost')
  }
}

/** A socket whose kernel takes a write only when told to. */
class StuckSocket extends Stream {
  readonly #taken: (() => void)[] = []
  override _write(_chunk: unknown, _encoding: string, taken: () => void): void {
    this.#taken.push(taken)
  }
  override _read(): void {}
  setNoDelay(): void {}
  /** The oldest write that is under way has left. */
  takeOne(): void {
    this.#taken.shift()?.()
  }
}

/** Keeps what no listener may keep: the octets of its frames. */
class Keeper extends Recorder {
  readonly kept: Uint8Array[] = []
  override onFrame(frame: Frame): void {
    super.onFrame(frame)
    this.kept.push(frame.octets)
  }
}

describe('Connection', () => {
  let ends: Duplex
  let clock: FakeClock
  let recorder: Recorder
  let connection: Connection

  beforeEach(async () => {
    ends = await duplex()
    clock = new FakeClock()
    recorder = new Recorder()
    connection = Connection.adopt(ends.near, recorder, clock)
  })

  afterEach(() => {
    ends.near.destroy()
    ends.far.destroy()
  })

  it('hands out messages whole, however TCP cuts them', async () => {
    for (const octet of [...keepalive, ...keepalive]) ends.far.write(Uint8Array.of(octet))
    await until('two messages', () => recorder.events.length === 2)
    expect(recorder.events).to.deep.equal(['frame 4', 'frame 4'])
  })

  it('is blocked while the peer does not read, and says when it does again', async () => {
    ends.far.pause()
    const octets = new Uint8Array(1 << 20)
    while (!connection.isBlocked) connection.write(octets)
    expect(connection.pendingOctets).to.be.greaterThan(0)
    ends.far.resume()
    await until('the drain', () => recorder.events.includes('drain'))
    expect(connection.isBlocked).to.equal(false)
  })

  it('says when it can be written to again, whoever else wrote while it drained', async () => {
    const socket = new StuckSocket()
    const draining = Connection.adopt(socket as unknown as Socket, recorder, clock)
    draining.write(new Uint8Array(300_000))
    draining.write(new Uint8Array(100_000))
    expect(draining.isBlocked).to.equal(true)
    socket.takeOne()
    await rounds()
    // Below the mark now, but not empty: another table's group brings its frames.
    draining.writeAll([keepalive, keepalive])
    while (socket.writableLength > 0) {
      socket.takeOne()
      await rounds(2)
    }
    expect(recorder.events).to.deep.equal(['drain'])
    expect(draining.isBlocked).to.equal(false)
    socket.destroy()
  })

  it('reads nothing while paused', async () => {
    connection.pause()
    ends.far.write(keepalive)
    await rounds()
    expect(recorder.events).to.deep.equal([])
    connection.resume()
    await until('the message', () => recorder.events.length === 1)
  })

  it('says nothing after close, and lets the last message out', async () => {
    const heard: Uint8Array[] = []
    ends.far.on('data', (chunk: Uint8Array) => heard.push(chunk))
    connection.write(keepalive)
    connection.close()
    ends.far.write(keepalive)
    await until('the end', () => ends.far.readableEnded)
    await connection.closed()
    expect(Buffer.concat(heard)).to.have.length(keepalive.length)
    expect(recorder.events).to.deep.equal([])
  })

  it('closes hard when the peer does not take the last message', async () => {
    ends.far.pause()
    connection.write(new Uint8Array(1 << 24))
    connection.close()
    clock.advance(2_000)
    await connection.closed()
  })

  it('reports the loss once', async () => {
    ends.far.destroy()
    await until('the loss', () => recorder.events.length > 0)
    await rounds()
    expect(recorder.events).to.deep.equal(['lost'])
  })

  it('reports a dialed connection that cannot be made', async () => {
    const dialed = new Recorder()
    const socket = dialTcp({
      host: '127.0.0.1',
      port: 1,
      localAddress: undefined,
      address: parseIpv4('127.0.0.1')!,
      settings: { password: undefined, ttl: 0, minTtl: 0, dscp: 48 },
    })
    Connection.dial(socket, dialed, clock)
    await until('the refusal', () => dialed.events.length > 0)
    expect(dialed.events).to.deep.equal(['lost'])
  })

  it('gives the memory of a large chunk back once its messages are delivered, and loses none', async () => {
    const count = 20_000
    const keeper = new Keeper()
    const both = await duplex()
    Connection.adopt(both.near, keeper, clock)
    both.far.write(Buffer.concat(Array.from({ length: count }, () => keepalive)))
    await until('all messages', () => keeper.events.length === count)
    expect(new Set(keeper.events)).to.deep.equal(new Set(['frame 4']))
    expect(keeper.kept.filter(({ length }) => length === 0).length).to.be.greaterThan(count / 2)
    both.far.destroy()
  })

  it('keeps an output slab until the kernel has its octets, and not longer', async () => {
    const socket = new StuckSocket()
    const slow = Connection.adopt(socket as unknown as Socket, recorder, clock)
    const slabs = new OutputSlabs()
    const takeMany = (): Uint8Array[] => {
      slabs.beginBatch()
      return Array.from({ length: 40 }, () => slabs.next())
    }
    const slab = slabs.next()
    slow.write(slab.subarray(0, 100))
    takeMany()
    expect(takeMany()).not.to.include(slab)
    socket.takeOne()
    await rounds()
    expect(takeMany()).to.include(slab)
  })
})
