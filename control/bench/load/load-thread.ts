/**
 * A thread of the load as the benchmark sees it. Calls are bounded by the thread itself; a thread that dies fails all of
 * them.
 */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { CallName, LoadCalls, ReplyMessage } from './load-calls.ts'

/** Sources in a checkout, what they were compiled to in a package. */
const entry = new URL(`./load-entry${extname(import.meta.url)}`, import.meta.url)

interface Waiting {
  resolve(output: unknown): void
  reject(error: Error): void
}

export class LoadThread {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0
  /** Why no call will be answered any more. */
  #end: Error | undefined

  constructor(name: string) {
    this.#worker = new Worker(entry, { name })
    this.#worker.on('message', (reply: ReplyMessage) => this.#settle(reply))
    this.#worker.on('error', (error) => this.#failAll(error))
    this.#worker.on('exit', () => this.#failAll(new Error('the thread of the load has ended')))
  }

  async call<K extends CallName>(name: K, input: LoadCalls[K]['in']): Promise<LoadCalls[K]['out']> {
    if (this.#end) throw this.#end
    const id = ++this.#lastId
    const output = await new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a Worker of Node has no origin
      this.#worker.postMessage({ id, name, input })
    })
    return output as LoadCalls[K]['out']
  }

  /** Milliseconds that the thread was not idle so far. */
  busyMs(): number {
    return this.#worker.performance.eventLoopUtilization().active
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #settle(reply: ReplyMessage): void {
    const waiting = this.#waiting.get(reply.id)
    this.#waiting.delete(reply.id)
    if ('error' in reply) waiting?.reject(new Error(reply.error))
    else waiting?.resolve(reply.output)
  }

  #failAll(error: Error): void {
    this.#end = error
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    this.#waiting.clear()
  }
}
