/**
 * `heddle bench`: heddle, BIRD, FRR and GoBGP in turn on this machine, as a table and as JSON. Ends with 0 when every run
 * ended with the right content, with 2 when one failed.
 */
import { writeFile } from 'node:fs/promises'
import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import { CliError } from '../cli/cli-error.ts'
import { examples, wantsJson } from '../cli/context.ts'
import type { CliContext } from '../cli/context.ts'
import type { DaemonName } from './daemons/daemon-kind.ts'
import type { BenchResult, Row } from './result.ts'

interface BenchOptions {
  readonly scenario: readonly string[]
  readonly daemon: readonly string[]
  readonly runs: number
  readonly scale: number
}

const letters = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I'] as const
/** Named here too, since nothing of the benchmark is loaded for other commands. */
const daemons: readonly DaemonName[] = ['heddle', 'bird', 'frr', 'gobgp']

export function registerBench(program: Command, context: CliContext): void {
  program
    .command('bench')
    .description('a benchmark of heddle, BIRD, FRR and GoBGP on this machine, with L3VPN routes and agents')
    .argument('[file]', 'where the result is written as JSON (bench --json FILE)')
    .addOption(
      new Option('--scenario <letters>', 'A to I, separated by commas')
        .argParser((text) => parseList(text.toUpperCase(), letters))
        .default(letters, 'all'),
    )
    .addOption(
      new Option('--daemon <names>', `of ${daemons.join(', ')}, separated by commas`)
        .argParser((text) => parseList(text.toLowerCase(), daemons))
        .default(daemons, 'all'),
    )
    .addOption(new Option('--runs <number>', 'runs of each').argParser(parseRuns).default(3))
    .addOption(
      new Option('--scale <factor>', 'sizes, as a share of the full ones').argParser(parseScale).default(1),
    )
    .addHelpText(
      'after',
      examples(
        'heddle bench --json result.json',
        'heddle bench --scenario A,B --daemon heddle,bird --runs 1 --scale 0.1',
      ),
    )
    .action(async (file: string | undefined, options: BenchOptions, command: Command) => {
      await runCommand(context, options, {
        file,
        asJson: wantsJson(command),
        version: program.version() ?? '',
      })
    })
}

interface Wishes {
  readonly file: string | undefined
  readonly asJson: boolean
  readonly version: string
}

async function runCommand(context: CliContext, options: BenchOptions, wishes: Wishes): Promise<void> {
  if (process.platform !== 'linux')
    throw new CliError('bench-failed', 'the benchmark needs Linux: it reads /proc')
  const { result, isInterrupted } = await measure(context, options, wishes.version)
  if (wishes.file !== undefined) await writeFile(wishes.file, `${JSON.stringify(result, undefined, 2)}\n`)
  if (wishes.asJson && wishes.file === undefined) await context.json(result)
  else await (await import('./result-table.ts')).writeResult(context.output, result)
  if (isInterrupted) throw new CliError('interrupted', 'interrupted: what is above was done by then')
  const failed = result.rows.filter(({ outcome }) => outcome.kind === 'failed')
  if (failed.length > 0) {
    const names = failed.map(({ scenario, phase, subject }) => `${scenario} ${phase} of ${subject}`)
    throw new CliError('bench-failed', `failed: ${names.join(', ')}`)
  }
}

interface Measured {
  /** Of the scenarios that were played to their end. */
  readonly result: BenchResult
  readonly isInterrupted: boolean
}

async function measure(context: CliContext, options: BenchOptions, version: string): Promise<Measured> {
  // Loaded here: no other command needs it.
  const [{ runBench }, { Progress }, { Stage }, { allScenarios }, { scoreRows }, versions] =
    await Promise.all([
      import('./bench.ts'),
      import('./progress.ts'),
      import('./stage.ts'),
      import('./scenarios/all-scenarios.ts'),
      import('./result.ts'),
      import('./daemons/version.ts'),
    ])
  const startedAt = new Date().toISOString()
  const path = context.around.env['PATH'] ?? ''
  const wanted = options.daemon as readonly DaemonName[]
  const stage = new Stage({ scale: options.scale, path, progress: new Progress(context.around.stderr) })
  const interruption = new Interruption(() => void stage.close())
  const scenarios = allScenarios.filter(({ letter }) => options.scenario.includes(letter))
  const rows: Row[] = []
  try {
    const order = { scenarios, daemons: wanted, runs: options.runs }
    await runBench(stage, order, (more) => rows.push(...more))
  } finally {
    await stage.close()
    interruption.forget()
  }
  const result = {
    heddle: version,
    startedAt,
    machine: versions.machine(),
    versions: await versions.peerVersions(wanted, path),
    runs: options.runs,
    scale: options.scale,
    scenarios: scenarios
      .filter(({ letter }) => rows.some(({ scenario }) => scenario === letter))
      .map((scenario) => ({ letter: scenario.letter, title: scenario.title(stage) })),
    rows: scoreRows(rows),
  }
  return { result, isInterrupted: interruption.hasCome }
}

/** Ctrl-C and SIGTERM: once they end the benchmark in order, twice at once. */
class Interruption {
  hasCome = false
  readonly #onCome: () => void

  constructor(onCome: () => void) {
    this.#onCome = onCome
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, this.#take)
  }

  forget(): void {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, this.#take)
  }

  readonly #take = (): void => {
    if (this.hasCome) process.exit(2)
    this.hasCome = true
    this.#onCome()
  }
}

function parseList(text: string, known: readonly string[]): string[] {
  const names = text.split(',').filter((name) => name !== '')
  const strange = names.find((name) => !known.includes(name))
  if (strange !== undefined || names.length === 0) {
    throw new InvalidArgumentError(`'${strange ?? text}' is none of ${known.join(', ')}.`)
  }
  return names
}

function parseRuns(text: string): number {
  const runs = Number(text)
  if (!Number.isInteger(runs) || runs < 1 || runs > 100)
    throw new InvalidArgumentError('It is a number from 1 to 100.')
  return runs
}

function parseScale(text: string): number {
  const scale = Number(text)
  if (!(scale > 0 && scale <= 1)) throw new InvalidArgumentError('It is above 0 and at most 1.')
  return scale
}
