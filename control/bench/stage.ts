/**
 * Where one run takes place: the threads of the load, which live as long as the benchmark, and the daemon, which lives for
 * one run. Whatever a run leaves behind, `clear` takes away.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { Child } from './daemons/child.ts'
import type { DaemonKind } from './daemons/daemon-kind.ts'
import { cpuSeconds } from './daemons/process-figures.ts'
import type { Setup } from './daemons/setup.ts'
import type { Expectation } from './load/holdings.ts'
import { LoadThread } from './load/load-thread.ts'
import type { Progress } from './progress.ts'

/** Sessions must be up after this. */
export const UP_BOUND_MS = 60_000
/** A daemon that writes nothing for so long has nothing more to say. */
const HOPELESS_MS = 15_000
const IDLE_POLL_MS = 250
/** An idle daemon uses less than this share of a core. */
const IDLE_SHARE = 0.03
const IDLE_POLLS = 4

export interface StageOptions {
  /** 1: the sizes of the issue; less for a quick look. */
  readonly scale: number
  readonly path: string
  readonly progress: Progress
}

export class Stage {
  readonly options: StageOptions
  readonly sender = new LoadThread('bench sender')
  readonly sink = new LoadThread('bench sink')
  readonly prober = new LoadThread('bench probe')
  readonly #threads = [this.sender, this.sink, this.prober]
  #child: Child | undefined
  #isClosed = false

  constructor(options: StageOptions) {
    this.options = options
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** A number of the issue at this scale. */
  scaled(count: number, least = 1): number {
    return Math.max(least, Math.round(count * this.options.scale))
  }

  /** How long anything may take: generous, since the slowest peer needs a minute at full size. */
  get boundMs(): number {
    return Math.round(30_000 + 600_000 * this.options.scale)
  }

  /** Daemons get a moment to settle once their sessions are up; it does not count. */
  get settleMs(): number {
    return this.options.scale < 0.01 ? 50 : 1_000
  }

  async settle(): Promise<void> {
    await pause(this.settleMs)
  }

  async start(kind: DaemonKind, setup: Setup, isWatched = false): Promise<Child> {
    if (this.#isClosed) throw new Error('interrupted')
    const child = await Child.start({ kind, path: this.options.path, setup, isWatched })
    this.#child = child
    // Closed while it started: `close` has not seen it.
    if (this.isClosed) await this.clear()
    return child
  }

  /** Work that needs the daemon: its death is the error, not what follows from it. */
  async alive<T>(work: Promise<T>): Promise<T> {
    const child = this.#child
    return child ? await Promise.race([work, child.untilDeath()]) : await work
  }

  /** Waits in the sink until the receivers are right; shows how far they are. */
  async awaitInSink(wanted: readonly Expectation[], what: string): Promise<bigint> {
    const total = wanted.reduce((sum, { count }) => sum + count, 0)
    const done = this.sink.call('await', {
      wanted,
      withinMs: this.boundMs,
      quietMs: this.settleMs / 5,
      hopelessMs: HOPELESS_MS,
    })
    return await this.options.progress.during(this.alive(done), async () => {
      // Asked of the sender for its failures.
      const [held] = await Promise.all([
        this.sink.call('progress', undefined),
        this.sender.call('progress', undefined),
      ])
      return `${what}: ${held.toLocaleString('en')} held, ${total.toLocaleString('en')} wanted`
    })
  }

  /** Milliseconds that sender and sink were not idle so far. */
  loadBusyMs(): readonly number[] {
    return [this.sender, this.sink].map((thread) => thread.busyMs())
  }

  /** Waits until the daemon has nothing to do. */
  async untilIdle(child: Child, what: string): Promise<void> {
    this.options.progress.step(what)
    const deadlineMs = performance.now() + this.boundMs
    let [idle, before] = [0, cpuSeconds(child.pid)]
    while (idle < IDLE_POLLS) {
      if (performance.now() > deadlineMs) throw new Error(`still busy after ${this.boundMs / 1000} s`)
      await pause(IDLE_POLL_MS)
      const now = cpuSeconds(child.pid)
      idle = (now - before) * 1000 <= IDLE_POLL_MS * IDLE_SHARE ? idle + 1 : 0
      before = now
    }
  }

  /** Ends daemon and sessions of a run. */
  async clear(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    try {
      await Promise.all(this.#threads.map((thread) => thread.call('close', undefined)))
    } catch (error) {
      // Closed meanwhile: then the threads are gone, and their sessions with them.
      if (!this.#isClosed) throw error
    } finally {
      await child?.dispose()
    }
  }

  /** Ends everything; work under way fails. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#threads.map((thread) => thread.end()), this.clear()])
  }
}
