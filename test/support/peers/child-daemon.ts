/**
 * A real BGP daemon as a child of the test process, in a folder of its own that holds its configuration, sockets and
 * logs. The folder goes away with the daemon unless the test asks to keep it (to read the log of a failure).
 */
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const STOP_BOUND_MS = 5000
/** How long pipes of a process that has ended may still have something. */
const LAST_WORDS_MS = 2000
const OUTPUT = 'output.log'
const live = new Set<ChildProcess>()

// A test process that dies must not leave daemons behind.
process.on('exit', () => {
  for (const child of live) child.kill('SIGKILL')
})

export class ChildDaemon {
  readonly folder: string
  readonly #program: string
  #child: ChildProcess | undefined
  #exited: Promise<void> = Promise.resolve()

  constructor(name: string, program: string) {
    this.folder = mkdtempSync(join(tmpdir(), `heddle-${name}-`))
    this.#program = program
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Of the running process. */
  get pid(): number {
    const pid = this.#child?.pid
    if (pid === undefined) throw new Error(`${this.#program} does not run`)
    return pid
  }

  /** What it has written so far, to either output. */
  output(): string {
    const file = this.path(OUTPUT)
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  write(name: string, text: string): string {
    writeFileSync(this.path(name), text)
    return this.path(name)
  }

  /** Starts it with these arguments, and these variables beyond our own. */
  start(args: readonly string[], environment: Readonly<Record<string, string>> = {}): void {
    const child = spawn(this.#program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: this.folder,
      env: { ...process.env, ...environment },
    })
    const log = createWriteStream(this.path(OUTPUT), { flags: 'a' })
    child.stdout.pipe(log, { end: false })
    child.stderr.pipe(log, { end: false })
    live.add(child)
    this.#child = child
    this.#exited = new Promise((resolve) => {
      // A program that cannot be started: 'close' follows.
      child.once('error', () => live.delete(child))
      log.once('error', () => resolve())
      // What it wrote last may still be in its pipes, or stay open with a child of its own.
      child.once('exit', () => {
        live.delete(child)
        setTimeout(
          () => [child.stdout, child.stderr].forEach((pipe) => pipe.destroy()),
          LAST_WORDS_MS,
        ).unref()
      })
      child.once('close', () => log.end(resolve))
    })
  }

  /** SIGTERM or another, and SIGKILL when the daemon does not end within the bound. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.#end(signal)
  }

  /** Ends it without a word to its neighbours: no NOTIFICATION, the kernel closes the connection. */
  async crash(): Promise<void> {
    await this.#end('SIGKILL')
  }

  dispose(keepLogs: boolean): void {
    if (keepLogs) process.stderr.write(`logs kept in ${this.folder}\n`)
    else rmSync(this.folder, { recursive: true, force: true })
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (!child) return
    child.kill(signal)
    const lastResort = setTimeout(() => child.kill('SIGKILL'), STOP_BOUND_MS)
    await this.#exited
    clearTimeout(lastResort)
  }
}

/** Standard output of a short command; throws with its error output when it fails. */
export async function output(program: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run(program, args, { timeout: 15_000, maxBuffer: 64 * 1024 * 1024 })
    return stdout
  } catch (error) {
    const { stdout, stderr, message } = error as Error & { stdout?: string; stderr?: string }
    throw new Error(`${message}${stdout ?? ''}${stderr ?? ''}`, { cause: error })
  }
}

/** True when every program is installed. */
export function isInstalled(programs: readonly string[]): boolean {
  return programs.every((program) => existsSync(program))
}
