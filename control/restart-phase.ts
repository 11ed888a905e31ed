/**
 * The time after a restart until we know again what our predecessor knew (RFC 4724 §4.1): every peer that it had has sent
 * End-of-RIB, every agent that it had is back and has gone quiet. Then output begins. Who does not come back does not
 * hold it up for longer than the Selection_Deferral_Timer.
 */
import type { Timer, Timers } from '../rib/clock.ts'
import type { Log } from '../rib/log.ts'
import type { Neighbours } from './restart-marker.ts'

const POLL_MS = 250

/** An agent that has said nothing for so long has published what it has. */
const QUIET_MS = 1_500

/** An agent that is there now. */
export interface AgentActivity {
  readonly name: string
  /** Of stanzas so far. */
  readonly stanzas: number
  readonly hasSentEndOfRib: boolean
}

export interface RestartPhaseOptions {
  readonly timers: Timers
  readonly log: Log
  /** Of the predecessor. */
  readonly awaited: Neighbours
  readonly deferralSec: number
  readonly agents: () => readonly AgentActivity[]
  /** Peers that have said all they have, by name. */
  readonly settledPeers: () => readonly string[]
  readonly onOver: () => void
}

export class RestartPhase {
  readonly #options: RestartPhaseOptions
  readonly #deadlineMs: number
  /** When the agent was last heard, and its stanzas by then. */
  readonly #heard = new Map<string, { readonly stanzas: number; readonly sinceMs: number }>()
  #timer: Timer | undefined

  constructor(options: RestartPhaseOptions) {
    this.#options = options
    this.#deadlineMs = options.timers.nowMs() + options.deferralSec * 1_000
    const { agents, peers } = options.awaited
    options.log.info('control.restarting', { agents: agents.length, peers: peers.length })
    this.#poll()
  }

  stop(): void {
    this.#timer?.cancel()
  }

  #poll(): void {
    const { timers, log, onOver } = this.#options
    const missing = this.#missing(timers.nowMs())
    const isLate = timers.nowMs() >= this.#deadlineMs
    if (missing.length > 0 && !isLate) {
      this.#timer = timers.setTimer(POLL_MS, () => this.#poll())
      return
    }
    if (missing.length > 0) log.warn('control.restartIncomplete', { missing: missing.slice(0, 20) })
    log.info('control.restartOver', { missing: missing.length })
    onOver()
  }

  #missing(nowMs: number): string[] {
    const { awaited, agents, settledPeers } = this.#options
    const settledAgents = new Set<string>()
    for (const agent of agents()) if (this.#isSettled(agent, nowMs)) settledAgents.add(agent.name)
    const peers = new Set(settledPeers())
    return [
      ...awaited.agents.filter((name) => !settledAgents.has(name)),
      ...awaited.peers.filter((name) => !peers.has(name)),
    ]
  }

  #isSettled({ name, stanzas, hasSentEndOfRib }: AgentActivity, nowMs: number): boolean {
    const before = this.#heard.get(name)
    if (before?.stanzas !== stanzas) this.#heard.set(name, { stanzas, sinceMs: nowMs })
    if (hasSentEndOfRib) return true
    return before !== undefined && before.stanzas === stanzas && nowMs - before.sinceMs >= QUIET_MS
  }
}
