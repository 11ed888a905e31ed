/**
 * Numbers for jitter (RFC 4271 §10): timers of many speakers must not fall into step. A small generator (mulberry32) is
 * enough for that, and keeps chance out of a run that starts from a given seed.
 */
export function jitterSource(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
