/**
 * Real time, for the one place that starts a daemon. Tests bring a fake one.
 */
import type { Timer, Timers } from '../rib/clock.ts'

/** Longest delay that Node takes (2^31 - 1 ms); beyond it setTimeout fires at once. */
const LONGEST_MS = 0x7fffffff

export const realTimers: Timers = {
  nowMs: () => performance.now(),
  defer: (run) => {
    setImmediate(run)
  },
  setTimer: (delayMs, run): Timer => {
    const handle = setTimeout(run, Math.min(Math.max(0, delayMs), LONGEST_MS))
    return { cancel: () => clearTimeout(handle) }
  },
}
