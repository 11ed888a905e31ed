import { Writable } from 'node:stream'
import { expect } from 'chai'
import type { ApiServer } from '../../../control/api/api-server.ts'
import { runCli } from '../../../control/cli/run-cli.ts'
import { Family } from '../../../rib/model/family.ts'
import { LabNode, noChanges, publicVrf, serve, settled } from '../api/lab-node.ts'
import { cli, Kept } from './cli-run.ts'

describe('heddle show', () => {
  let node: LabNode
  let api: ApiServer
  let address: string

  beforeEach(async () => {
    node = new LabNode()
    node.addRoutes()
    await settled(node.rib)
    ;({ api, address } = await serve(node))
  })
  afterEach(() => api.close())

  const show = (...argv: string[]): ReturnType<typeof cli> => cli('show', ...argv, '--server', address)

  it('ends with 0 when something is found, 1 when nothing matches, 2 when wrongly used', async () => {
    expect((await show('routes', 'public')).status).equal(0)
    expect((await show('routes', 'public', '203.0.113.0/24')).status).equal(1)
    expect((await show('peers', 'nobody')).status).equal(1)
    expect((await show('routes', 'no-such-table')).status).equal(2)
    expect((await show('routes', '--no-such-option')).status).equal(2)
    expect((await show('routes', 'vpnv4', '--longer')).status).equal(2)
    expect((await show('routes', '--limit', '0')).status).equal(2)
    expect((await show('routes', 'vpnv4', '10.0.0.0/8', '--longer', '--host')).status).equal(2)
    expect((await show('colours')).status).equal(2)
    expect((await cli()).status).equal(2)
    expect((await cli('show')).status).equal(2)
    expect((await cli('--help')).status).equal(0)
    expect((await cli('--version')).status).equal(0)
  })

  it('says what to do when no daemon answers, with status 2', async () => {
    await api.close()
    const run = await show('peers')
    expect(run).to.include({ status: 2, stdout: '' })
    expect(run.stderr).to.include('ECONNREFUSED').and.to.include('heddle run')
  })

  it('prints one valid JSON document on found, empty and error', async () => {
    const lists = ['peers', 'agents', 'vrfs', 'route-targets', 'floating-ips', 'tables', 'routes'] as const
    for (const list of lists) {
      const { status, stdout } = await show(list, '-j')
      expect(status, list).equal(0)
      const [key] = Object.keys(JSON.parse(stdout) as object)
      expect(key?.toLowerCase(), list).equal(list.replace('-', ''))
    }
    expect(JSON.parse((await show('peers', 'nobody', '--json')).stdout)).deep.equal({ peers: [] })
    expect(JSON.parse((await show('routes', '203.0.113.1', '-j')).stdout)).deep.equal({
      routes: [],
      count: 0,
    })
    for (const argv of [
      ['routes', 'nowhere'],
      ['routes', '--bogus'],
      ['routes', 'vpnv4', '--rd', 'x'],
      ['bogus'],
    ]) {
      const { status, stdout, stderr } = await show(...argv, '-j')
      expect(status, argv.join(' ')).equal(2)
      const document = JSON.parse(stdout) as { error: Record<string, unknown> }
      expect(document.error, argv.join(' ')).to.have.all.keys('code', 'message', 'hint')
      expect(stderr, argv.join(' ')).equal('')
    }
    await api.close()
    expect(JSON.parse((await show('status', '-j')).stdout)).to.have.nested.property(
      'error.code',
      'connection',
    )
  })

  it('marks the best path, the equal ones and what cannot be used', async () => {
    const { stdout } = await show('routes', 'public')
    const lines = stdout.split('\n')
    expect(lines[0]).equal(`${publicVrf}.inet.0`)
    expect(lines[1]).to.match(/Network +Next hop +Label +LocPref/)
    expect(lines.find((line) => line.includes('192.0.2.21'))).to.match(
      /^\*> +101\.101\.101\.252\/32 +192\.0\.2\.21 \(compute-1\) +17 /,
    )
    expect(lines.find((line) => line.includes('192.0.2.22'))).to.match(/^\*= +192\.0\.2\.22 +18 /)
  })

  it('takes a prefix without a table, and all filters', async () => {
    const { stdout } = await show('routes', '101.101.101.252', '--host', '--next-hop', '192.0.2.22')
    expect(stdout)
      .to.include('bgp.l3vpn.0')
      .and.to.include(`${publicVrf}.inet.0`)
      .and.not.to.include('192.0.2.21')
    const filtered = await show(
      'routes',
      'vpnv4',
      '--rt',
      '64512:101',
      '--peer',
      'gw',
      '--rd',
      '64512:1',
      '-j',
    )
    expect(JSON.parse(filtered.stdout)).to.have.property('count', 1)
    const limited = await show('routes', '--limit', '1')
    expect(limited.stderr).to.include('there may be more')
  })

  it('shows one entry in full when it is named', async () => {
    const { stdout } = await show('peers', 'gw')
    expect(stdout).to.include('hold time sec: 90').and.to.include('messages in: 4')
    expect((await show('vrfs', 'public')).stdout).to.include('target:64512:101')
  })

  it('finds by every name that completion offers, and says which name is unknown', async () => {
    for (const argv of [
      ['tables', 'vpnv4'],
      ['tables', 'public'],
      ['tables', `${publicVrf}.inet.0`],
      ['floating-ips', 'web-public'],
      ['floating-ips', 'k8s/web-public'],
    ])
      expect((await show(...argv)).status, argv.join(' ')).equal(0)
    expect((await show('peers', 'nobody')).stderr).equal('None of the peers is nobody.\n')
    expect((await show('floating-ips', 'ublic')).status).equal(1)
    expect((await show('tables', 'nothing')).status).equal(2)
  })

  it('streams a long table into one JSON document', async () => {
    const inet = node.rib.master(Family.inet)!
    for (let i = 0; i < 5000; i++) {
      node.path(inet, `10.0.${i >>> 8}.${i & 255}/32`, { source: node.gateway, nextHop: '192.0.2.1' })
    }
    const { stdout } = await show('routes', 'inet', '-j')
    expect(JSON.parse(stdout)).to.have.property('count', 5000)
  })

  it('closes the document with the error when the daemon goes away in the middle, with status 2', async () => {
    const inet = node.rib.master(Family.inet)!
    for (let i = 0; i < 100_000; i++) {
      node.path(inet, `10.${i >>> 16}.${(i >>> 8) & 255}.${i & 255}/32`, {
        source: node.gateway,
        nextHop: '192.0.2.1',
      })
    }
    const stdout = new Kept()
    const write = stdout._write.bind(stdout)
    stdout._write = (chunk, encoding, done): void => {
      // The daemon ends as soon as something has arrived.
      void api.close().then(() => write(chunk, encoding, done))
    }
    const status = await runCli(['show', 'routes', 'inet', '-j', '--server', address], {
      stdout,
      stderr: new Kept(),
      env: {},
    })
    const document = JSON.parse(stdout.text) as { routes: unknown[]; count: number; error: { code: string } }
    expect(status).equal(2)
    expect(document.count).equal(document.routes.length)
    expect(document.error.code).equal('connection')
  })

  it('ends quietly when the reader of its output has gone', async () => {
    const inet = node.rib.master(Family.inet)!
    for (let i = 0; i < 3000; i++) {
      node.path(inet, `10.0.${i >>> 8}.${i & 255}/32`, { source: node.gateway, nextHop: '192.0.2.1' })
    }
    const stdout = new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
    })
    const stderr = new Kept()
    const status = await runCli(['show', 'routes', 'inet', '--server', address], { stdout, stderr, env: {} })
    expect({ status, stderr: stderr.text }).deep.equal({ status: 0, stderr: '' })
  })

  it('colours only for a terminal, and not with NO_COLOR', async () => {
    const run = async (isTTY: boolean, env: Record<string, string>): Promise<string> => {
      const stdout = new Kept()
      stdout.isTTY = isTTY
      await runCli(['show', 'peers', '--server', address], { stdout, stderr: new Kept(), env })
      return stdout.text
    }
    expect(await run(true, {})).to.include('\u001b[')
    expect(await run(true, { NO_COLOR: '1' })).not.to.include('\u001b[')
    expect(await run(false, {})).not.to.include('\u001b[')
  })

  it('lets no escape sequence of a peer reach the terminal', async () => {
    const evil = '\u001b]0;owned\u0007'
    node.peers = () => [{ ...new LabNode().peers()[0]!, state: 'Idle', lastError: evil }]
    const table = await show('peers')
    const detail = await show('peers', 'gw')
    for (const { stdout } of [table, detail]) {
      expect(stdout).to.include('\\x1b]0;owned\\x07').and.not.to.include('\u001b')
    }
  })

  it('clears a peer and reloads on request', async () => {
    expect((await cli('clear', 'peer', 'gw', '--server', address)).status).equal(0)
    expect(node.cleared).deep.equal(['gw'])
    expect((await cli('clear', 'peer', 'nobody', '--server', address)).status).equal(2)
    expect(await cli('reload', '--server', address)).to.include({
      status: 0,
      stdout: 'Configuration reloaded: nothing has changed.\n',
    })
    node.reloadOutcome = { applied: false, problems: ['lab.yaml:1:1: bad'] }
    const refused = await cli('reload', '--server', address)
    expect(refused.status).equal(2)
    expect(refused.stderr).to.include('lab.yaml:1:1: bad')
  })

  it('tells what a reload did, what waits for a restart and what was not given', async () => {
    const changes = {
      ...noChanges,
      instances: { added: ['a', 'b'], changed: [], removed: ['c'] },
      localPaths: { announced: 1, withdrawn: 0 },
      needsRestart: ['spec.routerID'],
      refused: [{ name: 'p/web', reason: 'PoolExhausted', message: 'pool p/pool has no free address' }],
    }
    node.reloadOutcome = { applied: true, problems: [], changes }
    expect((await cli('reload', '--server', address)).stdout.split('\n')).deep.equal([
      'Configuration reloaded: 2 VRFs added, 1 VRF removed, 1 path announced.',
      'Waits for a restart: spec.routerID',
      'Not given: p/web (pool p/pool has no free address)',
      '',
    ])
    expect(JSON.parse((await cli('reload', '-j', '--server', address)).stdout)).deep.equal({
      applied: true,
      changes,
    })
  })

  it('has examples in the help of every command', async () => {
    for (const argv of [
      [],
      ['show'],
      ['show', 'routes'],
      ['show', 'peers'],
      ['run'],
      ['check'],
      ['watch'],
      ['completion'],
      ['clear'],
      ['reload'],
    ]) {
      const { status, stdout } = await cli(...argv, '--help')
      expect(status, argv.join(' ')).equal(0)
      expect(stdout, argv.join(' ')).to.include('Examples:\n  ')
    }
  })
})
