/**
 * Our own restart as peers see it (RFC 4724 §4.1). After it nothing is sent until we know again what we knew before:
 * the peers keep our routes meanwhile, and the first End-of-RIB must not take any away that is still to come.
 *
 *   fresh start          nothing is preserved, output at once
 *   restart              R and F bits; sessions come up and take in routes, output waits ── over() ──► output, no R bit
 */
import type { RestartOffer } from '../fsm/graceful-restart.ts'

export interface OwnRestartOptions {
  /** This daemon follows one that has not said good-bye. */
  readonly hasPredecessor: boolean
  /** How long peers may wait for us; 0: we are a helper only. */
  readonly restartTimeSec: number
  readonly longLivedStaleTimeSec: number
}

export class OwnRestart {
  readonly #times: Pick<RestartOffer, 'restartTimeSec' | 'longLivedStaleTimeSec'>
  #isDeferring: boolean
  #isPreserved: boolean

  constructor({ hasPredecessor, restartTimeSec, longLivedStaleTimeSec }: OwnRestartOptions) {
    this.#times = { restartTimeSec, longLivedStaleTimeSec }
    this.#isDeferring = hasPredecessor && this.isOffered
    this.#isPreserved = hasPredecessor
  }

  /** Peers are asked to keep our routes. */
  get isOffered(): boolean {
    return this.#times.restartTimeSec > 0 || this.#times.longLivedStaleTimeSec > 0
  }

  /** Output waits. */
  get isDeferring(): boolean {
    return this.#isDeferring
  }

  get offer(): RestartOffer | undefined {
    if (!this.isOffered) return undefined
    return { ...this.#times, isRestarting: this.#isDeferring, isPreserved: this.#isPreserved }
  }

  /** What is known now is all there is: from here on a session that breaks has lost nothing. */
  over(): void {
    this.#isDeferring = false
    this.#isPreserved = true
  }
}
