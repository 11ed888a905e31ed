import { expect } from 'chai'
import type { Timer, Timers } from '../../../rib/clock.ts'
import type { Connection } from '../../../xmpp/session/connection.ts'
import { Deadline } from '../../../xmpp/session/deadline.ts'
import { InputPacer } from '../../../xmpp/session/input-pacer.ts'
import { AgentLab } from '../support/agent-lab.ts'
import { FakeClock } from '../../support/fake-clock.ts'

/** Octets of a chunk. */
const LARGE = 65_536
const SMALL = 1_024

class PausableConnection {
  isPaused = false
  pauses = 0

  pause(): void {
    this.isPaused = true
    this.pauses++
  }

  resume(): void {
    this.isPaused = false
  }
}

describe('Deadline', () => {
  it('fires once, at the last deadline given, earlier or later than the first', () => {
    const clock = new FakeClock()
    const fired: number[] = []
    const deadline = new Deadline(clock, () => fired.push(clock.nowMs()))
    const start = clock.nowMs()
    deadline.restart(100)
    clock.advance(60)
    deadline.restart(100)
    clock.advance(99)
    expect(fired).to.deep.equal([])
    clock.advance(1)
    deadline.restart(1_000)
    deadline.restart(10)
    clock.advance(2_000)
    expect(fired).to.deep.equal([start + 160, start + 170])
  })

  it('does not fire once stopped, and leaves no timer behind', () => {
    const clock = new FakeClock()
    const deadline = new Deadline(clock, () => expect.fail('it fired'))
    deadline.restart(10)
    deadline.stop()
    expect(clock.timerCount).to.equal(0)
    clock.advance(100)
  })
})

describe('a burst of stanzas in one chunk', () => {
  /** Every look at the clock takes a millisecond; timers never fire. */
  class BusyClock implements Timers {
    #nowMs = 0

    nowMs(): number {
      return ++this.#nowMs
    }

    defer(run: () => void): void {
      setImmediate(run)
    }

    setTimer(): Timer {
      return { cancel: () => undefined }
    }
  }

  it('is taken in rounds of the event loop, in order and to the end', async () => {
    const lab = await AgentLab.start({ clock: new BusyClock() })
    try {
      const stream = await lab.opened()
      const taken: number[] = [0]
      const stanza = '<iq type="set" to="x/config"><pubsub><subscribe node="n"/></pubsub></iq>'
      stream.write(stanza.repeat(200))
      while (taken.at(-1)! < 200) {
        await new Promise((resolve) => setImmediate(resolve))
        taken.push(lab.counter('configSubscribes'))
      }
      const steps = taken.slice(1).map((count, i) => count - taken[i]!)
      expect(Math.max(...steps)).to.be.below(20)
      expect(stream.isClosed).to.equal(false)
    } finally {
      await lab.close()
    }
  })
})

describe('InputPacer', () => {
  let clock: FakeClock
  let isBehind: boolean
  let pacer: InputPacer
  let connection: PausableConnection
  beforeEach(() => {
    clock = new FakeClock()
    isBehind = false
    pacer = new InputPacer(clock, () => isBehind)
    connection = new PausableConnection()
  })

  function chunk(tookMs: number): void {
    pacer.begin()
    // Time passes without deferred work: the event loop is busy.
    const held = clock.nowMs() + tookMs
    Object.defineProperty(clock, 'nowMs', { value: () => held, configurable: true })
    pacer.afterChunk(connection as unknown as Connection, LARGE)
  }

  it('lets input go on while the round has time left', () => {
    chunk(1)
    expect(connection.pauses).to.equal(0)
  })

  it('pauses a connection that used the round up, and resumes it in the next', () => {
    chunk(5)
    expect(connection.isPaused).to.equal(true)
    clock.settle()
    expect(connection.isPaused).to.equal(false)
  })

  it('waits while the RIB is behind, but not for ever', () => {
    isBehind = true
    chunk(0)
    expect(connection.isPaused).to.equal(true)
    clock.settle()
    expect(connection.isPaused).to.equal(false)
  })

  it('resumes who waited longest first, and no more than the next round has time for', () => {
    const connections = Array.from({ length: 3 }, () => new PausableConnection())
    const resumed: PausableConnection[] = []
    let nowMs = 0
    const rounds: (() => void)[] = []
    pacer = new InputPacer({ nowMs: () => nowMs, defer: (round) => rounds.push(round) }, () => false)
    pacer.begin()
    nowMs += 5
    for (const each of connections) {
      // What it still has of its chunk takes more than half of a round.
      each.resume = () => {
        resumed.push(each)
        nowMs += 1.5
      }
      pacer.afterStanza(each as unknown as Connection, LARGE)
    }
    rounds.shift()!()
    expect(resumed).to.deep.equal(connections.slice(0, 2))
    rounds.shift()!()
    expect(resumed).to.deep.equal(connections)
  })

  it('ends a round once, though input comes while the RIB is behind', () => {
    const rounds: (() => void)[] = []
    pacer = new InputPacer({ nowMs: () => 0, defer: (round) => rounds.push(round) }, () => true)
    for (let i = 0; i < 5; i++) {
      pacer.begin()
      pacer.afterChunk(connection as unknown as Connection, LARGE)
      expect(rounds.length).to.equal(1)
      rounds.shift()!()
    }
  })

  it('lets an agent with little to say go on while the RIB is behind', () => {
    isBehind = true
    pacer.begin()
    pacer.afterChunk(connection as unknown as Connection, SMALL)
    expect(connection.pauses).to.equal(0)
  })

  it('resumes an agent with little to say in the next round, those with much when the RIB is there', () => {
    const rounds: (() => void)[] = []
    let nowMs = 0
    pacer = new InputPacer({ nowMs: () => nowMs, defer: (round) => rounds.push(round) }, () => true)
    const [light, heavy] = [new PausableConnection(), new PausableConnection()]
    pacer.begin()
    nowMs += 5
    pacer.afterChunk(heavy as unknown as Connection, LARGE)
    pacer.afterChunk(light as unknown as Connection, SMALL)
    rounds.shift()!()
    expect([light.isPaused, heavy.isPaused]).to.deep.equal([false, true])
    for (let i = 0; i < 20; i++) rounds.shift()?.()
    expect(heavy.isPaused).to.equal(false)
  })

  it('does not let those with little to say starve the others', () => {
    const rounds: (() => void)[] = []
    let nowMs = 0
    pacer = new InputPacer({ nowMs: () => nowMs, defer: (round) => rounds.push(round) }, () => false)
    const [light, heavy] = [new PausableConnection(), new PausableConnection()]
    light.resume = () => {
      nowMs += 5
      pacer.afterChunk(light as unknown as Connection, SMALL)
    }
    pacer.begin()
    nowMs += 5
    pacer.afterChunk(heavy as unknown as Connection, LARGE)
    pacer.afterChunk(light as unknown as Connection, SMALL)
    for (let i = 0; i < 20; i++) rounds.shift()!()
    expect(heavy.isPaused).to.equal(false)
  })

  it('lets a chunk that is begun go on while the RIB is behind', () => {
    isBehind = true
    pacer.begin()
    pacer.afterStanza(connection as unknown as Connection, LARGE)
    expect(connection.pauses).to.equal(0)
  })

  it('does not touch a connection that is gone', () => {
    chunk(5)
    pacer.forget(connection as unknown as Connection)
    clock.settle()
    expect(connection.isPaused).to.equal(true)
  })
})
