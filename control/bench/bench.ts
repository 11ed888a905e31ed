/**
 * The order of the runs: scenario by scenario, and within one all daemons in turn, run after run, so that what changes on
 * the machine meanwhile hits all of them. What fails is a row that says so; the others go on.
 */
import { daemonKinds } from './daemons/daemon-kind.ts'
import type { DaemonKind, DaemonName } from './daemons/daemon-kind.ts'
import type { Sample } from './figures.ts'
import type { Row, Subject } from './result.ts'
import type { Scenario } from './scenarios/scenario.ts'
import { aboutText, Schedule } from './schedule.ts'
import type { Stage } from './stage.ts'

export interface BenchOrder {
  readonly scenarios: readonly Scenario[]
  readonly daemons: readonly DaemonName[]
  /** Who plays the series. */
  readonly seriesDaemons: readonly DaemonName[]
  readonly runs: number
}

interface Player {
  readonly subject: Subject
  readonly kind: DaemonKind | undefined
  readonly samples: Map<string, Sample[]>
  failure: string | undefined
}

/** Hears of rows as soon as their scenario is done. Ends early, without a word, when the stage is closed. */
export async function runBench(
  stage: Stage,
  order: BenchOrder,
  onRows: (rows: readonly Row[]) => void,
): Promise<void> {
  const casts = order.scenarios.map((scenario) => ({ scenario, players: playersOf(scenario, order) }))
  const schedule = new Schedule(stage.options.scale)
  for (const { scenario, players } of casts) {
    for (const player of players) {
      if (canPlay(scenario, player, stage)) schedule.plan(scenario.letter, player.subject, order.runs)
    }
  }
  stage.options.progress.say(`${schedule.runs} runs, ${aboutText(schedule.leftSec)}; Ctrl-C ends it`)
  for (const { scenario, players } of casts) {
    for (let run = 1; run <= order.runs; run++) {
      for (const player of players) {
        if (!canPlay(scenario, player, stage)) continue
        await playOnce(stage, scenario, player, { run, runs: order.runs, schedule })
        if (stage.isClosed) return
      }
    }
    onRows(rowsOf(scenario, players, stage))
  }
}

function playersOf(scenario: Scenario, order: BenchOrder): Player[] {
  const names = scenario.isSeries === true ? order.seriesDaemons : order.daemons
  const kinds = daemonKinds.filter(({ name }) => names.includes(name))
  const player = (subject: Subject, kind: DaemonKind | undefined): Player => ({
    subject,
    kind,
    samples: new Map(),
    failure: undefined,
  })
  // First, so that its code is warm when a daemon is measured.
  const self = scenario.runSelf ? [player('self', undefined)] : []
  return [...self, ...kinds.map((kind) => player(kind.name, kind))]
}

function canPlay(scenario: Scenario, { kind, failure }: Player, stage: Stage): boolean {
  if (failure !== undefined) return false
  return (
    !kind ||
    (scenario.phases.some((phase) => scenario.ability(kind, phase) === 'plays') &&
      kind.find(stage.options.path) !== undefined)
  )
}

interface Turn {
  readonly run: number
  readonly runs: number
  readonly schedule: Schedule
}

async function playOnce(stage: Stage, scenario: Scenario, player: Player, turn: Turn): Promise<void> {
  const { progress } = stage.options
  const { kind, subject } = player
  const { run, runs, schedule } = turn
  const left = progress.isLive ? `, ${aboutText(schedule.leftSec)} left` : ''
  const title = kind?.title ?? 'load alone'
  progress.begin(`[${schedule.place}${left}]  ${scenario.letter}  ${title}  ${run}/${runs}`)
  const startMs = performance.now()
  try {
    const samples = kind ? await scenario.run(stage, kind) : await scenario.runSelf!(stage)
    for (const [phase, sample] of Object.entries(samples)) {
      player.samples.set(phase, [...(player.samples.get(phase) ?? []), sample])
    }
    progress.end(summary(samples))
  } catch (error) {
    player.failure = (error as Error).message
    progress.end(stage.isClosed ? 'interrupted' : `failed: ${player.failure}`)
    schedule.dropped(scenario.letter, subject, runs - run)
  } finally {
    await stage.clear()
    schedule.ended(scenario.letter, subject, (performance.now() - startMs) / 1000)
  }
}

function summary(samples: Readonly<Record<string, Sample>>): string {
  return Object.entries(samples)
    .map(([phase, { seconds, p99Ms, octetsEach }]) => {
      if (seconds !== undefined) return `${phase} ${seconds.toFixed(3)} s`
      return p99Ms === undefined
        ? `${phase} ${octetsEach?.toFixed(0)} octets`
        : `${phase} p99 ${p99Ms.toFixed(2)} ms`
    })
    .join(', ')
}

function rowsOf(scenario: Scenario, players: readonly Player[], stage: Stage): Row[] {
  return scenario.phases.flatMap((phase) =>
    players.map((player) => ({
      scenario: scenario.letter,
      phase,
      subject: player.subject,
      outcome: outcomeOf(scenario, phase, player, stage),
    })),
  )
}

function outcomeOf(scenario: Scenario, phase: string, player: Player, stage: Stage): Row['outcome'] {
  const { kind, failure, samples } = player
  const ability = kind ? scenario.ability(kind, phase) : 'plays'
  if (ability !== 'plays') return { kind: ability }
  if (kind && kind.find(stage.options.path) === undefined) return { kind: 'notInstalled' }
  if (failure !== undefined) return { kind: 'failed', reason: failure }
  return { kind: 'measured', samples: samples.get(phase) ?? [] }
}
