/** AS_PATHs that a gateway in another AS makes up, which only ExaBGP does on command. */
import { expect } from 'chai'
import { until } from '../support/peers/eventually.ts'
import type { ExaBgp } from '../support/peers/exabgp.ts'
import type { PeerSpec } from '../support/peers/heddle-node.ts'
import { exabgp, Lab, needs, PUBLIC_TARGET, PUBLIC_VRF } from './lab.ts'

const GATEWAY_AS = 65001

/** Prefix → AS_PATH; heddle is AS 64512. */
const paths = {
  '198.51.100.0/28': '65001 65009',
  '198.51.100.16/28': '65001 64512 65009',
  '198.51.100.32/28': '65001 64512 64512 65009',
  '198.51.100.48/28': '65009 65001',
} as const
const [plain, once, twice, strange] = Object.keys(paths) as (keyof typeof paths)[]

describe('AS_PATHs of ExaBGP over eBGP (RFC 4271)', () => {
  let lab: Lab<ExaBgp>

  before(async function () {
    needs(this, exabgp)
    lab = await Lab.start(exabgp, {
      address: '127.0.0.41',
      families: ['inet-vpn'],
      asn: GATEWAY_AS,
      peer: { ebgpRequiresPolicy: false },
    })
    await lab.untilEstablished()
    const agent = await lab.agent('compute-1')
    agent.subscribe(PUBLIC_VRF, 3)
    for (const [i, [prefix, path]] of Object.entries(paths).entries()) {
      const route = {
        rd: '192.0.2.1:7',
        prefix,
        label: 777 + i,
        nextHop: '192.0.2.1',
        routeTargets: [PUBLIC_TARGET],
      }
      await lab.gateway.originate('inet-vpn', route, ` as-path [ ${path} ]`)
    }
  })
  after(async function () {
    await lab?.stop(this.test?.parent)
  })

  async function untilUsed(...prefixes: string[]): Promise<void> {
    const agent = await lab.agent('compute-1')
    const used = (): string[] => [...agent.routes(PUBLIC_VRF).keys()].toSorted()
    await until(
      `the agent has ${prefixes.length} routes`,
      () => used().join() === prefixes.toSorted().join(),
      { seen: used },
    )
  }

  async function configure(peer: Partial<PeerSpec>): Promise<void> {
    const { address, port } = lab.gateway.options
    const base = { name: 'gw', address, port, autonomousSystem: GATEWAY_AS, families: ['inet-vpn'] }
    await lab.node.change({ peers: [{ ...base, ebgpRequiresPolicy: false, ...peer }] })
    expect(lab.node.counter('gw', 'sessionsDown')).to.equal(0)
  }

  it('with our AS are loops, unless allowOwnAS lets in as many (§9.1.2)', async () => {
    await untilUsed(plain!, strange!)
    await configure({ allowOwnAS: 1 })
    await untilUsed(plain!, once!, strange!)
    await configure({ allowOwnAS: 2 })
    await untilUsed(plain!, once!, twice!, strange!)
    await configure({})
    await untilUsed(plain!, strange!)
  })

  it("have to begin with the gateway's AS where enforceFirstAS says so (§6.3)", async () => {
    await configure({ enforceFirstAS: true })
    await untilUsed(plain!)
    await configure({})
    await untilUsed(plain!, strange!)
  })
})
