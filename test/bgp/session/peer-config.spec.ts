import { expect } from 'chai'
import { configChange } from '../../../bgp/session/peer-config.ts'
import type { ConfigChange, PeerConfig } from '../../../bgp/session/peer-config.ts'
import { Family } from '../../../rib/model/family.ts'
import { parseIpv4 } from '../../../rib/model/ip-address.ts'
import { parsePrefix } from '../../../rib/model/route-key.ts'
import { peerAt } from './nodes.ts'

describe('configChange', () => {
  const before = peerAt(
    'gw',
    { address: '192.0.2.1', port: 179 },
    { families: [Family.inetVpn, Family.routeTarget] },
  )
  const cases: [Partial<PeerConfig>, ConfigChange][] = [
    [{}, 'nothing'],
    [{ address: parseIpv4('192.0.2.1')! }, 'nothing'],
    [{ families: [Family.routeTarget, Family.inetVpn] }, 'nothing'],
    [{ passive: true }, 'nothing'],
    [{ port: 1790 }, 'nothing'],
    [{ adminDown: true }, 'nothing'],
    [{ routeReflectorClient: true }, 'policy'],
    [{ ebgpRequiresPolicy: false }, 'policy'],
    [{ holdTimeSec: 30 }, 'nothing'],
    [{ autonomousSystem: 65001 }, 'session'],
    [{ localAs: { asn: 65010, noPrepend: false, replaceAs: false } }, 'session'],
    [{ defaultTunnels: [[2]] }, 'policy'],
    [{ sendTunnels: 'both' }, 'policy'],
    [{ acceptTunnelAttribute: true }, 'policy'],
    [{ extendedNextHop: true }, 'session'],
    [{ role: { role: 'peer', isStrict: false } }, 'session'],
    [{ addPath: { receive: false } }, 'nothing'],
    [{ addPath: { receive: true } }, 'session'],
    [{ addPath: { receive: false, send: 'all' } }, 'session'],
    [{ asOverride: true }, 'policy'],
    [{ privateAs: 'remove' }, 'policy'],
    [{ enforceFirstAs: true }, 'policy'],
    [{ allowedOwnAs: [0, 0, 0, 0, 1, 0, 0, 0] }, 'policy'],
    [{ families: [Family.inetVpn] }, 'session'],
    [{ localAddress: parseIpv4('192.0.2.9')! }, 'session'],
    [{ autonomousSystem: 65001, routeReflectorClient: true }, 'session'],
    [{ address: parseIpv4('192.0.2.2')! }, 'identity'],
    [{ address: undefined, range: parsePrefix('192.0.2.0/24') }, 'identity'],
  ]
  it('another choice of paths: policy, where some were offered before', () => {
    const all = { ...before, addPath: { receive: true, send: 'all' as const } }
    expect(configChange(all, { ...before, addPath: { receive: true, send: 2 } })).to.equal('policy')
    expect(configChange(all, all)).to.equal('nothing')
  })

  for (const [change, expected] of cases) {
    it(`${Object.keys(change).join(', ') || 'no change'}: ${expected}`, () => {
      expect(configChange(before, { ...before, ...change })).to.equal(expected)
    })
  }
})
