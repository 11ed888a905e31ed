/**
 * Route target membership NLRI (RFC 4684 §4):   | length in bits (1) | origin AS (4) | route target (8) |
 *
 * Length 0 is the default route target; else at least the origin AS is there, and a length below 96 covers all targets
 * that begin alike.
 */
import type { NlriCursor } from './nlri-cursor.ts'
import { prefixOctets, putWord, readWord } from './nlri-prefix.ts'
import type { NlriRun } from './nlri-run.ts'

/** Decodes [start, end) and appends it to the run; false when the field is malformed. */
export function decodeRouteTarget(octets: Uint8Array, start: number, end: number, run: NlriRun): boolean {
  let count = run.count
  let capacity = run.capacity()
  for (let position = start; position < end;) {
    const bits = octets[position]
    const next = position + 1 + prefixOctets(bits)
    if (bits > 96 || (bits > 0 && bits < 32) || next > end) return false
    if (count === capacity) {
      run.grow(4)
      capacity = run.capacity()
    }
    const keys = run.keys
    const key = count * 4
    keys[key] = bits
    keys[key + 1] = readWord(octets, position + 1, bits)
    keys[key + 2] = readWord(octets, position + 5, bits - 32)
    keys[key + 3] = readWord(octets, position + 9, bits - 64)
    run.labels[count] = 0
    count++
    position = next
  }
  run.count = count
  return true
}

/** Writes routes from the cursor while they fit below `limit`; returns the offset behind the last. */
export function encodeRouteTarget(octets: Uint8Array, at: number, limit: number, cursor: NlriCursor): number {
  const { words, offsets } = cursor.source
  let position = at
  let index = cursor.index
  for (; index < cursor.end; index++) {
    const key = offsets[index]
    const bits = words[key]
    if (position + 1 + prefixOctets(bits) > limit) break
    octets[position] = bits
    position = putWord(octets, position + 1, words[key + 1], bits)
    position = putWord(octets, position, words[key + 2], bits - 32)
    position = putWord(octets, position, words[key + 3], bits - 64)
  }
  cursor.index = index
  return position
}
