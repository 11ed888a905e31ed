/**
 * The prefixes a term asks for, as two binary tries (IPv4, IPv6) of 32-bit words, so that asking costs one step a bit of
 * the route's own key and allocates nothing, however long the list is.
 *
 *   node:  | child for 0 | child for 1 | first rule |          rule:  | min length | max length | next rule |
 *
 * Node 0 is the root and rule 0 "none". A rule stands at the node of its prefix: it holds for the routes below whose
 * length lies in its range (`exact`: the prefix's own, `orlonger`: from there to the end).
 */
import type { Family } from '../model/family.ts'
import { lengthWord } from '../model/route-key.ts'
import type { Prefix } from '../model/route-key.ts'

export interface PrefixRule {
  readonly prefix: Prefix
  /** Lengths of the routes meant, the prefix's own at least. */
  readonly min: number
  readonly max: number
}

export class PrefixSet {
  readonly #ipv4: PrefixTrie
  readonly #ipv6: PrefixTrie

  constructor(rules: readonly PrefixRule[]) {
    this.#ipv4 = new PrefixTrie(rules.filter((rule) => rule.prefix.address.length === 4))
    this.#ipv6 = new PrefixTrie(rules.filter((rule) => rule.prefix.address.length === 16))
  }

  /** Whether the route whose key starts at `offset` is meant. Keys of route target memberships never are. */
  // hot: once per route and term
  has(family: Family, words: ArrayLike<number>, offset: number): boolean {
    const trie = isIpv4(family) ? this.#ipv4 : isIpv6(family) ? this.#ipv6 : undefined
    return trie !== undefined && trie.has(words, offset + lengthWord(family))
  }

  /** Whether an address of its own is meant, as a host route would be. */
  hasAddress(address: Uint8Array): boolean {
    if (address.length !== 4 && address.length !== 16) return false
    const words = new Int32Array(1 + address.length / 4)
    words[0] = address.length * 8
    for (let i = 0; i < address.length; i++) words[1 + (i >> 2)]! |= address[i]! << (24 - 8 * (i & 3))
    return (address.length === 4 ? this.#ipv4 : this.#ipv6).has(words, 0)
  }
}

/** Families by number (rib/model/family.ts): inet, inet-labeled and inet-vpn; inet6, inet6-labeled and inet6-vpn. */
function isIpv4(family: Family): boolean {
  return family === 0 || family === 2 || family === 4
}

function isIpv6(family: Family): boolean {
  return family === 1 || family === 3 || family === 5
}

class PrefixTrie {
  readonly #nodes: Int32Array
  readonly #rules: Int32Array

  constructor(rules: readonly PrefixRule[]) {
    const nodes = [0, 0, 0]
    const ranges = [0, 0, 0]
    for (const { prefix, min, max } of rules) {
      const node = nodeOf(nodes, prefix)
      ranges.push(min, max, nodes[node + 2]!)
      nodes[node + 2] = ranges.length / 3 - 1
    }
    this.#nodes = Int32Array.from(nodes)
    this.#rules = Int32Array.from(ranges)
  }

  /** The length stands at `at`, the address behind it. */
  has(words: ArrayLike<number>, at: number): boolean {
    const nodes = this.#nodes
    const length = words[at]!
    let node = 0
    for (let depth = 0; ; depth++) {
      if (this.#allows(nodes[node + 2]!, length)) return true
      if (depth === length) return false
      const bit = (words[at + 1 + (depth >>> 5)]! >>> (31 - (depth & 31))) & 1
      node = nodes[node + bit]!
      if (node === 0) return false
    }
  }

  #allows(first: number, length: number): boolean {
    const rules = this.#rules
    for (let rule = first; rule !== 0; rule = rules[rule * 3 + 2]!) {
      if (length >= rules[rule * 3]! && length <= rules[rule * 3 + 1]!) return true
    }
    return false
  }
}

/** Word index of the prefix's node, made with all above it where missing. */
function nodeOf(nodes: number[], { address, length }: Prefix): number {
  let node = 0
  for (let depth = 0; depth < length; depth++) {
    const bit = (address[depth >>> 3]! >>> (7 - (depth & 7))) & 1
    if (nodes[node + bit] === 0) {
      nodes[node + bit] = nodes.length
      nodes.push(0, 0, 0)
    }
    node = nodes[node + bit]!
  }
  return node
}
