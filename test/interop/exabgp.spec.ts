import { expect } from 'chai'
import { RouteViewer } from '../../control/views/route-viewer.ts'
import { until } from '../support/peers/eventually.ts'
import type { ExaBgp } from '../support/peers/exabgp.ts'
import { exabgp, Lab, needs, PUBLIC_TARGET, PUBLIC_VRF } from './lab.ts'

const route = {
  rd: '192.0.2.1:7',
  prefix: '198.51.100.0/24',
  label: 777,
  nextHop: '192.0.2.1',
  routeTargets: [PUBLIC_TARGET],
}

describe('attributes that ExaBGP spoils on purpose (RFC 7606)', () => {
  let lab: Lab<ExaBgp>

  before(async function () {
    needs(this, exabgp)
    lab = await Lab.start(exabgp, { address: '127.0.0.40', families: ['inet-vpn'] })
    await lab.untilEstablished()
    const agent = await lab.agent('compute-1')
    agent.subscribe(PUBLIC_VRF, 3)
  })
  after(async function () {
    await lab?.stop(this.test?.parent)
  })

  const cases = [
    // type and flags, then the value
    {
      what: 'a MED of three octets',
      octets: '0x04 0x80 0x000064',
      reaction: 'treatAsWithdraw',
      clause: '§7.4',
    },
    {
      what: 'communities of five octets',
      octets: '0x08 0xc0 0x0000000100',
      reaction: 'treatAsWithdraw',
      clause: '§7.8',
    },
    {
      what: 'a CLUSTER_LIST of three octets',
      octets: '0x0a 0x80 0x000001',
      reaction: 'treatAsWithdraw',
      clause: '§7.10',
    },
    {
      what: 'large communities of five octets',
      octets: '0x20 0xc0 0x0000000100',
      reaction: 'treatAsWithdraw',
      clause: 'RFC 8092 §5',
    },
    {
      what: 'an ATOMIC_AGGREGATE with a value',
      octets: '0x06 0x40 0x01',
      reaction: 'attributeDiscard',
      clause: '§7.6',
    },
    {
      what: 'an AGGREGATOR of three octets',
      octets: '0x07 0xc0 0x000001',
      reaction: 'attributeDiscard',
      clause: '§7.7',
    },
  ] as const

  for (const { what, octets, reaction, clause } of cases) {
    it(`${what}: ${reaction === 'treatAsWithdraw' ? 'the route is withdrawn' : 'the route stays without it'}, the session lives (${clause})`, async () => {
      const agent = await lab.agent('compute-1')
      const has = (): boolean => agent.routes(PUBLIC_VRF).has(route.prefix)
      await lab.gateway.originate('inet-vpn', route)
      await until('the agent has the route', has)
      const before = lab.node.counter('gw', reaction)
      await lab.gateway.originate('inet-vpn', route, ` attribute [ ${octets} ]`)
      await until(`heddle counts ${reaction}`, () => lab.node.counter('gw', reaction) > before, {
        seen: () => lab.node.daemon.peers()[0],
      })
      await until('the agent sees it', () => has() === (reaction === 'attributeDiscard'))
      expect(lab.node.counter('gw', 'sessionsDown')).to.equal(0)
      await lab.gateway.withdraw('inet-vpn', route)
      await until('the route is gone', () => !has())
    })
  }
})

for (const { title, asn, fourOctetAs, path } of [
  { title: 'a four-octet AS', asn: 4_200_000_001, fourOctetAs: true, path: '4200000001 4200000007' },
  { title: 'no four-octet AS numbers: AS4_PATH', asn: 65_001, fourOctetAs: false, path: '65001 4200000007' },
]) {
  describe(`ExaBGP with ${title} (RFC 6793)`, () => {
    let lab: Lab<ExaBgp>

    before(async function () {
      needs(this, exabgp)
      lab = await Lab.start(exabgp, {
        address: '127.0.0.40',
        families: ['inet-vpn'],
        asn,
        gateway: { fourOctetAs },
        peer: { ebgpRequiresPolicy: false },
      })
      await lab.untilEstablished()
    })
    after(async function () {
      await lab?.stop(this.test?.parent)
    })

    it('brings the whole path, and sees ours', async () => {
      const agent = await lab.agent('compute-1')
      agent.subscribe(PUBLIC_VRF, 3)
      agent.publish({ vrf: PUBLIC_VRF, prefix: '101.101.101.9/32', label: 38, encapsulations: ['gre'] })
      await lab.gatewayShows('has the floating IP', '101.101.101.9/32', ([got]) => got?.asPath === '64512')
      await lab.gateway.originate('inet-vpn', route, ` as-path [ ${path} ]`)
      await until('the agent has the route', () => agent.routes(PUBLIC_VRF).has(route.prefix))
      const table = lab.node.daemon.rib.tableNamed('bgp.l3vpn.0')!
      const viewer = new RouteViewer(lab.node.daemon)
      const paths: string[] = []
      for (let row = 1; row < table.routes.rowCount; row++) {
        const view = viewer.view(table, row, () => true)
        if (view?.prefix === route.prefix) paths.push(...view.paths.map(({ asPath }) => asPath))
      }
      expect(paths).to.deep.equal([path])
    })
  })
}
