import { expect } from 'chai'
import { PathFlag } from '../../rib/path-flags.ts'
import { Scene, sequence } from './scene.ts'

const TABLE = 'inet.0'
const KEY = '10.0.0.1/32'

describe('rib: tables', () => {
  it('keep one path per source and path id (RFC 7911 §2)', () => {
    const scene = new Scene()
    const peer = scene.ebgp('peer')
    scene.put(TABLE, KEY, peer)
    scene.put(TABLE, KEY, peer, { nextHop: '192.0.2.9' })
    scene.put(TABLE, KEY, peer, { pathId: 1 })
    scene.put(TABLE, KEY, scene.ebgp('other', 2))
    expect(scene.list(TABLE)).to.have.length(3)
    const table = scene.table(TABLE)
    expect([table.routeCount, table.pathCount, peer.pathCounts[0]]).to.deep.equal([1, 3, 2])
  })

  it('withdraw what is there, and say so when nothing is', () => {
    const scene = new Scene()
    const peer = scene.ebgp('peer')
    expect(scene.drop(TABLE, KEY, peer)).to.equal(false)
    scene.put(TABLE, KEY, peer)
    expect(scene.drop(TABLE, KEY, scene.ebgp('other', 2))).to.equal(false)
    expect(scene.drop(TABLE, KEY, peer, 1)).to.equal(false)
    expect(scene.drop(TABLE, KEY, peer)).to.equal(true)
    expect(scene.drop(TABLE, KEY, peer)).to.equal(false)
    expect([scene.row(TABLE, KEY), scene.table(TABLE).routeCount, peer.pathCounts[0]]).to.deep.equal([
      -1, 0, 0,
    ])
  })

  it('order more paths than usual, and forget them one by one', () => {
    const scene = new Scene()
    const peers = Array.from({ length: 150 }, (_, n) => scene.ebgp(`peer${n}`, n))
    for (const peer of [...peers].reverse()) scene.put(TABLE, KEY, peer)
    const table = scene.table(TABLE)
    expect(table.routes.equalCostCount(scene.row(TABLE, KEY))).to.equal(150)
    for (let n = 0; n < 149; n++) {
      expect(scene.list(TABLE)[0]).to.contain(`peer${n} `)
      scene.drop(TABLE, KEY, peers[n]!)
    }
    expect(scene.list(TABLE)).to.deep.equal([`${KEY} peer149 192.0.2.21`])
  })

  it('place a newcomer rightly among paths that MED had displaced (RFC 4271 §9.1.2.2 c)', () => {
    const scene = new Scene()
    const put = (n: number, neighbor: number, med: number): void =>
      scene.put('inet.0', '10.0.0.1/32', scene.ebgp(`peer${n}`, n), { asPath: sequence(neighbor), med })
    const order = (): string[] => scene.list('inet.0').map((line) => line.split(' ')[1]!)
    // By identifier alone the order is 1, 2, 4; the higher MED puts 1 behind the others.
    put(1, 65001, 10)
    put(2, 65001, 5)
    put(4, 65002, 0)
    expect(order()).to.deep.equal(['peer2', 'peer4', 'peer1'])
    put(3, 65003, 0)
    expect(order()).to.deep.equal(['peer2', 'peer3', 'peer4', 'peer1'])
  })

  it('mark a route for flags that a reader can see, and not for the stale mark (RFC 4724 §4.2)', () => {
    const scene = new Scene()
    const [a, b] = [scene.ebgp('a', 1), scene.ebgp('b', 2)]
    scene.put(TABLE, KEY, a)
    scene.put(TABLE, KEY, b)
    scene.settle()
    const reader = scene.rib.watch(scene.table(TABLE), 'tail', () => {})
    const table = scene.table(TABLE)
    const path = table.routes.firstPath(scene.row(TABLE, KEY))
    table.setPathFlags(path, PathFlag.stale)
    expect(reader.hasNews).to.equal(false)
    table.setPathFlags(path, PathFlag.stale)
    expect(reader.hasNews).to.equal(false)
    table.setPathFlags(path, PathFlag.stale | PathFlag.llgrStale)
    expect(reader.hasNews).to.equal(true)
    expect(scene.list(TABLE)[0]).to.contain(' b ')
    table.setPathFlags(table.routes.firstPath(scene.row(TABLE, KEY)), PathFlag.infeasible)
    expect(scene.list(TABLE)[0]).to.contain(' a ')
    table.setPathFlags(table.routes.firstPath(scene.row(TABLE, KEY)), PathFlag.infeasible)
    expect(table.routes.equalCostCount(scene.row(TABLE, KEY))).to.equal(0)
  })

  it('mark a route when label, attributes or instance id change, and only then', () => {
    const scene = new Scene()
    const peer = scene.ebgp('peer')
    scene.put(TABLE, KEY, peer)
    scene.settle()
    const reader = scene.rib.watch(scene.table(TABLE), 'tail', () => {})
    const isNews = (): boolean => {
      const { hasNews } = reader
      reader.take(10, () => {})
      return hasNews
    }
    scene.put(TABLE, KEY, peer, { flags: PathFlag.stale })
    scene.put(TABLE, KEY, peer)
    expect(isNews()).to.equal(false)
    scene.put(TABLE, KEY, peer, { label: 17 })
    expect(isNews()).to.equal(true)
    scene.put(TABLE, KEY, peer, { label: 17, asPath: sequence(1) })
    expect(isNews()).to.equal(true)
    scene.put(TABLE, KEY, peer, { label: 17, asPath: sequence(1), instanceId: 3 })
    expect(isNews()).to.equal(true)
    scene.put(TABLE, KEY, peer, { label: 17, asPath: sequence(1), instanceId: 3, flags: PathFlag.llgrStale })
    expect(isNews()).to.equal(true)
  })
})
