import { expect } from 'chai'
import type { ApiServer } from '../../../control/api/api-server.ts'
import type { WatchEvent } from '../../../control/views/watch-event.ts'
import { Family } from '../../../rib/model/family.ts'
import { LabNode, blueVrf, publicVrf, serve, settled } from './lab-node.ts'

const blue2Vrf = 'default-domain:k8s:blue2:blue2'

describe('GET /v1/watch', () => {
  let node: LabNode
  let api: ApiServer
  let url: string
  const open: Watch[] = []

  beforeEach(async () => {
    node = new LabNode()
    node.instance(blue2Vrf, 4, 'target:64512:104')
    node.addRoutes()
    await settled(node.rib)
    ;({ api, url } = await serve(node))
  })
  afterEach(async () => {
    for (const watch of open.splice(0)) watch.stop()
    await api.close()
  })

  async function watch(query: string): Promise<Watch> {
    const started = await Watch.start(`${url}/v1/watch?${query}`)
    open.push(started)
    return started
  }

  it('tells changes as they come, and nothing that was there before', async () => {
    const events = await watch('table=public')
    expect(await events.next()).equal('current-done')
    const table = node.rib.instance(publicVrf)!.inet
    node.path(table, '101.101.101.7/32', { source: node.compute1, nextHop: '192.0.2.21', label: 20 })
    expect(await events.next()).equal(`${publicVrf}.inet.0 101.101.101.7/32 via 192.0.2.21`)
    node.path(table, '101.101.101.7/32', { source: node.compute1, nextHop: '192.0.2.22', label: 20 })
    expect(await events.next()).equal(`${publicVrf}.inet.0 101.101.101.7/32 via 192.0.2.22`)
    node.withdraw(table, '101.101.101.7/32', node.compute1)
    expect(await events.next()).equal(`${publicVrf}.inet.0 101.101.101.7/32 withdrawn`)
  })

  it('tells first what is there when asked to', async () => {
    const events = await watch('family=inet-vpn&current=true')
    const current: string[] = []
    for (let event = await events.next(); event !== 'current-done'; event = await events.next())
      current.push(event)
    expect(current).to.have.length(4)
    expect(current).to.include('bgp.l3vpn.0 192.0.2.21:3:101.101.101.252/32 via 192.0.2.21')
  })

  it('follows a change from the VRF to the VPN table and into what imports it', async () => {
    const events = await watch('')
    expect(await events.next()).equal('current-done')
    node.path(node.rib.instance(publicVrf)!.inet, '101.101.101.9/32', {
      source: node.compute1,
      nextHop: '192.0.2.21',
      instanceId: 3,
    })
    expect([await events.next(), await events.next()].sort()).deep.equal([
      'bgp.l3vpn.0 192.0.2.21:3:101.101.101.9/32 via 192.0.2.21',
      `${publicVrf}.inet.0 101.101.101.9/32 via 192.0.2.21`,
    ])
  })

  it('takes in VRFs that are made while everything is watched', async () => {
    const events = await watch('')
    expect(await events.next()).equal('current-done')
    node.instance('default-domain:k8s:new:new', 9, 'target:64512:109')
    node.path(node.rib.instance('default-domain:k8s:new:new')!.inet, '10.9.0.1/32', {
      source: node.compute1,
      nextHop: '192.0.2.21',
    })
    const seen = [await events.next(), await events.next()]
    expect(seen).to.include('default-domain:k8s:new:new.inet.0 10.9.0.1/32 via 192.0.2.21')
  })

  it('goes on with a VRF of the same name when the watched one is deleted and made again', async () => {
    const events = await watch('table=blue2')
    expect(await events.next()).equal('current-done')
    const { rib } = node
    rib.deleteInstance(blue2Vrf)
    await settled(rib)
    expect(rib.instance(blue2Vrf)).equal(undefined)
    node.instance(blue2Vrf, 10, 'target:64512:110')
    const source = node.compute1
    node.path(rib.instance(blue2Vrf)!.inet, '10.9.0.1/32', { source, nextHop: '192.0.2.21' })
    expect(await events.next()).equal(`${blue2Vrf}.inet.0 10.9.0.1/32 via 192.0.2.21`)
  })

  it('tells what goes with a VRF that is deleted, before the VRF is gone', async () => {
    const { rib } = node
    const source = node.gateway
    const targets = ['target:64512:104']
    node.path(rib.master(Family.inetVpn)!, '64512:1:10.9.0.0/16', { source, nextHop: '192.0.2.1', targets })
    await settled(rib)
    const events = await watch('table=blue2&current=true')
    expect(await events.next()).equal(`${blue2Vrf}.inet.0 10.9.0.0/16 via 192.0.2.1`)
    expect(await events.next()).equal('current-done')
    rib.deleteInstance(blue2Vrf)
    expect(await events.next()).equal(`${blue2Vrf}.inet.0 10.9.0.0/16 withdrawn`)
    for (let i = 0; i < 1000 && rib.instance(blue2Vrf) !== undefined; i++)
      await new Promise((resolve) => void setImmediate(resolve))
    expect(rib.instance(blue2Vrf)).equal(undefined)
  })

  it('watches several tables, and of them only the prefixes that are asked for', async () => {
    const events = await watch(`table=public&table=${blueVrf}&prefix=10.1.0.0/16&match=longer`)
    expect(await events.next()).equal('current-done')
    node.path(node.rib.instance(publicVrf)!.inet, '101.101.101.8/32', {
      source: node.compute1,
      nextHop: '192.0.2.21',
    })
    node.path(node.rib.instance(blueVrf)!.inet, '10.1.9.9/32', {
      source: node.compute1,
      nextHop: '192.0.2.21',
    })
    expect(await events.next()).equal(`${blueVrf}.inet.0 10.1.9.9/32 via 192.0.2.21`)
  })

  it('tells a slow watcher of many changes of one route the last one, and everything of a burst once', async () => {
    const inet = node.rib.master(Family.inet)!
    const events = await watch('family=inet')
    expect(await events.next()).equal('current-done')
    for (let i = 0; i < 3000; i++) {
      node.path(inet, `10.0.${i >>> 8}.${i & 255}/32`, { source: node.gateway, nextHop: '192.0.2.1' })
      node.path(inet, '10.9.9.9/32', { source: node.gateway, nextHop: `192.0.3.${i & 127}` })
    }
    const told = new Map<string, number>()
    for (let i = 0; i < 3001; i++) {
      const [, key] = (await events.next()).split(' ')
      told.set(key!, (told.get(key!) ?? 0) + 1)
    }
    expect(told.size).equal(3001)
    expect([...told.values()].every((count) => count === 1)).equal(true)
  })

  it('leaves nothing in the tables when the watcher goes away', async () => {
    const inet = node.rib.master(Family.inet)!
    const rowsBefore = inet.routes.rowCount
    const events = await watch('family=inet')
    expect(await events.next()).equal('current-done')
    expect(markersOf(inet)).equal(1)
    events.stop()
    for (let i = 0; i < 1000 && markersOf(inet) > 0; i++)
      await new Promise((resolve) => void setImmediate(resolve))
    expect(markersOf(inet)).equal(0)
    expect(inet.routes.rowCount).to.be.at.most(rowsBefore + 1)
  })

  it('refuses a question that only a moment can answer', async () => {
    for (const query of ['prefix=10.0.0.1&match=host', 'route-target=target:64512:101', 'table=nowhere']) {
      expect((await fetch(`${url}/v1/watch?${query}`)).status, query).to.be.oneOf([400, 404])
    }
  })
})

function markersOf(table: {
  readonly changes: { next(row: number): number }
  isRoute(row: number): boolean
}): number {
  let markers = 0
  for (let row = table.changes.next(0); row !== 0; row = table.changes.next(row))
    if (!table.isRoute(row)) markers++
  return markers
}

/** Events of a running watch, one by one, in words. */
class Watch {
  readonly #abort = new AbortController()
  readonly #waiting: string[] = []
  #reader!: ReadableStreamDefaultReader<Uint8Array>
  #rest = ''

  static async start(url: string): Promise<Watch> {
    const watch = new Watch()
    const answer = await fetch(url, { signal: watch.#abort.signal })
    watch.#reader = answer.body!.getReader()
    return watch
  }

  async next(): Promise<string> {
    while (this.#waiting.length === 0) {
      const { value, done } = await this.#reader.read()
      if (done) throw new Error('the watch ended')
      const lines = (this.#rest + Buffer.from(value).toString()).split('\n')
      this.#rest = lines.pop()!
      this.#waiting.push(...lines.map((line) => inWords(JSON.parse(line) as WatchEvent)))
    }
    return this.#waiting.shift()!
  }

  stop(): void {
    this.#abort.abort()
  }
}

function inWords(event: WatchEvent): string {
  switch (event.event) {
    case 'current-done':
      return 'current-done'
    case 'withdrawn':
      return `${event.table} ${event.key} withdrawn`
    case 'route':
      return `${event.route.table} ${event.route.key} via ${event.route.paths[0]!.nextHop}`
  }
}
