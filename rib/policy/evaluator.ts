/**
 * A chain of policies, compiled: all terms in one row, and for each attribute set one bit a term, "its attribute
 * conditions hold". A route then costs a walk over the bits that are set, a look at its prefix where a term asks for
 * one, and no allocation.
 *
 *   terms   | p1.t1 | p1.t2 | p1 default | p2.t1 | end |          end rejects, so that a walk always ends
 *   bits    |   1   |   0   |     1      |   0   |  1  |          by family and kind of source, then attribute set
 *
 * Bits and changed sets are kept by attribute set id, until ids may be given to other sets (AttrTable.generation).
 */
import type { AttrTable } from '../attr-table.ts'
import { grownWords } from '../grown-words.ts'
import type { Family } from '../model/family.ts'
import type { IpAddress } from '../model/ip-address.ts'
import type { SourceKind } from '../path-source.ts'
import { changedAttributes } from './change.ts'
import { attributeTest } from './match.ts'
import type { AttributeTest } from './match.ts'
import type { Action, Changes, Match, PolicyChain } from './policy.ts'
import { PrefixSet } from './prefix-set.ts'

/** Result of an evaluation in place of a set id. */
export const REJECTED = 0

/** What decided about a route, for people. */
export interface Decided {
  readonly policy: string
  /** Name of the term; `default` where none decided. */
  readonly term: string
}

interface CompiledTerm {
  readonly decided: Decided
  readonly families: readonly Family[] | undefined
  readonly protocols: readonly SourceKind[] | undefined
  readonly test: AttributeTest | undefined
  readonly prefixes: PrefixSet | undefined
  readonly changes: Changes | undefined
  readonly setsMed: boolean
  readonly action: Action
  /** Where the next policy begins. */
  readonly nextPolicyAt: number
  /** Changed set by set before. */
  readonly changed: Map<number, number>
}

const SOURCE_KINDS = 8

export class PolicyEvaluator {
  /** Evaluators with equal keys give equal answers. */
  readonly key: string
  /** No term looks at the prefix: one answer serves all routes with the same attributes. */
  readonly isPrefixFree: boolean
  /** After an evaluation: a term that applied set MED, so that it is ours to send (RFC 4271 §5.1.4). */
  hasSetMed = false
  readonly #attrs: AttrTable
  readonly #self: IpAddress
  readonly #terms: readonly CompiledTerm[]
  /** Words of bits a set has; the last one holds the bit of the end, so it is zero only where nothing was computed. */
  readonly #width: number
  /** By family and kind of source: the bits of set 0, set 1, ... */
  readonly #bits: (Int32Array<ArrayBuffer> | undefined)[] = []
  #generation: number
  #decidedAt = 0

  constructor(chain: PolicyChain, attrs: AttrTable, self: IpAddress) {
    this.key = `${self.join('.')} ${chain.key}`
    this.#attrs = attrs
    this.#self = self
    this.#terms = compiledTerms(chain)
    this.#width = (this.#terms.length + 31) >>> 5
    this.#generation = attrs.generation
    this.isPrefixFree = this.#terms.every((term) => term.prefixes === undefined)
  }

  /** The set in which a route is accepted, or REJECTED. The route's key starts at `offset`. */
  // hot: once per route where a policy is set
  evaluate(id: number, family: Family, kind: SourceKind, words: ArrayLike<number>, offset: number): number {
    if (this.#generation !== this.#attrs.generation) this.#forget()
    const index = family * SOURCE_KINDS + kind
    let set = id
    let bits = this.#bitsOf(set, index)
    this.hasSetMed = false
    for (let at = 0; ; at++) {
      at = nextBit(bits, set * this.#width, at)
      const term = this.#terms[at]!
      if (term.prefixes && !term.prefixes.has(family, words, offset)) continue
      this.#decidedAt = at
      if (term.action === 'reject') return REJECTED
      if (term.changes) {
        set = this.#changed(term, term.changes, set)
        if (term.setsMed) this.hasSetMed = true
        bits = this.#bitsOf(set, index)
      }
      if (term.action === 'accept') return set
      if (term.action === 'next-policy') at = term.nextPolicyAt - 1
    }
  }

  /** What decided in the last evaluation. */
  get decided(): Decided {
    return this.#terms[this.#decidedAt]!.decided
  }

  #changed(term: CompiledTerm, changes: Changes, set: number): number {
    let changed = term.changed.get(set)
    if (changed === undefined) {
      changed = this.#attrs.intern(changedAttributes(this.#attrs.get(set).plain(), changes, this.#self)).id
      term.changed.set(set, changed)
    }
    return changed
  }

  /** The array that holds the bits of the set, from set * width on. */
  #bitsOf(set: number, index: number): Int32Array {
    const end = (set + 1) * this.#width
    let bits = this.#bits[index] ?? new Int32Array(0)
    if (end > bits.length) this.#bits[index] = bits = grownWords(bits, end)
    if (bits[end - 1] === 0) this.#compute(bits, set, index)
    return bits
  }

  #compute(bits: Int32Array, set: number, index: number): void {
    const attrs = this.#attrs.get(set)
    const family = Math.floor(index / SOURCE_KINDS)
    const kind = index % SOURCE_KINDS
    const base = set * this.#width
    this.#terms.forEach(({ families, protocols, test }, at) => {
      if (families && !families.some((wanted) => wanted === family)) return
      if (protocols && !protocols.some((wanted) => wanted === kind)) return
      if (test && !test(attrs)) return
      bits[base + (at >>> 5)]! |= 1 << (at & 31)
    })
  }

  #forget(): void {
    this.#generation = this.#attrs.generation
    this.#bits.length = 0
    for (const term of this.#terms) term.changed.clear()
  }
}

/** The first bit set at or after `from`: there always is one, that of the end. */
function nextBit(bits: Int32Array, base: number, from: number): number {
  let word = from >>> 5
  let left = bits[base + word]! & (-1 << (from & 31))
  while (left === 0) left = bits[base + ++word]!
  return word * 32 + 31 - Math.clz32(left & -left)
}

function compiledTerms({ policies }: PolicyChain): CompiledTerm[] {
  const terms: CompiledTerm[] = []
  for (const policy of policies) {
    const nextPolicyAt = terms.length + policy.terms.length + (policy.default ? 1 : 0)
    for (const { name, match, set, action } of policy.terms) {
      terms.push(compiledTerm({ policy: policy.name, term: name }, match, set, action, nextPolicyAt))
    }
    if (policy.default) {
      terms.push(compiledTerm({ policy: policy.name, term: 'default' }, {}, {}, policy.default, nextPolicyAt))
    }
  }
  const last = policies.at(-1)?.name ?? ''
  terms.push(compiledTerm({ policy: last, term: 'default' }, {}, {}, 'reject', terms.length))
  return terms
}

function compiledTerm(
  decided: Decided,
  match: Match,
  set: Changes,
  action: Action,
  nextPolicyAt: number,
): CompiledTerm {
  return {
    decided,
    families: match.families,
    protocols: match.protocols,
    test: attributeTest(match),
    prefixes: match.prefixes && new PrefixSet(match.prefixes),
    changes: Object.keys(set).length > 0 ? set : undefined,
    setsMed: set.med !== undefined,
    action,
    nextPolicyAt,
    changed: new Map(),
  }
}
