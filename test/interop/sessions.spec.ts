import { expect } from 'chai'
import { until } from '../support/peers/eventually.ts'
import { allKinds, Lab, needs, PUBLIC_VRF } from './lab.ts'

for (const kind of allKinds) {
  describe(`a session that ${kind.name} opens`, () => {
    let lab: Lab

    before(async function () {
      needs(this, kind)
      lab = await Lab.start(kind, { gatewayConnects: true })
      await lab.untilEstablished()
    })
    after(async function () {
      await lab?.stop(this.test?.parent)
    })

    it('negotiates the families of both sides (RFC 4760 §8)', () => {
      expect(lab.node.daemon.peers()[0]!.families.toSorted()).to.deep.equal(['inet-vpn', 'inet6-vpn'])
    })

    it('carries routes as one that heddle opens', async () => {
      const agent = await lab.agent('compute-1')
      agent.subscribe(PUBLIC_VRF, 3)
      agent.publish({ vrf: PUBLIC_VRF, prefix: '101.101.101.9/32', label: 38, encapsulations: ['gre'] })
      await lab.gatewayShows('has the route', '101.101.101.9/32', (routes) => routes.length === 1)
    })

    it('comes again after the gateway died without a word', async () => {
      const sessions = lab.node.counter('gw', 'sessionsUp')
      await lab.gateway.crash()
      await until('heddle saw the end', () => lab.node.counter('gw', 'sessionsDown') > 0, {
        withinMs: 40_000,
      })
      await lab.gateway.start()
      await until('the session came again', () => lab.node.counter('gw', 'sessionsUp') > sessions, {
        withinMs: 40_000,
      })
      await lab.gatewayShows('has the route', '101.101.101.9/32', (routes) => routes.length === 1)
    })
  })

  describe(`${kind.name} with another AS than configured`, () => {
    let lab: Lab

    before(async function () {
      needs(this, kind)
      lab = await Lab.start(kind, { peer: { autonomousSystem: 64999, ebgpRequiresPolicy: false } })
    })
    after(async function () {
      await lab?.stop(this.test?.parent)
    })

    it('is refused with Bad Peer AS (RFC 4271 §6.2), and heddle says so', async () => {
      await until(
        'heddle names the reason',
        () => /peer as/i.test(lab.node.daemon.peers()[0]!.lastError ?? ''),
        {
          seen: () => lab.node.daemon.peers()[0],
        },
      )
      expect(lab.node.daemon.peers()[0]!.state).not.to.equal('Established')
    })
  })
}
