/**
 * What a scenario is: phases, who can play it, and one run of it with one subject.
 */
import type { DaemonKind } from '../daemons/daemon-kind.ts'
import type { Sample } from '../figures.ts'
import type { Stage } from '../stage.ts'

export interface Scenario {
  readonly letter: string
  /** With its numbers at this stage's scale. */
  title(stage: Stage): string
  readonly phases: readonly string[]
  /** The phases that a daemon can do; none: it cannot play at all. */
  phasesOf(kind: DaemonKind): readonly string[]
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
