/**
 * NLRI of inet-vpn and inet6-vpn (RFC 4364 §4.3.4, RFC 4659 §3.2, RFC 8277 §2.2):
 *
 *   | length in bits of all that follows (1) | label (3) | RD (8) | prefix |
 *
 * The label field is 20 bits of label, three unused, and the S bit, which is set when sent.
 */
import { WITHDRAWN_LABEL_FIELD, labelField, labelOfField } from '../../rib/model/label.ts'
import type { NlriCursor } from './nlri-cursor.ts'
import { prefixOctets, putWord, putWords, readWord, readWords } from './nlri-prefix.ts'
import type { NlriRun } from './nlri-run.ts'

/** Bits of one label field and an RD. */
const FIXED_BITS = 24 + 64

/** First octet of the RD behind the length octet and one label field. */
const RD_OFFSET = 4

// hot: one iteration per route in all loops; nothing is allocated and every octet is proven in bounds first.

/** Decodes [start, end) and appends it to the run; false when the field is malformed. */
export function decodeInetVpn(octets: Uint8Array, start: number, end: number, run: NlriRun): boolean {
  const isReach = run.reach
  let count = run.count
  let capacity = run.capacity()
  for (let position = start; position < end;) {
    let bits = octets[position] - FIXED_BITS
    const next = position + 1 + prefixOctets(octets[position])
    if (bits < 0 || next > end) return false
    let at = position + RD_OFFSET
    if (bits > 32 || (isReach && (octets[at - 1] & 1) === 0)) {
      const extra = extraLabelOctets(octets, at, bits, 32)
      if (extra < 0) return false
      at += extra
      bits -= extra * 8
    }
    if (count === capacity) {
      run.grow(4)
      capacity = run.capacity()
    }
    const keys = run.keys
    const key = count * 4
    keys[key] = (octets[at] << 24) | (octets[at + 1] << 16) | (octets[at + 2] << 8) | octets[at + 3]
    keys[key + 1] = (octets[at + 4] << 24) | (octets[at + 5] << 16) | (octets[at + 6] << 8) | octets[at + 7]
    keys[key + 2] = bits
    keys[key + 3] = readWord(octets, at + 8, bits)
    run.labels[count] = labelOfField(fieldAt(octets, position + 1))
    count++
    position = next
  }
  run.count = count
  return true
}

/** Decodes [start, end) and appends it to the run; false when the field is malformed. */
export function decodeInet6Vpn(octets: Uint8Array, start: number, end: number, run: NlriRun): boolean {
  const isReach = run.reach
  let count = run.count
  let capacity = run.capacity()
  for (let position = start; position < end;) {
    let bits = octets[position] - FIXED_BITS
    const next = position + 1 + prefixOctets(octets[position])
    if (bits < 0 || next > end) return false
    let at = position + RD_OFFSET
    if (bits > 128 || (isReach && (octets[at - 1] & 1) === 0)) {
      const extra = extraLabelOctets(octets, at, bits, 128)
      if (extra < 0) return false
      at += extra
      bits -= extra * 8
    }
    if (count === capacity) {
      run.grow(7)
      capacity = run.capacity()
    }
    const keys = run.keys
    const key = count * 7
    keys[key] = (octets[at] << 24) | (octets[at + 1] << 16) | (octets[at + 2] << 8) | octets[at + 3]
    keys[key + 1] = (octets[at + 4] << 24) | (octets[at + 5] << 16) | (octets[at + 6] << 8) | octets[at + 7]
    keys[key + 2] = bits
    readWords(octets, at + 8, bits, keys, key + 3)
    run.labels[count] = labelOfField(fieldAt(octets, position + 1))
    count++
    position = next
  }
  run.count = count
  return true
}

function fieldAt(octets: Uint8Array, at: number): number {
  return (octets[at] << 16) | (octets[at + 1] << 8) | octets[at + 2]
}

/**
 * Octets of further labels between the first one and the RD at `at`; -1 when the prefix is too long whatever is tried.
 *
 * RFC 8277 §2.2 and §2.4 have exactly one field where several labels were not negotiated: its S bit means nothing in a
 * reachable route, all of it nothing in a withdrawn one. RFC 3107 had a stack that ends at the
 * S bit. So one field it is, unless what follows cannot be an RD and a prefix, and one label further on it can.
 */
function extraLabelOctets(octets: Uint8Array, at: number, bits: number, maxBits: number): number {
  // RFC 3107 §3 and RFC 8277 §2.4: this value withdraws, and no label follows it.
  if (fieldAt(octets, at - 3) === WITHDRAWN_LABEL_FIELD) return bits <= maxBits ? 0 : -1
  let extra = 0
  let firstFit = -1
  for (let rest = bits; rest >= 0; rest -= 24, extra += 3) {
    if (rest <= maxBits) {
      if (isRdType(octets, at + extra)) return extra
      if (firstFit < 0) firstFit = extra
    }
    if ((octets[at + extra - 1] & 1) === 1) break
  }
  return firstFit
}

/** RD types 0, 1 and 2 (RFC 4364 §4.2). */
function isRdType(octets: Uint8Array, at: number): boolean {
  return octets[at] === 0 && octets[at + 1] <= 2
}

/** Writes routes from the cursor while they fit below `limit`; returns the offset behind the last. */
export function encodeInetVpn(octets: Uint8Array, at: number, limit: number, cursor: NlriCursor): number {
  const { words, offsets, labels } = cursor.source
  const isWithdrawn = cursor.isWithdrawn
  let position = at
  let index = cursor.index
  for (; index < cursor.end; index++) {
    const key = offsets[index]
    const bits = words[key + 2]
    if (position + 12 + prefixOctets(bits) > limit) break
    putHead(octets, position, words, key, isWithdrawn ? WITHDRAWN_LABEL_FIELD : labelField(labels[index]))
    position = putWord(octets, position + 12, words[key + 3], bits)
  }
  cursor.index = index
  return position
}

/** Writes routes from the cursor while they fit below `limit`; returns the offset behind the last. */
export function encodeInet6Vpn(octets: Uint8Array, at: number, limit: number, cursor: NlriCursor): number {
  const { words, offsets, labels } = cursor.source
  const isWithdrawn = cursor.isWithdrawn
  let position = at
  let index = cursor.index
  for (; index < cursor.end; index++) {
    const key = offsets[index]
    const bits = words[key + 2]
    if (position + 12 + prefixOctets(bits) > limit) break
    putHead(octets, position, words, key, isWithdrawn ? WITHDRAWN_LABEL_FIELD : labelField(labels[index]))
    position = putWords(octets, position + 12, words, key + 3, bits)
  }
  cursor.index = index
  return position
}

/** Length, label and RD: the twelve octets before the prefix. */
function putHead(octets: Uint8Array, at: number, words: Int32Array, key: number, field: number): void {
  const high = words[key]
  const low = words[key + 1]
  octets[at] = words[key + 2] + FIXED_BITS
  octets[at + 1] = field >>> 16
  octets[at + 2] = field >>> 8
  octets[at + 3] = field
  octets[at + 4] = high >>> 24
  octets[at + 5] = high >>> 16
  octets[at + 6] = high >>> 8
  octets[at + 7] = high
  octets[at + 8] = low >>> 24
  octets[at + 9] = low >>> 16
  octets[at + 10] = low >>> 8
  octets[at + 11] = low
}
