/**
 * Long work of the configuration in slices: a generator yields where it may be interrupted, and whoever runs it says
 * whether sockets and timers go first in between.
 */
import type { Clock } from '../rib/clock.ts'

export type Steps<T> = Generator<void, T>

/** Longest that a slice keeps the event loop, but for the step at its end. */
const SLICE_MS = 4

/** All of it, now. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const next = steps.next()
    if (next.done) return next.value
  }
}

/** Yields to the event loop whenever a slice is used up. */
export async function inSlices<T>(steps: Steps<T>, clock: Clock): Promise<T> {
  for (;;) {
    const deadline = clock.nowMs() + SLICE_MS
    do {
      const next = steps.next()
      if (next.done) return next.value
    } while (clock.nowMs() < deadline)
    await new Promise<void>((resolve) => clock.defer(resolve))
  }
}

/** As `items.map`, interruptible behind every few items. */
export function* mapped<T, U>(items: readonly T[], by: (item: T) => U): Steps<U[]> {
  const result: U[] = []
  for (const item of items) {
    result.push(by(item))
    if (result.length % STEP_ITEMS === 0) yield
  }
  return result
}

const STEP_ITEMS = 32
