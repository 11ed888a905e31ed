import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import type { PeerConfig } from '../../../bgp/session/peer-config.ts'
import { md5Option, ttlOption } from '../../../bgp/session/kernel-options.ts'
import {
  isSocketFault,
  loadSystemCalls,
  NO_BACK_END,
  socketOptions,
  socketOptionsOver,
} from '../../../bgp/session/native-sockets.ts'
import { Secret } from '../../../bgp/session/secret.ts'
import { isProtected } from '../../../bgp/session/socket-settings.ts'
import { tcp } from '../../../bgp/session/transport.ts'
import type { Transport } from '../../../bgp/session/transport.ts'
import { silentLog } from '../../../rib/log.ts'
import { Family } from '../../../rib/model/family.ts'
import { parsePrefix } from '../../../rib/model/route-key.ts'
import { rounds, until } from '../../support/until.ts'
import { peerAt, TestNode } from './nodes.ts'
import { ScriptedPeer } from './scripted-peer.ts'

/** The kernel's count of segments dropped for a missing or a wrong signature, or for their TTL. */
function dropped(...names: string[]): number {
  const [titles, values] = readFileSync('/proc/net/netstat', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('TcpExt:'))
    .map((line) => line.split(' '))
  return names.reduce((sum, name) => sum + Number(values![titles!.indexOf(name)]), 0)
}

const secret = (text: string): Secret => new Secret(new TextEncoder().encode(text), text)
const refusedSignatures = (): number => dropped('TCPMD5NotFound', 'TCPMD5Unexpected', 'TCPMD5Failure')

describe('sockets of peers with a password (RFC 2385) or TTL security (RFC 5082)', () => {
  let a: TestNode
  let b: TestNode

  before(function () {
    if (isSocketFault(socketOptions())) this.skip()
  })

  beforeEach(async () => {
    a = await TestNode.start({ address: '127.0.91.1' })
    b = await TestNode.start({ address: '127.0.91.2' })
  })

  afterEach(async () => {
    const closing = Promise.all([a.speaker.close(), b.speaker.close()])
    // What the other side cannot read any more is not waited for longer than this.
    for (const node of [a, b]) node.clock.advance(2_000)
    await closing
  })

  function configure(ofA: Partial<PeerConfig>, ofB: Partial<PeerConfig>): void {
    const families = [Family.inet]
    const local = (node: TestNode) => ({ localAddress: Uint8Array.from(node.address.split('.').map(Number)) })
    b.speaker.setPeers([peerAt('a', a, { families, passive: true, ...local(b), ...ofB })])
    a.speaker.setPeers([peerAt('b', b, { families, ...local(a), ...ofA })])
  }

  const established = (): boolean => a.isEstablished('b') && b.isEstablished('a')

  async function refused(what: string, count: () => number): Promise<void> {
    const before = count()
    await until(what, () => count() > before)
    await rounds()
    expect(established()).to.equal(false)
  }

  it('have a session where both sides have the same key', async () => {
    configure({ password: secret('one') }, { password: secret('one') })
    await until('the session', established)
    expect(a.peer('b').authentication).to.equal('tcp-md5')
  })

  it('have none with different keys, nor where one side has none', async () => {
    for (const [ours, theirs] of [
      [secret('one'), secret('two')],
      [secret('one'), undefined],
      [undefined, secret('one')],
    ]) {
      const refusal = refused('the kernel refuses the signature', refusedSignatures)
      configure(ours ? { password: ours } : {}, theirs ? { password: theirs } : {})
      await refusal
    }
  })

  it('keep the session where both sides change the key', async () => {
    configure({ password: secret('one') }, { password: secret('one') })
    await until('the session', established)
    const refusals: number[] = []
    for (const [i, key] of ['two', 'three', 'four', 'five'].entries()) {
      const before = refusedSignatures()
      configure({ password: secret(key) }, { password: secret(key) })
      a.announce(`203.0.113.${i}/32`, {}, Family.inet)
      await until('the route under the new key', () => b.routes(Family.inet).length === i + 1)
      refusals.push(refusedSignatures() - before)
    }
    expect(a.peer('b').counters['sessionsUp']).to.equal(1)
    // The kernel counts for the whole machine: a segment of others may be among them, but hardly twice.
    expect(refusals.filter((count) => count === 0)).to.have.length.at.least(3)
  })

  it('keep the session where both sides begin to sign, and where both end it', async () => {
    configure({}, {})
    await until('the session', established)
    configure({ password: secret('one') }, { password: secret('one') })
    a.announce('203.0.113.1/32', {}, Family.inet)
    await until('the signed route', () => b.routes(Family.inet).length === 1)
    configure({}, {})
    a.announce('203.0.113.2/32', {}, Family.inet)
    await until('the route that is not signed', () => b.routes(Family.inet).length === 2)
    expect(a.peer('b').counters['sessionsUp']).to.equal(1)
  })

  it('take the new key for connections to come once only one side has changed', async () => {
    configure({ password: secret('one') }, { password: secret('one') })
    await until('the session', established)
    a.speaker.clearPeer('b')
    configure({ password: secret('one') }, { password: secret('two') })
    await refused('the old key is refused', refusedSignatures)
    configure({ password: secret('two') }, { password: secret('two') })
    await until('the session', established)
  })

  it('take a key for a whole range (TCP_MD5SIG_EXT), and change it on its live sessions', async () => {
    const range = { address: undefined, range: parsePrefix('127.0.91.0/24')!, families: [Family.inet] }
    const local = { localAddress: Uint8Array.of(127, 0, 91, 1), families: [Family.inet] }
    const configureRange = (key: string): void => {
      b.speaker.setPeers([peerAt('rack', a, { ...range, password: secret(key) })])
      a.speaker.setPeers([peerAt('b', b, { ...local, password: secret(key) })])
    }
    configureRange('one')
    await until('the session', () => a.isEstablished('b') && b.isEstablished('rack@127.0.91.1'))
    configureRange('two')
    a.announce('203.0.113.1/32', {}, Family.inet)
    await until('the route under the new key', () => b.routes(Family.inet).length === 1)
    expect(a.peer('b').counters['sessionsUp']).to.equal(1)
  })

  it('drop what comes from farther away than ttlSecurity allows', async () => {
    const refusal = refused('the kernel drops the low TTL', () => dropped('TCPMinTTLDrop'))
    configure({ multihopTtl: 64 }, { ttlSecurityHops: 1 })
    await refusal
    configure({ ttlSecurityHops: 1 }, { ttlSecurityHops: 1 })
    await until('the session', established)
    expect(a.peer('b').ttl).to.equal('ttl-security 1 hop')
  })

  it('change TTL security and traffic class on a live session', async () => {
    configure({}, {})
    await until('the session', established)
    configure({ ttlSecurityHops: 1, dscp: 10 }, { ttlSecurityHops: 1, dscp: 10 })
    a.announce('203.0.113.1/32', {}, Family.inet)
    await until('the route', () => b.routes(Family.inet).length === 1)
    expect(a.peer('b').counters['sessionsUp']).to.equal(1)
    expect(a.peer('b').dscp).to.equal(10)
  })
})

describe('the same over IPv6 and on a listener of both families', () => {
  const nodes: TestNode[] = []

  before(function () {
    if (isSocketFault(socketOptions())) this.skip()
  })

  afterEach(async () => {
    const closing = Promise.all(nodes.map(async (node) => await node.speaker.close()))
    for (const node of nodes) node.clock.advance(2_000)
    await closing
    nodes.length = 0
  })

  async function start(address: string, routerId: string): Promise<TestNode> {
    const node = await TestNode.start({ address, routerId })
    nodes.push(node)
    return node
  }

  const families = [Family.inet]
  const settings = { password: secret('one'), ttlSecurityHops: 1, dscp: 16, families }

  it('IPv6: signed, hop limit 255, and the key changed on the live session', async () => {
    const [a, b] = [await start('::1', '10.0.0.1'), await start('::1', '10.0.0.2')]
    const configure = (ours: Secret, theirs: Secret): void => {
      b.speaker.setPeers([peerAt('a', a, { ...settings, password: theirs, passive: true })])
      a.speaker.setPeers([peerAt('b', b, { ...settings, password: ours })])
    }
    const before = refusedSignatures()
    configure(secret('one'), secret('two'))
    await until('the kernel refuses the signature', () => refusedSignatures() > before)
    configure(secret('one'), secret('one'))
    await until('the session', () => a.isEstablished('b') && b.isEstablished('a'))
    configure(secret('two'), secret('two'))
    a.announce('203.0.113.1/32', {}, Family.inet)
    await until('the route under the new key', () => b.routes(Family.inet).length === 1)
    expect(a.peer('b').counters['sessionsUp']).to.equal(1)
  })

  it('IPv4 peers of a listener on ::, one by its address and one of a range', async () => {
    const a = await start('127.0.97.1', '10.0.0.1')
    const c = await start('127.0.98.1', '10.0.0.3')
    const b = await start('::', '10.0.0.2')
    const range = { address: undefined, range: parsePrefix('127.0.98.0/24')! }
    b.speaker.setPeers([
      peerAt('a', a, { ...settings, passive: true }),
      peerAt('rack', c, { ...settings, ...range, password: secret('rack') }),
    ])
    const target = { address: '127.0.97.2', port: b.port }
    const from = (node: TestNode) => ({ localAddress: Uint8Array.from(node.address.split('.').map(Number)) })
    a.speaker.setPeers([peerAt('b', target, { ...settings, ...from(a) })])
    c.speaker.setPeers([peerAt('b', target, { ...settings, ...from(c), password: secret('rack') })])
    await until('both sessions', () => a.isEstablished('b') && c.isEstablished('b'))
    expect(b.isEstablished('a') && b.isEstablished('rack@127.0.98.1')).to.equal(true)
  })
})

describe('without a way to set socket options', () => {
  it('a back end is looked for in order: koffi, node:ffi, none', () => {
    const asked: string[] = []
    const missing = (name: string): never => {
      asked.push(name)
      throw new Error('not installed')
    }
    expect(loadSystemCalls(missing, 'linux')).to.equal(undefined)
    expect(asked).to.deep.equal(['koffi', 'node:ffi'])
    expect(loadSystemCalls(missing, 'darwin')).to.equal(undefined)
    const functions = { socket: () => 7, setsockopt: () => -1, close: () => 0 }
    const nodeOnly = (name: string): unknown => {
      if (name === 'koffi') return missing(name)
      return { dlopen: () => ({ functions }) }
    }
    const options = socketOptionsOver(loadSystemCalls(nodeOnly, 'linux')!)
    expect(options.open(4)).to.equal(7)
    expect(options.set(7, ttlOption(4, 255))).to.equal('TTL cannot be set: refused by the kernel')
  })

  it('a peer with a password stays down and says why, and the others run', async () => {
    const lines: string[] = []
    const transport: Transport = {
      ...tcp,
      acceptor: (onSocket, onError) => {
        const listener = tcp.acceptor(onSocket, onError)
        return {
          listen: (endpoint) => listener.listen(endpoint),
          endpoints: () => listener.endpoints(),
          close: () => listener.close(),
          guard: ({ signed }) => new Map(signed.map((source) => [source.peer, NO_BACK_END])),
        }
      },
      protect: (_socket, settings) => (isProtected(settings) ? NO_BACK_END : undefined),
      lacks: () => NO_BACK_END,
    }
    const error = (event: string, fields?: object): void =>
      void lines.push(`${event} ${JSON.stringify(fields)}`)
    const node = await TestNode.start({ address: '127.0.92.1', transport, log: { ...silentLog, error } })
    try {
      const families = [Family.inet]
      const plain = peerAt('plain', { address: '127.0.92.2', port: 1 }, { families, passive: true })
      const signed = peerAt('signed', { address: '127.0.92.3', port: 1 }, { families, passive: true })
      node.speaker.setPeers([plain, { ...signed, password: secret('key') }])
      expect(lines[0]).to.match(/^bgp.peerStaysDown .*"signed".*npm install koffi/)
      const refusedPeer = new ScriptedPeer(node, { address: '127.0.92.3', families })
      await refusedPeer.closed()
      expect(refusedPeer.types).to.deep.equal([])
      expect(node.peer('signed').lastError).to.equal(NO_BACK_END)
      const taken = await ScriptedPeer.established(node, { address: '127.0.92.2', families })
      await until('the session of the other peer', () => node.isEstablished('plain'))
      taken.destroy()
    } finally {
      await node.speaker.close()
    }
  })

  it('says so of a key for which the kernel has no room', () => {
    const calls = { name: 'test', socket: () => 3, setsockopt: () => -1, close: () => 0, errno: () => 12 }
    const place = { address: Uint8Array.of(192, 0, 2, 1), length: 32 }
    const fault = socketOptionsOver(calls).set(3, md5Option(4, place, Uint8Array.of(1)))
    expect(fault).to.match(/^TCP MD5 cannot be set: ENOMEM.*net.core.optmem_max/)
  })
})
