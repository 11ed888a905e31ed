/**
 * The attribute sets in use, each once: equal attributes are the same AttrSet with the same id, so that "unchanged" and
 * "can share an UPDATE" are comparisons of integers.
 *
 *   attributes ──pack──► row ──hash──► AttrIndex ──► id ──► AttrSet ──► row in AttrBlocks
 *
 *   uses, per id:  | REFERENCES | SWEEP, the last one in which it was used |         free: | next free id | |
 *
 * Paths and update groups retain and release ids. A set whose count falls to zero stays usable until a sweep has found
 * it unused from its beginning on. A sweep goes in slices at the end of turns, when nothing is in flight. When it begins,
 * whoever remembers something keyed by ids forgets it; what is remembered from then on has been used in that sweep.
 */
import { AttrBlocks } from './attr-blocks.ts'
import { AttrIndex } from './attr-index.ts'
import { AttrPacker, hashOfRow } from './model/attr-row.ts'
import { AttrSet } from './model/attr-set.ts'
import type { Attributes } from './model/attr-set.ts'
import { grownWords } from './grown-words.ts'
import { invariant } from './invariant.ts'

/** Collecting fewer sets than this is not worth clearing every memo. */
const COLLECT_AT_LEAST = 1024

/** Sets looked at in one slice: about a millisecond. */
const SWEEP_SETS = 2048

/** Second word of a set's uses. */
const SWEEP = 1

export class AttrTable {
  readonly #multiplier: number
  readonly #packer = new AttrPacker()
  readonly #index = new AttrIndex()
  readonly #blocks = new AttrBlocks()
  /** Id 0 means "no attributes" everywhere, so it is never given to a set. */
  readonly #byId: (AttrSet | undefined)[] = [undefined]
  /** First of the ids that may be given again, chained through their uses: whoever takes routes away needs no memory. */
  #freeHead = 0
  #uses = new Int32Array(2048)
  #count = 0
  #unreferenced = 0
  #sweep = 1
  /** Where the sweep that runs has come to: an id, then a block; -1 for neither. */
  #sweepId = -1
  #sweepBlock = -1
  readonly #collectListeners = new Set<() => void>()

  /** The seed makes it unknown to a peer which sets meet in the index. */
  constructor(hashSeed = 0) {
    this.#multiplier = (hashSeed ^ 0x01000193) | 1
  }

  /** The one set with these attributes. */
  intern(attributes: Attributes): AttrSet {
    this.#packer.pack(attributes)
    return this.#internPacked(this.#packer.words)
  }

  /** The one set that differs from another as what a reflector passes on does (RFC 4456 §8). */
  internReflected(base: AttrSet, reflection: { originatorId: number; clusterId: number }): AttrSet {
    this.#packer.packReflected(base.words, base.at, reflection)
    return this.#internPacked(this.#packer.words)
  }

  #internPacked(packed: Int32Array): AttrSet {
    const hash = hashOfRow(packed, 0, this.#multiplier)
    const known = this.#index.find(hash, packed, this.#byId)
    if (known !== 0) {
      this.#uses[known * 2 + SWEEP] = this.#sweep
      return this.#byId[known]!
    }
    const id = this.#freeHead === 0 ? this.#byId.length : this.#freeHead
    const { words, at } = this.#blocks.place(id, packed, 0)
    const set = new AttrSet(id, words, at)
    this.#index.add(hash, id)
    this.#byId[id] = set
    if (id === this.#freeHead) this.#freeHead = this.#uses[id * 2]!
    if (id * 2 >= this.#uses.length) this.#uses = grownWords(this.#uses, id * 2 + 2)
    this.#uses[id * 2] = 0
    this.#uses[id * 2 + SWEEP] = this.#sweep
    this.#count++
    this.#unreferenced++
    return set
  }

  // hot: called per path comparison
  get(id: number): AttrSet {
    return this.#byId[id]!
  }

  // hot: called per path stored
  retain(id: number): void {
    if (this.#uses[id * 2]!++ === 0) this.#unreferenced--
  }

  // hot: called per path removed
  release(id: number): void {
    const left = --this.#uses[id * 2]!
    if (left === 0) {
      this.#unreferenced++
      this.#uses[id * 2 + SWEEP] = this.#sweep
    } else if (left < 0) invariant(false, `attribute set ${id} released more often than retained`)
  }

  /** Sets that somebody retains. */
  get liveCount(): number {
    return this.#count - this.#unreferenced
  }

  /** All interned sets, unreferenced ones included. */
  get count(): number {
    return this.#count
  }

  /** Octets of memory that the rows take. */
  get octets(): number {
    return this.#blocks.octets
  }

  references(id: number): number {
    return this.#byId[id] ? this.#uses[id * 2]! : 0
  }

  /** Grows when ids may be given to other sets from now on: whoever remembers something keyed by ids forgets it then. */
  get generation(): number {
    return this.#sweep
  }

  /** Called before ids are freed: whoever keeps something keyed by ids forgets it. Returns a function that stops it. */
  onCollect(listener: () => void): () => void {
    this.#collectListeners.add(listener)
    return () => this.#collectListeners.delete(listener)
  }

  /** True when a sweep is under way, or enough is unreferenced for one to pay. */
  get isWorthCollecting(): boolean {
    if (this.#sweepId >= 0 || this.#sweepBlock >= 0) return true
    return this.#unreferenced >= COLLECT_AT_LEAST && this.#unreferenced * 2 > this.#count
  }

  /** A whole sweep, or the rest of the one that runs: every set is freed that nobody used since it began. */
  collect(): void {
    while (!this.collectSome());
  }

  /**
   * Goes on with the sweep, or begins one: looks at some sets, or clears a block; true when it is through. Only between
   * turns: nobody may hold an AttrSet that is not retained.
   */
  collectSome(sets = SWEEP_SETS): boolean {
    if (this.#sweepId < 0 && this.#sweepBlock < 0) this.#beginSweep()
    if (this.#sweepId >= 0) {
      const end = Math.min(this.#byId.length, this.#sweepId + sets)
      this.#sweepSets(this.#sweepId, end)
      const isThrough = end === this.#byId.length
      this.#sweepId = isThrough ? -1 : end
      if (isThrough) this.#sweepBlock = 0
    } else this.#sweepBlock = this.#blocks.clearOne(this.#sweepBlock, this.#byId)
    return this.#sweepId < 0 && this.#sweepBlock < 0
  }

  #beginSweep(): void {
    this.#sweep++
    this.#sweepId = 1
    for (const listener of this.#collectListeners) listener()
  }

  /** Nothing but the loop: V8 compiles one while it runs, without what it has not come to behind it. */
  #sweepSets(from: number, end: number): void {
    for (let id = from; id < end; id++) {
      const set = this.#byId[id]
      if (!set || this.#uses[id * 2] !== 0 || this.#uses[id * 2 + SWEEP] === this.#sweep) continue
      this.#remove(set)
    }
  }

  #remove(set: AttrSet): void {
    this.#index.remove(hashOfRow(set.words, set.at, this.#multiplier), set.id)
    this.#blocks.free(set)
    this.#byId[set.id] = undefined
    this.#uses[set.id * 2] = this.#freeHead
    this.#freeHead = set.id
    this.#count--
    this.#unreferenced--
  }
}
