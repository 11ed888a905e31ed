import { expect } from 'chai'
import { importFlags } from '../../../bgp/session/import-check.ts'
import type { ImportRules } from '../../../bgp/session/import-check.ts'
import { SegmentType } from '../../../rib/model/as-path.ts'
import type { AsPath } from '../../../rib/model/as-path.ts'
import type { Attributes } from '../../../rib/model/attr-set.ts'
import { plainAttributes } from '../../../rib/model/attr-set.ts'
import { Family } from '../../../rib/model/family.ts'
import { mapIpv4, parseIpAddress } from '../../../rib/model/ip-address.ts'
import { PathFlag } from '../../../rib/path-flags.ts'
import { attrSetOf } from '../../support/attr-sets.ts'

const rules: ImportRules = { localAs: 64512, routerId: 0x0a000001, clusterId: 0x0a0000ff, rejectsAll: false }
const path = (...asns: number[]): AsPath => [{ type: SegmentType.sequence, asns }]
const address = (text: string): Uint8Array => parseIpAddress(text)!

describe('importFlags', () => {
  const cases: [string, Partial<Attributes>, Partial<ImportRules>, number][] = [
    ['a plain path is usable', {}, {}, 0],
    [
      'our AS in a sequence (RFC 4271 §9.1.2)',
      { asPath: [{ type: SegmentType.sequence, asns: [65001, 64512] }] },
      {},
      PathFlag.asLoop,
    ],
    ['our AS in a set', { asPath: [{ type: SegmentType.set, asns: [64512] }] }, {}, PathFlag.asLoop],
    [
      'our AS of the session (local-as)',
      { asPath: path(65001, 65010) },
      { sessionAs: 65010 },
      PathFlag.asLoop,
    ],
    [
      'our AS as often as it is allowed',
      { asPath: path(65001, 64512, 64512) },
      { allowedOwnAs: [...Array(8).fill(2)] },
      0,
    ],
    [
      'our AS once more than it is allowed',
      { asPath: path(65001, 64512, 64512, 64512) },
      { allowedOwnAs: [...Array(8).fill(2)] },
      PathFlag.asLoop,
    ],
    [
      'our AS, allowed in another family',
      { asPath: path(64512) },
      { allowedOwnAs: [1, 1, 1, 1, 0, 1, 1, 1] },
      PathFlag.asLoop,
    ],
    [
      "the peer's AS first, as it should be (RFC 4271 §6.3)",
      { asPath: path(65001, 65002) },
      { firstAs: 65001 },
      0,
    ],
    ['another AS first', { asPath: path(65002, 65001) }, { firstAs: 65001 }, PathFlag.wrongFirstAs],
    ['no AS at all', {}, { firstAs: 65001 }, PathFlag.wrongFirstAs],
    [
      "a set with the peer's AS first",
      { asPath: [{ type: SegmentType.set, asns: [65001] }] },
      { firstAs: 65001 },
      PathFlag.wrongFirstAs,
    ],
    ['another AS', { asPath: [{ type: SegmentType.sequence, asns: [65001] }] }, {}, 0],
    [
      'our identifier as ORIGINATOR_ID (RFC 4456 §8)',
      { originatorId: 0x0a000001 },
      {},
      PathFlag.originatorLoop,
    ],
    ['another ORIGINATOR_ID', { originatorId: 0x0a000002 }, {}, 0],
    ['our cluster in CLUSTER_LIST (RFC 4456 §8)', { clusterList: [1, 0x0a0000ff] }, {}, PathFlag.clusterLoop],
    ['a CLUSTER_LIST, while we are no reflector', { clusterList: [0x0a0000ff] }, { clusterId: undefined }, 0],
    ['eBGP without policy (RFC 8212)', {}, { rejectsAll: true }, PathFlag.policyRejected],
    ['next hop 0.0.0.0', { nextHop: address('0.0.0.0') }, {}, PathFlag.badNextHop],
    ['next hop in 224/4', { nextHop: address('224.0.0.5') }, {}, PathFlag.badNextHop],
    ['next hop 255.255.255.255', { nextHop: address('255.255.255.255') }, {}, PathFlag.badNextHop],
    ['next hop ::', { nextHop: address('::') }, {}, PathFlag.badNextHop],
    ['next hop in ff00::/8', { nextHop: address('ff02::1') }, {}, PathFlag.badNextHop],
    ['no next hop', { nextHop: new Uint8Array(0) }, {}, PathFlag.badNextHop],
    ['next hop 2001:db8::1', { nextHop: address('2001:db8::1') }, {}, 0],
    ['an IPv4 compute node as next hop of an IPv6 route', { nextHop: mapIpv4(address('192.0.2.21')) }, {}, 0],
    ['::ffff:0.0.0.0', { nextHop: mapIpv4(address('0.0.0.0')) }, {}, PathFlag.badNextHop],
    [
      'two reasons at once',
      { originatorId: 0x0a000001, asPath: [{ type: SegmentType.sequence, asns: [64512] }] },
      {},
      PathFlag.originatorLoop | PathFlag.asLoop,
    ],
  ]
  for (const [what, attributes, change, reasons] of cases) {
    it(`${what}: ${reasons === 0 ? 'usable' : 'kept, not used'}`, () => {
      const attrs = { ...plainAttributes, nextHop: address('192.0.2.1'), ...attributes }
      const expected = reasons === 0 ? 0 : reasons | PathFlag.infeasible
      expect(importFlags(attrSetOf(1, attrs), { ...rules, ...change }, Family.inetVpn)).to.equal(expected)
    })
  }
})
