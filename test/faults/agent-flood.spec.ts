/** Connections to the agent channel that never become sessions: agents do not notice, and the log stays readable. */
import { expect } from 'chai'
import { silentLog } from '../../rib/log.ts'
import { until } from '../support/until.ts'
import { AgentLab, VRF } from '../xmpp/support/agent-lab.ts'

const ATTEMPTS = 500

describe('a flood of connections to the agent channel (F18)', () => {
  it('takes few lines of the log, and no session', async () => {
    const events: string[] = []
    const lab = await AgentLab.start({ log: { ...silentLog, warn: (event) => void events.push(event) } })
    lab.network('blue')
    const agent = await lab.agent()
    agent.subscribe(VRF, 1)
    for (let i = 0; i < ATTEMPTS; i++) {
      // Some say nothing, some something that is no stream; no more at a time than a listener's queue holds.
      const stream = lab.raw(i % 2 === 0 ? '' : '<nonsense/>', `127.0.68.${1 + (i % 50)}`)
      if (i % 2 === 0) stream.socket.once('connect', () => stream.destroy())
      await until('it came to its end', () => stream.isClosed)
    }
    await until('all were seen', () => events.length >= 20)
    expect(events).to.have.length(20)
    agent.publish({ vrf: VRF, prefix: '10.0.0.1/32', label: 16 })
    await until('the agent gets its route back', () => agent.routes(VRF).size === 1)
    await lab.close()
  })
})
