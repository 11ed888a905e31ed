import { expect } from 'chai'
import fc from 'fast-check'
import { ChangeList } from '../../rib/change-list.ts'
import { RouteRows, RowKind } from '../../rib/route-rows.ts'

function contents(list: ChangeList): number[] {
  const found: number[] = []
  for (let row = list.next(0); row !== 0; row = list.next(row)) found.push(row)
  const back: number[] = []
  for (let row = list.previous(0); row !== 0; row = list.previous(row)) back.push(row)
  expect(back.reverse(), 'links agree both ways').to.deep.equal(found)
  return found
}

type Step =
  | { kind: 'touch'; route: number }
  | { kind: 'remove'; route: number }
  | { kind: 'head' }
  | { kind: 'tail' }
  | { kind: 'after'; place: number }
  | { kind: 'move'; marker: number; place: number }
  | { kind: 'close'; marker: number }

const n = fc.nat({ max: 9 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('touch' as const), route: n }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), route: n }) },
  { weight: 2, arbitrary: fc.constantFrom<Step>({ kind: 'head' }, { kind: 'tail' }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('after' as const), place: n }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('move' as const), marker: n, place: n }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), marker: n }) },
)

describe('rib: change list', () => {
  it('orders routes and markers as an array does', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        const rows = new RouteRows(1)
        const list = new ChangeList(rows)
        const model: number[] = []
        const routes = new Map<number, number>()
        const markers: number[] = []
        const insertAfter = (place: number | undefined, row: number): void => {
          model.splice(place === undefined ? 0 : model.indexOf(place) + 1, 0, row)
        }
        for (const s of steps) {
          if (s.kind === 'touch') {
            const row = rows.findOrAdd(Int32Array.of(s.route), 0)
            routes.set(s.route, row)
            expect(list.touch(row)).to.equal(model.at(-1) !== row)
            if (model.includes(row)) model.splice(model.indexOf(row), 1)
            model.push(row)
          } else if (s.kind === 'remove') {
            const row = routes.get(s.route)
            if (row === undefined) continue
            list.unlink(row)
            rows.remove(row)
            routes.delete(s.route)
            model.splice(model.indexOf(row), 1)
          } else if (s.kind === 'head' || s.kind === 'tail') {
            const marker = s.kind === 'head' ? list.addMarkerAtHead() : list.addMarkerAtTail()
            markers.push(marker)
            insertAfter(s.kind === 'head' ? undefined : model.at(-1), marker)
          } else if (s.kind === 'after') {
            const place = model[s.place]
            const marker = list.addMarkerAfter(place ?? 0)
            markers.push(marker)
            insertAfter(place, marker)
          } else if (s.kind === 'move') {
            const marker = markers[s.marker]
            if (marker === undefined) continue
            const place = model[s.place]
            list.moveMarkerAfter(marker, place ?? 0)
            if (place === marker) continue
            model.splice(model.indexOf(marker), 1)
            insertAfter(place, marker)
          } else {
            const marker = markers.splice(s.marker, 1)[0]
            if (marker === undefined) continue
            list.removeMarker(marker)
            model.splice(model.indexOf(marker), 1)
          }
          expect(contents(list)).to.deep.equal(model)
        }
        for (const row of [0, ...model]) {
          const behind = model.slice(row === 0 ? 0 : model.indexOf(row) + 1)
          const next = behind.find((other) => rows.kind(other) === RowKind.route) ?? 0
          expect(list.nextRoute(row)).to.equal(next)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('moves a route behind a reader that has passed it, also when it was the last route', () => {
    const rows = new RouteRows(1)
    const list = new ChangeList(rows)
    const row = rows.findOrAdd(Int32Array.of(1), 0)
    expect(list.touch(row)).to.equal(true)
    const marker = list.addMarkerAtTail()
    expect(list.nextRoute(marker)).to.equal(0)
    expect(list.touch(row)).to.equal(true)
    expect(list.nextRoute(marker)).to.equal(row)
    // Nobody stands behind it: nothing is news.
    expect(list.touch(row)).to.equal(false)
  })
})
