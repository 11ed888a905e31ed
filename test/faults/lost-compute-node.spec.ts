/** The same for ports in static mode: their next hop is gone when its ComputeNode document is. */
import { expect } from 'chai'
import { base, computeNode, floatingIp, Lab, nodes, port } from '../control/daemon/lab.ts'

const PORTS = 200

describe('a compute node that is taken out of the configuration', () => {
  it('takes every route of its ports and their floating IPs along, and nothing of other nodes', async () => {
    const lab = new Lab()
    const portOn = (i: number, node: string): string =>
      port(`web-${i}`, `virtualNetwork: blue\naddresses: [10.1.1.${i + 3}]\n${node}`)
    const ports = Array.from({ length: PORTS }, (_, i) =>
      portOn(i, i === 0 ? 'node: compute-2' : 'node: compute-1'),
    )
    const ips = Array.from({ length: PORTS }, (_, i) =>
      floatingIp(`fip-${i}`, `pool: pool\nports: [web-${i}]`),
    )
    await lab.apply(...base, ...nodes, ...ports, ...ips)
    expect(lab.take().filter((line) => line.startsWith('+ 192.0.2.21:'))).to.have.length(2 * (PORTS - 1))
    const orphans = Array.from({ length: PORTS }, (_, i) => portOn(i, i === 0 ? 'node: compute-2' : ''))
    await lab.apply(...base, computeNode('compute-2', '192.0.2.22'), ...orphans, ...ips)
    const sent = lab.take()
    expect(sent).to.have.length(2 * (PORTS - 1))
    expect(sent.filter((line) => !line.startsWith('- 192.0.2.21:'))).to.deep.equal([])
  })
})
