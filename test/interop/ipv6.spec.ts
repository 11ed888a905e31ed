import { expect } from 'chai'
import { until } from '../support/peers/eventually.ts'
import { allKinds, Lab, needs, PUBLIC_TARGET, PUBLIC_VRF } from './lab.ts'

const WEB = '101.101.101.10/32'
const INTERNET = '198.51.100.0/24'
const LOOPBACK = '::1'

for (const kind of allKinds) {
  describe(`a session over IPv6 with ${kind.name}`, () => {
    let lab: Lab

    before(async function () {
      needs(this, kind)
      lab = await Lab.start(kind, {
        address: LOOPBACK,
        neighborAddress: LOOPBACK,
        families: ['inet-vpn', 'inet6-vpn'],
        peer: { localAddress: LOOPBACK, extendedNextHop: true },
      })
      await lab.untilEstablished()
    })
    after(async function () {
      await lab?.stop(this.test?.parent)
    })

    it('brings the floating IP with the compute node as its IPv4 next hop', async () => {
      const agent = await lab.agent('compute-1')
      agent.subscribe(PUBLIC_VRF, 3)
      agent.publish({ vrf: PUBLIC_VRF, prefix: WEB, label: 38, encapsulations: ['gre'] })
      const [route] = await lab.gatewayShows('has it', WEB, (routes) => routes.length === 1)
      expect(route).to.include({ label: 38, nextHop: '192.0.2.21' })
    })

    it('brings a route of the gateway', async () => {
      const route = { rd: '192.0.2.1:7', prefix: INTERNET, label: 777, nextHop: '192.0.2.1' }
      await lab.gateway.originate('inet-vpn', { ...route, routeTargets: [PUBLIC_TARGET] })
      const agent = await lab.agent('compute-1')
      const view = (): unknown => lab.node.daemon.peers()[0]
      await until('heddle has it', () => lab.node.daemon.peers()[0]!.received['inet-vpn'] === 1, {
        seen: view,
      })
      await until('the agent has it', () => agent.routes(PUBLIC_VRF).has(INTERNET))
    })
  })
}
