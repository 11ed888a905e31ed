import { expect } from 'chai'
import { eventually, until } from '../support/peers/eventually.ts'
import type { OriginatedRoute, VpnRoute } from '../support/peers/gateway.ts'
import { HeddleProcess } from '../support/peers/heddle-process.ts'
import { Circle } from './circle.ts'
import { bird, COMPUTE_1, exabgp, gatewayKinds, needs, PUBLIC, PUBLIC_TARGET, PUBLIC_VRF } from './lab.ts'

/** Of routes kept beyond the restart time. */
const LLGR_STALE = '65535:6'
const FLOATING_IP = '101.101.101.9/32'

describe('gateways that stay away longer than their restart time (RFC 9494)', () => {
  let circle: Circle

  before(async function () {
    for (const kind of [...gatewayKinds, exabgp]) needs(this, kind)
    const longLived = { gracefulRestart: true, longLivedStaleTimeSec: 6, restartTimeSec: 1 }
    circle = await Circle.start(
      [
        ...gatewayKinds.map((kind) => ({ kind, gateway: longLived })),
        { kind: bird, name: 'witness', gateway: longLived },
        { kind: exabgp, name: 'stranger' },
      ],
      { families: ['inet-vpn'], firstAddress: 71 },
    )
    await circle.join({ networks: [] })
    for (const kind of gatewayKinds) await circle.gateway(kind.name).originate('inet-vpn', routeOf(kind.name))
    for (const kind of gatewayKinds) {
      await shows('witness', kind.name, (route) => route?.communities.join() === '')
      await shows('stranger', kind.name, (route) => route !== undefined)
    }
    await Promise.all(gatewayKinds.map((kind) => circle.gateway(kind.name).crash()))
  })
  after(async function () {
    await circle?.stop(this.test?.parent)
  })

  function routeOf(name: string): OriginatedRoute {
    const index = gatewayKinds.findIndex((kind) => kind.name === name)
    return {
      rd: `192.0.2.${1 + index}:7`,
      prefix: `198.51.${100 + index}.0/24`,
      label: 700 + index,
      nextHop: `192.0.2.${1 + index}`,
      routeTargets: [PUBLIC_TARGET],
    }
  }

  async function shows(
    receiver: string,
    sender: string,
    condition: (route: VpnRoute | undefined) => boolean,
  ): Promise<void> {
    let last: VpnRoute | undefined
    await until(
      `${receiver} shows the route of ${sender} as it should`,
      async () => {
        const routes = await circle.gateway(receiver).received('inet-vpn')
        last = routes.find(({ prefix }) => prefix === routeOf(sender).prefix)
        return condition(last)
      },
      { seen: () => ({ last, peers: circle.node.daemon.peers() }) },
    )
  }

  for (const kind of gatewayKinds) {
    it(`a route of ${kind.name} is offered as LLGR_STALE to who knows what that is, and to nobody else (§4.3)`, async () => {
      await shows('witness', kind.name, (route) => route?.communities.join() === LLGR_STALE)
      await shows('stranger', kind.name, (route) => route === undefined)
      const view = circle.node.daemon.peers().find(({ name }) => name === kind.name)!
      expect(view.longLivedFamilies).to.deep.equal(['inet-vpn'])
    })
  }

  for (const kind of gatewayKinds) {
    it(`a route of ${kind.name} is gone after its stale time (§4.2)`, async () => {
      await shows('witness', kind.name, (route) => route === undefined)
    })
  }
})

describe('heddle away for longer than its restart time (RFC 9494)', () => {
  let circle: Circle
  let heddle: HeddleProcess

  before(async function () {
    for (const kind of gatewayKinds) needs(this, kind)
    circle = await Circle.start(
      gatewayKinds.map((kind) => ({ kind })),
      {
        families: ['inet-vpn'],
        firstAddress: 81,
        gateway: { gracefulRestart: true, longLivedStaleTimeSec: 60 },
      },
    )
    const times = { restartTime: '1s', longLivedStaleTime: '60s', selectionDeferralTime: '3s' }
    const networks = [{ name: PUBLIC, both: [`target:${PUBLIC_TARGET}`] }]
    heddle = await HeddleProcess.start(
      { peers: circle.peers, networks, node: { gracefulRestart: times } },
      circle.bgpPort,
    )
    await publish()
    for (const kind of gatewayKinds) await keeps(kind.name, '')
    await until('the daemon knows its neighbours', () =>
      heddle.hasMarked('compute-1', ...gatewayKinds.map(({ name }) => name)),
    )
    await heddle.crash()
  })
  after(async function () {
    await heddle?.stop(this.test?.parent?.tests.some((test) => test.state === 'failed') ?? true)
    await circle?.stop(this.test?.parent)
  })

  async function publish(): Promise<void> {
    const agent = await eventually('the agent is connected', () => heddle.agent('compute-1', COMPUTE_1))
    agent.subscribe(PUBLIC_VRF, 3)
    agent.publish({ vrf: PUBLIC_VRF, prefix: FLOATING_IP, label: 38, encapsulations: ['gre'] })
  }

  async function keeps(name: string, communities: string): Promise<void> {
    let last: readonly VpnRoute[] = []
    await until(
      `${name} has the floating IP with communities '${communities}'`,
      async () => {
        last = await circle.gateway(name).received('inet-vpn')
        return last.length === 1 && last[0]!.communities.join() === communities
      },
      { seen: () => last },
    )
  }

  for (const kind of gatewayKinds) {
    it(`costs ${kind.name} no floating IP: it keeps the route as long-lived stale (§4.2)`, async () => {
      await keeps(kind.name, LLGR_STALE)
    })
  }

  it('and back, it makes the routes fresh again for all of them', async () => {
    heddle.launch()
    await publish()
    for (const kind of gatewayKinds) await keeps(kind.name, '')
  })
})
