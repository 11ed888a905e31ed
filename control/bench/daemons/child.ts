/**
 * A daemon under test as a child process, in a folder of its own that goes away with it. It is never left behind: not by
 * an error, nor by Ctrl-C (it runs in a process group of its own, so the terminal's signal ends the benchmark first).
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../../free-port.ts'
import { heapEnvironment, heapOptions } from '../../heap-options.ts'
import type { LinkTarget } from '../load/link.ts'
import type { DaemonKind } from './daemon-kind.ts'
import type { LoopQuestion } from './loop-watch.ts'
import { configurationText, HOST } from './setup.ts'
import type { Ports, Setup } from './setup.ts'

const STOP_BOUND_MS = 5_000
const ANSWER_BOUND_MS = 60_000
const LISTEN_POLL_MS = 50
const CONNECT_BOUND_MS = 1_000
/** Of what a daemon said, so much from the begin and from the end. */
const LOG_EXCERPT = 250

const loopWatch = new URL(`./loop-watch${extname(import.meta.url)}`, import.meta.url).href

const living = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

export interface ChildOptions {
  readonly kind: DaemonKind
  /** PATH, to find the program. */
  readonly path: string
  readonly setup: Setup
  /** heddle with the watch on its event loop. */
  readonly isWatched?: boolean
}

export class Child {
  readonly kind: DaemonKind
  readonly folder: string
  readonly #options: ChildOptions
  readonly #ports: Ports
  #process: ChildProcess | undefined
  #ended: Promise<void> = Promise.resolve()

  static async start(options: ChildOptions): Promise<Child> {
    const ports = { bgp: await freePort(HOST), agents: await freePort(HOST) }
    const child = new Child(options, ports)
    try {
      child.configure(options.setup)
      child.launch()
      return child
    } catch (error) {
      await child.dispose()
      throw error
    }
  }

  private constructor(options: ChildOptions, ports: Ports) {
    this.kind = options.kind
    this.#options = options
    this.#ports = ports
    this.folder = mkdtempSync(join(tmpdir(), `heddle-bench-${options.kind.name}-`))
  }

  get bgp(): LinkTarget {
    return { host: HOST, port: this.#ports.bgp }
  }

  get agents(): LinkTarget {
    return { host: HOST, port: this.#ports.agents }
  }

  /** It answers `ask`. */
  get isWatched(): boolean {
    return this.#options.isWatched === true
  }

  get pid(): number {
    if (!this.#isRunning) throw new Error(this.#epitaph())
    return this.#process!.pid!
  }

  /** Starts the process; once more after it has ended. */
  launch(): void {
    const { kind, path, isWatched = false } = this.#options
    const program = kind.find(path)
    if (program === undefined) throw new Error(`${kind.title} is not installed`)
    const args = [
      // With a channel to us heddle keeps the heap that it was given.
      ...(isWatched ? ['--import', loopWatch, ...heapOptions] : []),
      ...kind.args(this.#file, this.folder, this.#ports),
    ]
    const log = openSync(this.#log, 'a')
    const stdio: ('ignore' | 'ipc' | number)[] = ['ignore', log, log]
    if (isWatched) stdio.push('ipc')
    const env = isWatched ? { ...heapEnvironment, ...process.env } : process.env
    const child = spawn(program, args, { stdio, cwd: this.folder, env, detached: true })
    closeSync(log)
    living.add(child)
    this.#process = child
    this.#ended = new Promise((resolve) => {
      const end = (): void => {
        living.delete(child)
        resolve()
      }
      child.once('error', end)
      child.once('exit', end)
    })
  }

  /** Writes the configuration; `reload` makes a running daemon read it. */
  configure(setup: Setup): void {
    writeFileSync(this.#file, configurationText(this.kind.template, setup, this.#ports))
  }

  reload(): void {
    process.kill(this.pid, 'SIGHUP')
  }

  /** Resolves once it takes BGP connections: it has read its configuration. Rejects when it ends before. */
  async untilListening(withinMs: number): Promise<void> {
    const deadlineMs = performance.now() + withinMs
    // Asking for its number throws, with its last words, once it has ended.
    while (this.pid && !(await accepts(this.bgp))) {
      if (performance.now() > deadlineMs)
        throw new Error(`${this.kind.title} does not listen after ${withinMs / 1000} s`)
      await pause(LISTEN_POLL_MS)
    }
  }

  /** Asks the watch on the event loop. */
  async ask(question: LoopQuestion): Promise<number> {
    const child = this.#process!
    const stop = new AbortController()
    const answer = new Promise<number>((resolve, reject) => {
      child.once('message', (value) => resolve(value as number))
      child.send(question, (error) => {
        if (error) reject(new Error(this.#epitaph()))
      })
    })
    const bound = pause(ANSWER_BOUND_MS, NaN, { signal: stop.signal }).catch(() => NaN)
    const value = await Promise.race([answer, bound])
    stop.abort()
    if (Number.isNaN(value))
      throw new Error(`${this.kind.title} did not answer in ${ANSWER_BOUND_MS / 1000} s`)
    return value
  }

  /** Rejects when the daemon ends; to be raced with what needs it. */
  async untilDeath(): Promise<never> {
    await this.#ended
    throw new Error(this.#epitaph())
  }

  /** Ends it without a word to its neighbours. */
  async kill(): Promise<void> {
    this.#process?.kill('SIGKILL')
    await this.#ended
  }

  /** SIGTERM, SIGKILL when that does not help, and the folder goes. */
  async dispose(): Promise<void> {
    if (this.#isRunning) {
      this.#process!.kill('SIGTERM')
      const lastResort = setTimeout(() => this.#process!.kill('SIGKILL'), STOP_BOUND_MS)
      await this.#ended
      clearTimeout(lastResort)
    }
    rmSync(this.folder, { recursive: true, force: true })
  }

  get #file(): string {
    return join(this.folder, this.kind.template.replace(/\.in$/, ''))
  }

  get #log(): string {
    return join(this.folder, 'output.log')
  }

  get #isRunning(): boolean {
    return this.#process?.pid !== undefined && living.has(this.#process)
  }

  /** Why it is not there, in its own words. */
  #epitaph(): string {
    const { exitCode, signalCode } = this.#process ?? {}
    const how = signalCode ? `by ${signalCode}` : `with status ${exitCode ?? 'unknown'}`
    const said = excerpt(readFileSync(this.#log, 'utf8').trim().replace(/\s+/g, ' '))
    return `${this.kind.title} ended ${how}${said === '' ? '' : `; it said: ${said}`}`
  }
}

function excerpt(text: string): string {
  if (text.length <= 2 * LOG_EXCERPT) return text
  return `${text.slice(0, LOG_EXCERPT)} ... ${text.slice(-LOG_EXCERPT)}`
}

async function accepts({ host, port }: LinkTarget): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_BOUND_MS })
    socket.once('timeout', () => socket.destroy(new Error('timed out')))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
