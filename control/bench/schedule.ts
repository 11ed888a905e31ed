/**
 * How long a benchmark takes: announced before it begins, and corrected by what the runs so far took. The table says what
 * a run took at full size on a two-core machine, start and settling included.
 */
import type { Subject } from './result.ts'

/** Start, sessions, settling and end of a run, at any size. */
const LEAST_SEC = 2.5

const nominal: Readonly<Record<string, Partial<Record<Subject, number>>>> = {
  A: { self: 1, heddle: 3, bird: 7, frr: 13, gobgp: 58 },
  B: { self: 1, heddle: 2, bird: 4, frr: 3, gobgp: 80 },
  C: { self: 1, heddle: 3, bird: 15, frr: 9, gobgp: 185 },
  D: { self: 1, heddle: 2, bird: 2, frr: 5, gobgp: 17 },
  E: { heddle: 12 },
  F: { heddle: 8 },
  G: { heddle: 20 },
  H: { heddle: 110 },
  I: { heddle: 25, bird: 12, frr: 18, gobgp: 60 },
  L1: { self: 3, heddle: 9, bird: 16, frr: 26, gobgp: 90 },
  L2: { self: 6, heddle: 12, bird: 30, frr: 20, gobgp: 200 },
}
const UNKNOWN_SEC = 20

export class Schedule {
  readonly #scale: number
  #runs = 0
  #ended = 0
  /** By the table, of what is done and of what is left. */
  #doneSec = 0
  #leftSec = 0
  #spentSec = 0

  constructor(scale: number) {
    this.#scale = scale
  }

  plan(letter: string, subject: Subject, runs: number): void {
    this.#runs += runs
    this.#leftSec += runs * this.#secondsOf(letter, subject)
  }

  /** A run is over. */
  ended(letter: string, subject: Subject, spentSec: number): void {
    const seconds = this.#secondsOf(letter, subject)
    this.#ended++
    this.#leftSec -= seconds
    this.#doneSec += seconds
    this.#spentSec += spentSec
  }

  /** Runs that will not take place. */
  dropped(letter: string, subject: Subject, runs: number): void {
    this.#runs -= runs
    this.#leftSec -= runs * this.#secondsOf(letter, subject)
  }

  get runs(): number {
    return this.#runs
  }

  /** `3/48`, the run that comes next. */
  get place(): string {
    return `${this.#ended + 1}/${this.#runs}`
  }

  /** The machine may be another one: what the runs so far took says how much faster or slower. */
  get leftSec(): number {
    return this.#leftSec * (this.#doneSec > 0 ? this.#spentSec / this.#doneSec : 1)
  }

  #secondsOf(letter: string, subject: Subject): number {
    return LEAST_SEC + (nominal[letter]?.[subject] ?? UNKNOWN_SEC) * this.#scale
  }
}

/** `about 40 s`, `about 12 min`. */
export function aboutText(seconds: number): string {
  if (seconds < 90) return `about ${Math.max(1, Math.round(seconds))} s`
  return `about ${Math.round(seconds / 60)} min`
}
