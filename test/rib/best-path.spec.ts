import { expect } from 'chai'
import fc from 'fast-check'
import { AttrTable } from '../../rib/attr-table.ts'
import type { PathFacts } from '../../rib/best-path.ts'
import { comparePreference, compareTieBreak, Decision, decisionReason } from '../../rib/best-path.ts'
import { SegmentType } from '../../rib/model/as-path.ts'
import { Community } from '../../rib/model/community.ts'
import { macMobilityCommunity } from '../../rib/model/ext-community.ts'
import { parseIpv4 } from '../../rib/model/ip-address.ts'
import { PathFlag } from '../../rib/path-flags.ts'
import type { SourceFacts } from '../../rib/path-source.ts'
import { PathSources, SourceKind } from '../../rib/path-source.ts'
import { PathStore } from '../../rib/path-store.ts'
import { attributes, sequence, sourceFacts } from './scene.ts'
import type { AttrSpec } from './scene.ts'

interface Candidate extends AttrSpec {
  readonly source?: Partial<SourceFacts>
  readonly flags?: number
  readonly pathId?: number
}

/** Paths of one route without a table. */
class Bench {
  readonly paths = new PathStore()
  readonly attrs = new AttrTable()
  readonly sources = new PathSources()
  readonly decision = new Decision(this.paths, this.attrs, this.sources, (a, b) => a - b)
  readonly #sourceByFacts = new Map<string, number>()

  add({ source = {}, flags = 0, pathId = 0, ...spec }: Candidate): number {
    const path = this.paths.allocate()
    const facts = { ...sourceFacts('peer'), ...source }
    const key = JSON.stringify({ ...facts, address: [...facts.address] })
    if (!this.#sourceByFacts.has(key)) this.#sourceByFacts.set(key, this.sources.add(facts).id)
    this.paths.setSource(path, this.#sourceByFacts.get(key)!)
    this.paths.setAttrs(path, this.attrs.intern(attributes(spec)).id)
    this.paths.setFlags(path, flags, 0)
    this.paths.setPathId(path, pathId)
    return path
  }

  /** Candidates as they stand in the end, and how many are equal in cost. */
  order(paths: readonly number[]): { order: number[]; equalCost: number } {
    const ids = Int32Array.from(paths)
    const equalCost = this.decision.order(ids, ids.length)
    return { order: [...ids], equalCost }
  }

  facts(path: number): PathFacts {
    return {
      attrs: this.attrs.get(this.paths.attrs(path)),
      source: this.sources.get(this.paths.source(path)),
      flags: this.paths.flags(path),
      pathId: this.paths.pathId(path),
    }
  }
}

const stale = [Community.LLGR_STALE]
const bgp = (n: number, rest: Partial<SourceFacts> = {}): Partial<SourceFacts> => ({
  name: `peer${n}`,
  routerId: n,
  address: parseIpv4(`203.0.113.${n}`)!,
  ...rest,
})
const agent = { kind: SourceKind.agent, name: 'agent', routerId: 0 }
const local = { kind: SourceKind.local, name: 'local', routerId: 0 }
const seq = (sequenceNumber: number) => [macMobilityCommunity({ sequence: sequenceNumber, sticky: false })]

/** One row of the table in rib/best-path.ts: the better one first, the worse one better in the row below. */
const rows: readonly [
  name: string,
  better: Candidate,
  worse: Candidate,
  equalCost: number,
  reason: string,
][] = [
  ['1 feasible', {}, { flags: PathFlag.infeasible, localPref: 900 }, 1, 'infeasible'],
  [
    '2 not LLGR-stale by flag (RFC 9494 §4.3)',
    {},
    { flags: PathFlag.llgrStale, localPref: 900 },
    1,
    'LLGR-stale',
  ],
  [
    '2 not LLGR-stale by community (RFC 9494 §4.3)',
    {},
    { communities: stale, localPref: 900 },
    1,
    'LLGR-stale',
  ],
  ['3 higher LOCAL_PREF (RFC 4271 §9.1.1)', { localPref: 101 }, { ext: seq(9) }, 1, 'lower LOCAL_PREF'],
  [
    '4 higher preference sequence',
    { ext: seq(2), asPath: sequence(1) },
    { ext: seq(1) },
    1,
    'older preference sequence',
  ],
  [
    '4 sequence as an unsigned number',
    { ext: seq(0x80000000) },
    { ext: seq(1) },
    1,
    'older preference sequence',
  ],
  [
    '5 shorter AS_PATH (RFC 4271 §9.1.2.2 a)',
    { asPath: sequence(1), origin: 2 },
    { asPath: sequence(1, 2) },
    1,
    'longer AS_PATH',
  ],
  ['6 lower ORIGIN (RFC 4271 §9.1.2.2 b)', { origin: 0, med: 9 }, { origin: 1 }, 1, 'higher ORIGIN'],
  [
    '7 lower MED of one neighbour AS (RFC 4271 §9.1.2.2 c)',
    { asPath: sequence(1), med: 1 },
    { asPath: sequence(1), med: 2, source: local },
    1,
    'higher MED',
  ],
  [
    '7 a missing MED is zero',
    { asPath: sequence(1) },
    { asPath: sequence(1), med: 1, source: local },
    1,
    'higher MED',
  ],
  ['8 local path', { source: local }, { source: agent }, 2, 'local path preferred'],
  ['9 agent path before BGP', { source: agent }, { source: bgp(1) }, 2, 'agent path preferred'],
  ['9 local path before BGP', { source: local }, { source: bgp(1) }, 2, 'local path preferred'],
  [
    '10 eBGP before iBGP (RFC 4271 §9.1.2.2 d)',
    { source: bgp(2) },
    { source: bgp(1, { isIbgp: true }) },
    2,
    'eBGP preferred to iBGP',
  ],
  [
    '11 lower identifier (RFC 4271 §9.1.2.2 f)',
    { source: bgp(1), clusterList: [1] },
    { source: bgp(2) },
    2,
    'higher router identifier',
  ],
  [
    '11 identifiers are unsigned',
    { source: bgp(1) },
    { source: bgp(1, { routerId: 0xc0000201 }) },
    2,
    'higher router identifier',
  ],
  [
    '11 ORIGINATOR_ID stands in for it (RFC 4456 §9)',
    { source: bgp(9), originatorId: 1 },
    { source: bgp(2) },
    2,
    'higher router identifier',
  ],
  [
    '12 shorter CLUSTER_LIST (RFC 4456 §9)',
    { source: bgp(2), originatorId: 5, clusterList: [1] },
    { source: bgp(1), originatorId: 5, clusterList: [1, 2] },
    2,
    'longer CLUSTER_LIST',
  ],
  [
    '13 lower address (RFC 4271 §9.1.2.2 g)',
    { source: bgp(1, { routerId: 7 }), pathId: 2 },
    { source: bgp(2, { routerId: 7 }), pathId: 1 },
    2,
    'higher address of source',
  ],
  ['13 path id of one source', { pathId: 1 }, { pathId: 2 }, 2, 'tie-break'],
]

describe('decision process, row by row', () => {
  for (const [name, better, worse, equalCost, reason] of rows) {
    it(`prefers ${name}, whichever came first`, () => {
      const bench = new Bench()
      const a = bench.add(better)
      const b = bench.add(worse)
      expect(bench.order([a, b])).to.deep.equal({ order: [a, b], equalCost })
      expect(bench.order([b, a])).to.deep.equal({ order: [a, b], equalCost })
      expect(decisionReason(bench.facts(a), bench.facts(b))).to.equal(reason)
    })
  }

  it('leaves no path in the equal-cost set when the best one is infeasible', () => {
    const bench = new Bench()
    const paths = [1, 2].map((n) => bench.add({ flags: PathFlag.infeasible, source: bgp(n) }))
    expect(bench.order(paths)).to.deep.equal({ order: paths, equalCost: 0 })
    expect(bench.order(paths.slice(0, 1)).equalCost).to.equal(0)
  })

  it('keeps stale paths equal to fresh ones (RFC 4724 §4.2)', () => {
    const bench = new Bench()
    const paths = [bench.add({ source: bgp(1), flags: PathFlag.stale }), bench.add({ source: bgp(2) })]
    expect(bench.order(paths)).to.deep.equal({ order: paths, equalCost: 2 })
  })

  it('does not prefer a default LOCAL_PREF to the same one written out', () => {
    const bench = new Bench()
    const paths = [bench.add({ source: bgp(1) }), bench.add({ source: bgp(2), localPref: 100 })]
    expect(bench.order(paths).equalCost).to.equal(2)
  })
})

describe('MED (RFC 4271 §9.1.2.2 c)', () => {
  it('is compared among paths of one neighbour AS only', () => {
    const bench = new Bench()
    const a = bench.add({ source: bgp(1), asPath: sequence(1), med: 50 })
    const b = bench.add({ source: bgp(2), asPath: sequence(2), med: 10 })
    expect(bench.order([b, a])).to.deep.equal({ order: [a, b], equalCost: 2 })
  })

  it('eliminates before tie-breaks, so that the classic three paths have one winner in every order', () => {
    // Pairwise: A beats B (identifier), B beats C (identifier), C beats A (MED). With C there, A is out: B wins.
    const bench = new Bench()
    const a = bench.add({ source: bgp(1), asPath: sequence(1), med: 20 })
    const b = bench.add({ source: bgp(2), asPath: sequence(2), med: 30 })
    const c = bench.add({ source: bgp(3), asPath: sequence(1), med: 10 })
    for (const paths of [
      [a, b, c],
      [a, c, b],
      [b, a, c],
      [b, c, a],
      [c, a, b],
      [c, b, a],
    ]) {
      expect(bench.order(paths)).to.deep.equal({ order: [b, c, a], equalCost: 2 })
    }
  })

  it('is compared among paths that begin in our own AS: empty ones, and those led by a set', () => {
    const bench = new Bench()
    const a = bench.add({ source: bgp(2), med: 1 })
    const b = bench.add({ source: bgp(1), med: 2 })
    expect(bench.order([a, b])).to.deep.equal({ order: [a, b], equalCost: 1 })
    const set = [{ type: SegmentType.set, asns: [7] }]
    const c = bench.add({ source: bgp(2), asPath: set, med: 1 })
    const d = bench.add({ source: bgp(1), asPath: set, med: 2 })
    expect(bench.order([d, c])).to.deep.equal({ order: [c, d], equalCost: 1 })
  })

  it('counts only among paths that tie until then', () => {
    const bench = new Bench()
    const a = bench.add({ source: bgp(1), asPath: sequence(1), med: 50 })
    const b = bench.add({ source: bgp(2), asPath: sequence(1), med: 10, origin: 2 })
    expect(bench.order([a, b])).to.deep.equal({ order: [a, b], equalCost: 1 })
  })

  it('leaves the order of the eliminated ones as tie-breaks made it', () => {
    const bench = new Bench()
    const [a, b, c] = [1, 2, 3].map((n) =>
      bench.add({ source: bgp(n), asPath: sequence(1), med: n < 3 ? 5 : 0 }),
    ) as [number, number, number]
    expect(bench.order([b, c, a])).to.deep.equal({ order: [c, a, b], equalCost: 1 })
  })

  it('keeps all paths of the lowest MED of each neighbour AS', () => {
    const bench = new Bench()
    const paths = [
      bench.add({ source: bgp(1), asPath: sequence(1), med: 5 }),
      bench.add({ source: bgp(2), asPath: sequence(1), med: 5 }),
      bench.add({ source: bgp(3), asPath: sequence(2), med: 9 }),
      bench.add({ source: bgp(4), asPath: sequence(1), med: 6 }),
      bench.add({ source: bgp(5), asPath: sequence(2), med: 10 }),
    ]
    expect(bench.order([...paths].reverse())).to.deep.equal({ order: paths, equalCost: 3 })
  })
})

const candidate: fc.Arbitrary<Candidate> = fc
  .record({
    n: fc.integer({ min: 1, max: 4 }),
    kind: fc.constantFrom(SourceKind.bgp, SourceKind.agent, SourceKind.local),
    isIbgp: fc.boolean(),
    routerId: fc.constantFrom(1, 2, 0xc0000201),
    pathId: fc.nat({ max: 2 }),
    flags: fc.constantFrom(0, 0, 0, PathFlag.stale, PathFlag.llgrStale, PathFlag.infeasible),
    localPref: fc.constantFrom(undefined, 100, 200),
    origin: fc.constantFrom(0, 0, 1),
    asPath: fc.constantFrom(sequence(), sequence(1), sequence(2), sequence(1, 2)),
    med: fc.constantFrom(undefined, 0, 1, 2),
    originatorId: fc.constantFrom(undefined, 1, 5),
    clusterList: fc.constantFrom([], [1], [2]),
    mobility: fc.constantFrom(0, 0, 1),
  })
  .map(({ n, kind, isIbgp, routerId, mobility, ...rest }) => ({
    ...rest,
    ext: mobility === 0 ? [] : seq(mobility),
    source: bgp(n, { kind, isIbgp, routerId }),
  }))

describe('decision process, as an order', () => {
  it('does not depend on the order of arrival', () => {
    const arrivals = fc.array(candidate, { minLength: 1, maxLength: 7 }).chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray(
          list.map((_, i) => i),
          { minLength: list.length },
        ),
      ),
    )
    fc.assert(
      fc.property(arrivals, ([list, shuffle]) => {
        const bench = new Bench()
        const paths = list.map((item) => bench.add(item))
        // Equal in everything: the origin decides, here the number of the path.
        const first = bench.order(paths)
        expect(bench.order(shuffle.map((i) => paths[i]!))).to.deep.equal(first)
        expect(bench.order(first.order)).to.deep.equal(first)
      }),
      { numRuns: 1_000 },
    )
  })

  it('compares totally, antisymmetrically and transitively, in steps 1 to 6 and in steps 8 to 13', () => {
    fc.assert(
      fc.property(candidate, candidate, candidate, (x, y, z) => {
        const bench = new Bench()
        const [a, b, c] = [x, y, z].map((item) => bench.facts(bench.add(item))) as [
          PathFacts,
          PathFacts,
          PathFacts,
        ]
        const preference = (p: PathFacts, q: PathFacts): number =>
          comparePreference(p.attrs, p.flags, q.attrs, q.flags)
        for (const compare of [preference, compareTieBreak]) {
          expect(compare(a, a)).to.equal(0)
          expect(Math.sign(compare(a, b))).to.equal(0 - Math.sign(compare(b, a)) || 0)
          if (compare(a, b) <= 0 && compare(b, c) <= 0) expect(compare(a, c)).to.be.at.most(0)
          if (compare(a, b) < 0 && compare(b, c) <= 0) expect(compare(a, c)).to.be.lessThan(0)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('puts the equal-cost set first: nobody in it is beaten, and everybody outside is', () => {
    fc.assert(
      fc.property(fc.array(candidate, { minLength: 1, maxLength: 7 }), (list) => {
        const bench = new Bench()
        const { order, equalCost } = bench.order(list.map((item) => bench.add(item)))
        const facts = order.map((path) => bench.facts(path))
        const [best] = facts as [PathFacts]
        const isBeaten = (p: PathFacts): boolean =>
          (p.flags & PathFlag.infeasible) !== 0 ||
          comparePreference(best.attrs, best.flags, p.attrs, p.flags) < 0 ||
          facts.some(
            (q) =>
              comparePreference(q.attrs, q.flags, p.attrs, p.flags) === 0 &&
              q.attrs.neighborAs === p.attrs.neighborAs &&
              q.attrs.medOrZero < p.attrs.medOrZero,
          )
        expect(facts.map(isBeaten)).to.deep.equal(facts.map((_, i) => i >= equalCost))
      }),
      { numRuns: 1_000 },
    )
  })

  it('grows beyond the paths that one route usually has', () => {
    const bench = new Bench()
    const paths = Array.from({ length: 200 }, (_, n) => bench.add({ pathId: n }))
    expect(bench.order([...paths].reverse())).to.deep.equal({ order: paths, equalCost: 200 })
  })
})
