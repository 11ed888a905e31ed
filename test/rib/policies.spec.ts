import { expect } from 'chai'
import fc from 'fast-check'
import type { ImportRule } from '../../rib/import-rule.ts'
import { Family } from '../../rib/model/family.ts'
import { formatIpAddress } from '../../rib/model/ip-address.ts'
import { parseRouteKey } from '../../rib/model/route-key.ts'
import type { PathSource } from '../../rib/path-source.ts'
import { INFEASIBLE_REASONS, PathFlag } from '../../rib/path-flags.ts'
import { judgeImport } from '../../rib/policies.ts'
import { parseCommunityPattern } from '../../rib/policy/community-pattern.ts'
import { policyChain } from '../../rib/policy/policy.ts'
import type { PolicyChain, Policy, Term } from '../../rib/policy/policy.ts'
import { parsePrefix } from '../../rib/model/route-key.ts'
import { emptyPathInput } from '../../rib/table.ts'
import { checkInvariants, dumpRib } from '../support/rib-check.ts'
import { RecordingMember } from '../support/recording-member.ts'
import { ebgpPolicy, Scene, sequence, target } from './scene.ts'
import type { AttrSpec } from './scene.ts'

const SELF = Uint8Array.of(192, 0, 2, 10)
const BLACK = 0xfc00029a

function chain(...terms: (Partial<Term> & Pick<Term, 'action'>)[]): PolicyChain {
  return chainOf({
    name: 'p',
    terms: terms.map((term, i) => ({ name: `t${i}`, match: {}, set: {}, ...term })),
  })
}

function chainOf(...policies: Policy[]): PolicyChain {
  return policyChain(policies)
}

const accept: Term = { name: 'rest', match: {}, set: {}, action: 'accept' }

/** Sets or takes away a source's import policy, as a session does. */
function judgeBy(scene: Scene, source: PathSource, policies: PolicyChain | undefined): void {
  source.importPolicy = scene.rib.policies.evaluator(policies, SELF)
  scene.rib.reevaluate(source)
}

/** Receives a route as a session does. */
function receive(scene: Scene, source: PathSource, key: string, spec: AttrSpec, flags = 0): void {
  const table = scene.rib.master(Family.inet)!
  const words = parseRouteKey(Family.inet, key)!
  const input = emptyPathInput()
  input.source = source
  input.attrs = scene.attrs(spec)
  input.flags = flags
  if (flags === 0 && source.importPolicy) {
    judgeImport(source.importPolicy, scene.rib.attrs, input, table.family, words, 0)
  }
  table.upsert(words, 0, input)
}

/** The rule of a session that gives every path these flags. */
function importRule(flags: number): ImportRule {
  return {
    key: String(flags),
    changes: false,
    flagsOf: () => flags,
    takenAs: (received) => received,
    forget: () => undefined,
  }
}

function decidedOn(scene: Scene, table: string, key: string): string {
  const at = scene.table(table)
  const decided = scene.rib.policies.decidedOn(at, at.routes.firstPath(scene.row(table, key)))
  return decided ? `${decided.policy}/${decided.term}` : 'nobody'
}

function flagsOf(scene: Scene, table: string, key: string): number {
  const at = scene.table(table)
  return scene.rib.paths.flags(at.routes.firstPath(scene.row(table, key)))
}

const REJECTED = PathFlag.infeasible | PathFlag.policyRejected

describe('import policies', () => {
  it('keep a rejected route, never choose it, and name the term that rejected it', () => {
    const scene = new Scene()
    const peer = scene.ebgp('gw')
    judgeBy(
      scene,
      peer,
      chain(
        { match: { communities: { any: [parseCommunityPattern('64512:666')!] } }, action: 'reject' },
        accept,
      ),
    )
    receive(scene, peer, '10.0.0.0/8', { communities: [BLACK] })
    receive(scene, peer, '10.1.0.0/16', {})
    expect(flagsOf(scene, 'inet.0', '10.0.0.0/8')).to.equal(REJECTED)
    expect(decidedOn(scene, 'inet.0', '10.0.0.0/8')).to.equal('p/t0')
    expect(decidedOn(scene, 'inet.0', '10.1.0.0/16')).to.equal('p/rest')
    const member = new RecordingMember(scene.ibgp('other', 2))
    scene.joinBgp('inet.0', member)
    scene.settle()
    expect([...member.held.keys()]).to.deep.equal(['10.1.0.0/16'])
  })

  it('change a route, and give it back as received when they are gone', () => {
    const scene = new Scene()
    const peer = scene.ebgp('gw')
    judgeBy(scene, peer, chain({ set: { localPref: 300, nextHop: 'self' }, action: 'accept' }))
    receive(scene, peer, '10.0.0.0/8', { med: 7 })
    const best = scene.best('inet.0', '10.0.0.0/8')
    expect([best.localPref, best.med, formatIpAddress(best.nextHop)]).to.deep.equal([300, 7, '192.0.2.10'])
    checkInvariants(scene.rib)
    judgeBy(scene, peer, undefined)
    scene.settle()
    expect(scene.best('inet.0', '10.0.0.0/8')).to.equal(scene.attrs({ med: 7 }))
    checkInvariants(scene.rib)
  })

  it('keep no set of a route that is gone', () => {
    const scene = new Scene()
    const peer = scene.ebgp('gw')
    judgeBy(scene, peer, chain({ set: { localPref: 300 }, action: 'accept' }))
    receive(scene, peer, '10.0.0.0/8', { med: 7 })
    expect(scene.rib.attrs.liveCount).to.equal(2)
    receive(scene, peer, '10.0.0.0/8', { med: 8 })
    expect(scene.rib.attrs.liveCount).to.equal(2)
    scene.drop('inet.0', '10.0.0.0/8', peer)
    expect(scene.rib.attrs.liveCount).to.equal(0)
  })

  it('leave a loop a loop (RFC 4271 §9.1.2), and every other reason what it is', () => {
    const scene = new Scene()
    const peer = scene.ebgp('gw')
    const loop = PathFlag.infeasible | PathFlag.asLoop
    const others = INFEASIBLE_REASONS.filter(([bit]) => bit !== PathFlag.policyRejected)
    others.forEach(([bit], i) => receive(scene, peer, `10.1.${i}.0/24`, {}, PathFlag.infeasible | bit))
    receive(scene, peer, '10.0.0.0/8', {}, loop)
    judgeBy(scene, peer, chain({ set: { localPref: 300 }, action: 'accept' }))
    scene.settle()
    expect(flagsOf(scene, 'inet.0', '10.0.0.0/8')).to.equal(loop)
    others.forEach(([bit], i) =>
      expect(flagsOf(scene, 'inet.0', `10.1.${i}.0/24`)).to.equal(PathFlag.infeasible | bit),
    )
    expect(scene.best('inet.0', '10.0.0.0/8').localPref).to.equal(undefined)
  })

  it('of RFC 8212 reject all of a source, and let it in again', () => {
    const scene = new Scene()
    const peer = scene.ebgp('gw')
    receive(scene, peer, '10.0.0.0/8', {})
    peer.importRule = importRule(REJECTED)
    scene.rib.reevaluate(peer)
    scene.settle()
    expect(flagsOf(scene, 'inet.0', '10.0.0.0/8')).to.equal(REJECTED)
    expect(decidedOn(scene, 'inet.0', '10.0.0.0/8')).to.equal('nobody')
    peer.importRule = importRule(0)
    scene.rib.reevaluate(peer)
    scene.settle()
    expect(flagsOf(scene, 'inet.0', '10.0.0.0/8')).to.equal(0)
  })

  it('tell readers nothing of routes for which another policy says the same', () => {
    const scene = new Scene()
    const peer = scene.ebgp('gw')
    judgeBy(scene, peer, chain({ set: { localPref: 300 }, action: 'accept' }))
    receive(scene, peer, '10.0.0.0/8', {})
    receive(scene, peer, '10.1.0.0/16', {})
    const member = new RecordingMember(scene.ibgp('other', 2))
    scene.joinBgp('inet.0', member)
    scene.settle()
    expect(member.received).to.equal(2)
    const prefixes = [{ prefix: parsePrefix('10.1.0.0/16')!, min: 16, max: 16 }]
    judgeBy(
      scene,
      peer,
      chain(
        { match: { prefixes }, set: { localPref: 50 }, action: 'accept' },
        { set: { localPref: 300 }, action: 'accept' },
      ),
    )
    scene.settle()
    expect(member.received).to.equal(3)
  })

  it('are forgotten with their source, in the middle of judging it again', () => {
    const scene = new Scene({ sliceRoutes: 1 })
    const peer = scene.ebgp('gw')
    for (let i = 0; i < 20; i++) receive(scene, peer, `10.${i}.0.0/16`, {})
    judgeBy(scene, peer, chain({ set: { localPref: 300 }, action: 'accept' }))
    for (let i = 0; i < 5; i++) scene.clock.step()
    scene.rib.removeSource(peer)
    scene.settle()
    expect(scene.list('inet.0')).to.deep.equal([])
    checkInvariants(scene.rib)
  })

  it('changed while routes come and go end where they would have been from the beginning', () => {
    const community = fc.constantFrom([], [BLACK], [BLACK - 1])
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('receive' as const),
        n: fc.nat(9),
        peer: fc.nat(1),
        communities: community,
        med: fc.nat(2),
      }),
      fc.record({ kind: fc.constant('withdraw' as const), n: fc.nat(9), peer: fc.nat(1) }),
      fc.record({ kind: fc.constant('policy' as const), peer: fc.nat(1), policy: fc.nat(4) }),
      fc.record({ kind: fc.constant('turn' as const) }),
      fc.record({ kind: fc.constant('collect' as const) }),
    )
    const low = [{ prefix: parsePrefix('10.0.0.0/13')!, min: 16, max: 16 }]
    const chains = [
      undefined,
      chain(
        { match: { communities: { any: [parseCommunityPattern('64512:666')!] } }, action: 'reject' },
        accept,
      ),
      chain({ set: { localPref: 300, communities: { replace: [BLACK] } }, action: 'accept' }),
      chain(
        { match: { prefixes: low }, set: { med: 1 }, action: 'next-term' },
        { match: { med: { min: 1, max: 1 } }, action: 'reject' },
        accept,
      ),
      chain({ action: 'reject' }),
    ]
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const scene = new Scene({ sliceRoutes: 1 })
        const peers = [scene.ebgp('a', 1), scene.ebgp('b', 2)]
        const member = new RecordingMember(scene.ibgp('reader', 3), false, () => scene.clock.turns)
        scene.joinBgp('inet.0', member)
        const last: (PolicyChain | undefined)[] = [undefined, undefined]
        const taught = new Map<string, { peer: number; n: number; spec: AttrSpec }>()
        for (const at of steps) {
          if (at.kind === 'receive') {
            const spec = { communities: at.communities, med: at.med }
            taught.set(`${at.peer} ${at.n}`, { peer: at.peer, n: at.n, spec })
            receive(scene, peers[at.peer]!, `10.${at.n}.0.0/16`, spec)
          } else if (at.kind === 'withdraw') {
            taught.delete(`${at.peer} ${at.n}`)
            scene.drop('inet.0', `10.${at.n}.0.0/16`, peers[at.peer]!)
          } else if (at.kind === 'policy') {
            last[at.peer] = chains[at.policy]
            judgeBy(scene, peers[at.peer]!, chains[at.policy])
          } else if (at.kind === 'turn') scene.clock.step()
          else scene.settle().rib.attrs.collect()
        }
        scene.settle()
        const fresh = new Scene()
        const freshPeers = [fresh.ebgp('a', 1), fresh.ebgp('b', 2)]
        fresh.ibgp('reader', 3)
        freshPeers.forEach((peer, i) => judgeBy(fresh, peer, last[i]))
        for (const { peer, n, spec } of taught.values())
          receive(fresh, freshPeers[peer]!, `10.${n}.0.0/16`, spec)
        fresh.settle()
        expect(dumpRib(scene.rib)).to.deep.equal(dumpRib(fresh.rib))
        checkInvariants(scene.rib)
        expect(member.faults).to.deep.equal([])
        const newcomer = new RecordingMember(scene.ibgp('late', 4))
        scene.joinBgp('inet.0', newcomer)
        scene.settle()
        expect(member.held).to.deep.equal(newcomer.held)
      }),
      { numRuns: 300 },
    )
  })
})

describe('export policies', () => {
  it('change and reject what a peer is offered', () => {
    const scene = new Scene()
    const from = scene.ibgp('from', 1)
    scene.put('inet.0', '10.0.0.0/8', from, { communities: [BLACK] })
    scene.put('inet.0', '10.1.0.0/16', from, { med: 5, asPath: sequence(65009) })
    const block = {
      match: { communities: { any: [parseCommunityPattern('64512:666')!] } },
      action: 'reject' as const,
    }
    const seen = (terms: PolicyChain) => {
      const rule = scene.rib.bgpExportRule({
        ...ebgpPolicy,
        exportPolicy: scene.rib.policies.evaluator(terms, SELF),
      })
      const want = { want: 0, label: 0, targetsOf: undefined, exceptSource: -1 }
      const table = scene.table('inet.0')
      return ['10.0.0.0/8', '10.1.0.0/16'].map((key) => {
        rule.wantOf(table, scene.row('inet.0', key), want)
        return want.want === 0 ? undefined : scene.rib.attrs.get(want.want).plain()
      })
    }
    const [blocked, let1] = seen(chain(block, { set: { prepend: [64512, 64512] }, action: 'accept' }))
    expect(blocked).to.equal(undefined)
    expect(let1!.asPath[0]!.asns).to.deep.equal([64512, 64512, 64512, 65009])
    const [first, second] = seen(chain({ set: { med: 9, nextHop: 'self', localPref: 7 }, action: 'accept' }))
    // RFC 4271 §5.1.4 and §5.1.5: the MED that a policy sets is sent to another AS, a LOCAL_PREF never.
    expect([first!.med, second!.med, second!.localPref]).to.deep.equal([9, 9, undefined])
    expect(formatIpAddress(second!.nextHop)).to.equal('192.0.2.10')
  })

  it('do not allow what the route itself forbids (RFC 1997)', () => {
    const scene = new Scene()
    scene.put('inet.0', '10.0.0.0/8', scene.ibgp('from', 1), { communities: [0xffffff01] })
    const member = new RecordingMember(scene.ebgp('to', 2))
    const strip = chain({ set: { communities: { replace: [] } }, action: 'accept' })
    scene.joinBgp('inet.0', member, {
      ...ebgpPolicy,
      peerAs: 65002,
      exportPolicy: scene.rib.policies.evaluator(strip, SELF),
    })
    scene.settle()
    expect(member.held.size).to.equal(0)
  })

  it('that change on a live peer send only what differs', () => {
    const scene = new Scene()
    const from = scene.ebgp('from', 1)
    for (let i = 0; i < 10; i++)
      scene.put('inet.0', `10.${i}.0.0/16`, from, { communities: i === 3 ? [BLACK] : [] })
    const [to, other] = [
      new RecordingMember(scene.ibgp('to', 2)),
      new RecordingMember(scene.ibgp('other', 3)),
    ]
    const by = (policies: PolicyChain) => ({ exportPolicy: scene.rib.policies.evaluator(policies, SELF) })
    const all = chain(accept)
    scene.joinBgp('inet.0', to, by(all))
    scene.joinBgp('inet.0', other, by(all))
    scene.settle()
    expect([to.received, other.received]).to.deep.equal([10, 10])
    const block = chain(
      { match: { communities: { any: [parseCommunityPattern('64512:666')!] } }, action: 'reject' },
      accept,
    )
    scene.joinBgp('inet.0', to, by(block))
    scene.settle()
    expect([to.received, other.received]).to.deep.equal([11, 10])
    expect([to.held.size, other.held.size]).to.deep.equal([9, 10])
    scene.joinBgp('inet.0', to, by(all))
    scene.settle()
    expect([to.received, to.held.size]).to.deep.equal([12, 10])
    checkInvariants(scene.rib)
  })
})

describe('policies of a VRF', () => {
  const red = {
    name: 'red',
    virtualNetwork: 'red',
    vnIndex: 0,
    importTargets: [target(1)],
    exportTargets: [target(1)],
  }

  it('decide what it takes: a rejected copy stays there and says who rejected it', () => {
    const scene = new Scene()
    const peer = scene.ibgp('gw')
    const prefixes = [{ prefix: parsePrefix('10.0.0.0/8')!, min: 8, max: 32 }]
    const take = chain(
      { match: { prefixes }, action: 'reject' },
      { set: { localPref: 300 }, action: 'accept' },
    )
    scene.rib.setInstance({ ...red, importPolicies: take })
    scene.put('bgp.l3vpn.0', '64512:9:10.1.0.0/16', peer, { targets: [1] })
    scene.put('bgp.l3vpn.0', '64512:9:192.0.2.0/24', peer, { targets: [1] })
    scene.settle()
    expect(flagsOf(scene, 'red.inet.0', '10.1.0.0/16')).to.equal(REJECTED | PathFlag.secondary)
    expect(decidedOn(scene, 'red.inet.0', '10.1.0.0/16')).to.equal('p/t0')
    expect(scene.best('red.inet.0', '192.0.2.0/24').localPref).to.equal(300)
    scene.rib.setInstance(red)
    scene.settle()
    expect(flagsOf(scene, 'red.inet.0', '10.1.0.0/16')).to.equal(PathFlag.secondary)
    expect(scene.best('red.inet.0', '192.0.2.0/24').localPref).to.equal(undefined)
    checkInvariants(scene.rib)
  })

  it('decide what it gives, and with which targets', () => {
    const scene = new Scene()
    const agent = scene.agent('compute-1')
    const words = [(2 << 16) | 64512, 2] as const
    const give = chain(
      { match: { prefixes: [{ prefix: parsePrefix('10.1.1.3/32')!, min: 32, max: 32 }] }, action: 'reject' },
      { set: { routeTargets: { replace: [words] } }, action: 'accept' },
    )
    scene.vrf('blue', { imports: [2] })
    scene.rib.setInstance({ ...red, exportPolicies: give })
    for (const key of ['10.1.1.3/32', '10.1.1.4/32'])
      scene.put('red.inet.0', key, agent, { nextHop: '192.0.2.21' })
    scene.settle()
    expect(scene.list('bgp.l3vpn.0')).to.deep.equal(['192.0.2.21:0:10.1.1.4/32 compute-1 192.0.2.21'])
    expect(scene.best('bgp.l3vpn.0', '192.0.2.21:0:10.1.1.4/32').routeTargets).to.deep.equal([target(2)])
    expect(scene.list('blue.inet.0')).to.deep.equal(['10.1.1.4/32 compute-1 192.0.2.21'])
    scene.rib.setInstance(red)
    scene.settle()
    expect(scene.list('bgp.l3vpn.0')).to.have.length(2)
    expect(scene.list('blue.inet.0')).to.deep.equal([])
    checkInvariants(scene.rib)
  })
})
