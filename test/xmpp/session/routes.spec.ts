/**
 * Routes between agents through real tables (agent-channel 9 a and b): what one publishes, all of its VRF get.
 */
import { expect } from 'chai'
import { rounds, until } from '../../support/until.ts'
import type { AgentClient } from '../../../xmpp/client/agent-client.ts'
import { AgentLab, VRF } from '../support/agent-lab.ts'
import { arrived, gone, PREFIX } from '../support/awaited-routes.ts'
import { sample } from '../support/samples.ts'

const route = { vrf: VRF, prefix: PREFIX, label: 21 }

describe('routes of agents', () => {
  let lab: AgentLab
  let one: AgentClient
  let two: AgentClient
  beforeEach(async () => {
    lab = await AgentLab.start()
    one = await lab.agent(1)
    two = await lab.agent(2)
  })
  afterEach(async () => {
    await lab.close()
  })

  function subscribeBoth(vrf = VRF): void {
    one.subscribe(vrf, 3)
    two.subscribe(vrf, 4)
  }

  it('come back to their agent and reach the other one, and go from both (agent-channel 9, 11)', async () => {
    lab.network('blue')
    subscribeBoth()
    one.publish(route)
    for (const agent of [one, two]) {
      const got = await arrived(agent)
      expect(got).to.deep.include({ localPref: 100, med: 200 })
      expect(got.nextHops).to.deep.equal([
        {
          address: '10.10.0.11',
          label: 21,
          encapsulations: ['gre', 'udp'],
          virtualNetwork: 'default-domain:k8s:blue',
          tags: [],
        },
      ])
    }
    one.retract(route)
    for (const agent of [one, two]) await gone(agent)
  })

  it('follow their changes: LOCAL_PREF, MED, encapsulations, security groups (agent-channel 9, 12, 13, 15)', async () => {
    lab.network('blue')
    subscribeBoth()
    one.publish({ ...route, localPref: 200 })
    await arrived(two, (got) => got.localPref === 200 && got.med === 100)
    one.publish({ ...route, localPref: 300, med: 7 })
    await arrived(two, (got) => got.localPref === 300 && got.med === 7)
    one.publish({ ...route, encapsulations: ['udp'] })
    await arrived(two, (got) => got.nextHops[0]!.encapsulations.join() === 'udp')
    one.publish({ ...route, encapsulations: [] })
    await arrived(two, (got) => got.nextHops[0]!.encapsulations.join() === 'gre')
    one.publish({
      ...route,
      securityGroups: [8000005],
      tags: [77],
      sequence: 9,
      communities: ['no-export', '64512:9'],
      loadBalance: { fields: 0x80, hasSourceBias: false },
    })
    const got = await arrived(two, ({ sequence }) => sequence === 9)
    expect(got.nextHops[0]!.tags).to.deep.equal([77])
    expect(got).to.deep.include({
      securityGroups: [8000005],
      communities: ['64512:9', 'no-export'],
      loadBalance: { fields: 0x80, hasSourceBias: false },
    })
  })

  it('of both agents are one route with two next hops, and one again (agent-channel 4.5)', async () => {
    lab.network('blue')
    subscribeBoth()
    one.publish(route)
    two.publish({ ...route, label: 22 })
    const got = await arrived(one, ({ nextHops }) => nextHops.length === 2)
    expect(got.nextHops.map((hop) => `${hop.address} ${hop.label}`).sort()).to.deep.equal([
      '10.10.0.11 21',
      '10.10.0.12 22',
    ])
    two.publish({ ...route, label: 22, localPref: 50 })
    await arrived(one, ({ nextHops }) => nextHops.length === 1 && nextHops[0]!.label === 21)
    one.retract(route)
    await arrived(one, ({ nextHops }) => nextHops[0]!.label === 22)
  })

  it('with encapsulations that nobody knows are kept and not sent (agent-channel 3.4)', async () => {
    lab.network('blue')
    subscribeBoth()
    one.publish({ ...route, encapsulations: ['morse'] })
    await lab.untilCount('routesIn', 1)
    await rounds()
    expect([two.routes(VRF).size, lab.view()!.paths]).to.deep.equal([0, 1])
    one.publish({ ...route, encapsulations: ['morse', 'gre'] })
    await arrived(two)
  })

  it('reach an agent that subscribes or connects later (agent-channel 9, 52)', async () => {
    lab.network('blue')
    one.subscribe(VRF, 3)
    one.publish(route)
    await lab.untilCount('routesIn', 1)
    two.subscribe(VRF, 4)
    await arrived(two)
    const three = await lab.agent(3)
    three.subscribe(VRF, 5)
    await arrived(three)
  })

  it('go with unsubscribe and with the session (agent-channel 9, 27, 53)', async () => {
    lab.network('blue')
    subscribeBoth()
    one.publish(route)
    await arrived(two)
    one.unsubscribe(VRF)
    await gone(two)
    one.subscribe(VRF, 3)
    one.publish(route)
    await arrived(two)
    one.close()
    await gone(two)
  })

  it('of IPv6 go the same way, with IPv4 next hops (agent-channel 9, 51)', async () => {
    lab.network('blue', { exports: [1] })
    subscribeBoth()
    const prefix = '2001:db8:1::3/128'
    one.publish({ vrf: VRF, prefix, label: 21 })
    const got = await arrived(two, () => true, VRF, prefix)
    expect(got.nextHops[0]).to.deep.include({ address: '10.10.0.11', label: 21 })
    await until(
      'it is in the VPN table',
      () => lab.routes(lab.rib.tableNamed('bgp.l3vpn-inet6.0')).length === 1,
    )
    expect(lab.routes(lab.rib.tableNamed('bgp.l3vpn-inet6.0'))).to.deep.equal([`10.10.0.11:3:${prefix}`])
    one.retract({ vrf: VRF, prefix })
    await gone(two, VRF, prefix)
  })

  it('are not sent to a subscriber that wants none, who may change its mind (agent-channel 9, 22)', async () => {
    lab.network('blue')
    one.subscribe(VRF, 3, { noRibOut: true })
    two.subscribe(VRF, 4)
    one.publish(route)
    await arrived(two)
    await rounds()
    expect(one.routes(VRF).size).to.equal(0)
    one.unsubscribe(VRF)
    one.subscribe(VRF, 3)
    one.publish(route)
    await arrived(one)
  })

  it('are withdrawn when their VRF is deleted, but stay the agent’s own until it unsubscribes (agent-channel 2.3)', async () => {
    lab.network('blue')
    subscribeBoth()
    one.publish(route)
    await arrived(two)
    lab.rib.deleteInstance(VRF)
    await gone(two)
    expect(lab.view()!.paths).to.equal(1)
    lab.network('blue')
    await arrived(two)
    expect(two.isConnected && one.isConnected).to.equal(true)
  })

  it('with bad content are dropped and counted, and the session lives (agent-channel 9, 45, 59)', async () => {
    lab.network('blue')
    const stream = await lab.opened('compute-5')
    stream.write(sample('agent/subscribe'))
    const bad: [string, string][] = [
      ['<med>0</med>', '<med>many</med>'],
      ['<nlri><af>1</af>', '<nlri><af>2</af>'],
      ['<address>10.1.1.3/32', '<address>10.1.1.3/64'],
      ['<address>10.10.0.11', '<address>0.0.0.0'],
      ['<label>21', '<label>0'],
    ]
    for (const [from, to] of bad) stream.write(sample('agent/inet-add').replace(from, to))
    stream.write(sample('agent/inet-add').replaceAll('1/1/default', 'x/1/default'))
    stream.write(sample('agent/inet-add'))
    await lab.untilCount('routesIn', 1, 'compute-5')
    expect(lab.view('compute-5')!.counters).to.deep.include({
      'reject.badInteger': 1,
      'reject.badFamily': 1,
      'reject.badPrefix': 1,
      'reject.badNextHop': 1,
      'reject.badLabel': 1,
      'reject.badNode': 1,
      routesIn: 1,
    })
    expect(lab.view('compute-5')!.lastError).to.equal(
      'reject.badNode: x/1/default-domain:k8s:blue:blue/10.1.1.3/32',
    )
    expect(lab.routes(lab.rib.instance(VRF)!.inet)).to.deep.equal([PREFIX])
  })

  it('of a family that is not served are counted apart and are no error (agent-channel 3.2)', async () => {
    lab.network('blue')
    const stream = await lab.opened('compute-5')
    stream.write(sample('agent/subscribe'))
    for (const name of ['evpn-add', 'ermvpn-add', 'mvpn-add']) stream.write(sample(`agent/${name}`))
    stream.write(sample('agent/inet-add'))
    await lab.untilCount('routesIn', 1, 'compute-5')
    const { counters, lastError } = lab.view('compute-5')!
    expect(counters).to.include({ familyNotServed: 3 })
    expect(Object.keys(counters).filter((name) => name.startsWith('reject'))).to.deep.equal([])
    expect(lastError).to.equal(undefined)
  })

  it('end in their last state however fast they flap (agent-channel 9, 23)', async () => {
    lab.network('blue')
    subscribeBoth()
    for (let i = 0; i < 300; i++) {
      one.publish({ ...route, label: 100 + i })
      if (i % 3 === 0) one.retract(route)
      if (i % 7 === 0) await rounds(1)
    }
    one.publish({ ...route, label: 999 })
    await arrived(two, ({ nextHops }) => nextHops[0]!.label === 999)
    await arrived(one, ({ nextHops }) => nextHops[0]!.label === 999)
  })

  it('may be many, with few or many attribute sets (agent-channel 9, 24)', async () => {
    lab.network('blue')
    subscribeBoth()
    const prefixes = Array.from({ length: 3_000 }, (_, i) => `10.2.${i >> 8}.${i & 255}/32`)
    prefixes.forEach((prefix, i) => {
      one.publish({ vrf: VRF, prefix, label: 16 + i, med: i % 2 === 0 ? 5 : i })
    })
    await until('all are there', () => two.routes(VRF).size === prefixes.length)
    for (const prefix of prefixes) one.retract({ vrf: VRF, prefix })
    await until('all are gone', () => two.routes(VRF).size === 0 && one.routes(VRF).size === 0)
    expect(lab.rib.instance(VRF)!.inet.pathCount).to.equal(0)
  }).timeout(30_000)

  it('reach agents that join and leave while they churn (agent-channel 9, 50)', async () => {
    lab.network('blue')
    subscribeBoth()
    for (let i = 0; i < 20; i++) {
      one.publish({ ...route, prefix: `10.3.0.${i}/32` })
      two.unsubscribe(VRF)
      if (i > 4) one.retract({ vrf: VRF, prefix: `10.3.0.${i - 5}/32` })
      two.subscribe(VRF, 4)
      await rounds(i % 4)
    }
    const expected = Array.from({ length: 5 }, (_, i) => `10.3.0.${15 + i}/32`)
    await until('both have what is left', () =>
      [one, two].every((agent) => [...agent.routes(VRF).keys()].sort().join() === expected.join()),
    )
  })

  it('wait for a VRF that is configured after the subscription (agent-channel 9, 5, 56)', async () => {
    subscribeBoth()
    one.publish(route)
    one.publish({ ...route, prefix: '2001:db8::/64' })
    await lab.untilCount('routesIn', 2)
    lab.network('blue')
    await arrived(two)
    await arrived(two, () => true, VRF, '2001:db8::/64')
  })
})
