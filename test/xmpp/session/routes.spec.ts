/**
 * Routes between agents through real tables (agent-channel 9 a and b): what one publishes, all of its VRF get.
 */
import { expect } from 'chai'
import {
  encapsulationCommunity,
  extCommunities,
  originVnCommunity,
} from '../../../rib/model/ext-community.ts'
import { plainAttributes } from '../../../rib/model/attr-set.ts'
import type { Attributes } from '../../../rib/model/attr-set.ts'
import { Family } from '../../../rib/model/family.ts'
import { parseIpAddress } from '../../../rib/model/ip-address.ts'
import { parseRouteKey } from '../../../rib/model/route-key.ts'
import { routeTargetHigh, routeTargetLow } from '../../../rib/model/route-target.ts'
import { SourceKind } from '../../../rib/path-source.ts'
import type { PathSource } from '../../../rib/path-source.ts'
import { rounds, until } from '../../support/until.ts'
import type { AgentClient, ReceivedRoute } from '../../../xmpp/client/agent-client.ts'
import { AgentLab, LOCAL_AS, targets, VRF, vrfOf } from '../support/agent-lab.ts'
import { sample } from '../support/samples.ts'

const PREFIX = '10.1.1.3/32'
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

  async function arrived(
    agent: AgentClient,
    condition: (route: ReceivedRoute) => boolean = () => true,
    vrf = VRF,
    prefix = PREFIX,
  ): Promise<ReceivedRoute> {
    const holds = (): boolean => {
      const found = agent.routes(vrf).get(prefix)
      return found !== undefined && condition(found)
    }
    await until(`${agent.name} has ${prefix}`, holds)
    return agent.routes(vrf).get(prefix)!
  }

  async function gone(agent: AgentClient, vrf = VRF, prefix = PREFIX): Promise<void> {
    await until(`${agent.name} lost ${prefix}`, () => !agent.routes(vrf).has(prefix))
  }

  /** A route of a gateway in the VPN table. */
  function gatewayRoute(
    key: string,
    target: number,
    changes: Partial<Attributes> = {},
    extra: [number, number][] = [],
  ): PathSource {
    const source = lab.rib.addSource({
      kind: SourceKind.bgp,
      name: 'gw',
      isIbgp: true,
      isClient: false,
      asn: LOCAL_AS,
      routerId: 1,
      address: parseIpAddress('192.0.2.1')!,
    })
    const table = lab.rib.master(key.includes('::') ? Family.inet6Vpn : Family.inetVpn)!
    const pair = targets(target).map((rt): [number, number] => [routeTargetHigh(rt), routeTargetLow(rt)])
    const attrs = lab.rib.attrs.intern({
      ...plainAttributes,
      nextHop: parseIpAddress('10.255.0.1')!,
      localPref: 100,
      extCommunities: extCommunities([...pair, ...extra]),
      ...changes,
    })
    table.upsert(parseRouteKey(table.family, key)!, 0, {
      source,
      pathId: 0,
      attrs,
      label: 299840,
      instanceId: 0,
      flags: 0,
    })
    return source
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

  it('stay in their VRF, and leak where targets say so (agent-channel 9, 54, 55)', async () => {
    lab.network('blue', { exports: [1] })
    lab.network('green', { imports: [1] })
    lab.network('red', { imports: [2] })
    one.subscribe(VRF, 3)
    for (const network of ['green', 'red']) two.subscribe(vrfOf(network), 4)
    one.publish(route)
    const got = await arrived(two, () => true, vrfOf('green'))
    // Policy in the agent asks for the network that a route comes from.
    expect(got.nextHops[0]!.virtualNetwork).to.equal('default-domain:k8s:blue')
    await rounds()
    expect(two.routes(vrfOf('red')).size).to.equal(0)
  })

  it('name the network of each next hop, and follow a changed network number (agent-channel 9, 19, 20)', async () => {
    lab.network('blue', { vnIndex: 11, exports: [1], imports: [2] })
    lab.network('green', { vnIndex: 12, exports: [2], imports: [1] })
    one.subscribe(VRF, 3)
    two.subscribe(vrfOf('green'), 4)
    one.publish(route)
    two.publish({ ...route, vrf: vrfOf('green'), label: 22 })
    const names = ({ nextHops }: ReceivedRoute): string =>
      nextHops
        .map((hop) => `${hop.label} ${hop.virtualNetwork}`)
        .sort()
        .join(', ')
    await arrived(one, (got) => names(got) === '21 default-domain:k8s:blue, 22 default-domain:k8s:green')
    lab.network('green', { vnIndex: 99, exports: [2], imports: [1] })
    await rounds()
    await arrived(one, (got) => names(got) === '21 default-domain:k8s:blue, 22 default-domain:k8s:green')
  })

  it('of a gateway are those of the network whose target they carry, by GRE (agent-channel 4.4, 5.5)', async () => {
    lab.network('blue', { imports: [7], exports: [1] })
    lab.network('public', { exports: [7] })
    one.subscribe(VRF, 3)
    gatewayRoute('64512:1:0.0.0.0/0', 7)
    const got = await arrived(one, () => true, VRF, '0.0.0.0/0')
    expect(got.nextHops).to.deep.equal([
      {
        address: '10.255.0.1',
        label: 299840,
        encapsulations: ['gre'],
        virtualNetwork: 'default-domain:k8s:public',
        tags: [],
      },
    ])
  })

  it('of a network that nobody knows are unresolved (agent-channel 4.4)', async () => {
    lab.network('blue', { imports: [7] })
    one.subscribe(VRF, 3)
    gatewayRoute('64512:1:10.0.0.0/8', 7)
    gatewayRoute('64512:1:11.0.0.0/8', 7, {}, [originVnCommunity(LOCAL_AS, 555)])
    gatewayRoute('64512:1:12.0.0.0/8', 7, {}, [originVnCommunity(65001, 1), encapsulationCommunity(13)])
    for (const prefix of ['10.0.0.0/8', '11.0.0.0/8', '12.0.0.0/8']) {
      const got = await arrived(one, () => true, VRF, prefix)
      expect(got.nextHops[0]!.virtualNetwork).to.equal('unresolved')
    }
  })

  it('that no agent can use are not sent, and those it has are taken back (agent-channel 4.2)', async () => {
    lab.network('blue', { imports: [7] })
    one.subscribe(VRF, 3)
    gatewayRoute('64512:1:11.0.0.0/8', 7)
    const source = gatewayRoute('64512:1:10.0.0.0/8', 7)
    await arrived(one, () => true, VRF, '10.0.0.0/8')
    const table = lab.rib.master(Family.inetVpn)!
    const [rt] = targets(7)
    const attrs = lab.rib.attrs.intern({
      ...plainAttributes,
      nextHop: parseIpAddress('2001:db8::1')!,
      extCommunities: extCommunities([[routeTargetHigh(rt!), routeTargetLow(rt!)]]),
    })
    table.upsert(parseRouteKey(Family.inetVpn, '64512:1:10.0.0.0/8')!, 0, {
      source,
      pathId: 0,
      attrs,
      label: 16,
      instanceId: 0,
      flags: 0,
    })
    await gone(one, VRF, '10.0.0.0/8')
    expect(one.routes(VRF).has('11.0.0.0/8')).to.equal(true)
  })

  it('are imported when a target is added and go when it is removed (agent-channel 9, 44)', async () => {
    lab.network('blue')
    one.subscribe(VRF, 3)
    gatewayRoute('64512:1:10.0.0.0/8', 7)
    await lab.untilCount('subscribes', 1)
    await rounds()
    expect(one.routes(VRF).size).to.equal(0)
    lab.network('blue', { imports: [7] })
    await arrived(one, () => true, VRF, '10.0.0.0/8')
    lab.network('blue')
    await gone(one, VRF, '10.0.0.0/8')
  })

  it('make route target memberships by subscription, until the last one goes (agent-channel 9, 41 to 43)', async () => {
    lab.network('blue', { imports: [1] })
    lab.network('green', { imports: [1, 2] })
    const membership = lab.rib.tableNamed('bgp.rtarget.0')
    const are = (...numbers: number[]): Promise<void> =>
      until(
        `targets ${numbers.join()}`,
        () =>
          lab.routes(membership).join() === numbers.map((number) => `64512:target:64512:${number}`).join(),
      )
    one.subscribe(VRF, 3)
    await are(1)
    two.subscribe(vrfOf('green'), 4)
    await are(1, 2)
    one.unsubscribe(VRF)
    await lab.untilCount('unsubscribes', 1)
    await are(1, 2)
    two.close()
    await are()
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
    for (const name of ['evpn-add', 'ermvpn-add', 'mvpn-add']) stream.write(sample(`agent/${name}`))
    stream.write(sample('agent/inet-add'))
    await lab.untilCount('routesIn', 1, 'compute-5')
    expect(lab.view('compute-5')!.counters).to.deep.include({
      'reject.badInteger': 1,
      'reject.badFamily': 1,
      'reject.badPrefix': 1,
      'reject.badNextHop': 1,
      'reject.badLabel': 1,
      'reject.badNode': 1,
      'reject.unsupportedFamily': 3,
      routesIn: 1,
    })
    expect(lab.view('compute-5')!.lastError).to.equal('reject.unsupportedFamily: 1/5')
    expect(lab.routes(lab.rib.instance(VRF)!.inet)).to.deep.equal([PREFIX])
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
