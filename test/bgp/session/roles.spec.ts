import { expect } from 'chai'
import type { PeerConfig } from '../../../bgp/session/peer-config.ts'
import { Family } from '../../../rib/model/family.ts'
import { parseIpv4 } from '../../../rib/model/ip-address.ts'
import { onlyToCustomerOf } from '../../../rib/model/only-to-customer.ts'
import type { Role } from '../../../rib/model/only-to-customer.ts'
import { PathFlag } from '../../../rib/path-flags.ts'
import { until } from '../../support/until.ts'
import { peerAt, TestNode } from './nodes.ts'

const families = [Family.inet, Family.inetVpn]
const plain = '203.0.113.0/24'
const marked = '198.51.100.0/24'
const vpn = '10.0.0.1:5:203.0.113.5/32'
const OTHER_AS = 65099

describe('roles of two neighbours (RFC 9234)', () => {
  let a: TestNode
  let b: TestNode

  beforeEach(async () => {
    a = await TestNode.start({ address: '127.0.97.1', localAs: 64512 })
    b = await TestNode.start({ address: '127.0.97.2', localAs: 65001 })
  })
  afterEach(async () => {
    await Promise.all([a.speaker.close(), b.speaker.close()])
  })

  function configure(ofA: Role | undefined, ofB: Role | undefined, isStrict = false): void {
    const peer = (role: Role | undefined): Partial<PeerConfig> => ({
      families,
      ebgpRequiresPolicy: false,
      ...(role ? { role: { role, isStrict } } : {}),
    })
    b.speaker.setPeers([peerAt('a', a, { ...peer(ofB), passive: true })])
    a.speaker.setPeers([
      peerAt('b', b, { ...peer(ofA), autonomousSystem: 65001, localAddress: parseIpv4(a.address)! }),
    ])
  }

  async function pair(ofA: Role | undefined, ofB: Role | undefined): Promise<void> {
    configure(ofA, ofB)
    await until('the session', () => a.isEstablished('b') && b.isEstablished('a'))
    a.announce(plain, {}, Family.inet)
    const value = Uint8Array.of(0, 0, OTHER_AS >>> 8, OTHER_AS & 255)
    a.announce(marked, { unknown: [{ flags: 0xc0, type: 35, value }] }, Family.inet)
    a.announce(vpn)
    await until('the VPN route', () => b.routes().length === 1)
  }

  /** By whichever has seen the other's OPEN first. */
  const isRefused = (): boolean =>
    [a.peer('b'), b.peer('a')].some((peer) => peer.lastError?.includes('Role Mismatch') === true)
  const otcAtB = (route: string): number | undefined => onlyToCustomerOf(b.attributes(route, Family.inet))

  it('provider to customer: ours is added, another one stays; VPN routes are not touched (§5)', async () => {
    await pair('provider', 'customer')
    await until('both routes', () => b.routes(Family.inet).length === 2)
    expect([otcAtB(plain), otcAtB(marked)]).to.deep.equal([64512, OTHER_AS])
    expect(onlyToCustomerOf(b.attributes(vpn))).to.equal(undefined)
    expect(b.flags(marked, Family.inet)).to.equal(0)
    expect(a.peer('b').capabilities).to.include('role customer')
    expect(a.peer('b').options).to.deep.equal(['role provider'])
  })

  it('customer to provider: what has the attribute stays here (§5)', async () => {
    await pair('customer', 'provider')
    await until('the plain route', () => b.routes(Family.inet).length === 1)
    expect(b.routes(Family.inet)).to.deep.equal([plain])
    expect(otcAtB(plain)).to.equal(undefined)
  })

  it('without a role at the sender, a provider keeps the leak and does not use it (§5)', async () => {
    await pair(undefined, 'provider')
    await until('both routes', () => b.routes(Family.inet).length === 2)
    expect(b.flags(marked, Family.inet)).to.equal(PathFlag.infeasible | PathFlag.routeLeak)
    expect(b.flags(plain, Family.inet)).to.equal(0)
  })

  it('without a role at the sender, a customer adds the AS of its provider (§5)', async () => {
    await pair(undefined, 'customer')
    await until('both routes', () => b.routes(Family.inet).length === 2)
    expect([otcAtB(plain), otcAtB(marked)]).to.deep.equal([64512, OTHER_AS])
  })

  it('that do not fit: NOTIFICATION 2/11, and a session once they do (§4.2)', async () => {
    configure('provider', 'peer')
    await until('the refusal', () => isRefused())
    expect(a.isEstablished('b')).to.equal(false)
    configure('peer', 'peer')
    a.clock.advance(60_000)
    b.clock.advance(60_000)
    await until('the session', () => a.isEstablished('b'))
  })

  it('strict: a neighbour without one is refused (§4.2)', async () => {
    configure('provider', undefined, true)
    await until('the refusal', () => isRefused())
  })
})
