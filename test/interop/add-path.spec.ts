import { expect } from 'chai'
import type { Family } from '../../rib/model/family.ts'
import { parseFamily } from '../../rib/model/family.ts'
import { parseIpAddress } from '../../rib/model/ip-address.ts'
import { peerAt, TestNode } from '../bgp/session/nodes.ts'
import { until } from '../support/peers/eventually.ts'
import { freePort } from '../../control/free-port.ts'
import { reflectorKinds } from '../support/peers/path-reflector.ts'
import type { PathReflector, ReflectedFamily } from '../support/peers/path-reflector.ts'
import { needs } from './lab.ts'

const REFLECTOR = '127.0.0.13'
const prefixes = { inet: '198.51.100.0/24', inet6: '2001:db8:77::/48' }

interface Sample {
  readonly prefix: string
  readonly route: string
  readonly nextHops: readonly string[]
  readonly hasLabel: boolean
}

function sampleOf(family: ReflectedFamily): Sample {
  const prefix = family.startsWith('inet6') ? prefixes.inet6 : prefixes.inet
  const isVpn = family.endsWith('-vpn')
  return {
    prefix,
    route: isVpn ? `192.0.2.1:7:${prefix}` : prefix,
    nextHops: [1, 2, 3].map((n) => (family.startsWith('inet6') ? `2001:db8:a::${n}` : `192.0.2.${20 + n}`)),
    hasLabel: isVpn,
  }
}

for (const kind of reflectorKinds) {
  describe(`several paths of a route through ${kind.name}, both ways (RFC 7911)`, () => {
    const nodes: TestNode[] = []
    let reflector: PathReflector
    let left: TestNode
    let right: TestNode

    before(async function () {
      needs(this, kind)
      for (const address of ['127.0.0.11', '127.0.0.12']) nodes.push(await TestNode.start({ address }))
      ;[left, right] = nodes as [TestNode, TestNode]
      const port = await freePort(REFLECTOR)
      reflector = kind.make({ address: REFLECTOR, port, clients: nodes })
      await reflector.start()
      for (const node of nodes) {
        node.speaker.setPeers([
          peerAt(
            'rr',
            { address: REFLECTOR, port },
            {
              families: kind.families.map((name) => parseFamily(name)!),
              localAddress: parseIpAddress(node.address)!,
              addPath: { receive: true, send: 'all' },
            },
          ),
        ])
        await until(`${node.address} has its session`, () => node.isEstablished('rr'), {
          seen: () => node.peer('rr').lastError,
        })
      }
    })
    after(async function () {
      const failed = this.test?.parent?.tests.some((test) => test.state === 'failed') ?? true
      for (const node of nodes) await node.speaker.close()
      await reflector?.stop(failed)
    })

    it('are agreed on in every family', () => {
      for (const node of nodes) {
        expect(node.peer('rr').addPath).to.deep.equal({ receives: kind.families, sends: kind.families })
      }
    })

    for (const name of kind.families) {
      it(`arrive with their own next hop and label, and come and go one by one: ${name}`, async () => {
        const family: Family = parseFamily(name)!
        const { prefix, route, nextHops, hasLabel } = sampleOf(name)
        const announce = (n: number): void =>
          left.announcePath(route, n, { nextHop: parseIpAddress(nextHops[n]!)! }, family)
        const shows = async (...numbers: number[]): Promise<void> => {
          const wanted = numbers.map((n) => nextHops[n]!)
          let seen: unknown
          await until(
            `${kind.name} has paths ${numbers.join()} of ${route}`,
            async () => {
              const hops = await reflector.nextHops(name, left.address, prefix)
              seen = hops
              return hops.join() === wanted.join()
            },
            { seen: () => seen },
          )
          const expected = numbers.map((n) => `${nextHops[n]!} ${hasLabel ? 100 + n : 0}`)
          await until(
            `they come back as paths ${numbers.join()}`,
            () => right.paths(route, family).join() === expected.join(),
            { seen: () => right.paths(route, family) },
          )
        }
        for (const n of [0, 1]) announce(n)
        await shows(0, 1)
        announce(2)
        await shows(0, 1, 2)
        left.withdraw(route, family, 0)
        await shows(1, 2)
        left.withdraw(route, family, 2)
        await shows(1)
        left.withdraw(route, family, 1)
        await shows()
        expect(left.peer('rr').errors).to.deep.equal({})
        expect(right.peer('rr').errors).to.deep.equal({})
      })
    }
  })
}
