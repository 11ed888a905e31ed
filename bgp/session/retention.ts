/**
 * What becomes of a peer's paths when its session ends: graceful restart (RFC 4724 §4.2) and its long-lived form
 * (RFC 9494 §4.2) as a helper. Which families are kept is agreed in bgp/fsm/graceful-restart.ts; each goes its own way:
 *
 *            session ends              restart timer                 stale timer
 *    fresh ---------------> stale -----------------------> long-lived -----------> gone
 *      ^                      |  '--- no stale time: gone       |
 *      |                      v                                 v
 *      '---- the session is back: End-of-RIB, or its bound: what is still stale goes
 *
 * A restart within a restart: what is stale from the first is condemned and swept, what came in between is stale now.
 */
import type { Timers } from '../../rib/clock.ts'
import type { Family } from '../../rib/model/family.ts'
import type { PathSource, SourceFacts } from '../../rib/path-source.ts'
import type { Rib } from '../../rib/rib.ts'
import { hasPreserved, retainedFamilies } from '../fsm/graceful-restart.ts'
import type { Negotiated } from '../fsm/negotiate.ts'
import type { DownCause } from '../fsm/types.ts'
import { DeadlineTimer } from './deadline-timer.ts'

/** Bound on End-of-RIB after the session is back: a peer that never sends one keeps stale paths no longer. */
const END_OF_RIB_MS = 360_000

/** A family with stale paths. */
interface StaleFamily {
  /** How long they are kept beyond the restart time. */
  readonly longLivedSec: number
  /** Runs in the long-lived phase. */
  readonly timer: DeadlineTimer
}

export class PathRetention {
  readonly #rib: Rib
  readonly #timers: Timers
  /** The restart time while the peer is away, the bound on End-of-RIB when it is back. */
  readonly #timer: DeadlineTimer
  readonly #onReleased: () => void
  readonly #stale = new Map<Family, StaleFamily>()
  #source: PathSource | undefined
  #isUp = false

  /** onReleased: paths that were retained without a session are gone. */
  constructor(rib: Rib, timers: Timers, onReleased: () => void) {
    this.#rib = rib
    this.#timers = timers
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
    return [...this.#stale.keys()]
  }

  /** Families whose paths are kept beyond the restart time. */
  get longLivedFamilies(): readonly Family[] {
    return this.staleFamilies.filter((family) => this.#stale.get(family)!.timer.isRunning)
  }

  /** The session is up: its source, the one of before where paths were retained. */
  up(facts: SourceFacts, negotiated: Negotiated): PathSource {
    this.#isUp = true
    if (!this.#source) {
      this.#source = this.#rib.addSource(facts)
      return this.#source
    }
    this.#rib.updateSource(this.#source, facts)
    for (const [family, { timer }] of [...this.#stale]) {
      // RFC 9494 §4.2: back in time; what is not announced again goes with End-of-RIB.
      timer.stop()
      // RFC 4724 §4.2: without the capability, the family or its Forwarding State bit, nothing was preserved.
      if (!hasPreserved(negotiated, family)) this.endOfRib(family)
    }
    if (this.#stale.size > 0) this.#timer.restart(END_OF_RIB_MS)
    return this.#source
  }

  /** Everything of the family has come again: what is still stale was withdrawn meanwhile. */
  endOfRib(family: Family): void {
    if (!this.#source || !this.#forget(family)) return
    this.#rib.sweeps.removeStale(this.#source, family)
    if (this.#stale.size === 0) this.#timer.stop()
  }

  /** The session is over: keep its paths, or drop them. */
  down(negotiated: Negotiated, cause: DownCause): void {
    this.#isUp = false
    if (!this.#source) return
    const retained = retainedFamilies(negotiated, cause)
    if (retained.length === 0) {
      this.drop()
      return
    }
    const kept = new Map(retained.map(({ family, longLivedSec }) => [family, longLivedSec]))
    for (const family of negotiated.families) {
      const longLivedSec = kept.get(family)
      if (longLivedSec === undefined) this.#dropFamily(this.#source, family)
      else this.#keep(this.#source, family, longLivedSec)
    }
    this.#timer.restart((negotiated.gracefulRestart?.restartTimeSec ?? 0) * 1000)
  }

  /** Removes everything the peer taught. */
  drop(): void {
    this.#timer.stop()
    for (const family of [...this.#stale.keys()]) this.#forget(family)
    if (this.#source) this.#rib.removeSource(this.#source)
    this.#source = undefined
  }

  #keep(source: PathSource, family: Family, longLivedSec: number): void {
    this.#forget(family)
    const timer = new DeadlineTimer(this.#timers, () => {
      this.#dropFamily(source, family)
      if (this.#stale.size === 0) this.#release()
    })
    this.#stale.set(family, { longLivedSec, timer })
    this.#rib.sweeps.markStale(source, family)
  }

  #dropFamily(source: PathSource, family: Family): void {
    this.#forget(family)
    this.#rib.sweeps.remove(source, family)
  }

  /** False where the family had no stale paths. */
  #forget(family: Family): boolean {
    this.#stale.get(family)?.timer.stop()
    return this.#stale.delete(family)
  }

  #expire(): void {
    const source = this.#source
    if (!source) return
    for (const [family, { longLivedSec, timer }] of [...this.#stale]) {
      if (this.#isUp) this.endOfRib(family)
      else if (longLivedSec === 0) this.#dropFamily(source, family)
      else {
        this.#rib.sweeps.keepLong(source, family)
        timer.restart(longLivedSec * 1000)
      }
    }
    if (!this.#isUp && this.#stale.size === 0) this.#release()
  }

  #release(): void {
    this.drop()
    this.#onReleased()
  }
}
