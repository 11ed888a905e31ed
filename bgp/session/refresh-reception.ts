/**
 * The peer's answer to a ROUTE-REFRESH, between its markers (RFC 7313 §4): what has not come again by EoRR is gone.
 *
 *   BoRR ──► all of the family is unrefreshed ── UPDATEs renew ──► EoRR, or the bound ──► the rest is removed
 */
import type { Timers } from '../../rib/clock.ts'
import type { Family } from '../../rib/model/family.ts'
import type { PathSource } from '../../rib/path-source.ts'
import type { Sweeps } from '../../rib/sweep.ts'
import { DeadlineTimer } from './deadline-timer.ts'

/** RFC 7313 §4: a bound on EoRR, so that a peer that never sends it keeps no old paths. */
const END_OF_REFRESH_MS = 360_000

export class RefreshReception {
  readonly #sweeps: Sweeps
  readonly #source: PathSource
  readonly #bound: DeadlineTimer
  readonly #open = new Set<Family>()

  constructor(timers: Timers, sweeps: Sweeps, source: PathSource) {
    this.#sweeps = sweeps
    this.#source = source
    this.#bound = new DeadlineTimer(timers, () => {
      for (const family of [...this.#open]) this.end(family)
    })
  }

  /** BoRR. A second one before EoRR begins again. */
  begin(family: Family): void {
    this.#open.add(family)
    this.#sweeps.beginRefresh(this.#source, family)
    this.#bound.restart(END_OF_REFRESH_MS)
  }

  /** EoRR; one without BoRR says nothing (RFC 7313 §4). */
  end(family: Family): void {
    if (!this.#open.delete(family)) return
    this.#sweeps.endRefresh(this.#source, family)
    if (this.#open.size === 0) this.#bound.stop()
  }

  stop(): void {
    this.#bound.stop()
  }
}
