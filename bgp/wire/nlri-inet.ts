/**
 * NLRI of inet and inet6 (RFC 4271 §4.3, RFC 4760 §5):   | length in bits (1) | prefix |
 */
import type { NlriCursor } from './nlri-cursor.ts'
import { prefixOctets, putWord, putWords, readWord, readWords } from './nlri-prefix.ts'
import type { NlriRun } from './nlri-run.ts'

/** RFC 4271 §6.3: a multicast prefix (224/4, ff00::/8) is ignored and counted; the routes beside it are used. */
const MULTICAST_NIBBLE = 14
const MULTICAST_OCTET = 0xff

// hot: one iteration per route in all four loops; nothing is allocated and every octet is proven in bounds first.

/** Decodes [start, end) and appends it to the run; false when the field is malformed. */
export function decodeInet(octets: Uint8Array, start: number, end: number, run: NlriRun): boolean {
  let count = run.count
  let capacity = run.capacity()
  for (let position = start; position < end;) {
    const bits = octets[position]
    const next = position + 1 + prefixOctets(bits)
    if (bits > 32 || next > end) return false
    if (count === capacity) {
      run.grow(2)
      capacity = run.capacity()
    }
    const word = readWord(octets, position + 1, bits)
    position = next
    if (word >>> 28 === MULTICAST_NIBBLE && bits >= 4) {
      run.ignored++
      continue
    }
    const keys = run.keys
    keys[count * 2] = bits
    keys[count * 2 + 1] = word
    run.labels[count] = 0
    count++
  }
  run.count = count
  return true
}

/** Decodes [start, end) and appends it to the run; false when the field is malformed. */
export function decodeInet6(octets: Uint8Array, start: number, end: number, run: NlriRun): boolean {
  let count = run.count
  let capacity = run.capacity()
  for (let position = start; position < end;) {
    const bits = octets[position]
    const next = position + 1 + prefixOctets(bits)
    if (bits > 128 || next > end) return false
    if (count === capacity) {
      run.grow(5)
      capacity = run.capacity()
    }
    if (bits >= 8 && octets[position + 1] === MULTICAST_OCTET) {
      run.ignored++
      position = next
      continue
    }
    const keys = run.keys
    keys[count * 5] = bits
    readWords(octets, position + 1, bits, keys, count * 5 + 1)
    run.labels[count] = 0
    count++
    position = next
  }
  run.count = count
  return true
}

/** Writes routes from the cursor while they fit below `limit`; returns the offset behind the last. */
export function encodeInet(octets: Uint8Array, at: number, limit: number, cursor: NlriCursor): number {
  const { words, offsets } = cursor.source
  let position = at
  let index = cursor.index
  for (; index < cursor.end; index++) {
    const key = offsets[index]
    const bits = words[key]
    if (position + 1 + prefixOctets(bits) > limit) break
    octets[position] = bits
    position = putWord(octets, position + 1, words[key + 1], bits)
  }
  cursor.index = index
  return position
}

/** Writes routes from the cursor while they fit below `limit`; returns the offset behind the last. */
export function encodeInet6(octets: Uint8Array, at: number, limit: number, cursor: NlriCursor): number {
  const { words, offsets } = cursor.source
  let position = at
  let index = cursor.index
  for (; index < cursor.end; index++) {
    const key = offsets[index]
    const bits = words[key]
    if (position + 1 + prefixOctets(bits) > limit) break
    octets[position] = bits
    position = putWords(octets, position + 1, words, key + 1, bits)
  }
  cursor.index = index
  return position
}
