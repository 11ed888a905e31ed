/**
 * ROUTE-REFRESH requests of a peer (RFC 2918 §4), one run over a table at a time: what is asked for meanwhile is one more
 * run, a little later. Otherwise a peer that asks again and again would be sent the head of the table for ever, and the
 * RIB could never free what such a run has yet to pass.
 *
 *   idle --request--> running --request--> running, wanted again --synced--> pause --> running
 *                        '----synced----> idle
 */
import type { Timer, Timers } from '../../rib/clock.ts'
import type { Table } from '../../rib/table.ts'

/** Between two runs over the same table. */
const PAUSE_MS = 1_000

export class RefreshRequests {
  readonly #timers: Timers
  readonly #start: (table: Table) => void
  readonly #running = new Set<Table>()
  /** Of those, the ones that a request asked for. */
  readonly #answers = new Set<Table>()
  readonly #wantedAgain = new Set<Table>()
  readonly #pauses = new Map<Table, Timer>()

  /** `start` sends everything of a table again; `synced` is to be called when all of it has been written. */
  constructor(timers: Timers, start: (table: Table) => void) {
    this.#timers = timers
    this.#start = start
  }

  /** A run is under way that no request asked for: the full dump of a session's start. */
  begin(table: Table): void {
    this.#running.add(table)
  }

  request(table: Table): void {
    if (this.#running.has(table)) this.#wantedAgain.add(table)
    else if (!this.#pauses.has(table)) this.#run(table)
  }

  /** True while the run over the table is an answer to a request, not the dump of a session's start. */
  isAnswer(table: Table): boolean {
    return this.#answers.has(table)
  }

  synced(table: Table): void {
    this.#running.delete(table)
    this.#answers.delete(table)
    if (!this.#wantedAgain.delete(table)) return
    const pause = this.#timers.setTimer(PAUSE_MS, () => {
      this.#pauses.delete(table)
      this.#run(table)
    })
    this.#pauses.set(table, pause)
  }

  stop(): void {
    for (const pause of this.#pauses.values()) pause.cancel()
    this.#pauses.clear()
    this.#wantedAgain.clear()
  }

  #run(table: Table): void {
    this.#running.add(table)
    this.#answers.add(table)
    this.#start(table)
  }
}
