/**
 * Waiting in tests: a condition is looked at after every round of the event loop, within a bound. Nothing sleeps.
 */
import { setImmediate as nextRound } from 'node:timers/promises'

const BOUND_MS = 10_000

/** Resolves once the condition holds; rejects with its name when it does not in time. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const end = performance.now() + BOUND_MS
  while (!condition()) {
    if (performance.now() > end) throw new Error(`in vain: ${what}`)
    await nextRound()
  }
}

/** Lets everything that is already under way happen: for "this does not happen" after something that did. */
export async function rounds(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await nextRound()
}
