import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { heapEnvironment, heapOptions } from '../../../control/heap-options.ts'
import { cli } from './cli-run.ts'

const program = fileURLToPath(new URL('../../../control/heddle.mjs', import.meta.url))

function config(network: string): string {
  return `
apiVersion: heddle.dev/v1alpha1
kind: ControlNode
metadata: {name: ctl1}
spec:
  autonomousSystem: 64512
  routerID: 192.0.2.10
  bgp: {listen: ["127.0.0.1:0"]}
  agents: {listen: ["127.0.0.1:0"]}
  api: {listen: ["127.0.0.1:0"]}
  stateDir: ./state
---
apiVersion: heddle.dev/v1alpha1
kind: VirtualNetwork
metadata: {name: ${network}, namespace: k8s}
spec: {subnets: [{cidr: 10.1.1.0/24}]}
`
}

describe('heddle run', () => {
  let folder: string
  let file: string
  let running: RunningDaemon | undefined

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'heddle-run-'))
    file = join(folder, 'heddle.yaml')
    writeFileSync(file, config('blue'))
  })
  afterEach(async () => {
    await running?.kill()
    running = undefined
    // One that never said what the test waited for is nobody's `running`.
    for (const child of children) child.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  })

  it('serves the API, and ends with 0 on SIGTERM', async () => {
    running = await RunningDaemon.start(file)
    const { status, stdout } = await cli('show', 'status', '-j', '--server', running.address)
    expect(status).equal(0)
    expect(JSON.parse(stdout)).to.include({ name: 'ctl1', autonomousSystem: 64512, vrfs: 1 })
    expect(await running.end('SIGTERM')).deep.equal({ code: 0, signal: null })
  })

  it('takes its heap options and still is the process that was started', async function () {
    if (process.platform !== 'linux') this.skip()
    running = await RunningDaemon.start(file)
    const words = readFileSync(`/proc/${running.pid}/cmdline`, 'utf8').split('\0')
    expect(words.slice(1, -1)).deep.equal([...heapOptions, program, 'run', '-c', file])
    const environment = readFileSync(`/proc/${running.pid}/environ`, 'utf8').split('\0')
    expect(environment).to.include.members(
      Object.entries(heapEnvironment).map(([name, value]) => `${name}=${value}`),
    )
  })

  it('has no API where none is configured', async () => {
    writeFileSync(file, config('blue').replace('api: {listen: ["127.0.0.1:0"]}', 'api: {listen: []}'))
    running = await RunningDaemon.start(file, 'control.started')
    expect(await running.end('SIGTERM')).deep.equal({ code: 0, signal: null })
  })

  it('ends with 0 on SIGINT, also while a watch is open', async () => {
    running = await RunningDaemon.start(file)
    const watch = await fetch(`http://${running.address}/v1/watch`)
    const reading = watch.text().catch(() => '')
    expect(await running.end('SIGINT')).deep.equal({ code: 0, signal: null })
    await reading
  })

  it('reads the configuration again on SIGHUP; a bad one changes nothing and is told in the log', async () => {
    running = await RunningDaemon.start(file)
    const { address } = running
    const names = async (): Promise<string[]> => {
      const { stdout } = await cli('show', 'vrfs', '-j', '--server', address)
      return (JSON.parse(stdout) as { vrfs: { shortName: string }[] }).vrfs.map(({ shortName }) => shortName)
    }
    writeFileSync(file, config('green'))
    running.signal('SIGHUP')
    await running.logged('config.applied')
    expect(await names()).deep.equal(['green'])
    writeFileSync(file, config('red').replace('cidr', 'cdir'))
    running.signal('SIGHUP')
    await running.logged('config.refused')
    expect(await names()).deep.equal(['green'])
    const reload = await cli('reload', '--server', address)
    expect(reload.status).equal(2)
    expect(reload.stderr).to.include('heddle.yaml:').and.to.include('cdir')
  })

  it('goes on when a reload cannot save its state, and says so', async () => {
    running = await RunningDaemon.start(file)
    rmSync(join(folder, 'state'), { recursive: true })
    writeFileSync(join(folder, 'state'), 'a file where the folder was')
    writeFileSync(file, config('green'))
    running.signal('SIGHUP')
    expect(await running.logged('config.reloadFailed')).to.include('state')
    const reload = await cli('reload', '-j', '--server', running.address)
    expect(JSON.parse(reload.stdout)).to.have.nested.property('error.code', 'state-not-saved')
    const { stdout } = await cli('show', 'vrfs', '-j', '--server', running.address)
    expect(JSON.parse(stdout)).to.have.nested.property('vrfs[0].shortName', 'blue')
  })

  it('keeps an order that comes while it starts until it has started', async () => {
    for (const signal of ['SIGHUP', 'SIGTERM'] as const) {
      running = await RunningDaemon.start(file, 'config.applied')
      running.signal(signal)
      if (signal === 'SIGHUP') {
        await running.logged('config.unchanged')
        running.signal('SIGTERM')
      }
      await running.logged('control.stopped')
      expect(await running.ended).deep.equal({ code: 0, signal: null })
    }
  })

  it('starts nothing with a bad configuration: every problem at its place, status 2', () => {
    writeFileSync(file, config('red').replace('cidr', 'cdir').replace('routerID', 'routerId'))
    const run = heddle('run', '-c', file)
    expect(run.status).equal(2)
    expect(run.stderr).to.include('routerId').and.to.include('cdir').and.to.include('heddle.yaml:')
    const asJson = heddle('run', '-c', file, '-j')
    expect(asJson.status).equal(2)
    expect(JSON.parse(asJson.stdout)).to.have.nested.property('error.code', 'bad-configuration')
  })

  it('says which address is in use, status 2', async () => {
    running = await RunningDaemon.start(file)
    writeFileSync(
      file,
      config('blue')
        .replace('api: {listen: ["127.0.0.1:0"]}', `api: {listen: ["${running.address}"]}`)
        .replace('./state', './other-state'),
    )
    const run = heddle('run', '-c', file, '--log-level', 'silent')
    expect(run.status).equal(2)
    expect(run.stderr).to.include(`${running.address} is in use`)
  })

  it('says what it cannot listen on and which TLS files are of no use, status 2', () => {
    writeFileSync(
      file,
      config('blue').replace('bgp: {listen: ["127.0.0.1:0"]}', 'bgp: {listen: ["192.0.2.77:0"]}'),
    )
    const elsewhere = heddle('run', '-c', file, '--log-level', 'silent')
    expect(elsewhere.status).equal(2)
    expect(elsewhere.stderr).to.include('192.0.2.77 is no address of this machine')
    writeFileSync(join(folder, 'cert.pem'), 'no certificate')
    writeFileSync(
      file,
      config('blue').replace('agents: {', 'agents: {tls: {cert: cert.pem, key: cert.pem}, '),
    )
    const unusable = heddle('run', '-c', file, '--log-level', 'silent')
    expect(unusable.status).equal(2)
    expect(unusable.stderr).to.include('cert.pem').and.to.include('spec.agents.tls')
  })

  it('leaves the state of a running daemon alone: a second one in its folder does not start', async function () {
    if (process.platform !== 'linux') this.skip()
    running = await RunningDaemon.start(file)
    const state = readFileSync(join(folder, 'state', 'state.json'), 'utf8')
    writeFileSync(file, config('green'))
    const run = heddle('run', '-c', file, '--log-level', 'silent')
    expect(readFileSync(join(folder, 'state', 'state.json'), 'utf8')).equal(state)
    expect(run.status).equal(2)
    expect(run.stderr).to.include('another daemon uses the state folder')
  })

  it('starts after a kill -9, which leaves no lock behind', async () => {
    running = await RunningDaemon.start(file)
    await running.kill()
    running = await RunningDaemon.start(file)
    expect(await running.end('SIGTERM')).deep.equal({ code: 0, signal: null })
  })
})

describe('heddle check', () => {
  it('ends with 0 when all is well and with 2 when not, one JSON document either way', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-check-'))
    try {
      const good = join(folder, 'good.yaml')
      const bad = join(folder, 'bad.yaml')
      writeFileSync(good, config('blue'))
      writeFileSync(bad, config('blue').replace('routerID', 'routerId'))
      expect((await cli('check', '-c', good)).status).equal(0)
      expect(JSON.parse((await cli('check', '-c', good, '-j')).stdout)).deep.equal({ problems: [] })
      const text = await cli('check', '-c', bad)
      expect(text.status).equal(2)
      expect(text.stdout).to.include('routerId')
      const document = JSON.parse((await cli('check', '-c', bad, '-j')).stdout) as {
        problems: { line: number }[]
      }
      expect(document).to.have.nested.property('error.code', 'bad-configuration')
      expect(document.problems.some(({ line }) => line === 7)).equal(true)
      expect((await cli('check')).status).equal(2)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('the launcher', () => {
  it('says in one sentence which Node it needs when it is older', () => {
    const older = 'data:text/javascript,Object.defineProperty(process,"versions",{value:{node:"20.20.2"}})'
    const run = spawnSync(process.execPath, ['--import', older, program, 'show', 'peers'], {
      encoding: 'utf8',
    })
    expect(run.status).equal(2)
    expect(run.stderr).equal('heddle needs Node.js 22.19 or newer; this is 20.20.2.\n')
  })

  it('passes the exit status on', () => {
    expect(heddle('--version').status).equal(0)
    expect(heddle('show', 'peers', '--server', '127.0.0.1:1').status).equal(2)
  })
})

function heddle(...argv: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [program, ...argv], { encoding: 'utf8' })
}

/** Daemons that have not ended. */
const children = new Set<ChildProcess>()

class RunningDaemon {
  readonly address: string
  readonly #child: ChildProcess
  readonly ended: Promise<{ code: number | null; signal: string | null }>
  readonly #log: string[]
  #onLine: (() => void) | undefined
  #isOver = false

  /** Resolves when the daemon says that it has come so far; usually when it is complete. */
  static async start(file: string, until = 'api.listening'): Promise<RunningDaemon> {
    const child = spawn(process.execPath, [program, 'run', '-c', file], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    children.add(child)
    child.once('exit', () => children.delete(child))
    const daemon = new RunningDaemon(child, [])
    const line = await daemon.logged(until)
    if (until !== 'api.listening') return daemon
    const { endpoints } = JSON.parse(line) as { endpoints: { host: string; port: number }[] }
    await daemon.logged('control.started')
    return Object.assign(daemon, { address: `${endpoints[0]!.host}:${endpoints[0]!.port}` })
  }

  private constructor(child: ChildProcess, log: string[]) {
    this.address = ''
    this.#child = child
    this.#log = log
    // Not at 'exit': the last lines may still be in the pipe then.
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.#isOver = true
        resolve({ code, signal })
        this.#onLine?.()
      })
    })
    createInterface({ input: child.stderr! }).on('line', (line) => {
      log.push(line)
      this.#onLine?.()
    })
  }

  /** The next line of the log with this event; lines are looked at once. */
  async logged(event: string): Promise<string> {
    for (;;) {
      const line = this.#log.shift()
      if (line?.includes(`"event":"${event}"`)) return line
      if (line !== undefined) continue
      if (this.#isOver) throw new Error(`the daemon ended before it logged ${event}`)
      await new Promise<void>((resolve) => (this.#onLine = resolve))
    }
  }

  get pid(): number {
    return this.#child.pid!
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  end(signal: NodeJS.Signals): Promise<{ code: number | null; signal: string | null }> {
    this.signal(signal)
    return this.ended
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }
}
