/**
 * Equal-cost sets offered to agents: several (attributes, label) pairs behind one number, so that "the same set as
 * before" is a comparison of integers. Sets of one pair need no entry: their want is the attribute set's id.
 */
import type { AttrTable } from './attr-table.ts'
import { invariant } from './invariant.ts'
import type { AttrSet } from './model/attr-set.ts'

export interface NextHop {
  readonly attrs: AttrSet
  readonly label: number
}

interface Entry {
  readonly key: string
  readonly nextHops: readonly NextHop[]
  references: number
}

/** Collecting fewer sets than this is not worth clearing every memo. */
const COLLECT_AT_LEAST = 1024

/** Sets looked at in one slice. */
const SWEEP_SETS = 1024

export class NextHopSets {
  readonly #attrs: AttrTable
  readonly #byKey = new Map<string, number>()
  readonly #entries: (Entry | undefined)[] = []
  readonly #free: number[] = []
  #unreferenced = 0
  /** Where the sweep that runs has come to. */
  #sweepAt = 0

  constructor(attrs: AttrTable) {
    this.#attrs = attrs
  }

  /** The want number of a set: its attribute id when it has one member, else negative. */
  intern(nextHops: readonly NextHop[]): number {
    if (nextHops.length === 1) return nextHops[0]!.attrs.id
    const key = nextHops.map((hop) => `${hop.attrs.id}:${hop.label}`).join(' ')
    const known = this.#byKey.get(key)
    if (known !== undefined) return ~known
    const index = this.#free.pop() ?? this.#entries.length
    this.#entries[index] = { key, nextHops, references: 0 }
    this.#byKey.set(key, index)
    this.#unreferenced++
    for (const hop of nextHops) this.#attrs.retain(hop.attrs.id)
    return ~index
  }

  /** Members of a want, best first. */
  get(want: number, label: number): readonly NextHop[] {
    if (want >= 0) return [{ attrs: this.#attrs.get(want), label }]
    return this.#entries[~want]!.nextHops
  }

  retain(want: number): void {
    if (want >= 0) this.#attrs.retain(want)
    else if (this.#entries[~want]!.references++ === 0) this.#unreferenced--
  }

  release(want: number): void {
    if (want >= 0) {
      this.#attrs.release(want)
      return
    }
    const entry = this.#entries[~want]!
    invariant(entry.references > 0, 'next-hop set released more often than retained')
    if (--entry.references === 0) this.#unreferenced++
  }

  /** True when enough sets are held by nobody: they hold attribute sets, which therefore never look unused. */
  get isWorthCollecting(): boolean {
    if (this.#sweepAt > 0) return true
    return this.#unreferenced >= COLLECT_AT_LEAST && this.#unreferenced * 2 > this.#byKey.size
  }

  /** Frees the sets that nobody holds; before the attribute table collects, between turns. */
  collect(): void {
    while (!this.collectSome());
  }

  /** Goes on with a sweep over all sets, or begins one; true when it is through. */
  collectSome(sets = SWEEP_SETS): boolean {
    const end = Math.min(this.#entries.length, this.#sweepAt + sets)
    for (let index = this.#sweepAt; index < end; index++) {
      const entry = this.#entries[index]
      if (entry?.references === 0) this.#remove(index, entry)
    }
    this.#sweepAt = end === this.#entries.length ? 0 : end
    return this.#sweepAt === 0
  }

  #remove(index: number, entry: Entry): void {
    for (const hop of entry.nextHops) this.#attrs.release(hop.attrs.id)
    this.#byKey.delete(entry.key)
    this.#entries[index] = undefined
    this.#free.push(index)
    this.#unreferenced--
  }

  get count(): number {
    return this.#byKey.size
  }
}
