/**
 * Time as an argument: nothing below control reads a clock or sets a timer by itself, so a whole daemon runs on a fake
 * one in a test. The real implementation is control/clock.ts.
 */
export interface Clock {
  /** Monotonic milliseconds; only differences mean anything. */
  nowMs(): number
  /** Runs the function soon, after pending input has been read (like setImmediate). */
  defer(run: () => void): void
}

export interface Timer {
  cancel(): void
}

export interface Timers extends Clock {
  /** Runs the function once after so many milliseconds. */
  setTimer(delayMs: number, run: () => void): Timer
}
