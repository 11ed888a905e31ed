/**
 * NLRI of inet-labeled and inet6-labeled (RFC 8277 §2.2):
 *
 *   | length in bits of all that follows (1) | label (3) | prefix |
 *
 * Several labels were not negotiated, so there is exactly one field, whatever its S bit says (§2.2); that of a withdrawn
 * route means nothing (§2.4).
 */
import { WITHDRAWN_LABEL_FIELD, labelField, labelOfField } from '../../rib/model/label.ts'
import type { NlriCursor } from './nlri-cursor.ts'
import { prefixOctets, putWord, putWords, readWord, readWords } from './nlri-prefix.ts'
import type { NlriRun } from './nlri-run.ts'

const LABEL_BITS = 24
/** Octets before the prefix: length and label. */
const HEAD_OCTETS = 4

// hot: one iteration per route in all loops; nothing is allocated and every octet is proven in bounds first.

/** Decodes [start, end) and appends it to the run; false when the field is malformed. */
export function decodeInetLabeled(octets: Uint8Array, start: number, end: number, run: NlriRun): boolean {
  let count = run.count
  for (let position = start; position < end;) {
    const bits = octets[position] - LABEL_BITS
    const next = position + HEAD_OCTETS + prefixOctets(bits)
    if (bits < 0 || bits > 32 || next > end) return false
    if (count === run.capacity()) run.grow(2)
    const word = readWord(octets, position + HEAD_OCTETS, bits)
    // RFC 4271 §6.3: 224/4 is no destination of unicast.
    if (bits >= 4 && word >>> 28 === 14) run.ignored++
    else {
      run.keys[count * 2] = bits
      run.keys[count * 2 + 1] = word
      run.labels[count] = labelOfField(fieldAt(octets, position + 1))
      count++
    }
    position = next
  }
  run.count = count
  return true
}

/** Decodes [start, end) and appends it to the run; false when the field is malformed. */
export function decodeInet6Labeled(octets: Uint8Array, start: number, end: number, run: NlriRun): boolean {
  let count = run.count
  for (let position = start; position < end;) {
    const bits = octets[position] - LABEL_BITS
    const next = position + HEAD_OCTETS + prefixOctets(bits)
    if (bits < 0 || bits > 128 || next > end) return false
    if (count === run.capacity()) run.grow(5)
    // RFC 4271 §6.3: nor is ff00::/8.
    if (bits >= 8 && octets[position + HEAD_OCTETS] === 0xff) run.ignored++
    else {
      run.keys[count * 5] = bits
      readWords(octets, position + HEAD_OCTETS, bits, run.keys, count * 5 + 1)
      run.labels[count] = labelOfField(fieldAt(octets, position + 1))
      count++
    }
    position = next
  }
  run.count = count
  return true
}

function fieldAt(octets: Uint8Array, at: number): number {
  return (octets[at] << 16) | (octets[at + 1] << 8) | octets[at + 2]
}

/** Writes routes from the cursor while they fit below `limit`; returns the offset behind the last. */
export function encodeInetLabeled(octets: Uint8Array, at: number, limit: number, cursor: NlriCursor): number {
  const { words, offsets } = cursor.source
  let position = at
  let index = cursor.index
  for (; index < cursor.end; index++) {
    const key = offsets[index]
    const bits = words[key]
    if (position + HEAD_OCTETS + prefixOctets(bits) > limit) break
    putHead(octets, position, bits, cursor, index)
    position = putWord(octets, position + HEAD_OCTETS, words[key + 1], bits)
  }
  cursor.index = index
  return position
}

/** Writes routes from the cursor while they fit below `limit`; returns the offset behind the last. */
export function encodeInet6Labeled(
  octets: Uint8Array,
  at: number,
  limit: number,
  cursor: NlriCursor,
): number {
  const { words, offsets } = cursor.source
  let position = at
  let index = cursor.index
  for (; index < cursor.end; index++) {
    const key = offsets[index]
    const bits = words[key]
    if (position + HEAD_OCTETS + prefixOctets(bits) > limit) break
    putHead(octets, position, bits, cursor, index)
    position = putWords(octets, position + HEAD_OCTETS, words, key + 1, bits)
  }
  cursor.index = index
  return position
}

function putHead(octets: Uint8Array, at: number, bits: number, cursor: NlriCursor, index: number): void {
  const field = cursor.isWithdrawn ? WITHDRAWN_LABEL_FIELD : labelField(cursor.source.labels[index])
  octets[at] = bits + LABEL_BITS
  octets[at + 1] = field >>> 16
  octets[at + 2] = field >>> 8
  octets[at + 3] = field
}
