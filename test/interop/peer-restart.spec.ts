import { expect } from 'chai'
import type { RouteChange } from '../../xmpp/client/agent-client.ts'
import { until } from '../support/peers/eventually.ts'
import type { OriginatedRoute } from '../support/peers/gateway.ts'
import type { RecordingProxy } from '../support/peers/recording-proxy.ts'
import { allKinds, needs, PUBLIC_TARGET, PUBLIC_VRF } from './lab.ts'
import type { Lab } from './lab.ts'
import { startProxied } from './proxied-lab.ts'

const RESTART_TIME_SEC = 3

const stays: OriginatedRoute = {
  rd: '192.0.2.1:7',
  prefix: '198.51.100.0/24',
  label: 777,
  nextHop: '192.0.2.1',
  routeTargets: [PUBLIC_TARGET],
}
const goes: OriginatedRoute = { ...stays, prefix: '198.51.101.0/24' }

for (const kind of allKinds) {
  describe(`a restart of ${kind.name} that heddle sits out (RFC 4724)`, () => {
    let lab: Lab
    let proxy: RecordingProxy
    const changes: RouteChange[] = []

    before(async function () {
      needs(this, kind)
      ;({ lab, proxy } = await startProxied(kind, {
        address: '127.0.0.36',
        families: ['inet-vpn'],
        gracefulRestart: true,
        gateway: { restartTimeSec: RESTART_TIME_SEC },
        peer: { connectRetry: '1s' },
      }))
      await lab.untilEstablished()
      const agent = await lab.agent('compute-1')
      agent.subscribe(PUBLIC_VRF, 3)
      agent.onChange((change) => changes.push(change))
      for (const route of [stays, goes]) await lab.gateway.originate('inet-vpn', route)
      await agentHas([stays, goes])
    })
    after(async function () {
      await proxy?.close()
      await lab?.stop(this.test?.parent)
    })

    async function agentHas(routes: readonly OriginatedRoute[]): Promise<void> {
      const agent = await lab.agent('compute-1')
      const wanted = routes.map(({ prefix }) => prefix).join()
      await until(
        `the agent has ${wanted}`,
        () => [...agent.routes(PUBLIC_VRF).keys()].toSorted().join() === wanted,
        {
          seen: () => ({
            routes: [...agent.routes(PUBLIC_VRF).keys()],
            peer: lab.node.daemon.peers()[0],
          }),
        },
      )
    }

    const retracted = (prefix: string): boolean =>
      changes.some((change) => change.prefix === prefix && change.route === undefined)

    async function die(): Promise<void> {
      const before = lab.node.counter('gw', 'sessionsDown')
      proxy.isOpen = false
      await lab.gateway.crash()
      await until('heddle saw the end', () => lab.node.counter('gw', 'sessionsDown') > before)
      expect(lab.node.daemon.peers()[0]!.staleFamilies).to.deep.equal(['inet-vpn'])
    }

    it('killed and back in time, it costs an agent no route but the one that it no longer announces', async () => {
      await die()
      await lab.gateway.start({ isRestarting: true })
      await lab.gateway.originate('inet-vpn', stays)
      expect(changes.filter(({ route }) => route === undefined)).to.deep.equal([])
      proxy.isOpen = true
      await lab.untilEstablished()
      await agentHas([stays])
      expect(retracted(goes.prefix)).to.equal(true)
      expect(retracted(stays.prefix)).to.equal(false)
      expect(lab.node.daemon.peers()[0]!.staleFamilies).to.deep.equal([])
    })

    it('killed for good, its routes are kept for its restart time and no longer', async () => {
      await die()
      expect(retracted(stays.prefix)).to.equal(false)
      await agentHas([])
      expect(lab.node.daemon.peers()[0]!.staleFamilies).to.deep.equal([])
    })
  })
}
