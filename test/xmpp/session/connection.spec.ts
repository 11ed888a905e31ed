import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { AgentClient } from '../../../xmpp/client/agent-client.ts'
import { rounds, until } from '../../support/until.ts'
import { AgentLab, VRF } from '../support/agent-lab.ts'
import type { RawStream } from '../support/agent-lab.ts'
import { folder, sample, STREAM_OPEN } from '../support/samples.ts'

const KEEPALIVE = '\u0200'

describe('agent sessions', () => {
  let lab: AgentLab
  beforeEach(async () => {
    lab = await AgentLab.start()
  })
  afterEach(async () => {
    await lab.close()
  })

  it('answer a stream header and are up (agent-channel 1.3)', async () => {
    const stream = await lab.opened()
    await stream.untilReceived(/>$/)
    expect(stream.received).to.equal(sample('node/stream-answer').trimEnd())
    expect(lab.view()).to.deep.include({ name: 'compute-1', address: '127.0.0.1', state: 'Established' })
  })

  it('get keepalives, and outlive the hold time by sending them (agent-channel 1.5)', async () => {
    const stream = await lab.opened()
    for (let i = 1; i <= 8; i++) {
      lab.clock.fake.advance(30_000)
      stream.write(KEEPALIVE)
      await lab.untilCount('keepalivesIn', i)
    }
    await stream.untilReceived(new RegExp(KEEPALIVE.repeat(8)))
    expect(lab.counter('sessionsUp')).to.equal(1)
  })

  it('end when nothing is heard for the hold time', async () => {
    const stream = await lab.opened()
    lab.clock.fake.advance(89_000)
    await rounds()
    expect(stream.isClosed).to.equal(false)
    lab.clock.fake.advance(2_000)
    await stream.untilClosed()
    expect(lab.server.agents()).to.deep.equal([])
  })

  it('do not end when octets wait unread at that moment (agent-channel 1.5)', async () => {
    const stream = await lab.opened()
    await new Promise<void>((resolve) => {
      stream.socket.write(KEEPALIVE, () => {
        lab.clock.fake.advance(91_000)
        resolve()
      })
    })
    await lab.untilCount('keepalivesIn', 1)
    await rounds()
    expect(stream.isClosed).to.equal(false)
  })

  it('take another hold time while they are up', async () => {
    const stream = await lab.opened()
    lab.server.setHoldTime(9)
    lab.clock.fake.advance(8_000)
    await stream.untilReceived(new RegExp(KEEPALIVE.repeat(2)))
    lab.clock.fake.advance(2_000)
    await stream.untilClosed()
  })

  it('need a header within 15 s (agent-channel 1.5)', async () => {
    const stream = lab.raw('<stream:stream from="compute-1"')
    await rounds(50)
    lab.clock.fake.advance(16_000)
    await stream.untilReceived(/<\/stream:stream>$/)
    await stream.untilClosed()
  })

  it('ignore the end of the stream (agent-channel 1.6)', async () => {
    const stream = await lab.opened()
    stream.write(`</stream:stream>${sample('agent/subscribe')}`)
    await lab.untilCount('subscribes', 1)
    expect(lab.view()!.subscriptions.length).to.equal(1)
  })

  it('take several stanzas in one segment, and one in many (agent-channel 9, 2 to 4)', async () => {
    lab.network('blue')
    const stream = await lab.opened()
    const text = `${KEEPALIVE}${sample('agent/subscribe')}\r\n\t ${sample('agent/inet-add')}${KEEPALIVE}`
    stream.write(text)
    await lab.untilCount('routesIn', 1)
    stream.write(sample('agent/unsubscribe'))
    for (const octet of Buffer.from(text)) {
      stream.socket.write(Uint8Array.of(octet))
      await rounds(1)
    }
    await lab.untilCount('routesIn', 2)
    expect(lab.routes(lab.rib.instance(VRF)!.inet)).to.deep.equal(['10.1.1.3/32'])
  }).timeout(30_000)

  it('survive garbage before a stanza (agent-channel 9, 81)', async () => {
    const stream = await lab.opened()
    stream.write(`what is this ${sample('agent/subscribe')}`)
    await lab.untilCount('subscribes', 1)
    expect(lab.view()!.lastError).to.match(/^strayOctetsIn/)
  })

  it('count what means nothing, and go on', async () => {
    const stream = await lab.opened()
    stream.write('<presence/><iq type="get" to="x/bgp-peer"/><message to="x/y"/>')
    stream.write(
      sample('agent/end-of-rib-message') +
        sample('agent/end-of-rib-pair') +
        sample('agent/config-subscriptions'),
    )
    stream.write(sample('agent/subscribe'))
    await lab.untilCount('subscribes', 1)
    expect(lab.view()!.counters).to.deep.include({
      'ignored.unknownStanza': 1,
      'ignored.iqNotSet': 1,
      'ignored.unknownResource': 1,
      endOfRibsIn: 2,
      configSubscribes: 2,
      configUnsubscribes: 1,
    })
  })

  it('refuse a second one of the same name, from another address (agent-channel 9, 32)', async () => {
    const first = await lab.opened('compute-1', '127.0.0.1')
    const second = lab.raw(STREAM_OPEN, '127.0.0.2')
    await second.untilClosed()
    expect(first.isClosed).to.equal(false)
    expect(lab.view()).to.deep.include({ address: '127.0.0.1', state: 'Established' })
    expect(lab.view()!.lastError).to.contain('another session has this name')
  })

  it('refuse a second one of the same name and address while the first is heard', async () => {
    const first = await lab.opened()
    lab.clock.fake.advance(30_000)
    const second = lab.raw(STREAM_OPEN)
    await second.untilClosed()
    expect(first.isClosed).to.equal(false)
  })

  it('give way to a new one of the same name and address after two missed keepalives', async () => {
    lab.network('blue')
    const first = await lab.opened()
    first.write(sample('agent/subscribe') + sample('agent/inet-add'))
    await lab.untilCount('routesIn', 1)
    lab.clock.fake.advance(61_000)
    lab.raw(STREAM_OPEN)
    await first.untilClosed()
    await until('the new one is up', () => lab.counter('sessionsUp') === 2)
    await until('the old routes are gone', () => lab.rib.instance(VRF)!.inet.pathCount === 0)
    expect(lab.view()!.subscriptions).to.deep.equal([])
  })

  it('come back after a clear (agent-channel 9, 34)', async () => {
    const agent = await lab.agent()
    expect(lab.server.clearAgent('compute-1')).to.equal(true)
    await until('the agent is told', () => !agent.isConnected)
    expect(lab.server.clearAgent('compute-1')).to.equal(false)
    await agent.connect()
    await until('it is up again', () => lab.counter('sessionsUp') === 2)
  })

  it('converge after a storm of reconnects (agent-channel 9, 33)', async () => {
    lab.network('blue')
    const agent = await lab.agent()
    for (let i = 0; i < 50; i++) {
      agent.subscribe(VRF, 3)
      agent.publish({ vrf: VRF, prefix: `10.1.1.${i}/32`, label: 20 + i })
      agent.close()
      await until('the node has noticed', () => lab.server.agents().length === 0)
      await agent.connect()
    }
    agent.subscribe(VRF, 3)
    agent.publish({ vrf: VRF, prefix: '10.1.2.0/24', label: 16 })
    await until(
      'only the last route is there',
      () => lab.routes(lab.rib.instance(VRF)!.inet).join() === '10.1.2.0/24',
    )
    await until('the agent has it', () => agent.routes(VRF).has('10.1.2.0/24'))
  }).timeout(30_000)

  it('are limited while they have not said who they are (reliability F18)', async () => {
    const streams: RawStream[] = []
    for (let i = 0; i < 70; i++) streams.push(lab.raw('<stream'))
    await until('the surplus is closed', () => streams.filter((stream) => stream.isClosed).length === 6)
    const other = await lab.opened('compute-9', '127.0.0.9')
    expect(other.isClosed).to.equal(false)
  })

  it('end all when the server closes', async () => {
    const agent = await lab.agent()
    await lab.server.close()
    await until('the agent is told', () => !agent.isConnected)
    expect(lab.server.agents()).to.deep.equal([])
  })
})

describe('End-of-RIB to an agent (agent-channel 4.7)', () => {
  let lab: AgentLab
  beforeEach(async () => {
    lab = await AgentLab.start()
  })
  afterEach(async () => {
    await lab.close()
  })

  it('is sent a second after the session is up, with no subscription', async () => {
    const agent = await lab.agent()
    lab.clock.fake.advance(999)
    await rounds()
    expect(agent.syncedFromServer).to.equal(false)
    lab.clock.fake.advance(1)
    await until('it is there', () => agent.syncedFromServer)
  })

  it('is sent once', async () => {
    const agent = await lab.agent()
    lab.clock.fake.advance(1_000)
    agent.subscribe(VRF, 3)
    await lab.untilCount('subscribes', 1)
    lab.network('blue')
    await rounds()
    lab.clock.fake.advance(5_000)
    await rounds()
    expect(lab.counter('endOfRibsOut')).to.equal(1)
  })

  it('comes after the tables of all subscriptions, and starts anew with each', async () => {
    lab.network('blue')
    const other = await lab.agent(2)
    other.subscribe(VRF, 1)
    for (let i = 0; i < 100; i++) other.publish({ vrf: VRF, prefix: `10.2.0.${i}/32`, label: 16 + i })
    await lab.untilCount('routesIn', 100, 'compute-2')
    const agent = await lab.agent()
    lab.clock.fake.advance(900)
    agent.subscribe(VRF, 3)
    await until('the table is there', () => agent.routes(VRF).size === 100)
    lab.clock.fake.advance(900)
    await rounds()
    expect(agent.syncedFromServer).to.equal(false)
    lab.clock.fake.advance(100)
    await until('it is there', () => agent.syncedFromServer)
  })

  it('waits for an agent that has not read its routes yet', async () => {
    lab.network('blue')
    const other = await lab.agent(2)
    other.subscribe(VRF, 1)
    const slow = await lab.opened()
    slow.socket.pause()
    slow.write(sample('agent/subscribe'))
    await lab.untilCount('subscribes', 1)
    for (let label = 16; lab.counter('outputBlocks') === 0; label++) {
      for (let i = 0; i < 500; i++) {
        other.publish({ vrf: VRF, prefix: `10.2.${i >> 8}.${i & 255}/32`, label })
      }
      await until('it is taken', () => other.routes(VRF).get('10.2.1.243/32')?.nextHops[0]?.label === label)
    }
    lab.clock.fake.advance(10_000)
    await rounds()
    expect(lab.counter('endOfRibsOut')).to.equal(0)
    slow.socket.resume()
    await until('it has read', () => slow.received.endsWith('</message>\n'))
    await rounds(50)
    lab.clock.fake.advance(2_000)
    await lab.untilCount('endOfRibsOut', 1)
  }).timeout(30_000)

  it('is not held up by a VRF that does not exist', async () => {
    const agent = await lab.agent()
    agent.subscribe('no:such:vrf:vrf', 3)
    await lab.untilCount('subscribes', 1)
    lab.clock.fake.advance(1_000)
    await until('it is there', () => agent.syncedFromServer)
  })

  it('is not sent any more when the session is lost', async () => {
    const agent = await lab.agent()
    agent.close()
    await until('the session is gone', () => lab.server.agents().length === 0)
    lab.clock.fake.advance(5_000)
    await lab.agent()
    expect(lab.counter('endOfRibsOut')).to.equal(0)
  })
})

describe('agent sessions with TLS (agent-channel 1.4)', () => {
  const pem = (name: string): Buffer => readFileSync(join(folder, 'tls', name))
  const identity = { cert: pem('node.pem'), key: pem('node.key') }
  const agentTls = { ca: pem('ca.pem'), cert: pem('agent.pem'), key: pem('agent.key') }
  let lab: AgentLab | undefined
  afterEach(async () => {
    await lab?.close()
  })

  async function withTls(ca?: Buffer): Promise<AgentLab> {
    lab = await AgentLab.start({ tls: ca ? { ...identity, ca } : identity })
    return lab
  }

  async function failureOf(started: AgentLab, tls: object | undefined): Promise<string> {
    const options = { host: '127.0.0.1', port: started.port, name: 'compute-1', address: '10.10.0.11' }
    const client = new AgentClient(tls ? { ...options, tls } : options)
    try {
      await client.connect()
      // With TLS 1.3 a client learns after its own handshake that its certificate was refused.
      await until('it is refused', () => !client.isConnected)
    } catch (error) {
      return (error as Error).message
    } finally {
      client.close()
    }
    return client.lastError!
  }

  it('exchange routes after STARTTLS', async () => {
    const started = await withTls()
    started.network('blue')
    const agent = await started.agent(1, { tls: { ca: pem('ca.pem') } })
    agent.subscribe(VRF, 3)
    agent.publish({ vrf: VRF, prefix: '10.1.1.3/32', label: 21 })
    await until('the route comes back', () => agent.routes(VRF).has('10.1.1.3/32'))
    expect(started.view()!.state).to.equal('Established')
  })

  it('take a certificate of the authority', async () => {
    const started = await withTls(pem('ca.pem'))
    const agent = await started.agent(1, { tls: agentTls })
    expect(agent.isConnected).to.equal(true)
  })

  it('are not established by who goes on in clear', async () => {
    const started = await withTls()
    const stream = started.raw(STREAM_OPEN)
    await stream.untilReceived(/<\/stream:features>\n$/)
    stream.write(sample('agent/subscribe'))
    await stream.untilReceived(/policy-violation/)
    await stream.untilClosed()
    expect(started.server.agents()).to.deep.equal([])
  })

  it('begin the handshake after blanks that came late', async () => {
    const started = await withTls()
    const stream = started.raw(STREAM_OPEN)
    stream.write('<starttls xmlns="urn:ietf:params:xml:ns:xmpp-tls" />')
    await stream.untilReceived(/<proceed .*\n$/)
    stream.write('\n')
    await rounds()
    stream.write('this is no handshake')
    await stream.untilClosed()
    expect(started.server.agents()).to.deep.equal([])
  })

  it('refuse agents without certificate, with that of a stranger, and without TLS', async () => {
    const started = await withTls(pem('ca.pem'))
    const good = await started.agent(7, { tls: agentTls })
    expect(await failureOf(started, { ca: pem('ca.pem') })).to.not.equal('')
    expect(
      await failureOf(started, { ca: pem('ca.pem'), cert: pem('stranger.pem'), key: pem('stranger.key') }),
    ).to.not.equal('')
    expect(await failureOf(started, undefined)).to.contain('demands TLS')
    await until('only the good one is left', () => started.server.agents().length === 1)
    expect(good.isConnected).to.equal(true)
  })

  it('are refused by an agent that trusts another authority', async () => {
    expect(await failureOf(await withTls(), { ca: pem('stranger.pem') })).to.not.equal('')
  })

  it('give up a handshake that does not come', async () => {
    const started = await withTls()
    const stream = started.raw(STREAM_OPEN + sample('agent/starttls'))
    await stream.untilReceived(/<proceed /)
    started.clock.fake.advance(16_000)
    await stream.untilClosed()
  })
})
