import { expect } from 'chai'
import type { PeerConfig } from '../../../bgp/session/peer-config.ts'
import { parseIpv4 } from '../../../rib/model/ip-address.ts'
import { PathFlag } from '../../../rib/path-flags.ts'
import { until } from '../../support/until.ts'
import { peerAt, TestNode } from './nodes.ts'

const route = '10.0.0.1:5:203.0.113.5/32'
const OWN = 64512
const SHOWN = 65010
const path = (...asns: number[]): object[] => (asns.length === 0 ? [] : [{ type: 2, asns }])

describe('another AS towards one peer (local-as)', () => {
  let a: TestNode
  let b: TestNode

  afterEach(async () => {
    await Promise.all([a.speaker.close(), b.speaker.close()])
  })

  async function pair(asOfB: number, localAs: Partial<PeerConfig['localAs']> = {}): Promise<void> {
    a = await TestNode.start({ address: '127.0.94.1', localAs: OWN })
    b = await TestNode.start({ address: '127.0.94.2', localAs: asOfB })
    configure({ asn: SHOWN, noPrepend: false, replaceAs: false, ...localAs })
    b.speaker.setPeers([
      peerAt('a', a, { passive: true, autonomousSystem: SHOWN, ebgpRequiresPolicy: false }),
    ])
    await until('the session', () => a.isEstablished('b') && b.isEstablished('a'))
  }

  function configure(localAs: PeerConfig['localAs']): void {
    a.speaker.setPeers([
      peerAt('b', b, {
        autonomousSystem: b.rib.options.localAs,
        ebgpRequiresPolicy: false,
        localAddress: parseIpv4(a.address)!,
        ...(localAs ? { localAs } : {}),
      }),
    ])
  }

  it('is that of the OPEN (RFC 4271 §4.2), before ours in what leaves, before the path of what comes', async () => {
    await pair(65001)
    a.announce(route)
    await until('the route', () => b.routes().length === 1)
    expect(b.attributes(route).asPath).to.deep.equal(path(SHOWN, OWN))
    b.announce('10.0.0.1:5:203.0.113.6/32')
    await until('the route back', () => a.routes().length === 2)
    expect(a.attributes('10.0.0.1:5:203.0.113.6/32').asPath).to.deep.equal(path(SHOWN, 65001))
    expect(a.peer('b')).to.include({ localAs: SHOWN, isIbgp: false })
    expect(a.peer('b').options).to.deep.equal([`local-as ${SHOWN}`])
  })

  it('hides ours with replaceAs, and leaves received paths alone with noPrepend', async () => {
    await pair(65001, { noPrepend: true, replaceAs: true })
    a.announce(route)
    b.announce('10.0.0.1:5:203.0.113.6/32')
    await until('both routes', () => b.routes().length === 2 && a.routes().length === 2)
    expect(b.attributes(route).asPath).to.deep.equal(path(SHOWN))
    expect(a.attributes('10.0.0.1:5:203.0.113.6/32').asPath).to.deep.equal(path(65001))
  })

  it('makes the session internal where the peer is in it: nothing in front, LOCAL_PREF kept', async () => {
    await pair(SHOWN)
    expect(a.peer('b').isIbgp).to.equal(true)
    a.announce(route, { localPref: 200, asPath: [{ type: 2, asns: [65009] }] })
    await until('the route', () => b.routes().length === 1)
    expect(b.attributes(route)).to.deep.include({ localPref: 200, asPath: path(65009) })
  })

  it('is a loop in what comes, as ours is (RFC 4271 §9.1.2)', async () => {
    await pair(65001)
    for (const [n, asn] of [OWN, SHOWN, 65009].entries()) {
      b.announce(`10.0.0.1:5:203.0.113.${n}/32`, { asPath: [{ type: 2, asns: [asn] }] })
    }
    // What names the AS that the peer sees us in is not even sent to us (§9.1.2 at the sender).
    await until('two of the routes', () => a.routes().length === 2)
    expect(a.flags('10.0.0.1:5:203.0.113.0/32')).to.equal(PathFlag.infeasible | PathFlag.asLoop)
    expect(a.flags('10.0.0.1:5:203.0.113.2/32')).to.equal(0)
  })

  it('changes with a new session, since the OPEN said it', async () => {
    await pair(65001)
    configure(undefined)
    await until('the session is over', () => !a.isEstablished('b'))
    expect(a.peer('b').localAs).to.equal(OWN)
  })
})
