import { expect } from 'chai'
import fc from 'fast-check'
import { ChangeList } from '../../rib/change-list.ts'
import { InvariantError } from '../../rib/invariant.ts'
import { RouteRows, RowKind } from '../../rib/route-rows.ts'

type Step =
  | { kind: 'add' | 'remove' | 'find'; key: number }
  | { kind: 'mark'; key?: undefined }
  | { kind: 'unmark'; key?: undefined }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('add' as const), key: fc.nat({ max: 60 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('remove' as const), key: fc.nat({ max: 60 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('find' as const), key: fc.nat({ max: 60 }) }) },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: 'mark' }, { kind: 'unmark' }) },
)

/** Words of key n: in the order that prefixes of one network come in. */
const words = (n: number, keyWords: number): Int32Array =>
  Int32Array.from({ length: keyWords }, (_, i) => (i === keyWords - 1 ? 0x0a000000 + n : n >>> 5))

describe('rib: rows of routes', () => {
  for (const keyWords of [2, 4, 7]) {
    it(`find what a Map finds, through growth, removal and reuse of rows (${keyWords} words)`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
          const rows = new RouteRows(keyWords)
          const model = new Map<number, number>()
          const markers: number[] = []
          for (const s of steps) {
            if (s.kind === 'mark') markers.push(rows.addMarker())
            else if (s.kind === 'unmark') {
              const marker = markers.pop()
              if (marker !== undefined) rows.removeMarker(marker)
            } else if (s.key !== undefined) {
              // At an offset, as decoders hand keys over.
              const key = Int32Array.of(-1, ...words(s.key, keyWords))
              if (s.kind === 'add') model.set(s.key, rows.findOrAdd(key, 1))
              const row = rows.find(key, 1)
              expect(row).to.equal(model.get(s.key) ?? 0)
              if (s.kind === 'remove' && row !== 0) {
                rows.remove(row)
                model.delete(s.key)
              }
            }
          }
          expect(rows.routeCount).to.equal(model.size)
          const used = [...model.values(), ...markers]
          expect(new Set(used).size, 'every row has one use').to.equal(used.length)
          for (const [n, row] of model) {
            expect(rows.find(words(n, keyWords), 0)).to.equal(row)
            expect(rows.kind(row)).to.equal(RowKind.route)
            const at = row * rows.stride
            expect([...rows.words.subarray(at, at + keyWords)]).to.deep.equal([...words(n, keyWords)])
          }
          for (const marker of markers) expect(rows.kind(marker)).to.equal(RowKind.marker)
        }),
        { numRuns: 200 },
      )
    })
  }

  it('keep every key of a full probe run within reach when one in the middle goes', () => {
    for (let removed = 0; removed < 200; removed++) {
      const rows = new RouteRows(1)
      for (let n = 0; n < 200; n++) rows.findOrAdd(Int32Array.of(n), 0)
      rows.remove(rows.find(Int32Array.of(removed), 0))
      for (let n = 0; n < 200; n++) {
        expect(rows.find(Int32Array.of(n), 0) !== 0, `${n} after ${removed}`).to.equal(n !== removed)
      }
    }
  })

  it('keep keys apart that were chosen to meet under another seed', () => {
    const probe = (rows: RouteRows): number => {
      let longest = 0
      for (const key of meeting) longest = Math.max(longest, rows.probeLength(key, 0))
      return longest
    }
    // Keys that an unseeded index puts behind others: what a peer that knows the hash would send.
    const scout = new RouteRows(2)
    for (let n = 0; n < 500; n++) scout.findOrAdd(Int32Array.of(32, n), 0)
    const meeting: Int32Array[] = []
    for (let n = 0; meeting.length < 500; n++) {
      const key = Int32Array.of(24, Math.imul(n, 0x9e3779b1))
      if (scout.probeLength(key, 0) < 3) continue
      scout.findOrAdd(key, 0)
      meeting.push(key)
    }
    const unseeded = new RouteRows(2)
    const seeded = new RouteRows(2, 0x1234567)
    for (const rows of [unseeded, seeded]) for (const key of meeting) rows.findOrAdd(key, 0)
    expect(probe(seeded)).to.be.lessThan(probe(unseeded))
  })

  it('use freed rows again before making new ones, without what stood in them', () => {
    const rows = new RouteRows(2)
    const first = rows.findOrAdd(words(1, 2), 0)
    rows.setFirstPath(first, 77)
    rows.setEqualCostCount(first, 3)
    rows.setFirstPath(first, 0)
    rows.remove(first)
    const { rowCount } = rows
    const second = rows.findOrAdd(words(2, 2), 0)
    expect(second).to.equal(first)
    expect(rows.rowCount).to.equal(rowCount)
    expect([rows.firstPath(second), rows.equalCostCount(second)]).to.deep.equal([0, 0])
    expect(rows.find(words(1, 2), 0)).to.equal(0)
  })

  it('share their sentinel while they are empty, and write to their own once they are not', () => {
    const [empty, used] = [new RouteRows(2), new RouteRows(2)]
    expect(empty.words).to.equal(used.words)
    const marker = used.addMarker()
    used.findOrAdd(words(1, 2), 0)
    new ChangeList(used).touch(marker)
    expect([empty.words.length, empty.find(words(1, 2), 0), empty.kind(0)]).to.deep.equal([
      empty.stride,
      0,
      RowKind.marker,
    ])
    expect([...empty.words].filter((word) => word !== 0)).to.deep.equal([RowKind.marker])
    expect(new RouteRows(1).words).to.not.equal(empty.words)
  })

  it('keep kind and equal-cost count apart in one word', () => {
    const rows = new RouteRows(2)
    const row = rows.findOrAdd(words(1, 2), 0)
    for (const count of [0, 1, 255, 0xffffff]) {
      rows.setEqualCostCount(row, count)
      expect([rows.kind(row), rows.equalCostCount(row)]).to.deep.equal([RowKind.route, count])
    }
  })

  it('refuse to free a route that has a path, or a row of the other kind', () => {
    const rows = new RouteRows(2)
    const row = rows.findOrAdd(words(1, 2), 0)
    rows.setFirstPath(row, 1)
    expect(() => rows.remove(row)).to.throw(InvariantError)
    expect(() => rows.removeMarker(row)).to.throw(InvariantError)
    expect(() => rows.remove(rows.addMarker())).to.throw(InvariantError)
  })
})
