import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { realTimers } from '../../../control/clock.ts'
import { silentLog } from '../../../rib/log.ts'
import { AgentServer } from '../../../xmpp/session/agent-server.ts'
import { LabNode, publicVrf } from '../api/lab-node.ts'

const program = fileURLToPath(new URL('../../../control/heddle.mjs', import.meta.url))

describe('heddle agent', () => {
  it('ends when the pipe behind it closes', async () => {
    const node = new LabNode()
    const server = new AgentServer({
      rib: node.rib,
      name: 'ctl1',
      localAs: 64512,
      holdTimeSec: 90,
      clock: realTimers,
      log: silentLog,
    })
    await server.listen([{ host: '127.0.0.1', port: 0 }])
    const channel = `127.0.0.1:${server.endpoints()[0]!.port}`
    const agent = spawn(
      process.execPath,
      [program, 'agent', '--server', channel, '--name', 'c9', '--address', '192.0.2.29'].concat(
        '--subscribe',
        `${publicVrf}:3`,
      ),
      { stdio: ['pipe', 'pipe', 'ignore'] },
    )
    const ended = once(agent, 'exit')
    try {
      node.addRoutes()
      await once(agent.stdout, 'data')
      agent.stdout.destroy()
      const table = node.rib.instance(publicVrf)!.inet
      node.path(table, '101.101.101.7/32', { source: node.compute1, nextHop: '192.0.2.21', label: 20 })
      expect(await ended).deep.equal([0, null])
    } finally {
      agent.kill('SIGKILL')
      await server.close()
    }
  })
})
