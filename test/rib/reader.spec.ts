import { expect } from 'chai'
import { formatRouteKey } from '../../rib/model/route-key.ts'
import type { Reader } from '../../rib/reader.ts'
import { Scene } from './scene.ts'

const TABLE = 'inet.0'

/** Changed keys: `+` with a path, `-` without. */
function take(reader: Reader, budget = 100): string[] {
  const { table } = reader
  const seen: string[] = []
  reader.take(budget, (row) => {
    const sign = table.routes.firstPath(row) === 0 ? '-' : '+'
    seen.push(sign + formatRouteKey(table.family, table.rows, row * table.stride))
  })
  return seen
}

describe('rib: watching a table', () => {
  it('shows everything from the head, later changes only from the tail', () => {
    const scene = new Scene()
    const peer = scene.ebgp('peer')
    scene.put(TABLE, '10.0.0.1/32', peer)
    scene.settle()
    const all = scene.rib.watch(scene.table(TABLE), 'head', () => {})
    const later = scene.rib.watch(scene.table(TABLE), 'tail', () => {})
    scene.put(TABLE, '10.0.0.2/32', peer)
    expect(take(all)).to.deep.equal(['+10.0.0.1/32', '+10.0.0.2/32'])
    expect(take(later)).to.deep.equal(['+10.0.0.2/32'])
    expect(take(all)).to.deep.equal([])
  })

  it('wakes while there is news, and not after', () => {
    const scene = new Scene()
    let woken = 0
    const reader = scene.rib.watch(scene.table(TABLE), 'tail', () => woken++)
    scene.put(TABLE, '10.0.0.1/32', scene.ebgp('peer'))
    scene.settle()
    expect(woken).to.be.greaterThan(0)
    expect(reader.hasNews).to.equal(true)
    take(reader)
    woken = 0
    scene.rib.watch(scene.table(TABLE), 'tail', () => {})
    scene.settle()
    expect(woken).to.equal(0)
    expect(reader.hasNews).to.equal(false)
  })

  it('frees withdrawn routes as soon as the slowest reader has seen them go', () => {
    const scene = new Scene()
    const peer = scene.ebgp('peer')
    scene.put(TABLE, '10.0.0.1/32', peer)
    scene.settle()
    const reader = scene.rib.watch(scene.table(TABLE), 'tail', () => {})
    scene.drop(TABLE, '10.0.0.1/32', peer)
    scene.settle()
    expect(scene.table(TABLE).routes.routeCount).to.equal(1)
    expect(take(reader)).to.deep.equal(['-10.0.0.1/32'])
    scene.settle()
    expect(scene.table(TABLE).routes.routeCount).to.equal(0)
  })

  it('merges changes of a route that a slow reader has not seen, in order of the last one', () => {
    const scene = new Scene()
    const peer = scene.ebgp('peer')
    const reader = scene.rib.watch(scene.table(TABLE), 'tail', () => {})
    scene.put(TABLE, '10.0.0.1/32', peer)
    scene.put(TABLE, '10.0.0.2/32', peer)
    scene.put(TABLE, '10.0.0.1/32', peer, { localPref: 200 })
    scene.settle()
    expect(take(reader, 1)).to.deep.equal(['+10.0.0.2/32'])
    expect(take(reader, 1)).to.deep.equal(['+10.0.0.1/32'])
  })

  it('is told of a withdraw however slow it is, and the row is freed only then', () => {
    const scene = new Scene()
    const peer = scene.ebgp('peer')
    const reader = scene.rib.watch(scene.table(TABLE), 'tail', () => {})
    scene.put(TABLE, '10.0.0.1/32', peer)
    scene.drop(TABLE, '10.0.0.1/32', peer)
    scene.settle()
    expect(scene.table(TABLE).routes.routeCount).to.equal(1)
    expect(take(reader)).to.deep.equal(['-10.0.0.1/32'])
    scene.rib.unwatch(reader)
    scene.settle()
    expect(scene.table(TABLE).routes.routeCount).to.equal(0)
  })

  it('hears of a withdraw in the middle of its first reading, though everybody else is far ahead', () => {
    const scene = new Scene()
    const peer = scene.ebgp('peer')
    for (const n of [1, 2, 3]) scene.put(TABLE, `10.0.0.${n}/32`, peer)
    scene.settle()
    const reader = scene.rib.watch(scene.table(TABLE), 'head', () => {})
    expect(take(reader, 1)).to.deep.equal(['+10.0.0.1/32'])
    scene.drop(TABLE, '10.0.0.1/32', peer)
    scene.settle()
    expect(take(reader)).to.deep.equal(['+10.0.0.2/32', '+10.0.0.3/32', '-10.0.0.1/32'])
  })

  it('takes nothing after it was closed, and closing twice is harmless', () => {
    const scene = new Scene()
    const reader = scene.rib.watch(scene.table(TABLE), 'head', () => {})
    scene.put(TABLE, '10.0.0.1/32', scene.ebgp('peer'))
    scene.rib.unwatch(reader)
    scene.rib.unwatch(reader)
    expect(take(reader)).to.deep.equal([])
    expect(reader.hasNews).to.equal(false)
  })

  it('closes with its table', () => {
    const scene = new Scene()
    const red = scene.vrf('red')
    const reader = scene.rib.watch(red.inet, 'head', () => {})
    scene.rib.deleteInstance('red')
    scene.settle()
    expect(scene.rib.tableNamed('red.inet.0')).to.equal(undefined)
    expect(take(reader)).to.deep.equal([])
  })
})
