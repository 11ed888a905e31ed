import { expect } from 'chai'
import { until } from '../support/peers/eventually.ts'
import { allKinds, Lab, needs, PUBLIC_TARGET, PUBLIC_VRF } from './lab.ts'

const GATEWAY_AS = 65001
const WEB = '101.101.101.10/32'
const HIDDEN = '101.101.101.20/32'
const INTERNET = '198.51.100.0/24'
const SECRET = '203.0.113.0/24'

const marked = { communities: { add: ['64512:77'] }, prepend: [64512, 64512] }

/** Rejects a prefix and lets the rest through, changed or not. */
function blocking(prefix: string, set: object = {}): object {
  return {
    terms: [
      { name: 'block', match: { prefixes: [prefix] }, action: 'reject' },
      { name: 'rest', set, action: 'accept' },
    ],
  }
}

const policies = { out: blocking(HIDDEN, marked), in: blocking(SECRET, { localPref: 250 }) }

for (const kind of allKinds) {
  describe(`policies towards ${kind.name} over eBGP`, () => {
    let lab: Lab

    before(async function () {
      needs(this, kind)
      const peer = { importPolicies: ['in'], exportPolicies: ['out'] }
      lab = await Lab.start(kind, { asn: GATEWAY_AS, address: '127.0.0.33', peer, policies })
      await lab.untilEstablished()
      const agent = await lab.agent('compute-1')
      agent.subscribe(PUBLIC_VRF, 3)
      for (const prefix of [WEB, HIDDEN])
        agent.publish({ vrf: PUBLIC_VRF, prefix, label: 38, encapsulations: ['gre'] })
      for (const prefix of [INTERNET, SECRET]) {
        const rd = prefix === INTERNET ? '192.0.2.1:7' : '192.0.2.1:8'
        const route = { rd, prefix, label: 777, nextHop: '192.0.2.1', routeTargets: [PUBLIC_TARGET] }
        await lab.gateway.originate('inet-vpn', route)
      }
    })
    after(async function () {
      await lab?.stop(this.test?.parent)
    })

    const gatewayHas = async (prefix: string): Promise<boolean> =>
      (await lab.gateway.received('inet-vpn')).some((route) => route.prefix === prefix)
    const agentHas = async (prefix: string): Promise<boolean> =>
      (await lab.agent('compute-1')).routes(PUBLIC_VRF).has(prefix)

    it('let the gateway see communities and a longer path, and nothing of what they reject', async () => {
      const [route] = await lab.gatewayShows('has the floating IP', WEB, (routes) => routes.length === 1)
      expect(route!.communities).to.deep.equal(['64512:77'])
      expect(route!.asPath).to.equal('64512 64512 64512')
      expect(await gatewayHas(HIDDEN)).to.equal(false)
    })

    it('let an agent see what they accept of the gateway alone', async () => {
      await until('the agent has the route', () => agentHas(INTERNET))
      await until('heddle has read both', () => lab.node.daemon.rib.tableNamed('bgp.l3vpn.0')!.pathCount >= 4)
      expect(await agentHas(SECRET)).to.equal(false)
    })

    it('change on the live session: no reset, no refresh, and what differs is sent', async () => {
      await lab.node.change({ policies: { out: blocking(WEB), in: blocking(INTERNET) } })
      await until('the gateway has the other one', () => gatewayHas(HIDDEN))
      await until('the gateway has lost the first', async () => !(await gatewayHas(WEB)))
      await until('the agent has the other route', () => agentHas(SECRET))
      await until('the agent has lost the first', async () => !(await agentHas(INTERNET)))
      const [route] = await lab.gatewayShows('shows it', HIDDEN, (routes) => routes.length === 1)
      expect([route!.communities, route!.asPath]).to.deep.equal([[], '64512'])
      const counters = ['sessionsUp', 'sessionsDown', 'refreshesOut'].map((name) =>
        lab.node.counter('gw', name),
      )
      expect(counters).to.deep.equal([1, 0, 0])
    })

    it('gone, leave the rule of RFC 8212: nothing is sent, nothing is used', async () => {
      const { address, port } = lab.gateway.options
      const families = ['inet-vpn', 'inet6-vpn']
      await lab.node.change({
        peers: [{ name: 'gw', address, port, autonomousSystem: GATEWAY_AS, families }],
      })
      await until(
        'the gateway has nothing',
        async () => (await lab.gateway.received('inet-vpn')).length === 0,
      )
      await until('the agent has nothing of it', async () => !(await agentHas(SECRET)))
      expect(lab.node.counter('gw', 'sessionsDown')).to.equal(0)
    })
  })
}
