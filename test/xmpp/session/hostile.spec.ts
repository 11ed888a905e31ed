/**
 * Hostile streams (reliability B6, B7): each costs the session it arrives on, with the exact condition, and nobody else.
 */
import { expect } from 'chai'
import fc from 'fast-check'
import { until } from '../../support/until.ts'
import type { AgentClient } from '../../../xmpp/client/agent-client.ts'
import { AgentLab, VRF } from '../support/agent-lab.ts'
import type { RawStream } from '../support/agent-lab.ts'
import { hostileCases, octetsOf } from '../support/hostile.ts'
import { agentSamples, sample, STREAM_OPEN } from '../support/samples.ts'

describe('hostile streams', () => {
  let lab: AgentLab
  let bystander: AgentClient
  let published = 0
  let name = ''
  let stream: RawStream | undefined
  before(async () => {
    lab = await AgentLab.start()
    lab.network('blue')
    bystander = await lab.agent()
    bystander.subscribe(VRF, 3)
  })
  beforeEach(() => {
    name = `hostile-${published}`
  })
  afterEach(() => {
    stream?.destroy()
  })
  after(async () => {
    await lab.close()
  })

  /** The other agent's session goes on as if nothing had been. */
  async function expectBystanderUnharmed(): Promise<void> {
    const prefix = `10.4.${published >> 8}.${published++ & 255}/32`
    bystander.publish({ vrf: VRF, prefix, label: 21 })
    await until(`the other agent gets ${prefix}`, () => bystander.routes(VRF).has(prefix))
    expect(lab.counter('sessionsUp')).to.equal(1)
  }

  function header(): string {
    return STREAM_OPEN.replace('compute-1', name)
  }

  async function expectAlive(kept: RawStream): Promise<void> {
    const count = lab.counter('configSubscribes', name)
    kept.write('<iq type="set" to="x/config"><pubsub><subscribe node="n"/></pubsub></iq>')
    await lab.untilCount('configSubscribes', count + 1, name)
    kept.destroy()
    await until('it is gone', () => lab.view(name) === undefined)
  }

  it('are at least 150, with different names', () => {
    expect(hostileCases.length).to.be.at.least(150)
    expect(new Set(hostileCases.map((hostile) => hostile.name)).size).to.equal(hostileCases.length)
  })

  for (const hostile of hostileCases) {
    it(`${hostile.name}: ${hostile.expect}`, async () => {
      stream = lab.raw(hostile.open ? header() : '')
      stream.write(octetsOf(hostile))
      if (hostile.expect === 'kept') {
        await expectAlive(stream)
      } else {
        await stream.untilClosed()
        const condition = /<stream:error><([a-z-]+) /.exec(stream.received)?.[1]
        expect(condition ?? 'closed').to.equal(hostile.expect)
        await until('it is gone', () => lab.view(name) === undefined)
      }
      await expectBystanderUnharmed()
    })
  }

  it('mutated from what agents send never harm anybody else', async () => {
    const honest = Buffer.from(
      agentSamples
        .filter((name) => name !== 'starttls')
        .map((name) => sample(`agent/${name}`))
        .join(''),
    )
    const mutation = fc.record({
      at: fc.nat({ max: honest.length - 1 }),
      octets: fc.uint8Array({ maxLength: 4 }),
      cut: fc.nat({ max: 8 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 6 }), async (mutations) => {
        let octets = honest
        for (const { at, octets: inserted, cut } of mutations) {
          octets = Buffer.concat([octets.subarray(0, at), inserted, octets.subarray(at + cut)])
        }
        stream = lab.raw(header())
        await until('it is up', () => lab.view(name) !== undefined)
        stream.socket.end(octets)
        await stream.untilClosed()
        await until('it is gone', () => lab.view(name) === undefined)
        expect(bystander.isConnected).to.equal(true)
      }),
      { numRuns: 200, endOnFailure: true },
    )
    await expectBystanderUnharmed()
    await until('nothing of it is left', () =>
      lab.routes(lab.rib.instance(VRF)!.inet).every((prefix) => prefix.startsWith('10.4.')),
    )
  }).timeout(60_000)
})
