import { expect } from 'chai'
import type { RouteChange } from '../../xmpp/client/agent-client.ts'
import { until } from '../support/peers/eventually.ts'
import type { Frr } from '../support/peers/frr.ts'
import { frr, Lab, needs, PUBLIC_TARGET, PUBLIC_VRF } from './lab.ts'

const FLOATING_IP = '101.101.101.9/32'
const route = {
  rd: '192.0.2.1:7',
  prefix: '198.51.100.0/24',
  label: 777,
  nextHop: '192.0.2.1',
  routeTargets: [PUBLIC_TARGET],
}

/**
 * BIRD 2.0 and ExaBGP do not know the N bit. GoBGP does, but leaves the Forwarding State bit out of a session that merely
 * comes again, so that its routes go all the same (RFC 4724 §4.2).
 */
for (const kind of [frr]) {
  describe(`NOTIFICATIONs between heddle and ${kind.name} that cost no routes (RFC 8538)`, () => {
    let lab: Lab<Frr>
    const lost: RouteChange[] = []

    before(async function () {
      needs(this, kind)
      lab = await Lab.start<Frr>(kind, {
        address: '127.0.0.38',
        families: ['inet-vpn'],
        gracefulRestart: true,
        gateway: { softNotification: true, restartTimeSec: 20 },
        peer: { connectRetry: '1s' },
      })
      await lab.untilEstablished()
      const agent = await lab.agent('compute-1')
      agent.subscribe(PUBLIC_VRF, 3)
      agent.publish({ vrf: PUBLIC_VRF, prefix: FLOATING_IP, label: 38, encapsulations: ['gre'] })
      await lab.gateway.originate('inet-vpn', route)
      await until('the agent has the route', () => agent.routes(PUBLIC_VRF).has(route.prefix))
      await lab.gatewayShows('has the floating IP', FLOATING_IP, (routes) => routes.length === 1)
      agent.onChange((change) => {
        if (!change.route) lost.push(change)
      })
    })
    after(async function () {
      await lab?.stop(this.test?.parent)
    })

    /** Ends the session and waits for the next one, and for all that it brings. */
    async function reset(end: () => Promise<unknown>): Promise<void> {
      const sessions = lab.node.counter('gw', 'sessionsUp')
      await end()
      await until('the session came again', () => lab.node.counter('gw', 'sessionsUp') > sessions)
      await until('the gateway has said all', () => lab.node.daemon.peers()[0]!.staleFamilies.length === 0)
      await lab.gatewayShows('has the floating IP', FLOATING_IP, (routes) => routes.length === 1)
    }

    it('the gateway resets the session: the agent keeps its route (§4)', async () => {
      const before = lab.node.counter('gw', 'notificationsIn')
      await reset(() => lab.gateway.cli(`clear bgp ${lab.gateway.options.neighbor.address}`))
      expect(lab.node.counter('gw', 'notificationsIn')).to.be.greaterThan(before)
      expect(lost).to.deep.equal([])
    })

    it('heddle resets the session: the agent keeps its route (§4)', async () => {
      await reset(() => Promise.resolve(lab.node.daemon.clearPeer('gw')))
      expect(lost).to.deep.equal([])
    })
  })
}
