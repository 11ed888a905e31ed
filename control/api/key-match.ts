/**
 * Prefix tests on route keys as they lie in a table's rows: no string and no object per route.
 *
 *   exact    10.0.0.0/8 = key             longer   key is inside 10.0.0.0/8
 *   shorter  key covers 10.0.0.0/8        host     as shorter, and only the longest one is wanted
 */
import { isVpnFamily } from '../../rib/model/family.ts'
import type { Family } from '../../rib/model/family.ts'
import { wordAt } from '../../rib/model/ip-address.ts'
import { lengthWord, maskKeyAddress, maxPrefixLength } from '../../rib/model/route-key.ts'
import type { RouteKey } from '../../rib/model/route-key.ts'
import type { MatchKind, RouteQuery } from './route-query.ts'

export class KeyMatch {
  readonly #match: MatchKind
  readonly #rd: RouteQuery['rd']
  readonly #isVpn: boolean
  readonly #lengthWord: number
  readonly #length: number
  /** undefined: every prefix. */
  readonly #address: Int32Array | undefined
  readonly #membership: RouteKey | undefined

  constructor(query: RouteQuery, family: Family) {
    this.#match = query.match
    this.#rd = query.rd
    this.#isVpn = isVpnFamily(family)
    this.#lengthWord = lengthWord(family)
    this.#membership = query.membership
    const prefix = query.prefix
    this.#length = prefix?.length ?? 0
    if (prefix) {
      this.#address = new Int32Array(prefix.address.length / 4)
      for (let i = 0; i < this.#address.length; i++) this.#address[i] = wordAt(prefix.address, i * 4)
    }
  }

  /** True when the key that starts at rows[offset] is wanted. */
  matches(rows: Int32Array, offset: number): boolean {
    if (this.#isVpn && this.#rd && (rows[offset] !== this.#rd.high || rows[offset + 1] !== this.#rd.low)) {
      return false
    }
    if (this.#membership) return this.#membership.every((word, i) => rows[offset + i] === word)
    if (!this.#address) return true
    const length = rows[offset + this.#lengthWord]!
    switch (this.#match) {
      case 'exact':
        return length === this.#length && this.#sharesBits(rows, offset, length)
      case 'longer':
        return length >= this.#length && this.#sharesBits(rows, offset, this.#length)
      case 'shorter':
      case 'host':
        return length <= this.#length && this.#sharesBits(rows, offset, length)
    }
  }

  #sharesBits(rows: Int32Array, offset: number, bits: number): boolean {
    const start = offset + this.#lengthWord + 1
    const address = this.#address!
    for (let i = 0; i * 32 < bits; i++) {
      const left = bits - i * 32
      const mask = left >= 32 ? -1 : -1 << (32 - left)
      if (((rows[start + i]! ^ address[i]!) & mask) !== 0) return false
    }
    return true
  }
}

/**
 * Keys that can match, longest first, where a table without RDs can be asked for each of them instead of being walked;
 * undefined where it has to be walked.
 */
export function candidateKeys(query: RouteQuery, family: Family): RouteKey[] | undefined {
  if (query.membership) return [query.membership]
  if (!query.prefix || query.match === 'longer') return undefined
  const words = query.prefix.address.length / 4
  const head = isVpnFamily(family) ? 2 : 0
  if (head !== 0 && !query.rd) return undefined
  const keys: RouteKey[] = []
  const shortest = query.match === 'exact' ? query.prefix.length : 0
  const longest = Math.min(query.prefix.length, maxPrefixLength(family))
  for (let length = longest; length >= shortest; length--) {
    const key = new Int32Array(head + 1 + words)
    if (query.rd && head !== 0) key.set([query.rd.high, query.rd.low])
    key[head] = length
    for (let i = 0; i < words; i++) key[head + 1 + i] = wordAt(query.prefix.address, i * 4)
    maskKeyAddress(key, head + 1, words, length)
    keys.push(key)
  }
  return keys
}
