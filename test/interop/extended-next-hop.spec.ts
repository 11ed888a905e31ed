import { expect } from 'chai'
import { Family } from '../../rib/model/family.ts'
import { formatIpAddress } from '../../rib/model/ip-address.ts'
import { parseRouteKey } from '../../rib/model/route-key.ts'
import { eventually } from '../support/peers/eventually.ts'
import { Circle } from './circle.ts'
import { allKinds, bird, exabgp, Lab, needs } from './lab.ts'

const LOOPBACK = '::1'
// ExaBGP offers it only beside the family of the next hop.
const families = ['inet', 'inet6'] as const
const ROUTE = { prefix: '198.51.100.0/24', nextHop: '2001:db8:a::1' }

for (const kind of allKinds) {
  describe(`IPv6 next hops of IPv4 routes with ${kind.name} (RFC 8950)`, () => {
    let lab: Lab

    before(async function () {
      needs(this, kind)
      lab = await Lab.start(kind, {
        address: LOOPBACK,
        neighborAddress: LOOPBACK,
        families,
        gateway: { extendedNextHop: true },
        peer: { localAddress: LOOPBACK, extendedNextHop: true },
      })
      await lab.untilEstablished()
    })
    after(async function () {
      await lab?.stop(this.test?.parent)
    })

    it('are offered by it, and a route of the gateway comes with the next hop it was given', async () => {
      expect(lab.node.daemon.peers()[0]!.capabilities.join('; ')).to.match(/extended-next-hop inet\b/)
      await lab.gateway.originatePlain('inet', ROUTE)
      const { rib } = lab.node.daemon
      const table = rib.master(Family.inet)!
      const path = await eventually(
        'heddle has the route',
        async () =>
          table.routes.firstPath(table.find(parseRouteKey(Family.inet, ROUTE.prefix)!, 0)) || undefined,
        { seen: () => lab.node.daemon.peers()[0] },
      )
      expect(formatIpAddress(rib.attrs.get(rib.paths.attrs(path)).nextHop)).to.equal(ROUTE.nextHop)
    })
  })
}

/** FRR and GoBGP offer it over IPv6 alone, where a machine has one loopback address; these two over IPv4, too. */
const reflected = [bird, exabgp] as const

describe('IPv6 next hops of IPv4 routes between BIRD and ExaBGP (RFC 8950)', () => {
  let circle: Circle

  before(async function () {
    for (const kind of reflected) needs(this, kind)
    circle = await Circle.start(
      reflected.map((kind) => ({ kind })),
      {
        families,
        firstAddress: 81,
        gateway: { extendedNextHop: true },
        peer: { extendedNextHop: true },
      },
    )
    await circle.join({ networks: [] })
  })
  after(async function () {
    await circle?.stop(this.test?.parent)
  })

  for (const [index, kind] of reflected.entries()) {
    it(`${kind.name} receives the other's route with the next hop it was given`, async () => {
      const receiver = circle.gateway(kind.name)
      const sender = circle.gateways.find((each) => each !== receiver)!
      const route = { prefix: `198.51.${100 + index}.0/24`, nextHop: `2001:db8:a::${1 + index}` }
      await sender.originatePlain('inet', route)
      const got = await eventually(`${receiver.name} has the route`, async () =>
        (await receiver.receivedPlain('inet')).find(({ prefix }) => prefix === route.prefix),
      )
      expect(got).to.deep.equal(route)
    })
  }
})
