/** An agent whose connection is reset, at any step and in the middle of a change: as with peers, nothing of it stays. */
import { expect } from 'chai'
import { itemOf } from '../../xmpp/client/publication.ts'
import { encodeCollection, encodePublish, encodeSubscription } from '../../xmpp/wire/agent-stanzas.ts'
import { rounds, until } from '../support/until.ts'
import { checkInvariants } from '../support/rib-check.ts'
import { AgentLab, VRF } from '../xmpp/support/agent-lab.ts'
import { hostPrefix } from './learned.ts'

const ROUTES = 100
const ADDRESS = '127.0.69.1'

describe('an agent whose connection is reset', () => {
  let lab: AgentLab
  beforeEach(async () => {
    lab = await AgentLab.start()
    lab.network('blue', { exports: [1], imports: [1] })
  })
  afterEach(async () => {
    await lab.close()
  })

  function footprint(): object {
    const { rib, server, clock } = lab
    return {
      routes: [...rib.tables()].map(({ name, routeCount }) => `${name} ${routeCount}`),
      sources: [...rib.sources.all()].map(({ name }) => name),
      agents: server.agents().map(({ name }) => name),
      timers: clock.fake.timerCount,
      sets: rib.attrs.liveCount,
    }
  }

  const change = (n: number): string => {
    const item = itemOf({ vrf: VRF, prefix: hostPrefix(n), label: 16 + n }, '10.10.0.12')
    const head = { from: 'compute-2', id: `pubsub${n}` }
    return encodePublish(head, VRF, item) + encodeCollection(head, 'associate', VRF, item)
  }

  const steps: [string, string, number][] = [
    ['after its header', '', 0],
    [
      'in the middle of a subscription',
      encodeSubscription({ from: 'compute-2', id: 's1' }, 'subscribe', VRF, { instanceId: 1 }).slice(0, -9),
      0,
    ],
    [
      'in the middle of a change',
      encodeSubscription({ from: 'compute-2', id: 's1' }, 'subscribe', VRF, { instanceId: 1 }) +
        Array.from({ length: ROUTES }, (_, n) => change(n)).join('') +
        change(ROUTES).slice(0, -40),
      ROUTES,
    ],
  ]
  for (const [when, octets, routes] of steps) {
    it(`${when}: its whole changes count until then, and nothing of it afterwards`, async () => {
      const other = await lab.agent(1)
      other.subscribe(VRF, 1)
      await lab.untilCount('stanzasIn', 1)
      await rounds()
      const before = footprint()
      const stream = await lab.opened('compute-2', ADDRESS)
      stream.write(octets)
      await until('what it said', () => other.routes(VRF).size === routes)
      stream.socket.resetAndDestroy()
      await until('its session is over', () => lab.view('compute-2') === undefined)
      await until('its routes have left the other agent', () => other.routes(VRF).size === 0)
      await until('the node holds what it held', () => JSON.stringify(footprint()) === JSON.stringify(before))
      checkInvariants(lab.rib)
      expect(other.isConnected).to.equal(true)
    })
  }
})
