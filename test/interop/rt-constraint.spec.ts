import { expect } from 'chai'
import type { AgentClient } from '../../xmpp/client/agent-client.ts'
import { until } from '../support/peers/eventually.ts'
import type { GoBgp } from '../support/peers/gobgp.ts'
import {
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

const WANTED = '101.101.101.1/32'
const UNWANTED = '102.102.102.1/32'
// GoBGP's own are others: a better path from it would keep ours from being the one that a VRF exports.
const SENT_WANTED = '198.51.100.0/24'
const SENT_UNWANTED = '198.51.101.0/24'

describe('GoBGP with route target constraint (RFC 4684)', () => {
  let lab: Lab<GoBgp>
  let agent: AgentClient

  before(async function () {
    needs(this, gobgp)
    lab = await Lab.start(gobgp, { families: ['inet-vpn', 'route-target'], gracefulRestart: true })
    await lab.untilEstablished()
    agent = await lab.agent('compute-1')
  })
  after(async function () {
    await lab?.stop(this.test?.parent)
  })

  const memberships = async (): Promise<string> => (await lab.gateway.receivedMemberships()).join(' ')

  it('is told the import targets of a VRF while an agent subscribes to it, and only then', async () => {
    expect(await memberships()).not.to.include(PUBLIC_TARGET)
    agent.subscribe(PUBLIC_VRF, 3)
    await until('GoBGP has the membership', async () => (await memberships()).includes(PUBLIC_TARGET))
    expect(await memberships()).not.to.include(OTHER_TARGET)
  })

  it('sends only routes with the targets that heddle asked for', async () => {
    const route = { rd: '192.0.2.1:7', label: 777, nextHop: '192.0.2.1' }
    await lab.gateway.originate('inet-vpn', { ...route, prefix: SENT_UNWANTED, routeTargets: [OTHER_TARGET] })
    await lab.gateway.originate('inet-vpn', { ...route, prefix: SENT_WANTED, routeTargets: [PUBLIC_TARGET] })
    await until('the agent has the wanted one', () => agent.routes(PUBLIC_VRF).has(SENT_WANTED))
    expect(lab.node.daemon.peers()[0]!.received['inet-vpn']).to.equal(1)
  })

  it('sends the others as soon as an agent subscribes to a VRF that imports them', async () => {
    agent.subscribe(OTHER_VRF, 5)
    await until('the agent has the other one', () => agent.routes(OTHER_VRF).has(SENT_UNWANTED))
    agent.unsubscribe(OTHER_VRF)
    await until('GoBGP has lost the membership', async () => !(await memberships()).includes(OTHER_TARGET))
  })

  it('is sent nothing while it asks for nothing', async () => {
    const updates = lab.node.counter('gw', 'updatesOut')
    agent.subscribe(OTHER_VRF, 5)
    agent.publish({ vrf: PUBLIC_VRF, prefix: WANTED, label: 38, encapsulations: ['gre'] })
    agent.publish({ vrf: OTHER_VRF, prefix: UNWANTED, label: 39, encapsulations: ['gre'] })
    // The membership of the new subscription follows the same way, so once it is there routes would be too.
    await until('GoBGP has the membership', async () => (await memberships()).includes(OTHER_TARGET))
    expect(lab.node.counter('gw', 'updatesOut')).to.be.greaterThan(updates)
    expect(await lab.gateway.received('inet-vpn')).to.deep.equal([])
  })

  it('is sent exactly the routes whose targets its VRFs import', async () => {
    await lab.gateway.addVrf('red', '192.0.2.1:100', [PUBLIC_TARGET], ['64512:9999'])
    const [route] = await lab.gatewayShows('has the wanted route', WANTED, (routes) => routes.length === 1)
    expect(route!.routeTargets).to.deep.equal(lab.node.exportTargets(PUBLIC))
    expect((await lab.gateway.received('inet-vpn')).map((each) => each.prefix)).to.deep.equal([WANTED])
  })

  it('is sent more when it asks for more, and sees routes withdrawn when it asks for less', async () => {
    await lab.gateway.addVrf('blue', '192.0.2.1:200', [OTHER_TARGET], ['64512:9998'])
    const [route] = await lab.gatewayShows('has the other route', UNWANTED, (routes) => routes.length === 1)
    expect(route!.routeTargets).to.deep.equal(lab.node.exportTargets(OTHER))
    await lab.gateway.deleteVrf('blue')
    await lab.gatewayShows('has lost it', UNWANTED, (routes) => routes.length === 0)
    expect((await lab.gateway.received('inet-vpn')).map((each) => each.prefix)).to.deep.equal([WANTED])
  })

  it('sees a route withdrawn that loses the target it asked for', async () => {
    await lab.node.change({
      networks: [{ name: PUBLIC }, { name: OTHER, both: [`target:${OTHER_TARGET}`] }],
    })
    await lab.gatewayShows('has lost the route', WANTED, (routes) => routes.length === 0)
    await lab.node.change({
      networks: [
        { name: PUBLIC, both: [`target:${PUBLIC_TARGET}`] },
        { name: OTHER, both: [`target:${OTHER_TARGET}`] },
      ],
    })
    await lab.gatewayShows('has it again', WANTED, (routes) => routes.length === 1)
  })
})

describe('GoBGP with route target constraint and without End-of-RIB', () => {
  let lab: Lab<GoBgp>

  before(async function () {
    needs(this, gobgp)
    lab = await Lab.start(gobgp, { families: ['inet-vpn', 'route-target'] })
    await lab.untilEstablished()
  })
  after(async function () {
    await lab?.stop(this.test?.parent)
  })

  it('is sent what it asked for all the same, after a bounded wait (RFC 4684 §6)', async () => {
    await lab.gateway.addVrf('red', '192.0.2.1:100', [PUBLIC_TARGET], ['64512:9999'])
    const agent = await lab.agent('compute-1')
    agent.subscribe(PUBLIC_VRF, 3)
    agent.publish({ vrf: PUBLIC_VRF, prefix: WANTED, label: 38, encapsulations: ['gre'] })
    await until('GoBGP has the route', async () => (await lab.gateway.received('inet-vpn')).length === 1, {
      withinMs: 45_000,
    })
  })
})
