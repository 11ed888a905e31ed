/**
 * How the large word arrays of the RIB grow. Small ones double. Large ones grow sixteenfold: the system gives memory page
 * by page as it is first written, so room that is not used costs address space only, while every growth costs a copy, a
 * stall. A million rows have been copied when there were 8,192 and 131,072 of them, and are not again.
 *
 * The array that grew is detached: its memory is given back at once and not at some later collection, and whoever
 * still held it would read nothing instead of the past.
 */
import { giveBack } from './give-back.ts'

const LARGE_WORDS = 1 << 16
const LARGE_STEP = 16
const MOST_WORDS = 1 << 29

/** A copy with room for at least `needed` words; the words given are gone. */
export function grownWords(words: Int32Array<ArrayBuffer>, needed: number): Int32Array<ArrayBuffer> {
  let length = Math.max(words.length, 1)
  while (length < needed) length *= length < LARGE_WORDS || length * LARGE_STEP > MOST_WORDS ? 2 : LARGE_STEP
  const larger = new Int32Array(length)
  larger.set(words)
  giveBack(words)
  return larger
}
