import { expect } from 'chai'
import fc from 'fast-check'
import { PathFlag } from '../../rib/path-flags.ts'
import { PathStore } from '../../rib/path-store.ts'
import { RouteRows } from '../../rib/route-rows.ts'

describe('rib: path store', () => {
  it('keeps flags and instance id apart, each in its 16 bits', () => {
    fc.assert(
      fc.property(fc.nat({ max: 0xffff }), fc.nat({ max: 0x1ffff }), (flags, instanceId) => {
        const store = new PathStore()
        const path = store.allocate()
        store.setFlags(path, flags, instanceId)
        expect([store.flags(path), store.instanceId(path)]).to.deep.equal([flags, instanceId & 0xffff])
      }),
    )
  })

  it('marks the primary paths of a source in the tables named, and those marked before with one flag more', () => {
    const store = new PathStore()
    const place = (source: number, table: number, flags = 0): number => {
      const path = store.allocate()
      store.setAttrs(path, 1)
      store.setSource(path, source)
      store.setPlace(path, table, 1)
      store.setFlags(path, flags, 0xffff)
      return path
    }
    const { stale, secondary, condemned, llgrStale } = PathFlag
    const marked = [place(5, 1), place(5, 2, llgrStale)]
    const spared = [place(6, 1), place(5, 3), place(5, 1, secondary)]
    store.free(place(5, 1))
    const flagsOf = (paths: readonly number[]): number[] => paths.map((path) => store.flags(path))
    expect(store.markAll(5, new Set([1, 2]), stale, condemned)).to.equal(false)
    expect(flagsOf(marked)).to.deep.equal([stale, llgrStale | stale])
    expect(flagsOf(spared)).to.deep.equal([0, 0, secondary])
    expect(store.markAll(5, new Set([2]), stale, condemned)).to.equal(true)
    expect(flagsOf(marked)).to.deep.equal([stale, llgrStale | stale | condemned])
    expect(marked.map((path) => store.instanceId(path))).to.deep.equal([0xffff, 0xffff])
  })

  it('is never copied when a table with as many routes is, once that takes time', () => {
    const store = new PathStore()
    const rows = new RouteRows(4)
    const [grownPaths, grownRoutes]: [number[], number[]] = [[], []]
    const key = new Int32Array(4)
    for (let n = 0; n < 300_000; n++) {
      const [paths, words] = [store.capacity, rows.words]
      key[3] = n
      rows.findOrAdd(key, 0)
      store.allocate()
      if (store.capacity !== paths) grownPaths.push(n)
      if (rows.words !== words) grownRoutes.push(n)
    }
    const large = grownRoutes.filter((n) => n > 8_000)
    expect(large).to.have.length.greaterThan(1)
    for (const n of large) {
      const apart = Math.min(...grownPaths.map((other) => Math.abs(other - n)))
      // More than a round of input brings.
      expect(apart, `${n} of ${grownPaths.join()}`).to.be.greaterThan(n / 4)
    }
  })

  it('gives freed paths away again, blank, and grows when none is free', () => {
    const store = new PathStore()
    const first = store.allocate()
    const fields: [(path: number, value: number) => void, (path: number) => number][] = [
      [(path, v) => store.setAttrs(path, v), (path) => store.attrs(path)],
      [(path, v) => store.setSource(path, v), (path) => store.source(path)],
      [(path, v) => store.setLabel(path, v), (path) => store.label(path)],
      [(path, v) => store.setNext(path, v), (path) => store.next(path)],
      [(path, v) => store.setPlace(path, v, v), (path) => store.route(path)],
      [(path, v) => store.setPlace(path, v, v), (path) => store.table(path)],
      [(path, v) => store.setCopies(path, v), (path) => store.copies(path)],
      [(path, v) => store.setOrigin(path, v), (path) => store.origin(path)],
      [(path, v) => store.setPathId(path, v), (path) => store.pathId(path)],
    ]
    fields.forEach(([set, get], i) => {
      set(first, i + 1)
      expect(get(first)).to.equal(i + 1)
    })
    store.free(first)
    expect(store.allocate()).to.equal(first)
    for (const [, get] of fields) expect(get(first)).to.equal(0)
    const paths = Array.from({ length: 500 }, () => store.allocate())
    expect(new Set([first, 0, ...paths]).size).to.equal(502)
    paths.forEach((path, i) => store.setLabel(path, i))
    paths.forEach((path, i) => expect(store.label(path)).to.equal(i))
    expect(store.count).to.equal(501)
  })

  it('chains the copies of a primary path, whichever goes first', () => {
    const order = fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 })
    fc.assert(
      fc.property(order, (leaving) => {
        const store = new PathStore()
        const primary = store.allocate()
        const copies = Array.from({ length: 4 }, () => store.allocate())
        for (const copy of copies) store.linkCopy(primary, copy)
        const left = new Set(copies)
        for (const i of leaving) {
          const chain: number[] = []
          for (let copy = store.copies(primary); copy !== 0; copy = store.copies(copy)) chain.push(copy)
          expect(new Set(chain)).to.deep.equal(left)
          for (const copy of chain) expect(store.origin(copy)).to.equal(primary)
          store.unlinkCopy(copies[i]!)
          left.delete(copies[i]!)
          expect([store.origin(copies[i]!), store.copies(copies[i]!)]).to.deep.equal([0, 0])
        }
        expect(store.copies(primary)).to.equal(0)
      }),
    )
  })
})
