import { request } from 'node:http'
import { expect } from 'chai'
import type { ApiServer } from '../../../control/api/api-server.ts'
import { SLICE_ROUTES } from '../../../control/api/route-dump.ts'
import type { RouteView } from '../../../control/views/route-view.ts'
import { Community } from '../../../rib/model/community.ts'
import { Family } from '../../../rib/model/family.ts'
import { PathFlag } from '../../../rib/path-flags.ts'
import { LabNode, publicVrf, serve, settled } from './lab-node.ts'

describe('GET /v1/routes', () => {
  let node: LabNode
  let api: ApiServer
  let url: string

  beforeEach(async () => {
    node = new LabNode()
    node.addRoutes()
    await settled(node.rib)
    ;({ api, url } = await serve(node))
  })
  afterEach(() => api.close())

  async function get(query: string): Promise<{
    status: number
    body: { routes: RouteView[]; count: number; error: { code: string; hint: string } }
  }> {
    const answer = await fetch(`${url}/v1/routes?${query}`)
    return { status: answer.status, body: JSON.parse(await answer.text()) }
  }

  async function keys(query: string): Promise<string[]> {
    const { body } = await get(query)
    return body.routes.map((route) => `${route.table} ${route.key}`).sort()
  }

  it('names a table by its name, by a VRF in full or in short, and by a family in every spelling', async () => {
    const own = [`${publicVrf}.inet.0 0.0.0.0/0`, `${publicVrf}.inet.0 101.101.101.252/32`]
    for (const name of [publicVrf, 'public', 'k8s:public', `${publicVrf}.inet.0`, 'public.inet.0']) {
      expect(await keys(`table=${name}`), name).deep.equal(own)
    }
    expect(await keys('vrf=public&family=inet')).deep.equal(own)
    expect(await keys('vrf=public&family=inet6')).deep.equal([])
    const vpn = await keys('table=bgp.l3vpn.0')
    expect(vpn).to.include('bgp.l3vpn.0 192.0.2.21:3:101.101.101.252/32')
    for (const name of ['vpnv4', 'inet-vpn', 'l3vpn-ipv4-unicast', 'ipv4-vpn']) {
      expect(await keys(`family=${name}`), name).deep.equal(vpn)
      expect(await keys(`table=${name}`), name).deep.equal(vpn)
    }
  })

  it('answers an ambiguous short name with the names it could mean, and an unknown one with where names are listed', async () => {
    const ambiguous = await get('table=blue')
    expect(ambiguous.status).equal(409)
    expect(ambiguous.body.error.code).equal('ambiguous-name')
    expect(ambiguous.body.error.hint)
      .to.include('default-domain:admin:blue:blue')
      .and.to.include('default-domain:k8s:blue:blue')
    const unknown = await get('table=green')
    expect(unknown.status).equal(404)
    expect(unknown.body.error.code).equal('unknown-table')
  })

  it('shows both computes of a floating IP as equal, the best one marked', async () => {
    const { body } = await get('table=public&prefix=101.101.101.252')
    expect(body.count).equal(1)
    const [best, other] = body.routes[0]!.paths
    expect(best).to.include({ best: true, ecmp: true, nextHop: '192.0.2.21', label: 17 })
    expect(best!.source).deep.equal({ kind: 'agent', name: 'compute-1', address: '192.0.2.21' })
    expect(best!.encapsulations).deep.equal(['gre'])
    expect(best!.secondaryTables).deep.equal(['bgp.l3vpn.0'])
    expect(other).to.include({ best: false, ecmp: true, reason: 'higher address of source' })
  })

  it('tells where a copy comes from and which network its origin-vn names', async () => {
    const { body } = await get('table=vpnv4&prefix=101.101.101.252&rd=192.0.2.22:4')
    expect(body.count).equal(1)
    expect(body.routes[0]).to.include({ prefix: '101.101.101.252/32', rd: '192.0.2.22:4' })
    expect(body.routes[0]!.paths[0]).to.include({
      primaryTable: `${publicVrf}.inet.0`,
      originVn: 'default-domain:k8s:public',
    })
    expect(body.routes[0]!.paths[0]!.routeTargets).deep.equal(['target:64512:101'])
    expect(body.routes[0]!.paths[0]!.flags).deep.equal(['secondary'])
  })

  it('shows a path that is never chosen with its reason and without a best mark', async () => {
    node.path(node.rib.master(Family.inet)!, '198.51.100.0/24', {
      source: node.gateway,
      nextHop: '192.0.2.1',
      flags: PathFlag.infeasible | PathFlag.asLoop,
    })
    const { body } = await get('family=inet')
    expect(body.routes[0]!.paths[0]).to.include({ best: false, infeasible: 'AS loop' })
    expect(body.routes[0]!.paths[0]).not.to.have.property('label')
  })

  it('finds prefixes exactly, longer, shorter and by longest match, in tables with and without RDs', async () => {
    const inet = node.rib.master(Family.inet)!
    const vpn = node.rib.master(Family.inetVpn)!
    for (const prefix of ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.0/24', '11.0.0.0/8']) {
      node.path(inet, prefix, { source: node.gateway, nextHop: '192.0.2.1' })
      node.path(vpn, `64512:7:${prefix}`, { source: node.gateway, nextHop: '192.0.2.1' })
    }
    const cases: [string, string[]][] = [
      ['prefix=10.1.0.0/16', ['10.1.0.0/16']],
      ['prefix=10.1.0.0/16&match=longer', ['10.1.0.0/16', '10.1.2.0/24']],
      ['prefix=10.1.0.0/16&match=shorter', ['10.0.0.0/8', '10.1.0.0/16']],
      ['prefix=10.1.9.9&match=host', ['10.1.0.0/16']],
      ['prefix=10.1.2.9&match=host', ['10.1.2.0/24']],
      ['prefix=12.0.0.1&match=host', []],
    ]
    for (const [query, prefixes] of cases) {
      expect(await keys(`family=inet&${query}`), query).deep.equal(
        prefixes.map((prefix) => `inet.0 ${prefix}`),
      )
      const found = await keys(`table=vpnv4&peer=gw&${query}`)
      const expected = prefixes.map((prefix) => `bgp.l3vpn.0 64512:7:${prefix}`)
      // The gateway's default route covers everything too.
      const covers = query.includes('shorter') || (query.includes('host') && prefixes.length === 0)
      expect(found, query).deep.equal([...(covers ? ['bgp.l3vpn.0 64512:1:0.0.0.0/0'] : []), ...expected])
    }
    expect(await keys('table=vpnv4&prefix=64512:7:10.1.0.0/16')).deep.equal([
      'bgp.l3vpn.0 64512:7:10.1.0.0/16',
    ])
  })

  it('takes the longest match that has a wanted path', async () => {
    const vpn = node.rib.master(Family.inetVpn)!
    const target = { source: node.gateway, nextHop: '192.0.2.1' }
    node.path(vpn, '64512:7:10.1.0.0/16', { ...target, targets: ['target:64512:7'] })
    node.path(vpn, '64512:8:10.1.2.0/24', { ...target, targets: ['target:64512:8'] })
    const found = await keys('table=vpnv4&prefix=10.1.2.3&match=host&route-target=target:64512:7')
    expect(found).deep.equal(['bgp.l3vpn.0 64512:7:10.1.0.0/16'])
  })

  it('filters by route target, next hop, community and source, and shows only the paths that match', async () => {
    const inet = node.rib.master(Family.inet)!
    node.path(inet, '198.51.100.0/24', {
      source: node.gateway,
      nextHop: '192.0.2.1',
      attributes: {
        communities: [64512 * 65536 + 7, Community.NO_EXPORT],
        largeCommunities: [{ global: 64512, local1: 1, local2: 2 }],
      },
    })
    const vpnDefault = 'bgp.l3vpn.0 64512:1:0.0.0.0/0'
    expect(await keys('table=vpnv4&peer=gw')).deep.equal([vpnDefault])
    expect(await keys('table=vpnv4&peer=192.0.2.1')).deep.equal([vpnDefault])
    expect(await keys('table=vpnv4&source=compute-2')).deep.equal([
      'bgp.l3vpn.0 192.0.2.22:4:101.101.101.252/32',
    ])
    expect(await keys('table=vpnv4&route-target=target:64512:102')).deep.equal([
      'bgp.l3vpn.0 192.0.2.21:5:10.1.1.3/32',
    ])
    expect(await keys('table=vpnv4&next-hop=192.0.2.22')).deep.equal([
      'bgp.l3vpn.0 192.0.2.22:4:101.101.101.252/32',
    ])
    for (const community of ['64512:7', 'no-export', '64512:1:2', 'encapsulation:gre']) {
      expect(await keys(`family=inet&community=${community}`), community).deep.equal([
        'inet.0 198.51.100.0/24',
      ])
    }
    expect(await keys('family=inet&community=64512:8')).deep.equal([])
    const { body } = await get('table=public&next-hop=192.0.2.22&prefix=101.101.101.252')
    expect(body.routes[0]!.paths.map((path) => path.label)).deep.equal([18])
  })

  it('refuses parameters that it cannot read or does not know, and says how to write them', async () => {
    for (const query of [
      'prefix=10.0.0.0/33',
      'rd=x',
      'route-target=target:1',
      'next-hop=gw',
      'community=%20',
      'match=nearest',
      'limit=0',
      'family=ipx',
      'colour=red',
    ]) {
      const { status, body } = await get(query)
      expect(status, query).equal(400)
      expect(body.error.code, query).to.be.oneOf(['bad-parameter', 'unknown-family'])
    }
  })

  it('stops at the limit, and is one valid document when nothing matches', async () => {
    expect((await get('limit=2')).body).to.have.property('count', 2)
    expect((await get('prefix=203.0.113.1')).body).deep.equal({ routes: [], count: 0 })
  })

  it('finds members of the route target table by their target', async () => {
    expect(await keys('family=route-target')).to.include('bgp.rtarget.0 64512:target:64512:101')
    expect(await keys('prefix=64512:target:64512:101')).deep.equal(['bgp.rtarget.0 64512:target:64512:101'])
  })

  it('answers other requests between the slices of a long table, and computes no slice that nobody reads', async () => {
    const inet = node.rib.master(Family.inet)!
    fillTable(node, 200_000)
    const dump = await open(`${url}/v1/routes?family=inet&format=ndjson`)
    // Nobody reads the dump now, so it stands still; whatever else is asked is answered.
    for (let i = 0; i < 5; i++) expect((await fetch(`${url}/v1/status`)).status).equal(200)
    expect(dump.readableEnded).equal(false)
    let lines = 0
    let answersWhileRunning = 0
    let isDone = false
    const others = (async () => {
      while (!isDone) {
        expect((await fetch(`${url}/v1/peers`)).status).equal(200)
        if (!isDone) answersWhileRunning++
      }
    })()
    for await (const chunk of dump) for (const octet of chunk as Buffer) if (octet === 10) lines++
    isDone = true
    await others
    expect(lines).equal(inet.routeCount)
    expect(answersWhileRunning).to.be.greaterThan(10)
    expect(inet.routeCount / SLICE_ROUTES).to.be.greaterThan(100)
  })

  it('goes on while routes come and go during a dump', async () => {
    fillTable(node, 20_000)
    const inet = node.rib.master(Family.inet)!
    const dump = await open(`${url}/v1/routes?family=inet`)
    let text = ''
    let isFirst = true
    for await (const chunk of dump) {
      text += String(chunk)
      if (!isFirst) continue
      isFirst = false
      for (let i = 0; i < 20_000; i += 2) node.withdraw(inet, prefixNumber(i), node.gateway)
      for (let i = 0; i < 100; i++)
        node.path(inet, `20.0.${i}.0/24`, { source: node.gateway, nextHop: '192.0.2.1' })
    }
    const { routes, count } = JSON.parse(text) as { routes: RouteView[]; count: number }
    expect(count).equal(routes.length)
    const told = new Set(routes.map(({ key }) => key))
    expect(told.size, 'each route once').equal(count)
    for (let i = 1; i < 20_000; i += 2)
      if (!told.has(prefixNumber(i))) expect.fail(`${prefixNumber(i)} stayed all the time`)
  })
})

function prefixNumber(i: number): string {
  return `10.${i >>> 16}.${(i >>> 8) & 255}.${i & 255}/32`
}

function fillTable(node: LabNode, count: number): void {
  const inet = node.rib.master(Family.inet)!
  for (let i = 0; i < count; i++)
    node.path(inet, prefixNumber(i), { source: node.gateway, nextHop: '192.0.2.1' })
}

function open(url: string): Promise<import('node:http').IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent: false }, (response) => {
      response.pause()
      resolve(response)
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}
