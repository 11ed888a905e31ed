/**
 * One to five octets of a message changed, inserted or removed. Most of the time the length in the header is put right
 * again, because otherwise nearly everything would end at the header.
 */
import type { Random } from './random.ts'

/** What lengths, types and flags like to be wrong with. */
const favourites = [0, 1, 2, 3, 4, 8, 16, 24, 32, 33, 64, 88, 96, 112, 127, 128, 129, 192, 224, 254, 255]

/** Writes a mutation of `message` to the start of `out`, which has room for five octets more; returns its length. */
export function mutate(message: Uint8Array, random: Random, out: Uint8Array): number {
  out.set(message)
  // The marker is not worth much of the time.
  const length = edit(out, message.length, random.below(16) === 0 ? 0 : 18, random)
  if (random.below(8) !== 0 && length >= 19) {
    out[16] = length >>> 8
    out[17] = length
  }
  return length
}

/** One to five edits of the first `length` octets, at `first` or behind it; returns how many there are then. */
export function edit(out: Uint8Array, length: number, first: number, random: Random): number {
  let end = length
  for (let edits = 1 + random.below(5); edits > 0; edits--) {
    const at = Math.min(end, first + random.below(Math.max(1, end - first)))
    const kind = random.below(4)
    if (kind < 2 && at < end) out[at] = octet(out[at]!, random)
    else if (kind === 2) {
      out.copyWithin(at + 1, at, end)
      out[at] = octet(0, random)
      end++
    } else if (end > 1) {
      out.copyWithin(at, at + 1, end)
      end--
    }
  }
  return end
}

function octet(before: number, random: Random): number {
  switch (random.below(4)) {
    case 0:
      return random.pick(favourites)
    case 1:
      return before ^ (1 << random.below(8))
    case 2:
      return (before + (random.below(2) === 0 ? 1 : 255)) & 255
    default:
      return random.below(256)
  }
}
