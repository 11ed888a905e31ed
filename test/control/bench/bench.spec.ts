import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BenchResult } from '../../../control/bench/result.ts'
import { cli } from '../cli/cli-run.ts'

// A run ends only when what every receiver holds is, by count and checksum, what was sent.
describe('heddle bench, at a thousandth of its size', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'heddle-bench-test-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  it('plays A to D with heddle and with the load alone, and every content is right', async () => {
    const file = join(folder, 'result.json')
    const order = ['--scenario', 'A,B,C,D', '--daemon', 'heddle', '--runs', '1', '--scale', '0.001']
    const { status, stdout, stderr } = await cli('bench', ...order, '--json', file)
    expect(status, stderr).to.equal(0)
    const result = JSON.parse(readFileSync(file, 'utf8')) as BenchResult
    expect(result.build, 'the build that this test runs').to.equal('sources')
    const played = result.rows.map(({ scenario, phase, subject }) => `${scenario} ${phase} ${subject}`)
    expect(played).to.have.length(16).and.to.include('C withdraw heddle').and.to.include('B announce self')
    for (const { outcome, figures, subject, ...row } of result.rows) {
      expect(outcome.kind, JSON.stringify(row)).to.equal('measured')
      expect(figures.seconds!.median).to.be.greaterThan(0)
      expect(figures.peakOctets !== undefined, 'memory of daemons only').to.equal(subject === 'heddle')
    }
    expect(stdout).to.include('1,000 VPN routes').and.to.include('load alone')
    expect(stderr).to.match(/A {2}heddle {2}1\/1 {2}announce [\d.]+ s, withdraw [\d.]+ s/)
  }).timeout(30_000)

  it('plays the series with heddle alone, and says the time by the route', async () => {
    const { status, stdout, stderr } = await cli(
      'bench',
      '--scenario',
      'L1,L2',
      '--runs',
      '1',
      '--scale',
      '0.001',
    )
    expect(status, stderr).to.equal(0)
    expect(stdout)
      .to.include('10, 100, 1,000 VPN routes')
      .and.to.include('50 VPN routes to 1, 10, 100 receivers')
    expect(stdout).to.match(/announce x100 +heddle +1,000 +[\d.]+ +[\d.]+/)
    expect(stdout).to.match(/withdraw x100 +load alone +5,000/)
    expect(stdout).not.to.include('BIRD  ')
  }).timeout(30_000)

  it('leaves nothing behind when it is interrupted, and ends with status 2', async () => {
    const own = join(folder, 'interrupted')
    mkdirSync(own)
    const main = fileURLToPath(new URL('../../../control/main.ts', import.meta.url))
    const order = ['bench', '--scenario', 'A', '--daemon', 'heddle', '--runs', '100', '--scale', '0.001']
    const child = spawn(process.execPath, [main, ...order], { env: { ...process.env, TMPDIR: own } })
    let [said, isOver] = ['', false]
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      // The first run with a daemon is over: the second has begun or is about to.
      if (!isOver && said.includes('heddle  1/100')) isOver = child.kill('SIGINT')
    })
    const status = await new Promise<number | null>((resolve) => child.once('close', resolve))
    expect(status, said).to.equal(2)
    expect(said).to.include('interrupted')
    expect(readdirSync(own)).to.deep.equal([])
  }).timeout(30_000)

  it('says what a peer cannot do, without starting it', async () => {
    const order = ['--scenario', 'E', '--daemon', 'bird', '--runs', '1', '--scale', '0.001']
    const { status, stdout } = await cli('bench', ...order)
    expect(status).to.equal(0)
    expect(stdout).to.match(/publish +BIRD +cannot/)
  })

  for (const [what, order] of Object.entries({
    scenario: ['--scenario', 'Z'],
    daemon: ['--daemon', 'quagga'],
    'number of runs': ['--runs', '0'],
    scale: ['--scale', '2'],
  })) {
    it(`refuses a ${what} that it does not know, with status 2`, async () => {
      const { status, stderr } = await cli('bench', ...order)
      expect(status).to.equal(2)
      expect(stderr).to.include(order[1]!)
    })
  }
})
