import { expect } from 'chai'
import { eventually, until } from '../support/peers/eventually.ts'
import {
  COMPUTE_1,
  exabgp,
  frr,
  gobgp,
  Lab,
  needs,
  PUBLIC_TARGET,
  PUBLIC_VRF,
  type GatewayKind,
} from './lab.ts'

const FLOATING_IP = '101.101.101.10/32'
const GATEWAY_AS = 65001

/** BIRD cannot be told which next hop it sends over eBGP. */
const ebgpKinds: readonly GatewayKind[] = [gobgp, frr, exabgp]

for (const kind of ebgpKinds) {
  describe(`${kind.name} as a gateway over eBGP`, () => {
    let lab: Lab

    before(async function () {
      needs(this, kind)
      lab = await Lab.start(kind, { asn: GATEWAY_AS, peer: { ebgpRequiresPolicy: false } })
      await lab.untilEstablished()
    })
    after(async function () {
      await lab?.stop(this.test?.parent)
    })

    it('receives our AS in front and the compute node as next hop all the same', async () => {
      const agent = await lab.agent('compute-1')
      agent.subscribe(PUBLIC_VRF, 3)
      agent.publish({ vrf: PUBLIC_VRF, prefix: FLOATING_IP, label: 38, encapsulations: ['gre'] })
      const [route] = await lab.gatewayShows(
        'has the floating IP',
        FLOATING_IP,
        (routes) => routes.length === 1,
      )
      expect(route).to.deep.include({ rd: `${COMPUTE_1}:3`, label: 38, nextHop: COMPUTE_1, asPath: '64512' })
    })

    it('sends a route that reaches the agents', async () => {
      const agent = await lab.agent('compute-1')
      const route = {
        rd: '192.0.2.1:7',
        prefix: '198.51.100.0/24',
        label: 777,
        nextHop: '192.0.2.1',
        routeTargets: [PUBLIC_TARGET],
      }
      await lab.gateway.originate('inet-vpn', route)
      const got = await eventually('the agent has it', () => agent.routes(PUBLIC_VRF).get(route.prefix))
      expect(got.nextHops).to.have.length(1)
    })
  })
}

describe('GoBGP over eBGP without a policy', () => {
  let lab: Lab

  before(async function () {
    needs(this, gobgp)
    lab = await Lab.start(gobgp, { asn: GATEWAY_AS, address: '127.0.0.32' })
    await lab.untilEstablished()
  })
  after(async function () {
    await lab?.stop(this.test?.parent)
  })

  it('is sent nothing, and nothing of it is used (RFC 8212 §3), until the configuration allows it', async () => {
    const agent = await lab.agent('compute-1')
    agent.subscribe(PUBLIC_VRF, 3)
    agent.publish({ vrf: PUBLIC_VRF, prefix: FLOATING_IP, label: 38, encapsulations: ['gre'] })
    const route = {
      rd: '192.0.2.1:7',
      prefix: '198.51.100.0/24',
      label: 777,
      nextHop: '192.0.2.1',
      routeTargets: [PUBLIC_TARGET],
    }
    await lab.gateway.originate('inet-vpn', route)
    await until('heddle has read the UPDATE', () => lab.node.counter('gw', 'updatesIn') > 0)
    expect(await lab.gateway.received('inet-vpn')).to.deep.equal([])
    expect(agent.routes(PUBLIC_VRF).has(route.prefix)).to.equal(false)
    const { address, port } = lab.gateway.options
    const families = ['inet-vpn', 'inet6-vpn']
    await lab.node.change({
      peers: [
        { name: 'gw', address, port, autonomousSystem: GATEWAY_AS, families, ebgpRequiresPolicy: false },
      ],
    })
    await lab.gatewayShows('has the floating IP now', FLOATING_IP, (routes) => routes.length === 1)
    await until('the agent has the route now', () => agent.routes(PUBLIC_VRF).has(route.prefix), {
      withinMs: 40_000,
    })
  })
})
