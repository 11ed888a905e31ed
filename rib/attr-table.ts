/**
 * The attribute sets in use, each once: equal attributes are the same AttrSet with the same id, so that "unchanged" and
 * "can share an UPDATE" are comparisons of integers.
 *
 * Paths and update groups retain and release ids. A set whose count falls to zero stays usable until the next
 * `collect`, which runs at the end of a turn when nothing is in flight; memos keyed by ids are cleared then.
 */
import { AttrSet, attributesKey } from './model/attr-set.ts'
import type { Attributes } from './model/attr-set.ts'
import { grownWords } from './grown-words.ts'
import { invariant } from './invariant.ts'

/** Collecting fewer sets than this is not worth clearing every memo. */
const COLLECT_AT_LEAST = 1024

export class AttrTable {
  readonly #byKey = new Map<string, AttrSet>()
  /** Id 0 means "no attributes" everywhere, so it is never given to a set. */
  readonly #byId: (AttrSet | undefined)[] = [undefined]
  readonly #free: number[] = []
  #references = new Int32Array(1024)
  #unreferenced = 0
  readonly #collectListeners = new Set<() => void>()

  /** The one set with these attributes. */
  intern(attributes: Attributes): AttrSet {
    const key = attributesKey(attributes)
    const known = this.#byKey.get(key)
    if (known) return known
    const id = this.#free.pop() ?? this.#byId.length
    const set = new AttrSet(id, key, attributes)
    this.#byKey.set(key, set)
    this.#byId[id] = set
    if (id >= this.#references.length) this.#references = grownWords(this.#references, id + 1)
    this.#references[id] = 0
    this.#unreferenced++
    return set
  }

  // hot: called per path comparison
  get(id: number): AttrSet {
    return this.#byId[id]!
  }

  // hot: called per path stored
  retain(id: number): void {
    if (this.#references[id]!++ === 0) this.#unreferenced--
  }

  // hot: called per path removed
  release(id: number): void {
    const left = --this.#references[id]!
    if (left === 0) this.#unreferenced++
    else if (left < 0) invariant(false, `attribute set ${id} released more often than retained`)
  }

  /** Sets that somebody retains. */
  get liveCount(): number {
    return this.#byKey.size - this.#unreferenced
  }

  /** All interned sets, unreferenced ones included. */
  get count(): number {
    return this.#byKey.size
  }

  references(id: number): number {
    return this.#references[id]!
  }

  /** Called before ids are freed: whoever keeps something keyed by ids forgets it. Returns a function that stops it. */
  onCollect(listener: () => void): () => void {
    this.#collectListeners.add(listener)
    return () => this.#collectListeners.delete(listener)
  }

  /** True when enough is unreferenced for a collection to pay. */
  get isWorthCollecting(): boolean {
    return this.#unreferenced >= COLLECT_AT_LEAST && this.#unreferenced * 2 > this.#byKey.size
  }

  /** Frees every unreferenced set. Only between turns: nobody may hold an AttrSet that is not retained. */
  collect(): void {
    for (const listener of this.#collectListeners) listener()
    for (let id = 1; id < this.#byId.length; id++) {
      const set = this.#byId[id]
      if (!set || this.#references[id] !== 0) continue
      this.#byKey.delete(set.key)
      this.#byId[id] = undefined
      this.#free.push(id)
      this.#unreferenced--
    }
  }
}
