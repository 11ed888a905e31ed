import { expect } from 'chai'
import { eventually, until } from '../support/peers/eventually.ts'
import type { OriginatedRoute } from '../support/peers/gateway.ts'
import type { Bird } from '../support/peers/bird.ts'
import type { ExaBgp } from '../support/peers/exabgp.ts'
import type { Frr } from '../support/peers/frr.ts'
import type { RecordingProxy } from '../support/peers/recording-proxy.ts'
import { allKinds, exabgp, frr, gobgp, needs, PUBLIC_TARGET, PUBLIC_VRF } from './lab.ts'
import type { GatewayKind, Lab } from './lab.ts'
import { startProxied } from './proxied-lab.ts'

const UPDATE = 2
const ROUTE_REFRESH = 5
/** RFC 7313 §3.2: the octet between AFI and SAFI. */
const [REQUEST, BORR, EORR] = [0, 1, 2]
const HEDDLE = 0
const GATEWAY = 1
/** RFC 4271 §4.1 without the header; an extended message has more (RFC 8654). */
const STANDARD_BODY_OCTETS = 4096 - 19
const FLOATING_IP = '101.101.101.9/32'

const routeOf = (n: number): OriginatedRoute => ({
  rd: '192.0.2.1:7',
  prefix: `198.51.${100 + (n >> 8)}.${n & 255}/32`,
  // One label: where it counts as an attribute, another one would need another UPDATE.
  label: 1000,
  nextHop: '192.0.2.1',
  routeTargets: [PUBLIC_TARGET],
})

const MANY = 400

/** FRR fills a message with routes, BIRD stops halfway, ExaBGP sends one route each: these get a long attribute. */
function longUpdate(kind: GatewayKind): OriginatedRoute[] {
  if (kind === frr) return Array.from({ length: MANY }, (_, n) => routeOf(n + 3))
  return [{ ...routeOf(3), communities: Array.from({ length: 1100 }, (_, n) => `65001:${n}`) }]
}

for (const kind of allKinds) {
  describe(`refreshes and long messages with ${kind.name}`, () => {
    let lab: Lab
    let proxy: RecordingProxy
    // ExaBGP 4.2.21 ends its session with a TypeError of its own when it is to answer between markers.
    const answersWithMarkers = kind !== gobgp && kind !== exabgp
    const limited = (limit: number): object => ({
      connectRetry: '1s',
      maximumPrefixes: { 'inet-vpn': { limit, action: 'discard' } },
    })

    before(async function () {
      needs(this, kind)
      const peer = limited(answersWithMarkers || kind === gobgp ? 1 : 1000)
      ;({ lab, proxy } = await startProxied(kind, { address: '127.0.0.37', families: ['inet-vpn'], peer }))
      const agent = await lab.agent('compute-1')
      agent.subscribe(PUBLIC_VRF, 3)
      agent.publish({ vrf: PUBLIC_VRF, prefix: FLOATING_IP, label: 38, encapsulations: ['gre'] })
      await lab.gatewayShows('has the floating IP', FLOATING_IP, (routes) => routes.length === 1)
    })
    after(async function () {
      await proxy?.close()
      await lab?.stop(this.test?.parent)
    })

    const refreshesFrom = (end: 0 | 1): number[] =>
      proxy
        .messages(end)
        .filter(({ type }) => type === ROUTE_REFRESH)
        .map(({ body }) => body[2]!)
    const longestUpdateFrom = (end: 0 | 1): number =>
      Math.max(
        ...proxy
          .messages(end)
          .filter(({ type }) => type === UPDATE)
          .map(({ body }) => body.length),
      )

    const markers = answersWithMarkers ? [BORR, EORR] : []
    if (kind !== exabgp) {
      it(`heddle asks for what it had discarded, and loses nothing (${kind === gobgp ? 'RFC 2918 §4' : 'RFC 7313 §4'})`, async () => {
        const agent = await lab.agent('compute-1')
        await lab.gateway.originate('inet-vpn', routeOf(1))
        await until('the agent has the first', () => agent.routes(PUBLIC_VRF).has(routeOf(1).prefix))
        const updates = lab.node.counter('gw', 'updatesIn')
        await lab.gateway.originate('inet-vpn', routeOf(2))
        await until('heddle has read the second', () => lab.node.counter('gw', 'updatesIn') > updates)
        expect(agent.routes(PUBLIC_VRF).has(routeOf(2).prefix)).to.equal(false)
        const lost: string[] = []
        const stop = agent.onChange(({ prefix, route }) => {
          if (!route) lost.push(prefix)
        })
        const { address, port, families } = {
          ...lab.gateway.options,
          address: proxy.address,
          port: proxy.port,
        }
        await lab.node.change({ peers: [{ name: 'gw', address, port, families, ...limited(1000) }] })
        await until('the agent has the second', () => agent.routes(PUBLIC_VRF).has(routeOf(2).prefix))
        // FRR may ask for something of its own in between, when it has just got its configuration.
        const answer = (): number[] => refreshesFrom(GATEWAY).filter((subtype) => subtype !== REQUEST)
        await until('the gateway has marked its answer', () => answer().join() === markers.join(), {
          seen: () => refreshesFrom(GATEWAY),
        })
        stop()
        expect(refreshesFrom(HEDDLE).filter((subtype) => subtype === REQUEST)).to.deep.equal([REQUEST])
        expect(lost).to.deep.equal([])
        expect(agent.routes(PUBLIC_VRF).has(routeOf(1).prefix)).to.equal(true)
        expect(lab.node.counter('gw', 'sessionsUp')).to.equal(1)
      })
    }

    if (kind === gobgp) return

    it('the gateway asks, and gets everything between BoRR and EoRR (RFC 7313 §4)', async () => {
      const before = lab.node.counter('gw', 'refreshesIn')
      await lab.gateway.requestRefresh('inet-vpn')
      await until('heddle was asked', () => lab.node.counter('gw', 'refreshesIn') > before)
      await until('heddle has marked its answer', () => refreshesFrom(HEDDLE).at(-1) === EORR)
      expect(refreshesFrom(HEDDLE).slice(-2)).to.deep.equal([BORR, EORR])
      await lab.gatewayShows('still has the floating IP', FLOATING_IP, (routes) => routes.length === 1)
    })

    it('UPDATEs longer than 4096 octets go both ways (RFC 8654 §4)', async () => {
      const agent = await lab.agent('compute-1')
      const gateway = lab.gateway as Frr | Bird | ExaBgp
      const before = agent.routes(PUBLIC_VRF).size
      for (let n = 0; n < MANY; n++) {
        const prefix = `101.102.${n >> 8}.${n & 255}/32`
        agent.publish({ vrf: PUBLIC_VRF, prefix, label: 38, encapsulations: ['gre'] })
      }
      const sent = longUpdate(kind)
      await gateway.originateAll('inet-vpn', sent)
      const all = (): boolean => agent.routes(PUBLIC_VRF).size === before + MANY + sent.length
      await until('the agent has all', all, { seen: () => agent.routes(PUBLIC_VRF).size })
      const has = async (): Promise<boolean> => (await gateway.countReceived('inet-vpn')) === MANY + 1
      await until('the gateway has all', has)
      // In one go, as after a reset, they fill messages.
      lab.node.daemon.clearPeer('gw')
      await eventually('the session is up again', () =>
        lab.node.counter('gw', 'sessionsUp') > 1 ? true : undefined,
      )
      await until('the agent has all again', all, { seen: () => agent.routes(PUBLIC_VRF).size })
      await until('the gateway has all again', has)
      await until('an UPDATE of heddle is long', () => longestUpdateFrom(HEDDLE) > STANDARD_BODY_OCTETS, {
        seen: () => longestUpdateFrom(HEDDLE),
      })
      await until('one of the gateway is long', () => longestUpdateFrom(GATEWAY) > STANDARD_BODY_OCTETS, {
        seen: () => longestUpdateFrom(GATEWAY),
      })
    })
  })
}
