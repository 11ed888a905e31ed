import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import type { ApiServer } from '../../../control/api/api-server.ts'
import type { WatchEvent } from '../../../control/views/watch-event.ts'
import { Family } from '../../../rib/model/family.ts'
import { LabNode, publicVrf, serve, settled } from '../api/lab-node.ts'
import { cli } from './cli-run.ts'

const program = fileURLToPath(new URL('../../../control/heddle.mjs', import.meta.url))

describe('heddle watch', () => {
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

  it('shows what is there, a line a route, and ends after so many', async () => {
    const run = await cli('watch', 'public', '--current', '-n', '2', '--server', address)
    expect(run.status).equal(0)
    const lines = run.stdout.trimEnd().split('\n')
    expect(lines).to.have.length(2)
    expect(run.stdout).to.match(
      new RegExp(
        String.raw`^\d\d:\d\d:\d\d\.\d{3} \+ ${publicVrf}\.inet\.0 101\.101\.101\.252/32 via 192\.0\.2\.21 label 17 from compute-1; via`,
        'm',
      ),
    )
  })

  it('shows changes and withdrawals of the prefixes asked for, with -j a document a line', async () => {
    const inet = node.rib.master(Family.inet)!
    const run = cli('watch', 'inet', '--prefix', '10.1.0.0/16', '-n', '2', '-j', '--server', address)
    const path = { source: node.gateway, nextHop: '192.0.2.1' }
    // The watch has a marker in the table once it stands.
    await until(() => markersOf(inet) >= 1)
    node.path(inet, '10.2.0.0/24', path)
    node.path(inet, '10.1.2.0/24', path)
    // Once the last row is a marker the watch has taken both, so that the withdrawal is a change of its own.
    await until(() => !inet.isRoute(inet.changes.previous(0)))
    node.withdraw(inet, '10.1.2.0/24', node.gateway)
    const { status, stdout } = await run
    expect(status).equal(0)
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as WatchEvent)
      .filter(({ event }) => event !== 'current-done')
    expect(events).to.have.length(2)
    expect(events[0]).to.have.nested.property('route.key', '10.1.2.0/24')
    expect(events.at(-1)).to.include({ event: 'withdrawn', key: '10.1.2.0/24' })
  })

  it('refuses what it cannot watch, with status 2', async () => {
    expect((await cli('watch', 'nowhere', '--server', address)).status).equal(2)
    expect((await cli('watch', '--prefix', '10.0.0.0/40', '--server', address)).status).equal(2)
    expect((await cli('watch', '-n', '0', '--server', address)).status).equal(2)
  })

  it('ends when the pipe behind it closes, and so does a long table', async () => {
    const inet = node.rib.master(Family.inet)!
    for (let i = 0; i < 20_000; i++) {
      node.path(inet, `10.0.${i >>> 8}.${i & 255}/32`, { source: node.gateway, nextHop: '192.0.2.1' })
    }
    for (const words of ['watch inet --current', 'show routes inet', 'show routes inet -j']) {
      const script = `${process.execPath} ${program} ${words} --server ${address} | head -1; echo "\${PIPESTATUS[0]}"`
      const { stdout, stderr } = await shell(script)
      expect(stderr, words).equal('')
      expect(stdout.trimEnd().split('\n').at(-1), words).equal('0')
    }
  })
})

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100_000; turn++) {
    if (condition()) return
    await new Promise<void>((resolve) => void setImmediate(resolve))
  }
  throw new Error('it does not come true')
}

function markersOf(table: {
  readonly changes: { next(row: number): number }
  isRoute(row: number): boolean
}): number {
  let markers = 0
  for (let row = table.changes.next(0); row !== 0; row = table.changes.next(row))
    if (!table.isRoute(row)) markers++
  return markers
}

function shell(script: string): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-c', script], { stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.once('error', reject)
    child.once('close', () => resolve({ stdout, stderr }))
  })
}
