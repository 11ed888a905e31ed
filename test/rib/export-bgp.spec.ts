import { expect } from 'chai'
import type { BgpExportPolicy } from '../../rib/export-bgp.ts'
import { exportedToBgp } from '../../rib/export-bgp.ts'
import { AttrTable } from '../../rib/attr-table.ts'
import type { Attributes } from '../../rib/model/attr-set.ts'
import { Community } from '../../rib/model/community.ts'
import { encapsulationCommunity, extCommunityPairs } from '../../rib/model/ext-community.ts'
import { SegmentType } from '../../rib/model/as-path.ts'
import { Family } from '../../rib/model/family.ts'
import { formatIpAddress } from '../../rib/model/ip-address.ts'
import type { SourceFacts } from '../../rib/path-source.ts'
import { SourceKind } from '../../rib/path-source.ts'
import { RecordingMember } from '../support/recording-member.ts'
import {
  attributes,
  ebgpPolicy,
  ibgpPolicy,
  LOCAL_AS,
  ROUTER_ID,
  Scene,
  sequence,
  sourceFacts,
} from './scene.ts'
import type { AttrSpec } from './scene.ts'

const agent: SourceFacts = { ...sourceFacts('agent'), kind: SourceKind.agent, routerId: 0 }
const internal: SourceFacts = { ...sourceFacts('internal'), isIbgp: true, routerId: 0x01010101 }
const client: SourceFacts = { ...internal, isClient: true }
const external: SourceFacts = { ...sourceFacts('external'), asn: 65001 }
const reflector: BgpExportPolicy = { ...ibgpPolicy, clusterId: 77 }
const toClient: BgpExportPolicy = { ...reflector, isClient: true }

function exported(spec: AttrSpec, source: SourceFacts, policy: BgpExportPolicy): Attributes | undefined {
  const table = new AttrTable()
  return exportedToBgp(table.intern(attributes(spec)), source, policy, table)?.plain()
}

describe('export to BGP: communities (RFC 1997; control-node reference 4.4, item 45)', () => {
  for (const [name, community, toIbgp, toEbgp] of [
    ['NO_ADVERTISE', Community.NO_ADVERTISE, false, false],
    ['NO_EXPORT', Community.NO_EXPORT, true, false],
    ['NO_EXPORT_SUBCONFED', Community.NO_EXPORT_SUBCONFED, true, false],
    ['any other', 64512 * 65536 + 1, true, true],
  ] as const) {
    it(`${name}: ${toIbgp ? '' : 'not '}to iBGP, ${toEbgp ? '' : 'not '}to eBGP`, () => {
      const spec = { communities: [community] }
      expect(exported(spec, agent, ibgpPolicy) !== undefined).to.equal(toIbgp)
      expect(exported(spec, agent, ebgpPolicy) !== undefined).to.equal(toEbgp)
      // They are passed on with the route.
      if (toIbgp) expect(exported(spec, agent, ibgpPolicy)!.communities).to.deep.equal([community])
    })
  }
})

describe('export to iBGP', () => {
  it('46: gives LOCAL_PREF 100 where there is none, and never changes one (RFC 4271 §5.1.5)', () => {
    expect(exported({}, agent, ibgpPolicy)!.localPref).to.equal(100)
    for (const localPref of [0, 100, 200]) {
      expect(exported({ localPref }, agent, ibgpPolicy)!.localPref).to.equal(localPref)
      expect(exported({ localPref }, client, toClient)!.localPref).to.equal(localPref)
    }
  })

  it('leaves AS_PATH, MED, next hop and extended communities alone', () => {
    const spec = {
      asPath: sequence(65001),
      med: 7,
      nextHop: '192.0.2.77',
      ext: [encapsulationCommunity(2), [0x40040000, 1] as const],
    }
    const out = exported(spec, external, ibgpPolicy)!
    expect({ ...out, localPref: undefined }).to.deep.include({ ...attributes(spec), localPref: undefined })
    expect(formatIpAddress(out.nextHop)).to.equal('192.0.2.77')
  })

  it('50: without a cluster passes nothing from iBGP to iBGP (RFC 4271 §9.2)', () => {
    expect(exported({}, internal, ibgpPolicy)).to.equal(undefined)
    expect(exported({}, client, { ...ibgpPolicy, isClient: true })).to.equal(undefined)
    for (const source of [external, agent]) expect(exported({}, source, ibgpPolicy)).to.not.equal(undefined)
  })

  for (const [from, source] of [
    ['a client', client],
    ['a non-client', internal],
  ] as const) {
    for (const [to, policy] of [
      ['clients', toClient],
      ['non-clients', reflector],
    ] as const) {
      const passes = source === client || policy === toClient
      it(`50: a reflector ${passes ? 'passes' : 'does not pass'} from ${from} to ${to} (RFC 4456 §6)`, () => {
        expect(exported({}, source, policy) !== undefined).to.equal(passes)
      })
    }
  }

  it('50: a reflector adds ORIGINATOR_ID once and its cluster in front (RFC 4456 §8)', () => {
    const first = exported({}, client, reflector)!
    expect([first.originatorId, first.clusterList]).to.deep.equal([client.routerId, [77]])
    const second = exported({ originatorId: 5, clusterList: [9] }, client, reflector)!
    expect([second.originatorId, second.clusterList]).to.deep.equal([5, [77, 9]])
  })

  it('50: a reflector does not pass on what went through its cluster already (RFC 4456 §8)', () => {
    expect(exported({ clusterList: [9, 77] }, client, reflector)).to.equal(undefined)
    expect(exported({ clusterList: [9] }, client, reflector)).to.not.equal(undefined)
  })

  it('adds no reflection attributes to what did not come from iBGP', () => {
    for (const source of [external, agent]) {
      const out = exported({}, source, toClient)!
      expect([out.originatorId, out.clusterList]).to.deep.equal([undefined, []])
    }
  })
})

describe('export to eBGP', () => {
  it('46: removes LOCAL_PREF and the attributes of reflection (RFC 4271 §5.1.5, RFC 4456 §8)', () => {
    const out = exported({ localPref: 200, originatorId: 5, clusterList: [9] }, client, ebgpPolicy)!
    expect([out.localPref, out.originatorId, out.clusterList]).to.deep.equal([undefined, undefined, []])
  })

  it('47: puts the own AS in front, into a new segment where the first is a set or full (RFC 4271 §5.1.2)', () => {
    expect(exported({}, agent, ebgpPolicy)!.asPath).to.deep.equal(sequence(LOCAL_AS))
    expect(exported({ asPath: sequence(65009) }, external, ebgpPolicy)!.asPath).to.deep.equal(
      sequence(LOCAL_AS, 65009),
    )
    const set = { type: SegmentType.set, asns: [65009] }
    expect(exported({ asPath: [set] }, external, ebgpPolicy)!.asPath).to.deep.equal([
      ...sequence(LOCAL_AS),
      set,
    ])
  })

  it('48: sends nothing that the peer would refuse for the loop (RFC 4271 §9.1.2)', () => {
    expect(exported({ asPath: sequence(65009, 65001) }, external, ebgpPolicy)).to.equal(undefined)
    expect(exported({ asPath: [{ type: SegmentType.set, asns: [65001] }] }, external, ebgpPolicy)).to.equal(
      undefined,
    )
  })

  it('48: as-override sends it all the same, with our AS where the peer has its own', () => {
    const site = { ...ebgpPolicy, overridesAs: true }
    expect(exported({ asPath: sequence(65001, 65009, 65001) }, external, site)!.asPath).to.deep.equal(
      sequence(LOCAL_AS, LOCAL_AS, 65009, LOCAL_AS),
    )
  })

  it('51: keeps the MED of a route made here, and drops that of another AS (RFC 4271 §5.1.4)', () => {
    expect(exported({ med: 0 }, agent, ebgpPolicy)!.med).to.equal(0)
    expect(exported({ med: 200 }, agent, ebgpPolicy)!.med).to.equal(200)
    expect(exported({ med: 200, asPath: sequence(65009) }, external, ebgpPolicy)!.med).to.equal(undefined)
  })

  it('leaves the next hop alone: the compute node is the end of the tunnel', () => {
    expect(formatIpAddress(exported({ nextHop: '192.0.2.77' }, agent, ebgpPolicy)!.nextHop)).to.equal(
      '192.0.2.77',
    )
  })

  it('passes no non-transitive extended communities on (RFC 4360 §2)', () => {
    const ext = [[0x40040000, 1], encapsulationCommunity(2), [0x430b0000, 1], [0x80040000 | 0, 5]] as const
    const out = exported({ ext, targets: [1] }, agent, ebgpPolicy)!
    expect(extCommunityPairs(out.extCommunities).map(([high]) => high >>> 16)).to.deep.equal([
      2, 0x030c, 0x8004,
    ])
  })

  it('offers what came as LLGR_STALE to those only who know the community (RFC 9494 §4.3)', () => {
    const stale = { communities: [Community.LLGR_STALE] }
    expect(exported(stale, external, ebgpPolicy)).to.equal(undefined)
    expect(exported(stale, external, { ...ebgpPolicy, takesLongLived: true })).not.to.equal(undefined)
  })

  it('sends and changes nothing where the peer has no policy (RFC 8212 §3)', () => {
    for (const source of [agent, external, internal])
      expect(exported({}, source, { ...ebgpPolicy, sendNothing: true })).to.equal(undefined)
  })
})

describe('export rule of BGP groups', () => {
  it('is shared exactly by peers that get the same octets', () => {
    const { rib } = new Scene()
    const keyOf = (policy: Partial<BgpExportPolicy>): string =>
      rib.bgpExportRule({ ...ebgpPolicy, ...policy }).key
    const base = keyOf({})
    expect(keyOf({})).to.equal(base)
    const changes: Partial<BgpExportPolicy>[] = [
      { peerAs: 65002 },
      { isIbgp: true },
      { localAs: 64513 },
      { hiddenAs: 64513 },
      { overridesAs: true },
      { privateAs: 'remove' },
      { role: 'customer' },
      { role: 'provider' },
      { tunnels: { replacedBy: [2], form: 'community', keepsAttribute: true } },
      { tunnels: { replacedBy: [13], form: 'community', keepsAttribute: true } },
      { privateAs: 'replaceAll' },
      { clusterId: 1 },
      { isClient: true },
      { encodingKey: 'as2' },
      { sendNothing: true },
      { takesLongLived: true },
    ]
    expect(new Set([base, ...changes.map(keyOf)]).size).to.equal(changes.length + 1)
  })

  it('follows the same path from another source, and sources with numbers above 16 bits', () => {
    const scene = new Scene()
    const member = new RecordingMember(scene.ibgp('member', 9))
    scene.joinBgp('inet.0', member)
    const first = scene.ebgp('first')
    for (let n = 0; n < 0x10000 - 1; n++) scene.rib.sources.add(sourceFacts('filler'))
    const far = scene.ibgp('far', 2)
    expect(far.id - first.id).to.equal(0x10000)
    scene.put('inet.0', '10.0.0.1/32', first)
    scene.put('inet.0', '10.0.0.2/32', far)
    // The memo of (set n, source n + 65536) must not answer for (set n + 1, source n).
    for (let n = 0; n < 3; n++) scene.put('inet.0', '10.0.0.3/32', first, { med: n })
    for (let n = 0; n < 3; n++) {
      scene.put('inet.0', `10.0.1.${n}/32`, far, { med: n })
      scene.put('inet.0', `10.0.2.${n}/32`, first, { med: n + 1 })
    }
    scene.settle()
    expect([...member.held.keys()].sort()).to.deep.equal([
      '10.0.0.1/32',
      '10.0.0.3/32',
      '10.0.2.0/32',
      '10.0.2.1/32',
      '10.0.2.2/32',
    ])
  })

  it('offers the best path only, and its absence when it may not be passed on', () => {
    const scene = new Scene()
    const member = new RecordingMember(scene.ibgp('member', 9))
    scene.joinBgp('inet.0', member)
    scene.put('inet.0', '10.0.0.1/32', scene.ebgp('a'), { nextHop: '192.0.2.1' })
    scene.settle()
    expect([...member.held.values()]).to.deep.equal(['192.0.2.1/16'])
    // A better path from iBGP is not ours to tell, and the other one is not the truth any more.
    const better = scene.ibgp('b', 2)
    scene.put('inet.0', '10.0.0.1/32', better, { localPref: 200 })
    scene.settle()
    expect(member.held.size).to.equal(0)
    scene.drop('inet.0', '10.0.0.1/32', better)
    scene.settle()
    expect(member.held.size).to.equal(1)
  })
})

describe('memberships through a reflector (RFC 4684 §3.2)', () => {
  const TABLE = 'bgp.rtarget.0'
  const KEY = '64512:target:64512:1'
  const clients = (scene: Scene, count: number): RecordingMember[] =>
    Array.from({ length: count }, (_, n) => {
      const member = new RecordingMember(scene.ibgp(`client${n}`, n + 1, { isClient: true }))
      scene.joinBgp(TABLE, member, { clusterId: 77, isClient: true })
      return member
    })

  it('go back to the client that asked, in our own name, so that it learns that others ask too', () => {
    const scene = new Scene({ clusterId: 77 })
    const [a, b] = clients(scene, 2) as [RecordingMember, RecordingMember]
    scene.put(TABLE, KEY, a.source)
    scene.put(TABLE, KEY, b.source)
    scene.settle()
    const address = formatIpAddress(Uint8Array.of(ROUTER_ID >>> 24, (ROUTER_ID >>> 16) & 255, 0, 1))
    for (const member of [a, b]) expect([...member.held]).to.deep.equal([[KEY, `${address}/0`]])
    const rule = scene.rib.groupOf(scene.table(TABLE), a)!.rule
    const want = { want: 0, label: 0, targetsOf: undefined, exceptSource: -1 }
    rule.wantOf(scene.table(TABLE), scene.row(TABLE, KEY), want)
    expect(scene.rib.attrs.get(want.want).originatorId).to.equal(ROUTER_ID)
  })

  it('of a client reach non-clients although a non-client has the better path', () => {
    const scene = new Scene({ clusterId: 77 })
    const other = new RecordingMember(scene.ibgp('other', 20))
    scene.joinBgp(TABLE, other, { clusterId: 77 })
    const [a] = clients(scene, 1) as [RecordingMember]
    scene.put(TABLE, KEY, other.source, { localPref: 200 })
    scene.settle()
    expect(other.held.size).to.equal(0)
    expect(a.held.size).to.equal(1)
    scene.put(TABLE, KEY, a.source)
    scene.settle()
    expect([...other.held.keys()]).to.deep.equal([KEY])
    scene.drop(TABLE, KEY, a.source)
    scene.settle()
    expect(other.held.size).to.equal(0)
  })

  it('do not change how other families are reflected', () => {
    const scene = new Scene({ clusterId: 77 })
    const [a] = clients(scene, 1) as [RecordingMember]
    scene.joinBgp('inet.0', a, { clusterId: 77, isClient: true })
    scene.put('inet.0', '10.0.0.1/32', a.source)
    scene.put(TABLE, KEY, a.source)
    scene.settle()
    expect([...a.held.keys()]).to.deep.equal([KEY])
    expect(scene.rib.master(Family.routeTarget)!.name).to.equal(TABLE)
  })
})
