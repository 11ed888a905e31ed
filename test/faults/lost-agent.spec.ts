/**
 * Next hops that are gone: whatever ends an agent's session, all its routes leave every gateway at once, in as few UPDATEs
 * as hold them.
 */
import { expect } from 'chai'
import { MessageType } from '../../bgp/wire/iana.ts'
import { Family } from '../../rib/model/family.ts'
import type { AgentClient } from '../../xmpp/client/agent-client.ts'
import { ScriptedPeer } from '../bgp/session/scripted-peer.ts'
import { HeddleNode, HEDDLE_ADDRESS, vrfOf } from '../support/peers/heddle-node.ts'
import { PushedClock } from '../support/pushed-clock.ts'
import { rounds, until } from '../support/until.ts'
import { hostPrefix, Learned } from './learned.ts'
import { SCALE } from './scale.ts'

const ROUTES = 10_000 * SCALE
const gateway = { address: '127.0.60.1', families: [Family.inetVpn], holdTimeSec: 0 }
const VRF = vrfOf('public')

/** Withdrawn in one UPDATE of 4,096 octets: a /32 takes 16, and all around them 30. */
const FULL_UPDATES = Math.ceil(ROUTES / Math.floor((4_096 - 30) / 16))

/** A turn withdraws as many at a time (rib/turn.ts), and the last UPDATE of each time need not be full. */
const SLICES = Math.ceil(ROUTES / 1_024)

describe('an agent that is gone', () => {
  let clock: PushedClock
  let node: HeddleNode
  let peer: ScriptedPeer
  let table: Learned
  let lost: AgentClient
  let other: AgentClient

  beforeEach(async () => {
    clock = new PushedClock()
    const spec = {
      peers: [{ name: 'gw', address: gateway.address, port: 1, passive: true, families: ['inet-vpn'] }],
      networks: [{ name: 'public', both: ['target:64512:101'] }],
    }
    node = await HeddleNode.start(spec, undefined, { timers: clock })
    peer = await ScriptedPeer.established({ address: HEDDLE_ADDRESS, port: node.bgpPort }, gateway)
    table = new Learned(peer)
    lost = await agentWith('compute-1', '192.0.2.21', ROUTES)
    other = await agentWith('compute-2', '192.0.2.22', 1)
    await until('every route is at the gateway', () => table.routes.size === ROUTES + 1)
  })
  afterEach(async () => {
    peer.destroy()
    await node.stop()
  })

  async function agentWith(name: string, address: string, routes: number): Promise<AgentClient> {
    const agent = await node.agent(name, address)
    agent.subscribe(VRF, 3)
    for (let i = 0; i < routes; i++) {
      agent.publish({ vrf: VRF, prefix: hostPrefix(i), label: 16 + (i % 100_000) })
    }
    return agent
  }

  async function holdTimeRunsOut(): Promise<void> {
    clock.push(60_000)
    const stanzas = (): number =>
      node.daemon.agents().find(({ name }) => name === 'compute-2')!.counters['stanzasIn']!
    const before = stanzas()
    other.endOfRib()
    await until('the other agent is heard', () => stanzas() > before)
    clock.push(30_000)
  }

  const updates = (): number => peer.types.filter((type) => type === MessageType.update).length

  for (const [how, lose] of [
    ['its connection ends', () => lost.close()],
    ['its hold time runs out', holdTimeRunsOut],
    [
      'it comes again, with nothing',
      async () => {
        clock.push(61_000)
        await node.agent('compute-1', '192.0.2.21')
      },
    ],
  ] as const) {
    it(`takes all its routes along: ${how}`, async () => {
      const before = updates()
      const heard = peer.heard.length
      await lose()
      await until('the route of the other agent is left', () => table.routes.size === 1)
      await rounds()
      expect(updates() - before).to.be.at.most(FULL_UPDATES + SLICES)
      expect(peer.heard.slice(heard).every((line) => line.startsWith('-'))).to.equal(true)
      expect(node.counter('gw', 'sessionsDown')).to.equal(0)
    })
  }

  it('takes the static routes along whose next hop was one of its ports', async () => {
    const staticRoutes = [{ prefix: '198.51.100.0/24', nextHop: '10.0.0.1' }]
    await node.change({ networks: [{ name: 'public', both: ['target:64512:101'], staticRoutes }] })
    const has = (): boolean => [...table.routes].some((route) => route.endsWith(':198.51.100.0/24'))
    await until('the static route is at the gateway', has)
    lost.close()
    await until('it has left the gateway', () => !has())
    await until('the route of the other agent is left', () => table.routes.size === 1)
  })
})
