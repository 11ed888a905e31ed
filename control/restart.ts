/**
 * Our own restarts, from the daemon's point of view: what the predecessor left (restart-marker.ts), the wait for its
 * neighbours (restart-phase.ts), and what we leave ourselves.
 *
 *   start ── marker found ──► output waits for its neighbours ──► over
 *        '── none: fresh ───► output at once, the first restart time preserves nothing
 *   every few seconds: who is there goes into the marker; a final stop removes it
 */
import { OwnRestart } from '../bgp/session/own-restart.ts'
import type { Speaker } from '../bgp/session/speaker.ts'
import type { Timer, Timers } from '../rib/clock.ts'
import type { Log } from '../rib/log.ts'
import { RecurringFault } from '../rib/recurring-fault.ts'
import type { AgentServer } from '../xmpp/session/agent-server.ts'
import type { DesiredControlNode } from './config/desired.ts'
import { RestartMarker } from './restart-marker.ts'
import type { Neighbours } from './restart-marker.ts'
import { RestartPhase } from './restart-phase.ts'
import type { AgentActivity } from './restart-phase.ts'
import type { StateDir } from './state-dir.ts'

const NOTE_MS = 2_000

type RestartTimes = DesiredControlNode['restart']

export class Restart {
  readonly own: OwnRestart
  readonly #times: RestartTimes
  readonly #marker: RestartMarker
  readonly #predecessor: Neighbours | undefined
  #phase: RestartPhase | undefined
  #freshTimer: Timer | undefined
  #noteTimer: Timer | undefined
  #isStopped = false
  #log: Log | undefined
  /** A write that is under way; a disk may take its time. */
  #noting: Promise<void> | undefined

  /** Reads what the predecessor left. */
  static async after(stateDir: StateDir, times: RestartTimes): Promise<Restart> {
    const marker = new RestartMarker(stateDir)
    return new Restart(times, marker, await marker.load())
  }

  private constructor(times: RestartTimes, marker: RestartMarker, predecessor: Neighbours | undefined) {
    this.#times = times
    this.#marker = marker
    this.#predecessor = predecessor
    this.own = new OwnRestart({ ...times, hasPredecessor: predecessor !== undefined })
  }

  /** Everything listens and peers are being dialed. */
  begin(context: { timers: Timers; log: Log; speaker: Speaker; agentServer: AgentServer }): void {
    const { timers, log, speaker, agentServer } = context
    this.#log = log
    if (!this.own.isOffered) return
    const onOver = (): void => speaker.endRestart()
    if (this.#predecessor) {
      this.#phase = new RestartPhase({
        timers,
        log,
        awaited: this.#predecessor,
        deferralSec: this.#times.selectionDeferralSec,
        agents: () => agentServer.agents().flatMap(activityOf),
        settledPeers: () => speaker.upPeers(true),
        onOver,
      })
    } else this.#freshTimer = timers.setTimer(this.#times.restartTimeSec * 1_000, onOver)
    this.#note(context, new RecurringFault(timers, log, 'control.restartMarkerFailed'))
  }

  /** A stop after which a successor comes leaves the marker, a final one does not. */
  async end(isComingBack: boolean): Promise<void> {
    this.#isStopped = true
    this.#phase?.stop()
    this.#freshTimer?.cancel()
    this.#noteTimer?.cancel()
    await this.#noting
    if (!isComingBack || !this.own.isOffered) await this.#removeMarker()
  }

  /** A successor that finds it waits for neighbours that will not help: late, not wrong. So it does not keep us from ending. */
  async #removeMarker(): Promise<void> {
    await this.#marker.remove().catch((error: unknown) => {
      this.#log?.error('control.restartMarkerStays', { reason: (error as Error).message })
    })
  }

  #note(
    context: { timers: Timers; speaker: Speaker; agentServer: AgentServer },
    fault: RecurringFault,
  ): void {
    if (this.#isStopped) return
    const { timers, speaker, agentServer } = context
    // While we wait, the predecessor's neighbours are those to wait for once more if we go too.
    if (!this.own.isDeferring && !this.#noting) {
      const neighbours = { agents: agentServer.upAgents(), peers: speaker.upPeers(false) }
      this.#noting = this.#marker
        .keep(neighbours)
        .then(
          () => fault.over(),
          (error: unknown) => fault.note((error as Error).message),
        )
        .finally(() => (this.#noting = undefined))
    }
    this.#noteTimer = timers.setTimer(NOTE_MS, () => this.#note(context, fault))
  }
}

function activityOf(view: ReturnType<AgentServer['agents']>[number]): AgentActivity[] {
  const { name, state, counters } = view
  if (state !== 'Established') return []
  return [{ name, stanzas: counters['stanzasIn'] ?? 0, hasSentEndOfRib: (counters['endOfRibsIn'] ?? 0) > 0 }]
}
