import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { loadConfig, parseConfig } from '../../../control/config/load.ts'
import { controlNode, document, hintsOf, messagesOf, network, problemsOf } from './config-text.ts'

const port = (spec: string, name = 'web'): string => document('Port', `name: ${name}, namespace: p`, spec)
const pool = (spec: string): string => document('FloatingIPPool', 'name: pool, namespace: p', spec)
const floatingIp = (spec: string): string => document('FloatingIP', 'name: fip, namespace: p', spec)
const connection = (spec: string): string => document('NetworkConnection', 'name: c, namespace: p', spec)
const node = (name: string, spec: string): string => document('ComputeNode', `name: ${name}`, spec)
const peer = (name: string, spec: string): string => document('BGPPeer', `name: ${name}`, spec)

describe('references between documents', () => {
  it('must lead somewhere, and suggest where', () => {
    const texts = [
      controlNode,
      network('public'),
      node('compute-1', 'address: 192.0.2.21'),
      pool('virtualNetwork: pubic'),
      port('virtualNetwork: public\naddresses: [10.0.0.3]\nnode: compute1'),
      floatingIp('pool: poool\nports: [web, wbe]'),
      connection('networks: [public, other]'),
    ]
    expect(messagesOf(...texts)).to.deep.equal([
      'there is no VirtualNetwork p/pubic',
      'there is no ComputeNode compute1',
      'there is no FloatingIPPool p/poool',
      'there is no Port p/wbe',
      'there is no VirtualNetwork p/other',
    ])
    expect(hintsOf(...texts)).to.deep.equal([
      'did you mean public?',
      'did you mean compute-1?',
      'did you mean pool?',
      'did you mean web?',
      'add a VirtualNetwork document of this name',
    ])
  })

  it('suggest by the name, not by a namespace that both share', () => {
    const inLong = (kind: string, spec: string): string =>
      document(kind, 'name: x, namespace: a-long-namespace', spec)
    const texts = [
      controlNode,
      network('public', '', 'a-long-namespace'),
      inLong('FloatingIPPool', 'virtualNetwork: blue'),
    ]
    expect(hintsOf(...texts)).to.deep.equal(['add a VirtualNetwork document of this name'])
  })

  it('find the same name in another namespace', () => {
    expect(
      hintsOf(controlNode, network('public', '', 'other'), pool('virtualNetwork: public')),
    ).to.deep.equal(['did you mean other/public? (another namespace is written before a slash)'])
    expect(
      messagesOf(controlNode, network('public', '', 'other'), pool('virtualNetwork: other/public')),
    ).to.deep.equal([])
  })

  it('to a document with problems of its own are no second problem', () => {
    const texts = [
      controlNode,
      network('public', 'subnets: [{cidr: nonsense}]'),
      pool('virtualNetwork: public'),
    ]
    expect(messagesOf(...texts)).to.deep.equal(['nonsense is not a prefix'])
  })

  it('are all reported where a slip breaks hundreds, and only the first of them are searched for', () => {
    const count = 300
    const ports = Array.from({ length: count }, (_, i) => `web-${i}`)
    const texts = [
      controlNode,
      network('public'),
      pool('virtualNetwork: public'),
      ...ports.map((name) => port('virtualNetwork: public\naddresses: [10.0.0.3]', name)),
      floatingIp(`pool: pool\nports: [${ports.map((name) => `x${name}`).join(', ')}]`),
    ]
    const hints = problemsOf(...texts).filter((problem) => problem.includes('there is no Port'))
    expect(hints).to.have.length(count)
    expect(hints.filter((problem) => problem.includes('did you mean'))).to.have.length(100)
  })

  it('without a namespace stay in the namespace of the document, default where it has none', () => {
    const inDefault = document('FloatingIPPool', 'name: pool', 'virtualNetwork: public')
    expect(messagesOf(controlNode, network('public', '', 'default'), inDefault)).to.deep.equal([])
    expect(messagesOf(controlNode, network('public', '', 'p'), inDefault)).to.deep.equal([
      'there is no VirtualNetwork default/public',
    ])
  })
})

describe('names of documents', () => {
  it('are there once per kind and namespace', () => {
    const texts = [controlNode, network('a'), network('a', '', 'q'), network('a')]
    expect(problemsOf(...texts)).to.deep.equal([
      '26:18 metadata.name VirtualNetwork p/a is there already | the first is at test.yaml:12',
    ])
  })

  it('include exactly one ControlNode', () => {
    expect(problemsOf(network('a'))).to.deep.equal([
      '1:1  there is no ControlNode document | add one with spec.autonomousSystem and spec.routerID',
    ])
    expect(messagesOf(controlNode, controlNode.replace('ctl1', 'ctl2'))).to.deep.equal([
      'a second ControlNode, beside ctl1',
    ])
    expect(messagesOf(controlNode, controlNode)).to.deep.equal(['ControlNode ctl1 is there already'])
  })
})

describe('consistency of documents', () => {
  it('wants a peer to have an address or a range', () => {
    expect(messagesOf(controlNode, peer('gw', 'autonomousSystem: 1'))).to.deep.equal(['address is missing'])
    expect(
      messagesOf(controlNode, peer('gw', 'address: 192.0.2.1\nrange: 192.0.2.0/24\nautonomousSystem: 1')),
    ).to.deep.equal(['a peer has an address or a range, not both'])
  })

  it('wants peers to have different addresses', () => {
    const spec = 'address: 192.0.2.1\nautonomousSystem: 64512'
    expect(messagesOf(controlNode, peer('a', spec), peer('b', `${spec}\nport: 1790`))).to.deep.equal([
      '192.0.2.1 is that of BGPPeer a already',
    ])
  })

  it('wants clients of the reflector in our AS (RFC 4456)', () => {
    const spec = 'address: 192.0.2.1\nautonomousSystem: 65001\nrouteReflectorClient: true'
    expect(messagesOf(controlNode, peer('a', spec))).to.have.length(1)
    expect(messagesOf(controlNode, peer('a', spec.replace('65001', '64512')))).to.deep.equal([])
  })

  it('wants localAddress in the family of address', () => {
    const spec = 'address: 192.0.2.1\nautonomousSystem: 1\nlocalAddress: ::1'
    expect(messagesOf(controlNode, peer('a', spec))).to.deep.equal([
      'localAddress and address are of different families',
    ])
  })

  it('keeps user targets out of the automatic range of our AS, in all three lists', () => {
    const targets =
      'routeTargets: {both: ["target:64512:8000000"], import: ["target:64512:16777215"], export: ["64512:8000001"]}'
    expect(messagesOf(controlNode, network('a', targets))).to.deep.equal([
      'target:64512:8000000 is in the range of automatic targets',
      'target:64512:16777215 is in the range of automatic targets',
      'target:64512:8000001 is in the range of automatic targets',
    ])
    expect(hintsOf(controlNode, network('a', targets))[0]).to.equal(
      'target:64512:8000000 and above belong to heddle; take a smaller number',
    )
    const free =
      'routeTargets: {both: ["target:64512:7999999", "target:64512:16777216", "target:64513:8000000"]}'
    expect(messagesOf(controlNode, network('a', free))).to.deep.equal([])
  })

  it('knows the automatic range of a 4-octet AS', () => {
    const wide = controlNode.replace('64512', '4200000000')
    const targets =
      'routeTargets: {both: ["target:4200000000:8000", "target:4200000000:7999", "target:4200000000:32769"]}'
    expect(messagesOf(wide, network('a', targets))).to.deep.equal([
      'target:4200000000:8000 is in the range of automatic targets',
    ])
  })

  it('checks targets even while the ControlNode document has another problem', () => {
    const broken = controlNode.replace('192.0.2.10', 'nonsense')
    const targets = 'routeTargets: {both: ["target:64512:8000000"]}'
    expect(messagesOf(broken, network('a', targets))).to.deep.equal([
      'nonsense is not an IP address',
      'target:64512:8000000 is in the range of automatic targets',
    ])
  })

  it('refuses a networkID of another network, and one beyond the range of a 4-octet AS', () => {
    expect(messagesOf(controlNode, network('a', 'networkID: 7'), network('b', 'networkID: 7'))).to.deep.equal(
      ['networkID 7 is that of p/a already'],
    )
    expect(
      messagesOf(controlNode, network('a', 'networkID: 65535'), network('b', 'networkID: 65536')),
    ).to.deep.equal(['networkID is at most 65535'])
    const wide = controlNode.replace('64512', '4200000000')
    expect(
      messagesOf(wide, network('a', 'networkID: 24769'), network('b', 'networkID: 24768')),
    ).to.deep.equal(['networkID is at most 24768 in AS 4200000000'])
  })

  it('refuses overlapping subnets of a network, and servers outside their subnet', () => {
    expect(
      messagesOf(controlNode, network('a', 'subnets: [{cidr: 10.0.0.0/8}, {cidr: 10.1.0.0/16}]')),
    ).to.deep.equal(['10.1.0.0/16 overlaps 10.0.0.0/8 of the same network'])
    const outside = 'subnets: [{cidr: 10.0.0.0/24, gateway: 10.0.1.1, dnsServer: ::1}]'
    expect(messagesOf(controlNode, network('a', outside))).to.deep.equal([
      '10.0.1.1 is outside 10.0.0.0/24',
      '::1 is outside 10.0.0.0/24',
    ])
    expect(messagesOf(controlNode, network('a'), network('b'))).to.deep.equal([])
  })

  it('refuses pools without addresses and ranges outside the subnets', () => {
    expect(messagesOf(controlNode, network('a', 'subnets: []'), pool('virtualNetwork: a'))).to.deep.equal([
      'network p/a has no subnet to take addresses from',
    ])
    expect(
      messagesOf(
        controlNode,
        network('a'),
        pool('virtualNetwork: a\nranges: [10.0.0.10-10.0.1.10, 10.0.0.1-10.0.0.9]'),
      ),
    ).to.deep.equal(['10.0.0.10-10.0.1.10 is in no subnet of network p/a'])
  })

  it('refuses port addresses outside the network, and taken ones', () => {
    const texts = [
      controlNode,
      network('a'),
      network('b'),
      port('virtualNetwork: a\naddresses: [10.0.0.3, 10.0.1.3]', 'one'),
      port('virtualNetwork: a\naddresses: [10.0.0.3]', 'two'),
      port('virtualNetwork: b\naddresses: [10.0.0.3]', 'three'),
    ]
    expect(messagesOf(...texts)).to.deep.equal([
      '10.0.1.3 is in no subnet of network p/a',
      '10.0.0.3 is that of Port p/one already',
    ])
  })

  it('refuses nodes that share an address and label ranges upside down', () => {
    expect(
      messagesOf(
        controlNode,
        node('a', 'address: 192.0.2.21'),
        node('b', 'address: 192.0.2.21\nlabels: {from: 2000, to: 1000}'),
      ),
    ).to.deep.equal(['192.0.2.21 is that of ComputeNode a already', 'the label range ends before it starts'])
    expect(
      messagesOf(controlNode, node('a', 'address: 192.0.2.21\nlabels: {from: 15, to: 1048576}')),
    ).to.deep.equal(['from is at least 16', 'to is at most 1048575'])
  })

  it('refuses a port or network listed twice', () => {
    const texts = [
      controlNode,
      network('a'),
      pool('virtualNetwork: a'),
      port('virtualNetwork: a\naddresses: [10.0.0.3]'),
    ]
    expect(messagesOf(...texts, floatingIp('pool: pool\nports: [web, p/web]'))).to.deep.equal([
      'p/web is listed twice',
    ])
    expect(messagesOf(controlNode, network('a'), connection('networks: [a, a]'))).to.deep.equal([
      'p/a is listed twice',
    ])
    expect(messagesOf(controlNode, network('a'), connection('networks: [a]'))).to.deep.equal([
      'networks needs at least 2',
    ])
  })
})

describe('loadConfig', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'heddle-config-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const write = (name: string, text: string | Uint8Array): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }

  it('joins several files and a folder, each file once', async () => {
    const first = write('10.yaml', controlNode)
    write('20.yml', network('a'))
    write(
      '30.json',
      JSON.stringify({
        apiVersion: 'heddle.dev/v1alpha1',
        kind: 'VirtualNetwork',
        metadata: { name: 'b' },
        spec: {},
      }),
    )
    write('.hidden.yaml', 'nonsense')
    write('notes.txt', 'nonsense')
    mkdirSync(join(folder, 'sub.yaml.d'))
    const loaded = await loadConfig([first, folder])
    expect(loaded.problems).to.deep.equal([])
    expect(loaded.documents!.networks.map(({ metadata }) => metadata.name)).to.deep.equal(['a', 'b'])
    expect(loaded.documentCount).to.equal(3)
  })

  it('reads a JSON list of documents, with places', () => {
    const text = JSON.stringify([{ apiVersion: 'heddle.dev/v1alpha1', kind: 'Nonsense' }, 7])
    const { problems } = parseConfig([{ file: 'a.json', text }])
    expect(problems.map(({ line, column }) => `${line}:${column}`)).to.deep.equal(['1:45', '1:57'])
  })

  it('names the file of each problem', async () => {
    const one = write('a.yaml', controlNode)
    const two = write('b.yaml', network('x', 'nonsense: 1'))
    const { problems, documents } = await loadConfig([one, two])
    expect(problems.map(({ file }) => file)).to.deep.equal([two])
    expect(documents).to.equal(undefined)
  })

  it('reports files that are missing, empty folders, and files that are not UTF-8', async () => {
    const bad = write('bad.yaml', Uint8Array.of(0xff, 0xfe, 0x80))
    mkdirSync(join(folder, 'empty'))
    const { problems } = await loadConfig([join(folder, 'nowhere.yaml'), join(folder, 'empty'), bad])
    expect(problems.map(({ message }) => message.replace(folder, ''))).to.have.members([
      '/nowhere.yaml does not exist',
      '/empty holds no *.yaml, *.yml or *.json file',
      '/bad.yaml is not UTF-8 text',
    ])
  })

  it('takes paths within ControlNode from the folder of the file', async () => {
    const file = write('a.yaml', controlNode.replace('/tmp/unused', './state'))
    const { documents } = await loadConfig([file])
    expect(documents!.controlNode.spec.stateDir).to.equal(join(folder, 'state'))
  })

  it('accepts the lab of fixtures/config', async () => {
    const { problems, documentCount } = await loadConfig(['fixtures/config/lab.yaml'])
    expect(problems).to.deep.equal([])
    expect(documentCount).to.equal(12)
  })
})
