import { expect } from 'chai'
import { eventually, until } from '../support/peers/eventually.ts'
import { freePort } from '../../control/free-port.ts'
import type { Gateway, OriginatedRoute } from '../support/peers/gateway.ts'
import { HEDDLE_ADDRESS, HEDDLE_ASN, HeddleNode, type PeerSpec } from '../support/peers/heddle-node.ts'
import { allKinds, needs, PUBLIC_TARGET } from './lab.ts'

describe('heddle as a route reflector between GoBGP, FRR, BIRD and ExaBGP (RFC 4456)', () => {
  const gateways: Gateway[] = []
  let node: HeddleNode

  before(async function () {
    for (const kind of allKinds) needs(this, kind)
    const bgpPort = await freePort(HEDDLE_ADDRESS)
    const peers: PeerSpec[] = []
    for (const [index, kind] of allKinds.entries()) {
      const address = `127.0.0.${41 + index}`
      const port = await freePort(address)
      const families = ['inet-vpn', 'inet6-vpn'] as const
      const gateway = kind.make({
        address,
        port,
        asn: HEDDLE_ASN,
        routerId: `192.0.2.${1 + index}`,
        neighbor: { address: HEDDLE_ADDRESS, port: bgpPort, asn: HEDDLE_ASN },
        families,
        passive: true,
      })
      gateways.push(gateway)
      await gateway.start()
      // FRR always offers to receive several paths of a route; the others are not asked here.
      const addPath = { send: 'all' }
      const name = kind.name.toLowerCase()
      peers.push({ name, address, port, families, routeReflectorClient: true, addPath })
    }
    node = await HeddleNode.start({ peers, networks: [] }, bgpPort)
    for (const { name } of peers) await node.untilEstablished(name)
  })
  after(async function () {
    const failed = this.test?.parent?.tests.some((test) => test.state === 'failed') ?? true
    await node?.stop()
    for (const gateway of gateways) {
      await gateway.stop()
      gateway.dispose(failed)
    }
  })

  for (const [index, kind] of allKinds.entries()) {
    it(`passes a route of ${kind.name} to the other three, next hop, label and targets untouched`, async () => {
      const route: OriginatedRoute = {
        rd: `192.0.2.${1 + index}:7`,
        prefix: `198.51.${100 + index}.0/24`,
        label: 700 + index,
        nextHop: `192.0.2.${1 + index}`,
        routeTargets: [PUBLIC_TARGET],
      }
      const sender = gateways[index]!
      await sender.originate('inet-vpn', route)
      for (const receiver of gateways.filter((each) => each !== sender)) {
        const got = await eventually(`${receiver.name} has the route`, async () =>
          (await receiver.received('inet-vpn')).find((each) => each.prefix === route.prefix),
        )
        expect(got, receiver.name).to.deep.include({ ...route, routeTargets: [...route.routeTargets] })
      }
      // Never back to the one who sent it (RFC 4456 §6).
      expect(
        (await sender.received('inet-vpn')).filter((each) => each.prefix === route.prefix),
      ).to.deep.equal([])
      await sender.withdraw('inet-vpn', route)
      for (const receiver of gateways.filter((each) => each !== sender)) {
        await until(`${receiver.name} has lost it`, async () =>
          (await receiver.received('inet-vpn')).every((each) => each.prefix !== route.prefix),
        )
      }
    })
  }

  it('passes the routes of two gateways under one RD to a client that takes several paths (RFC 7911)', async () => {
    const senders = gateways.filter(({ name }) => name === 'GoBGP' || name === 'BIRD')
    const receiver = gateways.find(({ name }) => name === 'FRR')!
    const routes = senders.map((_, i): OriginatedRoute => ({
      rd: '192.0.2.9:9',
      prefix: '198.51.109.0/24',
      label: 900 + i,
      nextHop: `192.0.2.${91 + i}`,
      routeTargets: [PUBLIC_TARGET],
    }))
    const shows = async (...wanted: readonly OriginatedRoute[]): Promise<void> => {
      const expected = wanted.map(({ nextHop, label }) => `${nextHop} ${label}`).join()
      await until(`FRR has ${expected}`, async () => {
        const got = (await receiver.received('inet-vpn')).filter(({ rd }) => rd === '192.0.2.9:9')
        return (
          got
            .map(({ nextHop, label }) => `${nextHop} ${label}`)
            .sort()
            .join() === expected
        )
      })
    }
    for (const [i, sender] of senders.entries()) await sender.originate('inet-vpn', routes[i]!)
    await shows(...routes)
    await senders[0]!.withdraw('inet-vpn', routes[0]!)
    await shows(routes[1]!)
    await senders[1]!.withdraw('inet-vpn', routes[1]!)
    await shows()
  })
})
