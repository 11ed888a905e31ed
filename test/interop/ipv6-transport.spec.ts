import { eventually, until } from '../support/peers/eventually.ts'
import { allKinds, Lab, needs, PUBLIC_TARGET, PUBLIC_VRF } from './lab.ts'

const FLOATING_IP = '101.101.101.9/32'
const route = {
  rd: '192.0.2.1:7',
  prefix: '198.51.100.0/24',
  label: 777,
  nextHop: '192.0.2.1',
  routeTargets: [PUBLIC_TARGET],
}

for (const kind of allKinds) {
  describe(`a session with ${kind.name} over IPv6`, () => {
    let lab: Lab

    before(async function () {
      needs(this, kind)
      // There is one loopback address: the ports tell the two ends apart.
      lab = await Lab.start(kind, { address: '::1', heddleAddress: '::1', families: ['inet-vpn'] })
      await lab.untilEstablished()
    })
    after(async function () {
      await lab?.stop(this.test?.parent)
    })

    it('carries IPv4 VPN routes both ways, next hops untouched (RFC 4760 §3)', async () => {
      const agent = await lab.agent('compute-1')
      agent.subscribe(PUBLIC_VRF, 3)
      agent.publish({ vrf: PUBLIC_VRF, prefix: FLOATING_IP, label: 38, encapsulations: ['gre'] })
      await lab.gatewayShows('has the floating IP', FLOATING_IP, ([got]) => got?.nextHop === '192.0.2.21')
      await lab.gateway.originate('inet-vpn', route)
      const got = await eventually('the agent has it', () => agent.routes(PUBLIC_VRF).get(route.prefix))
      await until('with its next hop', () => got.nextHops[0]?.address === route.nextHop)
    })
  })
}
