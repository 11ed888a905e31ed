/**
 * What is counted of an agent, over all its sessions: every drop, reject and refusal has a name here, so that nothing
 * disappears unseen.
 */
import { ownText } from '../wire/utf8.ts'

/** Characters of an error that are kept: agents choose some of them. */
const MAX_ERROR_LENGTH = 256

export class AgentCounters {
  readonly #counts = new Map<string, number>()
  #lastError: string | undefined

  // hot: once or twice per stanza
  add(name: string, count = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count)
  }

  /** Counts something wrong and keeps its words. */
  note(name: string, detail: string): void {
    this.add(name)
    this.#lastError = ownText(`${name}: ${detail}`, MAX_ERROR_LENGTH)
  }

  get lastError(): string | undefined {
    return this.#lastError
  }

  /** A copy for views and metrics. */
  toRecord(): Record<string, number> {
    return Object.fromEntries(this.#counts)
  }
}
