/**
 * What one agent can make the node keep: bounded, whatever it sends (reliability B7, S5).
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { AgentLab } from '../support/agent-lab.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

describe('memory that an agent takes', () => {
  let lab: AgentLab
  beforeEach(async () => {
    lab = await AgentLab.start()
  })
  afterEach(async () => {
    await lab.close()
  })

  function heapMb(): number {
    collectGarbage()
    return process.memoryUsage().heapUsed / 2 ** 20
  }

  it('is a name, not the stanza in which the name came', async () => {
    const stream = await lab.opened()
    const before = heapMb()
    const padding = `<x>${' '.repeat(900_000)}</x>`
    for (let i = 0; i < 100; i++) {
      stream.write(
        `<iq type="set" to="x/bgp-peer"><pubsub>${padding}<subscribe node="domain:project:network-${i}"/></pubsub></iq>`,
      )
      await lab.untilCount('subscribes', i + 1)
    }
    expect(heapMb() - before).to.be.below(20)
  }).timeout(20_000)

  it('is as little for names that are too long: the session ends', async () => {
    const stream = await lab.opened()
    const node = 'n'.repeat(1_025)
    stream.write(`<iq type="set" to="x/bgp-peer"><pubsub><subscribe node="${node}"/></pubsub></iq>`)
    await stream.untilClosed()
  })

  it('is as little for what it is reproached with', async () => {
    const stream = await lab.opened()
    stream.write(
      `<iq type="set" to="x/bgp-peer"><pubsub><unsubscribe node="${'n'.repeat(60_000)}"/></pubsub></iq>`,
    )
    await stream.untilClosed()
    await lab.opened()
    expect(lab.view()!.lastError).to.match(/^sessionsDown: unsubscribe from n+$/)
    expect(lab.view()!.lastError!.length).to.equal(256)
  })
})
