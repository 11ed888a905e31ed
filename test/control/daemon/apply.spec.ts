import { expect } from 'chai'
import { isUnchanged } from '../../../control/apply-report.ts'
import { controlNode, document, network } from '../config/config-text.ts'
import {
  base,
  computeNode,
  floatingIp,
  Lab,
  nodes,
  pool,
  port,
  publicNetwork,
  web,
  webPublic,
} from './lab.ts'

const rd = (name: string, lab: Lab): number =>
  lab.applier.plan!.desired.networks.find((n) => n.name === name)!.index

describe('static mode', () => {
  it('announces the port in its VRF and the floating IP in the pool VRF, one label, the node as next hop (E3)', async () => {
    const lab = new Lab()
    const report = await lab.apply(...base, ...nodes, web('node: compute-1'), webPublic)
    expect(lab.take().sort()).to.deep.equal([
      `+ 192.0.2.21:${rd('blue', lab)}:10.1.1.3/32 label 1000 via 192.0.2.21`,
      `+ 192.0.2.21:${rd('public', lab)}:101.101.101.252/32 label 1000 via 192.0.2.21`,
    ])
    expect(
      lab.communitiesOf('bgp.l3vpn.0', `192.0.2.21:${rd('public', lab)}:101.101.101.252/32`),
    ).to.deep.equal([
      'target:64512:101',
      `target:64512:${8000000 + rd('public', lab)}`,
      'encapsulation:gre',
      'encapsulation:udp',
      `originvn:64512:${rd('public', lab)}`,
    ])
    expect(report).to.deep.include({
      instances: {
        added: ['default-domain:p:blue:blue', 'default-domain:p:public:public'],
        changed: [],
        removed: [],
      },
      floatingIps: { added: ['p/web-public'], changed: [], removed: [] },
      localPaths: { announced: 2, withdrawn: 0 },
      refused: [],
    })
  })

  it('pins the VRFs of its ports, so that their targets are asked for (RFC 4684), and lets go with the last', async () => {
    const lab = new Lab()
    const targets = (): number => lab.rib.tableNamed('bgp.rtarget.0')!.routeCount
    await lab.apply(...base, ...nodes)
    expect(targets()).to.equal(0)
    await lab.apply(...base, ...nodes, web('node: compute-1'), webPublic)
    expect(targets()).to.equal(3)
    await lab.apply(...base, ...nodes, web('node: compute-1'))
    expect(targets()).to.equal(1)
    await lab.apply(...base, ...nodes)
    expect(targets()).to.equal(0)
    expect([...lab.rib.sources.all()].map(({ name }) => name)).to.not.include('static:compute-1')
  })

  it('sends the new path of a port that moves before the old one goes (E6)', async () => {
    const lab = new Lab()
    await lab.apply(...base, ...nodes, web('node: compute-1'), webPublic)
    lab.take()
    const report = await lab.apply(...base, ...nodes, web('node: compute-2'), webPublic)
    const sent = lab.take()
    const fip = `${rd('public', lab)}:101.101.101.252/32`
    expect(sent).to.have.members([
      `+ 192.0.2.22:${rd('blue', lab)}:10.1.1.3/32 label 1000 via 192.0.2.22`,
      `+ 192.0.2.22:${fip} label 1000 via 192.0.2.22`,
      `- 192.0.2.21:${rd('blue', lab)}:10.1.1.3/32`,
      `- 192.0.2.21:${fip}`,
    ])
    expect(sent.findIndex((line) => line.startsWith(`+ 192.0.2.22:${fip}`))).to.be.lessThan(
      sent.indexOf(`- 192.0.2.21:${fip}`),
    )
    expect(report.localPaths).to.deep.equal({ announced: 2, withdrawn: 2 })
    expect(report.floatingIps).to.deep.equal({ added: [], changed: [], removed: [] })
  })

  it('gives a floating IP one path per port on different nodes (E8), and takes one away without touching the other', async () => {
    const lab = new Lab()
    const db = port('db', 'virtualNetwork: blue\naddresses: [10.1.1.4]\nnode: compute-2')
    const both = floatingIp('web-public', 'pool: pool\nports: [web, db]')
    await lab.apply(...base, ...nodes, web('node: compute-1'), db, both)
    const fip = `${rd('public', lab)}:101.101.101.252/32`
    expect(
      lab
        .take()
        .filter((line) => line.includes(fip))
        .sort(),
    ).to.deep.equal([
      `+ 192.0.2.21:${fip} label 1000 via 192.0.2.21`,
      `+ 192.0.2.22:${fip} label 1000 via 192.0.2.22`,
    ])
    await lab.apply(...base, ...nodes, web('node: compute-1'), db, webPublic)
    expect(lab.take()).to.deep.equal([`- 192.0.2.22:${fip}`])
  })

  it('keeps the address of a floating IP whose port is gone, and withdraws the route (E7)', async () => {
    const lab = new Lab()
    await lab.apply(...base, ...nodes, web('node: compute-1'), webPublic)
    lab.take()
    await lab.apply(...base, ...nodes, web('node: compute-1'), floatingIp('web-public', 'pool: pool'))
    expect(lab.take()).to.deep.equal([`- 192.0.2.21:${rd('public', lab)}:101.101.101.252/32`])
    expect(lab.statuses()[0]).to.deep.include({
      state: 'allocated',
      reason: 'Unassociated',
      address: '101.101.101.252',
    })
  })

  it('announces IPv6 addresses of a port, with the RD of the IPv4 node', async () => {
    const lab = new Lab()
    await lab.apply(
      ...base,
      ...nodes,
      port('web', 'virtualNetwork: blue\naddresses: [10.1.1.3, "2001:db8::3"]\nnode: compute-1'),
    )
    expect(lab.take()).to.include(`+ 192.0.2.21:${rd('blue', lab)}:2001:db8::3/128 label 1000 via 192.0.2.21`)
  })

  it('changes encapsulations of a node in place', async () => {
    const lab = new Lab()
    const texts = [...base, web('node: compute-1')]
    await lab.apply(...texts, ...nodes)
    lab.take()
    await lab.apply(...texts, computeNode('compute-1', '192.0.2.21', 'encapsulations: [udp]'), nodes[1]!)
    expect(lab.take()).to.have.length(1)
    expect(lab.communitiesOf('bgp.l3vpn.0', `192.0.2.21:${rd('blue', lab)}:10.1.1.3/32`)).to.include(
      'encapsulation:udp',
    )
    expect(lab.communitiesOf('bgp.l3vpn.0', `192.0.2.21:${rd('blue', lab)}:10.1.1.3/32`)).to.not.include(
      'encapsulation:gre',
    )
  })

  it('announces again under the new address when a node changes it', async () => {
    const lab = new Lab()
    const texts = [...base, web('node: compute-1')]
    await lab.apply(...texts, computeNode('compute-1', '192.0.2.21'))
    lab.take()
    await lab.apply(...texts, computeNode('compute-1', '192.0.2.77'))
    expect(lab.take()).to.deep.equal([
      `+ 192.0.2.77:${rd('blue', lab)}:10.1.1.3/32 label 1000 via 192.0.2.77`,
      `- 192.0.2.21:${rd('blue', lab)}:10.1.1.3/32`,
    ])
  })
})

describe('applying a configuration', () => {
  const all = [...base, ...nodes, web('node: compute-1'), webPublic]

  it('twice changes nothing', async () => {
    const lab = new Lab()
    await lab.apply(...all)
    lab.take()
    const report = await lab.apply(...all)
    expect(isUnchanged({ ...report, needsRestart: [] })).to.equal(true)
    expect(lab.take()).to.deep.equal([])
  })

  it('saves the state before anything is announced, and changes nothing when that fails', async () => {
    const lab = new Lab()
    await lab.apply(...base)
    lab.saveFails = true
    const error = await lab.apply(...all).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(String(error)).to.equal('Error: disk full')
    expect(lab.take()).to.deep.equal([])
    expect(lab.applier.plan!.desired.ports).to.deep.equal([])
    lab.saveFails = false
    await lab.apply(...all)
    expect(lab.take()).to.have.length(2)
  })

  it('after a restart gives the same targets, labels and addresses, whatever was added meanwhile', async () => {
    const first = new Lab()
    await first.apply(...all)
    const before = first.take().sort()
    const second = new Lab(first.saved.at(-1)!)
    const more = [
      network('aaa'),
      port('aaa', 'virtualNetwork: blue\naddresses: [10.1.1.9]\nnode: compute-1'),
      floatingIp('aaa', 'pool: pool'),
    ]
    await second.apply(...all, ...more)
    expect(second.take()).to.include.members(before)
  })

  it('changes route targets of a VRF without touching its label or next hop (E9)', async () => {
    const lab = new Lab()
    await lab.apply(...all)
    lab.take()
    const report = await lab.apply(...all.map((text) => text.replace('target:64512:101', 'target:64512:102')))
    expect(report.instances).to.deep.equal({
      added: [],
      changed: ['default-domain:p:public:public'],
      removed: [],
    })
    const key = `192.0.2.21:${rd('public', lab)}:101.101.101.252/32`
    expect(lab.take()).to.deep.equal([`+ ${key} label 1000 via 192.0.2.21`])
    expect(lab.communitiesOf('bgp.l3vpn.0', key)).to.include('target:64512:102')
    expect(lab.communitiesOf('bgp.l3vpn.0', key)).to.not.include('target:64512:101')
  })

  it('joins networks both ways when a connection appears, and parts them when it goes', async () => {
    const lab = new Lab()
    const green = [
      network('green', 'subnets: [{cidr: 10.1.2.0/24}]'),
      port('db', 'virtualNetwork: green\naddresses: [10.1.2.4]\nnode: compute-2'),
    ]
    const connection = document('NetworkConnection', 'name: c, namespace: p', 'networks: [blue, green]')
    const routes = (name: string): number =>
      lab.rib.tableNamed(`default-domain:p:${name}:${name}.inet.0`)!.routeCount
    await lab.apply(...all, ...green)
    expect([routes('blue'), routes('green'), routes('public')]).to.deep.equal([1, 1, 1])
    await lab.apply(...all, ...green, connection)
    expect([routes('blue'), routes('green'), routes('public')]).to.deep.equal([2, 2, 1])
    await lab.apply(...all, ...green)
    expect([routes('blue'), routes('green'), routes('public')]).to.deep.equal([1, 1, 1])
  })

  it('removes a network with all that is in it, and takes it back', async () => {
    const lab = new Lab()
    await lab.apply(...all)
    lab.take()
    const report = await lab.apply(controlNode, publicNetwork, pool, ...nodes)
    expect(report.instances.removed).to.deep.equal(['default-domain:p:blue:blue'])
    expect(report.floatingIps.removed).to.deep.equal(['p/web-public'])
    expect(lab.take()).to.have.length(2)
    expect(lab.rib.tableNamed('default-domain:p:blue:blue.inet.0')).to.equal(undefined)
    await lab.apply(...all)
    expect(lab.take().filter((line) => line.startsWith('+'))).to.have.length(2)
  })

  it('reports every refusal', async () => {
    const lab = new Lab()
    const narrow = computeNode('compute-1', '192.0.2.21').replace('to: 1999', 'to: 1000')
    const report = await lab.apply(
      ...base,
      narrow,
      web('node: compute-1'),
      port('db', 'virtualNetwork: blue\naddresses: [10.1.1.4]\nnode: compute-1'),
      floatingIp('out', 'pool: pool\naddress: 10.9.9.9'),
    )
    expect(report.refused.map(({ name, reason }) => `${name} ${reason}`)).to.deep.equal([
      'p/out AddressOutsidePool',
      'p/web LabelsExhausted',
    ])
  })
})

describe('status of a floating IP', () => {
  const statusOf = async (hasAgentPath: boolean, ...texts: string[]) => {
    const lab = new Lab()
    await lab.apply(...base, ...nodes, ...texts)
    const { name, pool: poolName, network: networkName, vrf, ...rest } = lab.statuses(hasAgentPath)[0]!
    expect([name, poolName]).to.deep.equal(['p/web-public', 'p/pool'])
    expect([networkName, vrf]).to.deep.equal(['p/public', 'default-domain:p:public:public'])
    return rest
  }
  const ports = [{ name: 'p/web', node: 'compute-1', nextHop: '192.0.2.21', label: 1000 }]

  it('is advertised by a static path', async () => {
    expect(await statusOf(false, web('node: compute-1'), webPublic)).to.deep.equal({
      address: '101.101.101.252',
      ports,
      state: 'advertised',
    })
  })

  it('is advertised by what an agent reports, and has no path until one does', async () => {
    expect((await statusOf(true, web(''), webPublic)).state).to.equal('advertised')
    expect(await statusOf(false, web(''), webPublic)).to.deep.equal({
      address: '101.101.101.252',
      ports: [{ name: 'p/web' }],
      state: 'allocated',
      reason: 'NoPath',
      problem: 'port p/web sits on no ComputeNode, and no agent reports 101.101.101.252',
    })
  })

  it('names the refusal of the address', async () => {
    const taken = floatingIp('web-public', 'pool: pool\naddress: 101.101.101.254\nports: [web]')
    expect(await statusOf(false, web('node: compute-1'), taken)).to.deep.equal({
      ports,
      state: 'failed',
      reason: 'AddressReserved',
      problem: '101.101.101.254 is the gateway of network p/public',
    })
  })

  it('says when a port has no address of its family', async () => {
    const six = port('web', 'virtualNetwork: blue\naddresses: ["2001:db8::3"]\nnode: compute-1')
    expect(await statusOf(false, six, webPublic)).to.deep.include({
      state: 'allocated',
      reason: 'FamilyMismatch',
    })
  })

  it('says when the node has no label left', async () => {
    const lab = new Lab()
    const narrow = computeNode('compute-1', '192.0.2.21').replace('to: 1999', 'to: 1000')
    const first = port('aaa', 'virtualNetwork: blue\naddresses: [10.1.1.4]\nnode: compute-1')
    await lab.apply(...base, narrow, first, web('node: compute-1'), webPublic)
    expect(lab.statuses()[0]).to.deep.include({
      state: 'allocated',
      reason: 'LabelsExhausted',
      problem: 'node compute-1 has no label left for port p/web',
    })
  })
})
