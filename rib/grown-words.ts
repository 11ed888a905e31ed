/**
 * How the large word arrays of the RIB grow. Small ones double. Large ones grow eightfold: the system gives memory page by
 * page as it is first written, so room that is not used costs address space only, while every growth costs a copy (a
 * stall) and leaves an array behind that is garbage until the next collection.
 */
const LARGE_WORDS = 1 << 16
const MOST_WORDS = 1 << 29

/** A copy with room for at least `needed` words. */
export function grownWords(words: Int32Array, needed: number): Int32Array<ArrayBuffer> {
  let length = Math.max(words.length, 1)
  while (length < needed) length *= length < LARGE_WORDS || length * 8 > MOST_WORDS ? 2 : 8
  const larger = new Int32Array(length)
  larger.set(words)
  return larger
}
