import { expect } from 'chai'
import { eventually, until } from '../support/peers/eventually.ts'
import type { OriginatedRoute, VpnRoute } from '../support/peers/gateway.ts'
import type { AgentClient } from '../../xmpp/client/agent-client.ts'
import {
  COMPUTE_1,
  COMPUTE_2,
  allKinds,
  gobgp,
  Lab,
  needs,
  OTHER,
  OTHER_TARGET,
  OTHER_VRF,
  PUBLIC,
  PUBLIC_TARGET,
  PUBLIC_VRF,
} from './lab.ts'

const FLOATING_IP = '101.101.101.252/32'
const FLOATING_IP6 = '2001:db8:101::252/128'
const GRE = 2
const UDP = 13

for (const kind of allKinds) {
  describe(`${kind.name} as a gateway over iBGP`, () => {
    let lab: Lab
    let one: AgentClient
    let two: AgentClient

    before(async function () {
      needs(this, kind)
      lab = await Lab.start(kind)
      await lab.untilEstablished()
      one = await lab.agent('compute-1')
      two = await lab.agent('compute-2')
      one.subscribe(PUBLIC_VRF, 3)
      two.subscribe(PUBLIC_VRF, 4)
      two.subscribe(OTHER_VRF, 5)
    })
    after(async function () {
      await lab?.stop(this.test?.parent)
    })

    it('receives a floating IP with the compute node as next hop, unchanged (RFC 4364 §4.3.2)', async () => {
      one.publish({
        vrf: PUBLIC_VRF,
        prefix: FLOATING_IP,
        label: 38,
        encapsulations: ['gre', 'udp'],
        localPref: 200,
      })
      const [route] = await lab.gatewayShows(
        'has the floating IP',
        FLOATING_IP,
        (routes) => routes.length === 1,
      )
      expect(route).to.deep.include({
        rd: `${COMPUTE_1}:3`,
        label: 38,
        nextHop: COMPUTE_1,
        routeTargets: lab.node.exportTargets(PUBLIC),
        tunnelTypes: [GRE, UDP],
        localPref: 200,
        asPath: '',
        communities: [],
      })
      expect(route!.routeTargets).to.include(PUBLIC_TARGET)
    })

    it('receives another label for the same route as a replacement (RFC 4271 §3.1)', async () => {
      one.publish({
        vrf: PUBLIC_VRF,
        prefix: FLOATING_IP,
        label: 39,
        encapsulations: ['gre', 'udp'],
        localPref: 200,
      })
      const changed = await lab.gatewayShows('has label 39', FLOATING_IP, (routes) =>
        routes.some((route) => route.label === 39),
      )
      expect(changed).to.have.length(1)
    })

    it('sees a floating IP move without ever losing it: the new path comes before the old one goes', async () => {
      const seen: string[][] = []
      const look = async (): Promise<readonly VpnRoute[]> => {
        const routes = (await lab.gateway.received('inet-vpn')).filter(
          (route) => route.prefix === FLOATING_IP,
        )
        seen.push(routes.map((route) => route.nextHop))
        return routes
      }
      two.publish({
        vrf: PUBLIC_VRF,
        prefix: FLOATING_IP,
        label: 71,
        encapsulations: ['gre'],
        localPref: 200,
      })
      await until('both computes are there', async () => (await look()).length === 2)
      one.retract({ vrf: PUBLIC_VRF, prefix: FLOATING_IP })
      const routes = await eventually('only the new one is left', async () => {
        const now = await look()
        return now.length === 1 ? now : undefined
      })
      expect(routes[0]).to.deep.include({
        rd: `${COMPUTE_2}:4`,
        label: 71,
        nextHop: COMPUTE_2,
        tunnelTypes: [GRE],
      })
      expect(seen.filter((nextHops) => nextHops.length === 0)).to.deep.equal([])
    })

    it('sees the withdrawal', async () => {
      two.retract({ vrf: PUBLIC_VRF, prefix: FLOATING_IP })
      await lab.gatewayShows('has lost the floating IP', FLOATING_IP, (routes) => routes.length === 0)
    })

    it('receives an IPv6 floating IP whose next hop is the IPv4 compute node (RFC 4659 §3.2.1.2)', async () => {
      one.publish({ vrf: PUBLIC_VRF, prefix: FLOATING_IP6, label: 40, encapsulations: ['gre'] })
      const [route] = await lab.gatewayShows(
        'has the IPv6 floating IP',
        FLOATING_IP6,
        (routes) => routes.length === 1,
        'inet6-vpn',
      )
      expect(route).to.deep.include({
        rd: `${COMPUTE_1}:3`,
        label: 40,
        nextHop: COMPUTE_1,
        tunnelTypes: [GRE],
      })
      one.retract({ vrf: PUBLIC_VRF, prefix: FLOATING_IP6 })
      await lab.gatewayShows('has lost it', FLOATING_IP6, (routes) => routes.length === 0, 'inet6-vpn')
    })

    it('sees a changed route target, and the session stays', async () => {
      const sessions = lab.node.counter('gw', 'sessionsUp')
      one.publish({ vrf: PUBLIC_VRF, prefix: '101.101.101.7/32', label: 44, encapsulations: ['gre'] })
      await lab.gatewayShows('has the route', '101.101.101.7/32', (routes) => routes.length === 1)
      await lab.node.change({
        networks: [
          { name: PUBLIC, both: [`target:${PUBLIC_TARGET}`], export: ['target:64512:999'] },
          { name: OTHER, both: [`target:${OTHER_TARGET}`] },
        ],
      })
      const [route] = await lab.gatewayShows('has the new target', '101.101.101.7/32', (routes) =>
        routes.some((each) => each.routeTargets.includes('64512:999')),
      )
      expect(route).to.deep.include({ label: 44, routeTargets: lab.node.exportTargets(PUBLIC) })
      await lab.node.change({
        networks: [
          { name: PUBLIC, both: [`target:${PUBLIC_TARGET}`] },
          { name: OTHER, both: [`target:${OTHER_TARGET}`] },
        ],
      })
      await lab.gatewayShows('has lost the target again', '101.101.101.7/32', (routes) =>
        routes.some((each) => !each.routeTargets.includes('64512:999')),
      )
      expect(lab.node.counter('gw', 'sessionsUp')).to.equal(sessions)
    })

    const sent: OriginatedRoute = {
      rd: '192.0.2.1:7',
      prefix: '198.51.100.0/24',
      label: 777,
      nextHop: '192.0.2.1',
      routeTargets: [PUBLIC_TARGET],
    }

    it('sends a VPN route that reaches exactly the agents of the VRF that imports it (RFC 4364 §4.3.1)', async () => {
      await lab.gateway.originate('inet-vpn', sent)
      for (const agent of [one, two]) {
        const route = await eventually('the agent has the route', () =>
          agent.routes(PUBLIC_VRF).get(sent.prefix),
        )
        expect(route.nextHops.map(({ address, label }) => ({ address, label }))).to.deep.equal([
          { address: sent.nextHop, label: sent.label },
        ])
      }
      expect(two.routes(OTHER_VRF).has(sent.prefix)).to.equal(false)
    })

    it('takes that route back', async () => {
      await lab.gateway.withdraw('inet-vpn', sent)
      for (const agent of [one, two]) {
        await until('the agent has lost the route', () => !agent.routes(PUBLIC_VRF).has(sent.prefix))
      }
    })

    it('sends a route with two targets to both VRFs, and with a foreign target to none', async () => {
      const both = { ...sent, prefix: '198.51.101.0/24', routeTargets: [PUBLIC_TARGET, OTHER_TARGET] }
      const foreign = { ...sent, prefix: '198.51.102.0/24', routeTargets: ['64512:31337'] }
      await lab.gateway.originate('inet-vpn', foreign)
      await lab.gateway.originate('inet-vpn', both)
      await until('VRF public has it', () => two.routes(PUBLIC_VRF).has(both.prefix))
      await until('VRF other has it', () => two.routes(OTHER_VRF).has(both.prefix))
      await until('both are in', () => lab.node.daemon.peers()[0]!.received['inet-vpn'] === 2)
      expect([...two.routes(PUBLIC_VRF).keys(), ...two.routes(OTHER_VRF).keys()]).not.to.include(
        foreign.prefix,
      )
      await lab.gateway.withdraw('inet-vpn', foreign)
      await lab.gateway.withdraw('inet-vpn', both)
      await until('both are gone', () => lab.node.daemon.peers()[0]!.received['inet-vpn'] === 0)
    })

    it('sends an IPv6 VPN route to the agents, which reach it over IPv4 (RFC 4659 §3.2.1.2)', async () => {
      const route = { ...sent, prefix: '2001:db8:198::/48', nextHop: '::ffff:192.0.2.1' }
      await lab.gateway.originate('inet6-vpn', route)
      const got = await eventually('the agent has it', () => one.routes(PUBLIC_VRF).get(route.prefix))
      expect(got.nextHops[0]).to.deep.include({ address: sent.nextHop, label: route.label })
      await lab.gateway.withdraw('inet6-vpn', route)
      await until('it is gone', () => !one.routes(PUBLIC_VRF).has(route.prefix))
    })

    if (kind !== gobgp) {
      it('asks for everything again with ROUTE-REFRESH and gets it (RFC 2918 §4)', async () => {
        one.publish({ vrf: PUBLIC_VRF, prefix: FLOATING_IP, label: 38, encapsulations: ['gre'] })
        await lab.gatewayShows('has the route', FLOATING_IP, (routes) => routes.length === 1)
        const before = {
          refreshes: lab.node.counter('gw', 'refreshesIn'),
          updates: lab.node.counter('gw', 'updatesOut'),
        }
        await lab.gateway.requestRefresh('inet-vpn')
        await until('heddle was asked', () => lab.node.counter('gw', 'refreshesIn') > before.refreshes)
        await until('heddle sent again', () => lab.node.counter('gw', 'updatesOut') > before.updates)
        await lab.gatewayShows('still has the route', FLOATING_IP, (routes) => routes.length === 1)
        one.retract({ vrf: PUBLIC_VRF, prefix: FLOATING_IP })
        await lab.gatewayShows('has lost it', FLOATING_IP, (routes) => routes.length === 0)
      })
    }

    it('has everything again after its session was reset (RFC 4271 §8.2.2)', async () => {
      one.publish({ vrf: PUBLIC_VRF, prefix: FLOATING_IP, label: 38, encapsulations: ['gre'] })
      await lab.gatewayShows('has the route', FLOATING_IP, (routes) => routes.length === 1)
      const sessions = lab.node.counter('gw', 'sessionsUp')
      expect(lab.node.daemon.clearPeer('gw')).to.equal(true)
      await until('the session came again', () => lab.node.counter('gw', 'sessionsUp') > sessions, {
        withinMs: 40_000,
      })
      const [route] = await lab.gatewayShows('has it again', FLOATING_IP, (routes) => routes.length === 1)
      expect(route).to.deep.include({ rd: `${COMPUTE_1}:3`, label: 38, nextHop: COMPUTE_1 })
    })

    it('has everything again after a restart, and its own routes leave the agents meanwhile', async () => {
      await lab.gateway.originate('inet-vpn', sent)
      await until('the agent has the route', () => one.routes(PUBLIC_VRF).has(sent.prefix))
      await lab.gateway.stop()
      await until('the agent has lost it', () => !one.routes(PUBLIC_VRF).has(sent.prefix), {
        withinMs: 40_000,
      })
      await lab.gateway.start()
      await lab.untilEstablished()
      await lab.gatewayShows('has the floating IP', FLOATING_IP, (routes) => routes.length === 1)
    })
  })
}
