import { expect } from 'chai'
import { until } from '../support/peers/eventually.ts'
import type { PeerSpec } from '../support/peers/heddle-node.ts'
import { gatewayKinds, Lab, needs, PUBLIC_TARGET, PUBLIC_VRF } from './lab.ts'

const GATEWAY_AS = 65001
const WEB = '101.101.101.10/32'
const INTERNET = '198.51.100.0/24'

const prepending = (...asns: number[]): object => ({
  terms: [{ name: 'longer', set: { prepend: asns }, action: 'accept' }],
})

for (const kind of gatewayKinds) {
  describe(`AS numbers towards ${kind.name}`, () => {
    let lab: Lab

    before(function () {
      needs(this, kind)
    })
    afterEach(async function () {
      await lab?.stop(this.test?.parent)
    })

    async function start(peer: Partial<PeerSpec>, heddleAs = 64512): Promise<void> {
      lab = await Lab.start(kind, {
        asn: GATEWAY_AS,
        heddleAs,
        address: '127.0.0.34',
        families: ['inet-vpn'],
        peer: { ebgpRequiresPolicy: false, ...peer },
        policies: { site: prepending(GATEWAY_AS), customer: prepending(64600, 701, 64601) },
      })
      await lab.untilEstablished()
      const agent = await lab.agent('compute-1')
      agent.subscribe(PUBLIC_VRF, 3)
      agent.publish({ vrf: PUBLIC_VRF, prefix: WEB, label: 38, encapsulations: ['gre'] })
    }

    const untilPath = async (asPath: string): Promise<void> => {
      await lab.gatewayShows(`sees ${asPath}`, WEB, (routes) => routes[0]?.asPath === asPath)
    }

    async function change(peer: Partial<PeerSpec>): Promise<void> {
      const { address, port, families } = lab.gateway.options
      const spec = { name: 'gw', address, port, autonomousSystem: GATEWAY_AS, families, ...peer }
      await lab.node.change({ peers: [{ ebgpRequiresPolicy: false, ...spec }] })
    }

    it('localAS: a session with another AS, which stands in front both ways', async () => {
      await start({ localAS: 65010 }, 65010)
      await untilPath('65010 64512')
      const route = { rd: '192.0.2.1:7', prefix: INTERNET, label: 777, nextHop: '192.0.2.1' }
      await lab.gateway.originate('inet-vpn', { ...route, routeTargets: [PUBLIC_TARGET] })
      const agent = await lab.agent('compute-1')
      await until('the agent has it', () => agent.routes(PUBLIC_VRF).has(INTERNET))
      const table = lab.node.daemon.rib.tableNamed('bgp.l3vpn.0')!
      const paths: number[][] = []
      for (let row = 1; row < table.routes.rowCount; row++) {
        if (!table.isRoute(row)) continue
        const attrs = lab.node.daemon.rib.attrs.get(
          lab.node.daemon.rib.paths.attrs(table.routes.firstPath(row)),
        )
        paths.push(attrs.asPath.flatMap((segment) => segment.asns))
      }
      expect(paths).to.deep.include([65010, GATEWAY_AS])
    })

    it('asOverride: a route through its own AS is taken, on the live session', async () => {
      await start({ exportPolicies: ['site'], asOverride: true })
      await untilPath('64512 64512')
      expect(lab.node.counter('gw', 'sessionsUp')).to.equal(1)
    })

    it('privateAS: removed, replaced and left, on the live session', async () => {
      await start({ exportPolicies: ['customer'], privateAS: 'remove' })
      await untilPath('64512 701 64601')
      await change({ exportPolicies: ['customer'], privateAS: 'remove-all' })
      await untilPath('64512 701')
      await change({ exportPolicies: ['customer'], privateAS: 'replace-all' })
      await untilPath('64512 64512 701 701')
      await change({ exportPolicies: ['customer'] })
      await untilPath('64512 64600 701 64601')
      expect(lab.node.counter('gw', 'sessionsUp')).to.equal(1)
    })
  })
}
