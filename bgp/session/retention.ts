/**
 * What becomes of a peer's paths when its session ends: graceful restart as a helper (RFC 4724 §4.2).
 *
 *              session up                    ends without NOTIFICATION, peer has the capability
 *    nothing ------------> fresh paths ------------------------------------------> stale, restart timer runs
 *       ^                     ^  |  ends otherwise: all removed                         |        |
 *       |                     |  '------------------------------------> nothing         |        | timer: all removed
 *       |                     '---- End-of-RIB per family: what is still stale goes <---'        v
 *       '--------------------------------------------------------------------------------------- nothing
 */
import type { Timers } from '../../rib/clock.ts'
import type { Family } from '../../rib/model/family.ts'
import type { PathSource, SourceFacts } from '../../rib/path-source.ts'
import type { Rib } from '../../rib/rib.ts'
import type { Negotiated } from '../fsm/negotiate.ts'
import type { DownCause } from '../fsm/types.ts'
import { DeadlineTimer } from './deadline-timer.ts'

/** Bound on End-of-RIB after the session is back: a peer that never sends one keeps stale paths no longer. */
const END_OF_RIB_MS = 360_000

export class PathRetention {
  readonly #rib: Rib
  readonly #timer: DeadlineTimer
  readonly #onReleased: () => void
  /** Families with stale paths; the timer runs while there are any. */
  readonly #stale = new Set<Family>()
  #source: PathSource | undefined
  #isUp = false

  /** onReleased: paths that were retained without a session are gone. */
  constructor(rib: Rib, timers: Timers, onReleased: () => void) {
    this.#rib = rib
    this.#onReleased = onReleased
    this.#timer = new DeadlineTimer(timers, () => {
      this.#expire()
    })
  }

  get source(): PathSource | undefined {
    return this.#source
  }

  /** True while paths are kept for a peer that is away. */
  get isRetaining(): boolean {
    return this.#source !== undefined && !this.#isUp
  }

  get staleFamilies(): readonly Family[] {
    return [...this.#stale]
  }

  /** The session is up: its source, the one of before where paths were retained. */
  up(facts: SourceFacts, negotiated: Negotiated): PathSource {
    this.#isUp = true
    if (!this.#source) {
      this.#source = this.#rib.addSource(facts)
      return this.#source
    }
    this.#rib.updateSource(this.#source, facts)
    for (const family of [...this.#stale]) {
      // RFC 4724 §4.2: without the capability, the family or its Forwarding State bit, nothing was preserved.
      const kept = negotiated.gracefulRestart?.families.some((row) => row.family === family && row.forwarding)
      if (!kept || !negotiated.families.includes(family)) this.endOfRib(family)
    }
    if (this.#stale.size > 0) this.#timer.restart(END_OF_RIB_MS)
    return this.#source
  }

  /** Everything of the family has come again: what is still stale was withdrawn meanwhile. */
  endOfRib(family: Family): void {
    if (!this.#source || !this.#stale.delete(family)) return
    this.#rib.sweepSource(this.#source, family, { onlyStale: true })
    if (this.#stale.size === 0) this.#timer.stop()
  }

  /** The session is over: keep its paths, or drop them. */
  down(negotiated: Negotiated, cause: DownCause): void {
    this.#isUp = false
    const restart = negotiated.gracefulRestart
    if (!this.#source) return
    const families =
      restart?.families.map((row) => row.family).filter((f) => negotiated.families.includes(f)) ?? []
    // RFC 4724 §4.2: a NOTIFICATION in either direction is no graceful restart.
    if (
      cause.kind !== 'connectionLost' ||
      !restart ||
      restart.restartTimeSec === 0 ||
      families.length === 0
    ) {
      this.drop()
      return
    }
    for (const family of negotiated.families) {
      if (families.includes(family)) this.#keep(this.#source, family)
      else this.#rib.sweepSource(this.#source, family, { onlyStale: false })
    }
    this.#timer.restart(restart.restartTimeSec * 1000)
  }

  /** Removes everything the peer taught. */
  drop(): void {
    this.#timer.stop()
    this.#stale.clear()
    if (this.#source) this.#rib.removeSource(this.#source)
    this.#source = undefined
  }

  #keep(source: PathSource, family: Family): void {
    // RFC 4724 §4.2: what is stale from an earlier restart must go. It cannot be told apart in time from what came
    // after it, so a family whose End-of-RIB never came is not kept a second time.
    if (this.#stale.delete(family)) {
      this.#rib.sweepSource(source, family, { onlyStale: false })
      return
    }
    this.#stale.add(family)
    this.#rib.markStale(source, family)
  }

  #expire(): void {
    if (this.#isUp) {
      for (const family of [...this.#stale]) this.endOfRib(family)
    } else {
      this.drop()
      this.#onReleased()
    }
  }
}
