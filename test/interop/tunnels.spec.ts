import { expect } from 'chai'
import { until } from '../support/peers/eventually.ts'
import type { GoBgp } from '../support/peers/gobgp.ts'
import { bird, frr, gatewayKinds, gobgp, Lab, needs, PUBLIC_TARGET, PUBLIC_VRF } from './lab.ts'

const WEB = '101.101.101.10/32'
const INTERNET = '198.51.100.0/24'

for (const kind of gatewayKinds) {
  describe(`tunnels with ${kind.name}`, () => {
    let lab: Lab

    before(async function () {
      needs(this, kind)
      lab = await Lab.start(kind, {
        address: '127.0.0.36',
        families: ['inet-vpn'],
        peer: { defaultTunnelEncapsulation: { 'inet-vpn': ['udp'] } },
      })
      await lab.untilEstablished()
      const agent = await lab.agent('compute-1')
      agent.subscribe(PUBLIC_VRF, 3)
      agent.publish({ vrf: PUBLIC_VRF, prefix: WEB, label: 38, encapsulations: ['gre'] })
    })
    after(async function () {
      await lab?.stop(this.test?.parent)
    })

    async function change(spec: object): Promise<void> {
      const { address, port, families } = lab.gateway.options
      await lab.node.change({ peers: [{ name: 'gw', address, port, families, ...spec }] })
    }

    it('the default of the peer stands in place of what the agent said (control-node reference 2d)', async () => {
      await lab.gatewayShows('sees UDP', WEB, (routes) => routes[0]?.tunnelTypes.join() === '13')
    })

    it('what the gateway brings without any is offered to agents with it', async () => {
      const route = { rd: '192.0.2.1:7', prefix: INTERNET, label: 777, nextHop: '192.0.2.1' }
      await lab.gateway.originate('inet-vpn', { ...route, routeTargets: [PUBLIC_TARGET] })
      const agent = await lab.agent('compute-1')
      const tunnels = (): string | undefined =>
        agent.routes(PUBLIC_VRF).get(INTERNET)?.nextHops[0]?.encapsulations.join()
      await until('the agent is to use UDP', () => tunnels() === 'udp', { seen: tunnels })
      await change({})
      await until('the agent is to use GRE, as by default', () => tunnels() === 'gre', { seen: tunnels })
    })

    it('the attribute (RFC 9012 §2) is taken, beside the community and in its place', async () => {
      await change({ sendTunnelEncapsulation: 'both' })
      // FRR and BIRD show no such attribute; that the route is there, and the session, is what can be seen of it.
      await lab.gatewayShows('sees the community', WEB, (routes) => routes[0]?.tunnelTypes.join() === '2')
      await change({ sendTunnelEncapsulation: 'attribute' })
      await lab.gatewayShows('sees none', WEB, (routes) => routes[0]?.tunnelTypes.length === 0)
      if (kind === gobgp) {
        const shown = await (lab as Lab<GoBgp>).gateway.cli('global', 'rib', '-a', 'vpnv4', '-j')
        expect(JSON.stringify(JSON.parse(shown))).to.match(/"type":23/)
      } else expect([frr, bird]).to.include(kind)
      expect(lab.node.counter('gw', 'sessionsDown')).to.equal(0)
      expect(await lab.gateway.isEstablished()).to.equal(true)
    })
  })
}
