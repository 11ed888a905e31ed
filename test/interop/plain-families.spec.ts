import { expect } from 'chai'
import { eventually, until } from '../support/peers/eventually.ts'
import type { PlainFamily } from '../support/peers/gateway.ts'
import { Circle } from './circle.ts'
import { allKinds, needs } from './lab.ts'

describe('plain IPv4 and IPv6 routes between GoBGP, FRR, BIRD and ExaBGP (RFC 4271, RFC 4760)', () => {
  let circle: Circle

  before(async function () {
    for (const kind of allKinds) needs(this, kind)
    circle = await Circle.start(
      allKinds.map((kind) => ({ kind })),
      { families: ['inet', 'inet6'] },
    )
    await circle.join({ networks: [] })
  })
  after(async function () {
    await circle?.stop(this.test?.parent)
  })

  const routesOf = (index: number) => ({
    inet: { prefix: `198.51.${100 + index}.0/24`, nextHop: `192.0.2.${1 + index}` },
    inet6: { prefix: `2001:db8:${100 + index}::/48`, nextHop: `2001:db8:a::${1 + index}` },
  })

  for (const [index, kind] of allKinds.entries()) {
    for (const family of ['inet', 'inet6'] as const satisfies readonly PlainFamily[]) {
      it(`an ${family} route of ${kind.name} comes to the other three with its next hop, and goes`, async () => {
        const route = routesOf(index)[family]
        const sender = circle.gateway(kind.name)
        const receivers = circle.gateways.filter((each) => each !== sender)
        await sender.originatePlain(family, route)
        for (const receiver of receivers) {
          const got = await eventually(`${receiver.name} has the route`, async () =>
            (await receiver.receivedPlain(family)).find(({ prefix }) => prefix === route.prefix),
          )
          expect(got, receiver.name).to.deep.equal(route)
        }
        expect(await sender.receivedPlain(family)).to.deep.equal([])
        await sender.withdrawPlain(family, route)
        for (const receiver of receivers) {
          await until(
            `${receiver.name} has lost it`,
            async () => (await receiver.receivedPlain(family)).length === 0,
          )
        }
      })
    }
  }
})
