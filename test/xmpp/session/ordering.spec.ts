/**
 * The ordering rules of agent-channel 2.3 over real sockets: each event in each state of the VRF. A broken rule costs the
 * session, and only that one.
 */
import { expect } from 'chai'
import { rounds, until } from '../../support/until.ts'
import type { AgentClient } from '../../../xmpp/client/agent-client.ts'
import { AgentLab, VRF } from '../support/agent-lab.ts'

const PREFIX = '10.1.1.3/32'
const route = { vrf: VRF, prefix: PREFIX, label: 21 }

describe('ordering rules of an agent (agent-channel 2.3)', () => {
  let lab: AgentLab
  let agent: AgentClient
  beforeEach(async () => {
    lab = await AgentLab.start()
    agent = await lab.agent()
  })
  afterEach(async () => {
    await lab.close()
  })

  type VrfState = 'there' | 'unknown' | 'deleting'

  /** A VRF that is being deleted is held by another agent. */
  async function prepare(state: VrfState): Promise<void> {
    if (state === 'unknown') return
    lab.network('blue')
    if (state === 'there') return
    await subscribed(await lab.agent(9))
    lab.rib.deleteInstance(VRF)
    expect(lab.rib.instance(VRF)?.isDeleting).to.equal(true)
  }

  async function subscribed(who: AgentClient, instanceId = 3): Promise<void> {
    const count = lab.counter('subscribes', who.name)
    who.subscribe(VRF, instanceId)
    await lab.untilCount('subscribes', count + 1, who.name)
  }

  function tableRoutes(): string[] {
    return lab.routes(lab.rib.instance(VRF)?.inet)
  }

  async function untilClosed(reason: RegExp): Promise<void> {
    await until('the session is closed', () => !agent.isConnected)
    await agent.connect()
    await until('it is back', () => lab.counter('sessionsUp') === 2)
    expect(lab.view()!.lastError).to.match(reason)
  }

  /** The session has taken everything so far and is alive. */
  async function untilTaken(): Promise<void> {
    const count = lab.counter('configSubscribes')
    agent.subscribeConfig('virtual-router:x')
    await lab.untilCount('configSubscribes', count + 1)
    expect(agent.isConnected).to.equal(true)
  }

  describe('subscribe', () => {
    it('registers where the VRF is there', async () => {
      await prepare('there')
      await subscribed(agent)
      expect(lab.view()!.subscriptions).to.deep.equal([{ vrf: VRF, instanceId: 3, pending: false }])
    })

    for (const state of ['unknown', 'deleting'] as const) {
      it(`is pending where the VRF is ${state}, and takes effect when it is made`, async () => {
        await prepare(state)
        await subscribed(agent)
        expect(lab.view()!.subscriptions).to.deep.equal([{ vrf: VRF, instanceId: 3, pending: true }])
        agent.publish(route)
        await untilTaken()
        expect(tableRoutes()).to.deep.equal([])
        lab.network('blue')
        expect(lab.view()!.subscriptions).to.deep.equal([{ vrf: VRF, instanceId: 3, pending: false }])
        expect(tableRoutes()).to.deep.equal([PREFIX])
        await until('the agent has its route', () => agent.routes(VRF).has(PREFIX))
      })
    }

    for (const state of ['there', 'unknown', 'deleting'] as const) {
      it(`again is a violation where the VRF is ${state}`, async () => {
        await prepare(state)
        agent.subscribe(VRF, 3)
        agent.subscribe(VRF, 3)
        await untilClosed(/subscribe again/)
      })
    }
  })

  describe('unsubscribe', () => {
    it('takes the routes away where the VRF is there', async () => {
      await prepare('there')
      await subscribed(agent)
      agent.publish(route)
      await lab.untilCount('routesIn', 1)
      agent.unsubscribe(VRF)
      await untilTaken()
      await until('the route is gone', () => tableRoutes().length === 0)
      expect(lab.view()!.subscriptions).to.deep.equal([])
    })

    for (const state of ['unknown', 'deleting'] as const) {
      it(`cancels a pending subscription and what was queued where the VRF is ${state}`, async () => {
        await prepare(state)
        await subscribed(agent)
        agent.publish(route)
        agent.unsubscribe(VRF)
        await untilTaken()
        lab.network('blue')
        await rounds()
        expect(tableRoutes()).to.deep.equal([])
        expect([...lab.rib.instance(VRF)!.attached].map((source) => source.name)).to.not.include('compute-1')
      })
    }

    for (const state of ['there', 'unknown', 'deleting'] as const) {
      it(`without subscription is a violation where the VRF is ${state}`, async () => {
        await prepare(state)
        agent.unsubscribe(VRF)
        await untilClosed(/unsubscribe from .* without subscription/)
      })
    }
  })

  describe('route', () => {
    it('is applied where the VRF is there', async () => {
      await prepare('there')
      await subscribed(agent)
      agent.publish(route)
      await lab.untilCount('routesIn', 1)
      expect(tableRoutes()).to.deep.equal([PREFIX])
    })

    it('added, deleted and added while pending leaves one route (agent-channel 9, 6)', async () => {
      await subscribed(agent)
      agent.publish(route)
      agent.retract(route)
      agent.publish({ ...route, label: 22 })
      agent.publish({ ...route, prefix: '10.9.9.9/32' })
      agent.retract({ vrf: VRF, prefix: '10.9.9.9/32' })
      await untilTaken()
      lab.network('blue')
      expect(tableRoutes()).to.deep.equal([PREFIX])
      await until('the agent has it', () => agent.routes(VRF).get(PREFIX)?.nextHops[0]?.label === 22)
    })

    it('in a VRF that is deleted under a registered agent is a violation', async () => {
      await prepare('there')
      await subscribed(agent)
      lab.rib.deleteInstance(VRF)
      agent.publish(route)
      await untilClosed(/which is being deleted/)
    })

    for (const state of ['there', 'unknown', 'deleting'] as const) {
      it(`without subscription is a violation where the VRF is ${state}`, async () => {
        await prepare(state)
        agent.publish(route)
        await untilClosed(/route in .* without subscription/)
      })
    }

    it('after the unsubscribe is a violation', async () => {
      await prepare('there')
      agent.subscribe(VRF, 3)
      agent.unsubscribe(VRF)
      agent.publish(route)
      await untilClosed(/without subscription/)
    })

    it('in a subscription without instance id is a violation (agent-channel 2.1)', async () => {
      await prepare('there')
      await subscribed(agent, -1)
      agent.publish(route)
      await untilClosed(/without subscription/)
    })

    it('may have the instance id 0 (agent-channel 2.1)', async () => {
      lab.network('blue', { exports: [1] })
      await subscribed(agent, 0)
      agent.publish(route)
      await until('it is in the VPN table', () => lab.routes(lab.rib.tableNamed('bgp.l3vpn.0')).length === 1)
      expect(lab.routes(lab.rib.tableNamed('bgp.l3vpn.0'))).to.deep.equal([`10.10.0.11:0:${PREFIX}`])
    })
  })

  describe('retract', () => {
    for (const state of ['there', 'unknown'] as const) {
      it(`without subscription is a violation where the VRF is ${state}`, async () => {
        await prepare(state)
        agent.retract(route)
        await untilClosed(/retract in .* without subscription/)
      })
    }

    it('without subscription is tolerated where the VRF is being deleted: the agent cleans up', async () => {
      await prepare('deleting')
      agent.retract(route)
      await untilTaken()
      expect(lab.counter('retractInDeletedVrf')).to.equal(1)
    })

    it('of a registered agent is applied while the VRF is being deleted', async () => {
      await prepare('there')
      await subscribed(agent)
      agent.publish(route)
      await lab.untilCount('routesIn', 1)
      lab.rib.deleteInstance(VRF)
      agent.retract(route)
      await untilTaken()
      expect(tableRoutes()).to.deep.equal([])
    })

    it('of nothing is no violation, and counted', async () => {
      await prepare('there')
      await subscribed(agent)
      agent.retract(route)
      await untilTaken()
      expect(lab.counter('retractsOfNothing')).to.equal(1)
    })
  })

  it('takes and drops what concerns the underlay', async () => {
    const vrf = 'default-domain:default-project:ip-fabric:__default__'
    agent.subscribe(vrf, 0)
    agent.publish({ vrf, prefix: '10.10.0.11/32', label: 0 })
    await untilTaken()
    expect(lab.counter('underlayRoutes')).to.equal(1)
    expect(lab.view()!.subscriptions).to.deep.equal([{ vrf, instanceId: 0, pending: false }])
  })

  it('ends in the last of many subscriptions and unsubscriptions (agent-channel 9, 29)', async () => {
    lab.network('blue', { exports: [1] })
    for (let id = 1; id <= 50; id++) {
      agent.subscribe(VRF, id)
      agent.publish({ ...route, prefix: `10.1.1.${id}/32` })
      agent.unsubscribe(VRF)
    }
    agent.subscribe(VRF, 51)
    agent.publish(route)
    const vpn = lab.rib.tableNamed('bgp.l3vpn.0')
    await until('one route is left', () => lab.routes(vpn).join() === `10.10.0.11:51:${PREFIX}`)
    expect(tableRoutes()).to.deep.equal([PREFIX])
    expect(lab.view()!.subscriptions).to.deep.equal([{ vrf: VRF, instanceId: 51, pending: false }])
    expect(lab.view()!.paths).to.equal(1)
  })

  it('loses its pending subscriptions and queued routes with its session (agent-channel 9, 31)', async () => {
    await subscribed(agent)
    agent.publish(route)
    await untilTaken()
    agent.close()
    await until('the session is gone', () => lab.server.agents().length === 0)
    const instance = lab.network('blue')
    await rounds()
    expect([tableRoutes(), instance.attached.size]).to.deep.equal([[], 0])
  })

  it('drops a VRF once its last agent has gone, by unsubscribe or with its session (agent-channel 9, 27)', async () => {
    const other = await lab.agent(2)
    for (const leave of [() => agent.unsubscribe(VRF), () => other.close()]) {
      lab.network('blue')
      const who = leave.toString().includes('agent') ? agent : other
      await subscribed(who)
      who.publish(route)
      await lab.untilCount('routesIn', 1, who.name)
      lab.rib.deleteInstance(VRF)
      await rounds()
      expect(lab.rib.instance(VRF)?.isDeleting).to.equal(true)
      leave()
      await until('the VRF is gone', () => lab.rib.instance(VRF) === undefined)
    }
  })

  it('bounds what waits for VRFs that never come', async () => {
    await subscribed(agent)
    for (let i = 0; i < 50_001 && agent.isConnected; i++) {
      agent.publish({ ...route, prefix: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}/32` })
      if (i % 1_000 === 0) await rounds(1)
    }
    await untilClosed(/routes for VRFs that are not there/)
  }).timeout(60_000)
})
