import { expect } from 'chai'
import fc from 'fast-check'
import { desiredOf } from '../../../control/config/desired.ts'
import type { Desired } from '../../../control/config/desired.ts'
import { firstFree } from '../../../control/config/free-number.ts'
import { assignNetworkIndexes, noNetworkIndexes } from '../../../control/config/network-index.ts'
import type { NetworkIndexes } from '../../../control/config/network-index.ts'
import { Family } from '../../../rib/model/family.ts'
import { formatRouteTarget } from '../../../rib/model/route-target.ts'
import { controlNode, document, documentsOf, network } from './config-text.ts'

const peer = (spec: string, name = 'gw'): string => document('BGPPeer', `name: ${name}`, spec)
const connection = (name: string, networks: string): string =>
  document('NetworkConnection', `name: ${name}, namespace: p`, `networks: ${networks}`)

function targetsOf(desired: Desired, vrf: string): { import: string[]; export: string[] } {
  const instance = desired.instances.find(({ name }) => name === vrf)!
  return {
    import: instance.importTargets.map(formatRouteTarget),
    export: instance.exportTargets.map(formatRouteTarget),
  }
}

const vrf = (name: string): string => `default-domain:p:${name}:${name}`

describe('desiredOf: networks', () => {
  it('names the VRF domain:project:network:network and gives it its automatic target beside the configured ones', () => {
    const targets =
      'routeTargets: {both: ["target:64512:101"], import: ["target:1:1"], export: ["target:2:2"]}'
    const desired = desiredOf(documentsOf(controlNode, network('public', targets)), noNetworkIndexes)
    expect(desired.instances[0]).to.deep.include({
      name: 'default-domain:p:public:public',
      virtualNetwork: 'default-domain:p:public',
      vnIndex: 1,
    })
    expect(targetsOf(desired, vrf('public'))).to.deep.equal({
      import: ['target:1:1', 'target:64512:101', 'target:64512:8000001'],
      export: ['target:2:2', 'target:64512:101', 'target:64512:8000001'],
    })
  })

  it('joins connected networks by automatic and both-way targets, not by export-only or import-only ones', () => {
    const documents = documentsOf(
      controlNode,
      network('a', 'routeTargets: {both: ["target:1:1"], import: ["target:1:2"], export: ["target:1:3"]}'),
      network('b'),
      network('c'),
      connection('ab', '[a, b]'),
    )
    const desired = desiredOf(documents, noNetworkIndexes)
    expect(targetsOf(desired, vrf('b'))).to.deep.equal({
      import: ['target:1:1', 'target:64512:8000001', 'target:64512:8000002'],
      export: ['target:64512:8000002'],
    })
    expect(targetsOf(desired, vrf('a')).import).to.deep.equal([
      'target:1:1',
      'target:1:2',
      'target:64512:8000001',
      'target:64512:8000002',
    ])
    expect(targetsOf(desired, vrf('a')).export).to.not.include('target:64512:8000002')
    expect(targetsOf(desired, vrf('c')).import).to.deep.equal(['target:64512:8000003'])
  })

  it('makes every pair of a connection of three see each other, but not beyond a common neighbour', () => {
    const networks = ['a', 'b', 'c', 'd'].map((name) => network(name))
    const desired = desiredOf(
      documentsOf(controlNode, ...networks, connection('abc', '[a, b, c]'), connection('cd', '[c, d]')),
      noNetworkIndexes,
    )
    const connected = Object.fromEntries(desired.networks.map(({ name, connectedTo }) => [name, connectedTo]))
    expect(connected).to.deep.equal({
      a: ['p/b', 'p/c'],
      b: ['p/a', 'p/c'],
      c: ['p/a', 'p/b', 'p/d'],
      d: ['p/c'],
    })
    expect(targetsOf(desired, vrf('d')).import).to.deep.equal([
      'target:64512:8000003',
      'target:64512:8000004',
    ])
  })

  it('uses the automatic range of a 4-octet AS', () => {
    const desired = desiredOf(
      documentsOf(controlNode.replace('64512', '4200000000'), network('a')),
      noNetworkIndexes,
    )
    expect(targetsOf(desired, vrf('a')).export).to.deep.equal(['target:4200000000:8001'])
  })

  it('never renumbers a network because others come and go', () => {
    const first = desiredOf(documentsOf(controlNode, network('m'), network('z')), noNetworkIndexes)
    const second = desiredOf(
      documentsOf(controlNode, network('z'), network('a'), network('m')),
      first.networkIndexes,
    )
    expect(targetsOf(second, vrf('m'))).to.deep.equal(targetsOf(first, vrf('m')))
    expect(targetsOf(second, vrf('z'))).to.deep.equal(targetsOf(first, vrf('z')))
    expect(targetsOf(second, vrf('a')).export).to.deep.equal(['target:64512:8000003'])
  })

  it('does not depend on the order of documents', () => {
    const texts = [
      network('a'),
      network('b'),
      network('c'),
      connection('x', '[c, a]'),
      peer('address: 1.1.1.1\nautonomousSystem: 1'),
    ]
    const expected = desiredOf(documentsOf(controlNode, ...texts), noNetworkIndexes)
    fc.assert(
      fc.property(fc.shuffledSubarray(texts, { minLength: texts.length }), (shuffled) => {
        expect(desiredOf(documentsOf(controlNode, ...shuffled), noNetworkIndexes)).to.deep.equal(expected)
      }),
      { numRuns: 20 },
    )
  })
})

describe('desiredOf: the node and its peers', () => {
  it('gives a peer the defaults of the field', () => {
    const [config] = desiredOf(
      documentsOf(controlNode, peer('address: 192.0.2.1\nautonomousSystem: 64512')),
      noNetworkIndexes,
    ).peers
    expect(config).to.deep.equal({
      name: 'gw',
      address: Uint8Array.of(192, 0, 2, 1),
      range: undefined,
      port: 179,
      autonomousSystem: 64512,
      passive: false,
      families: [Family.inetVpn, Family.inet6Vpn, Family.routeTarget],
      routeReflectorClient: false,
      holdTimeSec: 90,
      ebgpRequiresPolicy: true,
      adminDown: false,
    })
  })

  it('reads the families in the spellings of the field, each once', () => {
    const [config] = desiredOf(
      documentsOf(
        controlNode,
        peer(
          'address: 192.0.2.1\nautonomousSystem: 1\nfamilies: [vpnv4, inet-vpn, l3vpn-ipv4-unicast, evpn]',
        ),
      ),
      noNetworkIndexes,
    ).peers
    expect(config!.families).to.deep.equal([Family.inetVpn, Family.evpn])
  })

  it('never dials into a range', () => {
    const [config] = desiredOf(
      documentsOf(controlNode, peer('range: 127.0.10.0/24\nautonomousSystem: 1')),
      noNetworkIndexes,
    ).peers
    expect(config).to.deep.include({ passive: true, address: undefined })
    expect(config!.range!.length).to.equal(24)
  })

  it('reflects with the configured cluster id, else with the identifier once there is a client (RFC 4456 §7)', () => {
    const clusterOf = (...texts: string[]): number | undefined =>
      desiredOf(documentsOf(...texts), noNetworkIndexes).controlNode.clusterId
    const client = peer('address: 192.0.2.1\nautonomousSystem: 64512\nrouteReflectorClient: true')
    expect(clusterOf(controlNode)).to.equal(undefined)
    expect(clusterOf(controlNode, client)).to.equal(0xc000020a)
    expect(clusterOf(controlNode.replace('stateDir', 'clusterID: 10.0.0.1\n  stateDir'), client)).to.equal(
      0x0a000001,
    )
  })

  it('listens where the field does unless told otherwise', () => {
    const { bgpListen, agentsListen, apiListen, agentHoldTimeSec, routerId } = desiredOf(
      documentsOf(controlNode),
      noNetworkIndexes,
    ).controlNode
    expect({ bgpListen, agentsListen, apiListen, agentHoldTimeSec, routerId }).to.deep.equal({
      bgpListen: [{ host: '0.0.0.0', port: 179 }],
      agentsListen: [{ host: '0.0.0.0', port: 5269 }],
      apiListen: [{ host: '127.0.0.1', port: 8083 }],
      agentHoldTimeSec: 90,
      routerId: 0xc000020a,
    })
  })
})

/** Networks without given numbers. */
const plain = (names: readonly string[]): Map<string, undefined> =>
  new Map(names.map((name) => [name, undefined]))

describe('assignNetworkIndexes', () => {
  const name = fc.constantFrom(...'abcdefgh'.split(''))
  const history = fc.array(fc.uniqueArray(name), { maxLength: 12 })

  it('gives every network one number of its own, and never changes it while the network stays', () => {
    fc.assert(
      fc.property(history, (steps) => {
        let indexes: NetworkIndexes = noNetworkIndexes
        for (const vrfs of steps) {
          const next = assignNetworkIndexes(plain(vrfs), indexes, 20).indexes
          expect([...next.byVrf.keys()].sort()).to.deep.equal([...vrfs].sort())
          expect(new Set(next.byVrf.values()).size).to.equal(vrfs.length)
          for (const [vrfKept, index] of indexes.byVrf) {
            if (vrfs.includes(vrfKept)) expect(next.byVrf.get(vrfKept)).to.equal(index)
          }
          indexes = next
        }
      }),
    )
  })

  it('does not give the number of a deleted network to the next one', () => {
    const first = assignNetworkIndexes(plain(['a', 'b']), noNetworkIndexes, 100).indexes
    const second = assignNetworkIndexes(plain(['a']), first, 100).indexes
    expect(assignNetworkIndexes(plain(['a', 'c']), second, 100).indexes.byVrf.get('c')).to.equal(3)
  })

  it('comes back to free numbers when the range is used up, and refuses when none is free', () => {
    const first = assignNetworkIndexes(plain(['a', 'b', 'c']), noNetworkIndexes, 3).indexes
    const second = assignNetworkIndexes(plain(['a', 'c']), first, 3).indexes
    const third = assignNetworkIndexes(plain(['a', 'c', 'd']), second, 3)
    expect(third.indexes.byVrf.get('d')).to.equal(2)
    expect(assignNetworkIndexes(plain(['a', 'c', 'd', 'e']), third.indexes, 3).refused).to.deep.equal(['e'])
  })

  it('takes the number that is given, even from a network that has it', () => {
    const first = assignNetworkIndexes(plain(['a', 'b']), noNetworkIndexes, 10).indexes
    const second = assignNetworkIndexes(
      new Map([
        ['a', undefined],
        ['b', undefined],
        ['c', 1],
      ]),
      first,
      10,
    ).indexes
    expect(Object.fromEntries(second.byVrf)).to.deep.equal({ c: 1, b: 2, a: 3 })
  })

  it('numbers anew what a damaged state numbered twice or beyond the range', () => {
    const damaged = {
      byVrf: new Map([
        ['a', 1],
        ['b', 1],
        ['c', 9],
      ]),
      next: 2,
    }
    const { byVrf } = assignNetworkIndexes(plain(['a', 'b', 'c']), damaged, 5).indexes
    expect([...byVrf.values()].sort()).to.deep.equal([1, 2, 3])
  })
})

describe('firstFree', () => {
  it('finds a free number exactly when there is one, from the start around the range', () => {
    fc.assert(
      fc.property(fc.nat(12), fc.uniqueArray(fc.integer({ min: 3, max: 12 })), (start, used) => {
        const range = { from: 3, to: 9 }
        const found = firstFree(start, new Set(used), range)
        const order = Array.from({ length: 7 }, (_, i) => 3 + ((Math.max(0, start - 3) + i) % 7))
        const from = start < 3 || start > 9 ? [3, 4, 5, 6, 7, 8, 9] : order
        expect(found).to.equal(from.find((number) => !used.includes(number)))
      }),
    )
  })
})
