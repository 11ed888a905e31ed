import { expect } from 'chai'
import { AgentConsole } from '../../../control/agent/agent-console.ts'
import { realTimers } from '../../../control/clock.ts'
import { silentLog } from '../../../rib/log.ts'
import { parseRouteTarget } from '../../../rib/model/route-target.ts'
import { Rib } from '../../../rib/rib.ts'
import { AgentClient } from '../../../xmpp/client/agent-client.ts'
import { AgentServer } from '../../../xmpp/session/agent-server.ts'
import { until } from '../../support/peers/eventually.ts'

const VRF = 'default-domain:k8s-ns-user-1:public:public'

async function* linesOf(lines: readonly string[]): AsyncGenerator<string> {
  for (const line of lines) yield await Promise.resolve(line)
}

describe('heddle agent', () => {
  let server: AgentServer
  let client: AgentClient
  let shown: string[]
  let remarks: string[]

  beforeEach(async () => {
    const rib = new Rib({ localAs: 64512, routerId: 1, clock: realTimers })
    const target = parseRouteTarget('target:64512:101')!
    rib.setInstance({
      name: VRF,
      virtualNetwork: 'default-domain:k8s-ns-user-1:public',
      vnIndex: 1,
      importTargets: [target],
      exportTargets: [target],
    })
    server = new AgentServer({
      rib,
      name: 'ctl1',
      localAs: 64512,
      holdTimeSec: 90,
      clock: realTimers,
      log: silentLog,
    })
    await server.listen([{ host: '127.0.0.1', port: 0 }])
    const { host, port } = server.endpoints()[0]!
    client = new AgentClient({ host, port, name: 'compute-1', address: '192.0.2.21' })
    await client.connect()
    shown = []
    remarks = []
  })
  afterEach(async () => {
    client.close()
    await server.close()
  })

  const consoleOf = (asJson: boolean): AgentConsole =>
    new AgentConsole(
      client,
      {
        line: (text) => shown.push(text),
        remark: (text) => remarks.push(text),
        paint: (_style, text) => text,
      },
      asJson,
    )

  it('carries out orders from its input and shows what it is sent', async () => {
    const orders = [`subscribe ${VRF}:3`, `publish ${VRF},101.101.101.252,38,encap=gre,lp=200`]
    expect(await consoleOf(false).follow(linesOf(orders))).to.equal(false)
    await until('the route is shown', () => shown.length > 0)
    expect(shown[0]).to.match(/^\+ .* 101\.101\.101\.252\/32 via 192\.0\.2\.21 label 38 \(gre\) lp 200$/)
    await consoleOf(false).follow(linesOf([`retract ${VRF},101.101.101.252/32`]))
    await until('its end is shown', () => shown.includes(`- ${VRF} 101.101.101.252/32`))
  })

  it('writes a JSON document a line with -j', async () => {
    await consoleOf(true).follow(linesOf([`subscribe ${VRF}:3`, `publish ${VRF},101.101.101.252,38`]))
    await until('the route is shown', () => shown.length > 0)
    expect(JSON.parse(shown[0]!)).to.include({ event: 'route', vrf: VRF, prefix: '101.101.101.252/32' })
  })

  it('says which line it did not understand and goes on, until quit', async () => {
    expect(await consoleOf(false).follow(linesOf(['nonsense', 'quit', 'never read']))).to.equal(true)
    expect(remarks).to.have.length(1)
    expect(remarks[0]).to.include('nonsense')
  })
})
