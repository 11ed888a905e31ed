/**
 * Prefixes as NLRI holds them (RFC 4271 §4.3): as many octets as the length in bits needs, to and from 32-bit words.
 * Whoever calls has proven the octets in bounds and the length in range.
 */

/** The word of an IPv4 prefix of `bits` bits at `at`; bits beyond the length are cleared. */
export function readWord(octets: Uint8Array, at: number, bits: number): number {
  if (bits > 24) {
    const word = (octets[at] << 24) | (octets[at + 1] << 16) | (octets[at + 2] << 8) | octets[at + 3]
    return bits >= 32 ? word : word & (-1 << (32 - bits))
  }
  if (bits > 16) {
    const word = (octets[at] << 24) | (octets[at + 1] << 16) | (octets[at + 2] << 8)
    return word & (-1 << (32 - bits))
  }
  if (bits > 8) return ((octets[at] << 24) | (octets[at + 1] << 16)) & (-1 << (32 - bits))
  return bits > 0 ? (octets[at] << 24) & (-1 << (32 - bits)) : 0
}

/** Writes the octets that `bits` bits of a word need and returns the offset behind them. */
export function putWord(octets: Uint8Array, at: number, word: number, bits: number): number {
  if (bits <= 0) return at
  octets[at] = word >>> 24
  if (bits <= 8) return at + 1
  octets[at + 1] = word >>> 16
  if (bits <= 16) return at + 2
  octets[at + 2] = word >>> 8
  if (bits <= 24) return at + 3
  octets[at + 3] = word
  return at + 4
}

/** Octets of a prefix of `bits` bits. */
export function prefixOctets(bits: number): number {
  return (bits + 7) >>> 3
}

/** Reads the four words of an IPv6 prefix into a key. */
export function readWords(octets: Uint8Array, at: number, bits: number, key: Int32Array, to: number): void {
  key[to] = readWord(octets, at, bits)
  key[to + 1] = readWord(octets, at + 4, bits - 32)
  key[to + 2] = readWord(octets, at + 8, bits - 64)
  key[to + 3] = readWord(octets, at + 12, bits - 96)
}

/** Writes the octets of an IPv6 prefix from a key's four words and returns the offset behind them. */
export function putWords(
  octets: Uint8Array,
  at: number,
  key: Int32Array,
  from: number,
  bits: number,
): number {
  let position = putWord(octets, at, key[from], bits)
  position = putWord(octets, position, key[from + 1], bits - 32)
  position = putWord(octets, position, key[from + 2], bits - 64)
  return putWord(octets, position, key[from + 3], bits - 96)
}
