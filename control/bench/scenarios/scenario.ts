/**
 * What a scenario is: phases, who can play it, and one run of it with one subject.
 */
import type { DaemonKind } from '../daemons/daemon-kind.ts'
import type { Sample } from '../figures.ts'
import type { Stage } from '../stage.ts'

export type Ability = 'plays' | 'cannot' | 'notMeasured'

/** For what needs agents. */
export function withAgents(kind: DaemonKind): Ability {
  return kind.servesAgents ? 'plays' : 'cannot'
}

export interface Scenario {
  readonly letter: string
  /** With its numbers at this stage's scale. */
  title(stage: Stage): string
  readonly phases: readonly string[]
  /** About heddle's own growth: the peers play only where they were asked for by name. */
  readonly isSeries?: boolean
  /** Whether a daemon can do a phase. */
  ability(kind: DaemonKind, phase: string): Ability
  /** One run: a sample for each phase. Daemon and sessions are cleared away by the caller. */
  run(stage: Stage, kind: DaemonKind): Promise<Readonly<Record<string, Sample>>>
  /** The load against itself, without a daemon; left out where that says nothing. */
  runSelf?(stage: Stage): Promise<Readonly<Record<string, Sample>>>
}

export function secondsBetween(startNs: bigint, endNs: bigint): number {
  return Number(endNs - startNs) / 1e9
}

export function countText(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}
