/**
 * Applies desired configuration to the RIB and the sessions, and only the difference to what is there:
 *
 *   state to the disk → VRFs and targets → new local paths → (a turn) → old local paths → VRFs that are gone → sessions
 *
 * New paths are in every table, and on their way to peers, before old ones go: a floating IP that moves is never without.
 */
import type { PeerConfig } from '../bgp/session/peer-config.ts'
import type { Clock } from '../rib/clock.ts'
import type { Rib } from '../rib/rib.ts'
import { StaticRoutes } from '../rib/static-routes.ts'
import type { Desired } from './config/desired.ts'
import { makePlan } from './apply-plan.ts'
import type { Plan } from './apply-plan.ts'
import { differences } from './apply-report.ts'
import type { ApplyReport } from './apply-report.ts'
import { LocalPaths } from './floating-ip/local-paths.ts'
import { inSlices, mapped } from './slices.ts'
import type { DaemonState } from './state.ts'

/** What the sessions take from configuration while they run. */
export interface SessionTarget {
  setPeers(configs: readonly PeerConfig[]): void
  setAgentHoldTime(sec: number): void
}

export interface ApplierOptions {
  readonly rib: Rib
  readonly clock: Clock
  readonly state: DaemonState
  /** Returns when the state is safe. */
  save(state: DaemonState): Promise<void>
}

/** Turns to wait for the RIB to come to rest before old paths go; it may be loading a million routes. */
const TURNS_TO_REST = 1000

export class Applier {
  readonly #options: ApplierOptions
  readonly #localPaths: LocalPaths
  readonly #staticRoutes: StaticRoutes
  #state: DaemonState
  #plan: Plan | undefined

  constructor(options: ApplierOptions) {
    this.#options = options
    this.#state = options.state
    this.#localPaths = new LocalPaths(options.rib)
    this.#staticRoutes = new StaticRoutes(options.rib)
  }

  /** What was applied last. */
  get plan(): Plan | undefined {
    return this.#plan
  }

  get state(): DaemonState {
    return this.#state
  }

  /** VRFs, targets and local paths. When the state cannot be saved nothing has changed. */
  async applyRoutes(desired: Desired): Promise<Omit<ApplyReport, 'needsRestart'>> {
    const { rib, clock } = this.#options
    const plan = makePlan(desired, this.#state)
    // First, so that no address or label is ever announced that a crash would make us forget.
    await this.#options.save(plan.state)
    const report = await inSlices(differences(this.#plan, plan), clock)
    this.#plan = plan
    this.#state = plan.state
    const touched = new Set([...report.instances.added, ...report.instances.changed])
    const set = mapped(desired.instances, (instance) => {
      if (!touched.has(instance.name)) return
      rib.setInstance(instance)
      this.#staticRoutes.set(instance.name, instance.followingRoutes ?? [])
    })
    await inSlices(set, clock)
    const announced = this.#localPaths.announce(plan.localPaths)
    if (announced > 0) await this.#rest()
    const withdrawn = this.#localPaths.retract(plan.localPaths)
    for (const name of report.instances.removed) {
      this.#staticRoutes.set(name, [])
      rib.deleteInstance(name)
    }
    return { ...report, localPaths: { announced, withdrawn } }
  }

  /** Peers and agents: each side applies its own difference, so that sessions that did not change stay. */
  applySessions(target: SessionTarget): void {
    const { desired } = this.#plan!
    target.setAgentHoldTime(desired.controlNode.agentHoldTimeSec)
    target.setPeers(desired.peers)
  }

  /** Lets the turn run that replicates and sends what was announced. */
  async #rest(): Promise<void> {
    const { clock, rib } = this.#options
    for (let turn = 0; turn < TURNS_TO_REST; turn++) {
      await new Promise<void>((resolve) => clock.defer(resolve))
      if (!rib.isBusy) return
    }
  }
}
