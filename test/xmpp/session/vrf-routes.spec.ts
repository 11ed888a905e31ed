/**
 * Routes that cross VRFs or come from a gateway, as agents of the importing VRF get them (agent-channel 4.4, 5.5).
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
import { arrived, gone, PREFIX } from '../support/awaited-routes.ts'

const route = { vrf: VRF, prefix: PREFIX, label: 21 }

describe('routes between VRFs, as agents get them', () => {
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

  it('get their name when the network is configured after they were sent (agent-channel 4.4)', async () => {
    lab.network('blue', { imports: [7] })
    one.subscribe(VRF, 3)
    gatewayRoute('64512:1:10.0.0.0/8', 7)
    gatewayRoute('64512:1:11.0.0.0/8', 7, {}, [originVnCommunity(LOCAL_AS, 555)])
    const named = async (prefix: string, name: string): Promise<void> => {
      await arrived(one, (got) => got.nextHops[0]!.virtualNetwork === name, VRF, prefix)
    }
    for (const prefix of ['10.0.0.0/8', '11.0.0.0/8']) await named(prefix, 'unresolved')
    lab.network('green', { vnIndex: 555 })
    await named('11.0.0.0/8', 'default-domain:k8s:green')
    await named('10.0.0.0/8', 'unresolved')
    lab.network('public', { vnIndex: 8 })
    lab.network('public', { vnIndex: 8, exports: [7] })
    await named('10.0.0.0/8', 'default-domain:k8s:public')
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
})
