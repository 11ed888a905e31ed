import { expect } from 'chai'
import { eventually, until } from '../support/peers/eventually.ts'
import { Circle } from './circle.ts'
import { allKinds, bird, exabgp, gobgp, needs } from './lab.ts'

const FAMILY = 'inet-labeled'

describe('labelled unicast between GoBGP, FRR, BIRD and ExaBGP (RFC 8277)', () => {
  let circle: Circle

  before(async function () {
    for (const kind of allKinds) needs(this, kind)
    circle = await Circle.start(
      allKinds.map((kind) => ({ kind })),
      { families: [FAMILY], firstAddress: 71 },
    )
    await circle.join({ networks: [] })
  })
  after(async function () {
    await circle?.stop(this.test?.parent)
  })

  // FRR sends a route of its own once zebra has given it a label, and here there is no zebra: it receives only.
  for (const [index, kind] of [gobgp, bird, exabgp].entries()) {
    it(`a labelled route of ${kind.name} comes to the other three with label and next hop, and goes`, async () => {
      const route = {
        prefix: `198.51.${100 + index}.0/24`,
        nextHop: `192.0.2.${1 + index}`,
        label: 700 + index,
      }
      const sender = circle.gateway(kind.name)
      const receivers = circle.gateways.filter((each) => each !== sender)
      await sender.originatePlain(FAMILY, route)
      for (const receiver of receivers) {
        const got = await eventually(`${receiver.name} has the route`, async () =>
          (await receiver.receivedPlain(FAMILY)).find(({ prefix }) => prefix === route.prefix),
        )
        expect(got, receiver.name).to.deep.equal(route)
      }
      expect(await sender.receivedPlain(FAMILY)).to.deep.equal([])
      await sender.withdrawPlain(FAMILY, route)
      for (const receiver of receivers) {
        await until(
          `${receiver.name} has lost it`,
          async () => (await receiver.receivedPlain(FAMILY)).length === 0,
        )
      }
    })
  }
})
