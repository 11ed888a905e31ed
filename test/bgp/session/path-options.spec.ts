import { expect } from 'chai'
import type { PeerConfig } from '../../../bgp/session/peer-config.ts'
import { UpdateEncoder } from '../../../bgp/wire/update-encode.ts'
import { plainAttributes } from '../../../rib/model/attr-set.ts'
import { families, Family } from '../../../rib/model/family.ts'
import { parseIpv4 } from '../../../rib/model/ip-address.ts'
import { parseRouteKey } from '../../../rib/model/route-key.ts'
import { PathFlag } from '../../../rib/path-flags.ts'
import { policyChain } from '../../../rib/policy/policy.ts'
import type { Policy } from '../../../rib/policy/policy.ts'
import { attrSetOf } from '../../support/attr-sets.ts'
import { MessageList } from '../../support/message-list.ts'
import { until } from '../../support/until.ts'
import { peerAt, TestNode } from './nodes.ts'
import { ScriptedPeer } from './scripted-peer.ts'

const route = (n: number): string => `10.0.0.1:5:203.0.113.${n}/32`
const path = (...asns: number[]): { asPath: { type: 2; asns: number[] }[] } => ({
  asPath: [{ type: 2, asns }],
})

describe('AS paths of one eBGP peer, on the live session', () => {
  let a: TestNode
  let b: TestNode

  beforeEach(async () => {
    a = await TestNode.start({ address: '127.0.94.3', localAs: 64512 })
    b = await TestNode.start({ address: '127.0.94.4', localAs: 65001 })
    configure({})
    b.speaker.setPeers([peerAt('a', a, { passive: true, ebgpRequiresPolicy: false })])
    await until('the session', () => a.isEstablished('b') && b.isEstablished('a'))
  })
  afterEach(async () => {
    await Promise.all([a.speaker.close(), b.speaker.close()])
  })

  function configure(config: Partial<PeerConfig>): void {
    const place = { localAddress: parseIpv4(a.address)!, autonomousSystem: 65001, ebgpRequiresPolicy: false }
    a.speaker.setPeers([peerAt('b', b, { ...place, ...config })])
  }

  const sentPath = (n: number): number[] => b.attributes(route(n)).asPath.flatMap((segment) => segment.asns)

  it('asOverride sends what the path of the peer forbade, and takes it back', async () => {
    a.announce(route(1), path(65009, 65001))
    a.announce(route(2), path(65009))
    await until('what it may have', () => b.routes().length === 1)
    configure({ asOverride: true })
    await until('the other one', () => b.routes().length === 2)
    expect(sentPath(1)).to.deep.equal([64512, 65009, 64512])
    expect(sentPath(2)).to.deep.equal([64512, 65009])
    configure({})
    await until('it is gone', () => b.routes().length === 1)
    expect(a.peer('b').counters).to.include({ sessionsUp: 1, sessionsDown: 0 })
  })

  it('privateAS changes what was sent already', async () => {
    a.announce(route(1), path(64600, 701, 64601))
    await until('the route', () => b.routes().length === 1)
    configure({ privateAs: 'remove' })
    await until('the head is public', () => sentPath(1).length === 3)
    expect(sentPath(1)).to.deep.equal([64512, 701, 64601])
    configure({ privateAs: 'replaceAll' })
    await until('the rest, too', () => sentPath(1).length === 4)
    expect(sentPath(1)).to.deep.equal([64512, 64512, 701, 701])
    expect(a.peer('b').options).to.deep.equal(['private-as replace-all'])
  })
})

describe('what an eBGP peer brings, judged anew on the live session', () => {
  let a: TestNode
  let peer: ScriptedPeer
  const PEER = '127.0.94.5'

  beforeEach(async () => {
    a = await TestNode.start({ address: '127.0.94.3', localAs: 64512 })
    configure({})
    peer = await ScriptedPeer.established(a, { address: PEER, asn: 65001, families: [Family.inetVpn] })
  })
  afterEach(async () => {
    peer.destroy()
    await a.speaker.close()
  })

  function configure(config: Partial<PeerConfig>): void {
    const place = { autonomousSystem: 65001, passive: true, ebgpRequiresPolicy: false }
    a.speaker.setPeers([peerAt('peer', { address: PEER, port: 1 }, { ...place, ...config })])
  }

  /** Routes 1 to n, with these paths. */
  async function bring(...paths: number[][]): Promise<void> {
    const encoder = new UpdateEncoder({ as4: true, maxMessageLength: 4096, isIbgp: false })
    for (const [i, asns] of paths.entries()) {
      const attrs = attrSetOf(1, { ...plainAttributes, nextHop: parseIpv4('10.9.9.9')!, ...path(...asns) })
      const words = parseRouteKey(Family.inetVpn, route(i + 1))!
      const nlri = { words, offsets: Int32Array.of(0), labels: Int32Array.of(100), from: 0 }
      const out = new MessageList()
      encoder.reach(out, Family.inetVpn, attrs, nlri, 1)
      for (const message of out) peer.send(message)
    }
    await until('all of them', () => a.routes().length === paths.length)
  }

  const flagsOfAll = (): number[] => a.routes().map((each) => a.flags(each))
  const loop = PathFlag.infeasible | PathFlag.asLoop
  const strange = PathFlag.infeasible | PathFlag.wrongFirstAs

  it('allowOwnAS: what was a loop is used, up to the count, and no longer once it is taken back (RFC 4271 §9.1.2)', async () => {
    await bring([65001, 64512], [65001, 64512, 64512], [65001])
    expect(flagsOfAll()).to.deep.equal([loop, loop, 0])
    configure({ allowedOwnAs: families.map(() => 1) })
    await until('one is let in', () => flagsOfAll()[0] === 0)
    expect(flagsOfAll()).to.deep.equal([0, loop, 0])
    expect(a.peer('peer').options).to.deep.equal(['allow-own-as 1'])
    configure({ allowedOwnAs: families.map((family) => (family === Family.inetVpn ? 2 : 0)) })
    await until('both are', () => flagsOfAll()[1] === 0)
    expect(a.peer('peer').options).to.deep.equal(['allow-own-as inet-vpn 2'])
    configure({})
    await until('neither is', () => flagsOfAll()[0] === loop)
    expect(flagsOfAll()).to.deep.equal([loop, loop, 0])
    expect(a.peer('peer').counters).to.include({ sessionsUp: 1, sessionsDown: 0, refreshesOut: 0 })
  })

  it('enforceFirstAS: what begins with another AS is kept with its own reason (RFC 4271 §6.3)', async () => {
    await bring([65001, 65009], [65009, 65001])
    configure({ enforceFirstAs: true })
    await until('the second is out', () => flagsOfAll()[1] === strange)
    expect(flagsOfAll()).to.deep.equal([0, strange])
    await bring([65001, 65009], [65009, 65001], [65002])
    expect(flagsOfAll()).to.deep.equal([0, strange, strange])
    configure({})
    await until('all are in', () => flagsOfAll().every((flags) => flags === 0))
  })

  it('a policy that comes at the same time judges what was let in', async () => {
    await bring([65001, 64512])
    configure({ allowedOwnAs: families.map(() => 1), importPolicies: policyChain([rejecting]) })
    const rejected = PathFlag.infeasible | PathFlag.policyRejected
    await until('it is rejected, and no loop', () => flagsOfAll()[0] === rejected)
    configure({ importPolicies: policyChain([rejecting]) })
    await until('it is a loop', () => flagsOfAll()[0] === loop)
  })

  it('local-as stands before the policy, and what was received is kept beside it', async () => {
    configure({ localAs: { asn: 65010, noPrepend: false, replaceAs: false } })
    await peer.closed()
    peer = await ScriptedPeer.established(a, { address: PEER, asn: 65001, families: [Family.inetVpn] })
    await bring([65001])
    const asns = (): number[] => a.attributes(route(1)).asPath.flatMap((segment) => segment.asns)
    expect(asns()).to.deep.equal([65010, 65001])
    const localAs = { asn: 65010, noPrepend: false, replaceAs: false }
    configure({ localAs, importPolicies: policyChain([prepending]) })
    await until('the policy has been at it', () => asns().length === 3)
    expect(asns()).to.deep.equal([65099, 65010, 65001])
    configure({ localAs })
    await until('the policy is gone', () => asns().length === 2)
    expect(asns()).to.deep.equal([65010, 65001])
  })
})

const rejecting: Policy = { name: 'no', terms: [{ name: 't', match: {}, set: {}, action: 'reject' }] }
const prepending: Policy = {
  name: 'longer',
  terms: [{ name: 't', match: {}, set: { prepend: [65099] }, action: 'accept' }],
}
