import { expect } from 'chai'
import fc from 'fast-check'
import { AttrTable } from '../../rib/attr-table.ts'
import { InvariantError } from '../../rib/invariant.ts'
import { plainAttributes } from '../../rib/model/attr-set.ts'
import { NextHopSets } from '../../rib/next-hop-sets.ts'

const med = (n: number) => ({ ...plainAttributes, med: n })
/** Rows of several lengths. */
const long = (n: number) => ({ ...med(n), clusterList: Array.from({ length: n % 5 }, (_, i) => i) })
const n0 = (n: number | undefined): number => n ?? -1

describe('rib: attribute table', () => {
  it('gives equal attributes one set, and never the number 0', () => {
    const table = new AttrTable()
    const set = table.intern(med(1))
    expect(set.id).to.be.greaterThan(0)
    expect(table.intern(med(1))).to.equal(set)
    expect(table.intern(med(2))).to.not.equal(set)
    expect(table.get(set.id)).to.equal(set)
    expect(table.count).to.equal(2)
  })

  it('counts references as a Map does, and frees exactly what nobody holds', () => {
    const step = fc.record({ n: fc.nat({ max: 8 }), kind: fc.constantFrom('retain', 'release', 'collect') })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const table = new AttrTable()
        const held = new Map<number, number>()
        const known = new Set<number>()
        for (const { n, kind } of steps) {
          const count = held.get(n) ?? 0
          if (kind === 'collect') {
            table.collect()
            for (const other of [...known]) if ((held.get(other) ?? 0) === 0) known.delete(other)
          } else if (kind === 'retain' || count > 0) {
            const { id } = table.intern(med(n))
            known.add(n)
            if (kind === 'retain') table.retain(id)
            else table.release(id)
            held.set(n, count + (kind === 'retain' ? 1 : -1))
            expect(table.references(id)).to.equal(held.get(n))
          }
          expect(table.count).to.equal(known.size)
          expect(table.liveCount).to.equal([...held.values()].filter((left) => left > 0).length)
        }
      }),
    )
  })

  it('frees in slices nothing that was used, or remembered, since the sweep began', () => {
    const step = fc.record({
      n: fc.nat({ max: 12 }),
      kind: fc.constantFrom('intern', 'retain', 'release', 'sweep', 'remembered'),
    })
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 120, size: 'max' }),
        fc.integer({ min: 1, max: 5 }),
        (steps, sets) => {
          const table = new AttrTable()
          const held: number[] = []
          const memo = new Map<number, number>()
          table.onCollect(() => memo.clear())
          const used = (n: number): void => {
            const set = table.intern(long(n))
            if (memo.has(n)) expect(set.id).to.equal(memo.get(n))
            memo.set(n, set.id)
          }
          for (const { n, kind } of steps) {
            if (kind === 'sweep') table.collectSome(sets)
            else if (kind === 'release') {
              const gone = held.splice(n % (held.length + 1), 1)[0]
              // Whoever holds a path may look its set up, and remember what came of it, until it lets go.
              if (gone !== undefined) {
                memo.set(n0(table.get(gone).med), gone)
                table.release(gone)
              }
            } else if (kind === 'remembered' && memo.has(n)) {
              table.retain(memo.get(n)!)
              held.push(memo.get(n)!)
            } else {
              used(n)
              if (kind === 'retain') {
                table.retain(memo.get(n)!)
                held.push(memo.get(n)!)
              }
            }
            for (const [m, id] of memo) expect(table.get(id).plain()).to.deep.equal(long(m))
            expect(table.liveCount).to.equal(new Set(held).size)
          }
          for (const id of held) expect(table.intern(table.get(id).plain()).id).to.equal(id)
          for (const id of held) table.release(id)
          while (!table.collectSome(sets));
          table.collect()
          expect(table.count).to.equal(0)
        },
      ),
    )
  })

  it('tells its listeners before a number is freed, and gives it away only after', () => {
    const table = new AttrTable()
    const old = table.intern(med(1))
    let seen: unknown
    table.onCollect(() => {
      seen = table.get(old.id)
    })
    table.collect()
    expect(seen).to.equal(old)
    const next = table.intern(med(2))
    expect(next.id).to.equal(old.id)
    expect(table.intern(med(1)).id).to.not.equal(old.id)
    expect(table.references(next.id)).to.equal(0)
  })

  it('stops telling a listener that went', () => {
    const table = new AttrTable()
    let calls = 0
    const stop = table.onCollect(() => calls++)
    table.collect()
    stop()
    table.collect()
    expect(calls).to.equal(1)
  })

  it('keeps what a number means while somebody holds it', () => {
    const table = new AttrTable()
    const kept = table.intern(med(1))
    table.retain(kept.id)
    table.collect()
    expect(table.get(kept.id)).to.equal(kept)
    expect(table.intern(med(1))).to.equal(kept)
  })

  it('grows beyond its first reference counters', () => {
    const table = new AttrTable()
    const ids = Array.from({ length: 3_000 }, (_, n) => table.intern(med(n)).id)
    for (const id of ids) table.retain(id)
    expect(table.liveCount).to.equal(3_000)
    for (const id of ids) expect(table.references(id)).to.equal(1)
  })

  it('is worth collecting only when much of it is unused', () => {
    const table = new AttrTable()
    for (let n = 0; n < 1_023; n++) table.intern(med(n))
    expect(table.isWorthCollecting).to.equal(false)
    table.intern(med(1_023))
    expect(table.isWorthCollecting).to.equal(true)
    for (let n = 2_000; n < 3_100; n++) table.retain(table.intern(med(n)).id)
    expect(table.isWorthCollecting).to.equal(false)
  })

  it('finds a release too many', () => {
    const table = new AttrTable()
    expect(() => table.release(table.intern(med(1)).id)).to.throw(InvariantError)
  })
})

describe('rib: next-hop sets', () => {
  const scene = () => {
    const attrs = new AttrTable()
    const sets = new NextHopSets(attrs)
    const hop = (n: number, label = 16) => ({ attrs: attrs.intern(med(n)), label })
    return { attrs, sets, hop }
  }

  it('stand for themselves when they have one member', () => {
    const { sets, hop } = scene()
    const one = hop(1)
    expect(sets.intern([one])).to.equal(one.attrs.id)
    expect(sets.get(one.attrs.id, 16)).to.deep.equal([one])
  })

  it('have one negative number per order, members and labels', () => {
    const { sets, hop } = scene()
    const want = sets.intern([hop(1), hop(2)])
    expect(want).to.be.lessThan(0)
    expect(sets.intern([hop(1), hop(2)])).to.equal(want)
    expect(sets.intern([hop(2), hop(1)])).to.not.equal(want)
    expect(sets.intern([hop(1), hop(2, 17)])).to.not.equal(want)
    expect(sets.get(want, 0)).to.deep.equal([hop(1), hop(2)])
  })

  it('hold their attributes while somebody holds them, and no longer', () => {
    const { attrs, sets, hop } = scene()
    const want = sets.intern([hop(1), hop(2)])
    sets.retain(want)
    sets.collect()
    attrs.collect()
    expect(attrs.liveCount).to.equal(2)
    expect(sets.get(want, 0)).to.have.length(2)
    sets.release(want)
    sets.collect()
    attrs.collect()
    expect([sets.count, attrs.count]).to.deep.equal([0, 0])
    expect(() => scene().sets.release(~0)).to.throw()
  })

  it('are freed in slices exactly when nobody holds them', () => {
    const step = fc.record({ n: fc.nat({ max: 6 }), kind: fc.constantFrom('retain', 'release', 'sweep') })
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60, size: 'max' }),
        fc.integer({ min: 1, max: 3 }),
        (steps, slice) => {
          const { attrs, sets, hop } = scene()
          const held: number[] = []
          for (const { n, kind } of steps) {
            if (kind === 'sweep') sets.collectSome(slice)
            else if (kind === 'retain') {
              const want = sets.intern([hop(n), hop(n + 1)])
              sets.retain(want)
              held.push(want)
            } else {
              const gone = held.splice(n % (held.length + 1), 1)[0]
              if (gone !== undefined) sets.release(gone)
            }
            for (const want of held) expect(sets.intern(sets.get(want, 0))).to.equal(want)
          }
          while (!sets.collectSome(slice));
          sets.collect()
          attrs.collect()
          expect(sets.count).to.equal(new Set(held).size)
          for (const want of held.splice(0)) sets.release(want)
          sets.collect()
          attrs.collect()
          expect([sets.count, attrs.count]).to.deep.equal([0, 0])
        },
      ),
    )
  })

  it('are worth collecting by themselves when many of them are unused', () => {
    const { sets, hop } = scene()
    for (let label = 0; label < 1_023; label++) sets.intern([hop(1, label), hop(2, label)])
    expect(sets.isWorthCollecting).to.equal(false)
    const want = sets.intern([hop(1, 2_000), hop(2)])
    expect(sets.isWorthCollecting).to.equal(true)
    sets.retain(want)
    expect(sets.isWorthCollecting).to.equal(false)
    sets.release(want)
    sets.collect()
    expect([sets.count, sets.isWorthCollecting]).to.deep.equal([0, false])
  })
})
