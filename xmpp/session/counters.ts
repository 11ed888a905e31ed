/**
 * What is counted of an agent, over all its sessions: every drop, reject and refusal has a name here, so that nothing
 * disappears unseen.
 */

/** Errors kept for the operator. */
const KEPT_ERRORS = 16

export class AgentCounters {
  readonly #counts = new Map<string, number>()
  readonly #errors: string[] = []

  // hot: once or twice per stanza
  add(name: string, count = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count)
  }

  get(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  /** Counts something wrong and keeps its words. */
  note(name: string, detail: string): void {
    this.add(name)
    if (this.#errors.length === KEPT_ERRORS) this.#errors.shift()
    this.#errors.push(`${name}: ${detail}`)
  }

  get lastError(): string | undefined {
    return this.#errors.at(-1)
  }

  /** The last errors, the newest last. */
  get errors(): readonly string[] {
    return this.#errors
  }

  /** A copy for views and metrics. */
  toRecord(): Record<string, number> {
    return Object.fromEntries(this.#counts)
  }
}
