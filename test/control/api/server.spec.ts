import { request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import type { ApiServer } from '../../../control/api/api-server.ts'
import { LabNode, publicVrf, serve, settled } from './lab-node.ts'

describe('the API', () => {
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

  const get = async (path: string): Promise<Record<string, never>> =>
    JSON.parse(await (await fetch(`${url}${path}`)).text()) as Record<string, never>

  it('tells the node on one screen', async () => {
    const status = await get('/v1/status')
    expect(status).to.deep.include({
      name: 'ctl1',
      autonomousSystem: 64512,
      routerId: '192.0.2.10',
      peers: { total: 1, established: 1 },
      agents: { total: 1, established: 1 },
      vrfs: 3,
      floatingIps: 1,
    })
    expect(status['routes']).to.be.greaterThan(4)
  })

  it('lists peers and agents with an age instead of a clock reading', async () => {
    const { peers } = await get('/v1/peers')
    expect(peers[0])
      .to.include({ name: 'gw', state: 'Established', ageSec: 0 })
      .and.not.have.property('sinceMs')
    const { agents } = await get('/v1/agents?name=192.0.2.21')
    expect(agents[0]).to.include({ name: 'compute-1', ageSec: 0 }).and.not.have.property('sinceMs')
    expect(await get('/v1/agents?name=other')).deep.equal({ agents: [] })
  })

  it('lists VRFs with the fewest words that name them', async () => {
    const { vrfs } = (await get('/v1/vrfs')) as unknown as {
      vrfs: { name: string; shortName: string; agents: string[] }[]
    }
    expect(vrfs.map(({ shortName }) => shortName)).deep.equal(['public', 'k8s:blue', 'admin:blue'])
    expect(vrfs[0]).to.deep.include({
      name: publicVrf,
      importTargets: ['target:64512:101'],
      agents: ['compute-1'],
      deleting: false,
    })
    for (const { shortName, name } of vrfs) {
      const found = (await get(`/v1/vrfs?name=${shortName}`)) as unknown as { vrfs: { name: string }[] }
      expect(found.vrfs.map((vrf) => vrf.name)).deep.equal([name])
    }
  })

  it('tells who imports and exports a route target and who asked for it', async () => {
    node.path(node.rib.tableNamed('bgp.rtarget.0')!, '64512:target:64512:101', {
      source: node.gateway,
      nextHop: '192.0.2.1',
    })
    await settled(node.rib)
    const { routeTargets } = await get('/v1/route-targets?name=target:64512:101')
    expect(routeTargets).deep.equal([
      {
        target: 'target:64512:101',
        importedBy: [publicVrf],
        exportedBy: [publicVrf],
        peers: ['gw'],
        unserved: [],
      },
    ])
    expect(await get('/v1/route-targets?name=target:1:1')).deep.equal({ routeTargets: [] })
  })

  it('answers every error as code, message and hint', async () => {
    for (const [path, status, code] of [
      ['/nothing', 404, 'unknown-path'],
      ['/v1/peers?colour=red', 400, 'bad-parameter'],
      ['/v1/vrfs?name=green', 404, 'unknown-table'],
      ['/v1/%zz', 400, 'bad-request'],
      ['/v1/peers?name=a&name=b', 400, 'bad-parameter'],
    ] as const) {
      const answer = await fetch(`${url}${path}`)
      expect(answer.status, path).equal(status)
      const { error } = JSON.parse(await answer.text()) as { error: Record<string, string> }
      expect(error, path).to.have.all.keys('code', 'message', 'hint')
      expect(error['code'], path).equal(code)
    }
  })

  it('names the parameter that is wrong', async () => {
    const messageOf = async (path: string): Promise<string> =>
      ((await get(path)) as unknown as { error: { message: string } }).error.message
    expect(await messageOf('/v1/peers?colour=red')).equal('there is no parameter "colour"')
    expect(await messageOf('/v1/routes?limit=0')).equal('limit: must be >= 1')
  })

  it('answers what is no request in the same form', async () => {
    const port = Number(new URL(url).port)
    for (const [octets, status] of [
      ['nonsense\r\n\r\n', 400],
      [`GET /v1/status HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ] as const) {
      const socket = connect(port, '127.0.0.1')
      socket.end(octets)
      const answer = await text(socket)
      expect(answer).to.match(new RegExp(`^HTTP/1\\.1 ${status} `))
      expect(JSON.parse(answer.slice(answer.indexOf('{')))).to.have.nested.property(
        'error.code',
        'bad-request',
      )
    }
  })

  it('takes names as long as documents may have them', async () => {
    expect(await statusOf('POST', `/v1/peers/${'n'.repeat(253)}/clear`, {})).equal(404)
    const answer = await fetch(`${url}/v1/peers/${'n'.repeat(3000)}/clear`, { method: 'POST' })
    expect(answer.status).equal(414)
    expect(await answer.json()).to.have.nested.property('error.code', 'bad-request')
  })

  it('keeps what goes wrong inside to the log', async () => {
    node.peers = () => {
      throw new Error('secret detail')
    }
    const answer = await fetch(`${url}/v1/peers`)
    expect(answer.status).equal(500)
    expect(await answer.text())
      .to.include('"internal"')
      .and.not.to.include('secret')
  })

  it('refuses names that are not its own, so that a page cannot rebind a name to loopback', async () => {
    expect(await statusOf('GET', '/v1/status', { host: 'evil.example' })).equal(403)
    expect(await statusOf('GET', '/v1/status', { host: 'localhost:8083' })).equal(200)
    expect(await statusOf('GET', '/v1/status', { host: '[::1]:8083' })).equal(200)
  })

  it('refuses an action that a page of elsewhere asks for, and takes none by GET', async () => {
    expect(await statusOf('POST', '/v1/peers/gw/clear', { origin: 'http://evil.example' })).equal(403)
    expect(await statusOf('POST', '/v1/peers/gw/clear', { origin: 'null' })).equal(403)
    expect(await statusOf('GET', '/v1/peers/gw/clear', {})).equal(404)
    expect(node.cleared).deep.equal([])
    expect(await statusOf('POST', '/v1/peers/gw/clear', {})).equal(200)
    expect(node.cleared).deep.equal(['gw'])
    expect(await statusOf('POST', '/v1/peers/nobody/clear', {})).equal(404)
  })

  it('bounds bodies and headers', async () => {
    const large = await fetch(`${url}/v1/reload`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ filler: 'x'.repeat(100_000) }),
    })
    expect(large.status).equal(413)
    expect(await statusOf('GET', '/v1/status', { 'x-filler': 'x'.repeat(20_000) })).equal(431)
  })

  it('lets its port go when it closes, streams and idle connections included', async () => {
    const port = Number(new URL(url).port)
    const idle = connect(port, '127.0.0.1')
    await new Promise((resolve) => idle.once('connect', resolve))
    const idleClosed = new Promise((resolve) => idle.on('error', () => {}).once('close', resolve))
    idle.resume()
    const watch = await fetch(`${url}/v1/watch`)
    const ended = watch.text().then(
      () => 'ended',
      () => 'cut',
    )
    await api.close()
    expect(await ended).to.be.oneOf(['ended', 'cut'])
    await idleClosed
    const again = await serve(node)
    await again.api.close()
  })

  function statusOf(method: string, path: string, headers: Record<string, string>): Promise<number> {
    return new Promise((resolve, reject) => {
      const outgoing = request(`${url}${path}`, { method, headers, agent: false }, (response) => {
        response.resume()
        resolve(response.statusCode!)
      })
      outgoing.on('error', reject)
      outgoing.end()
    })
  }
})
