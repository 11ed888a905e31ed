/**
 * `heddle bench`: heddle, BIRD, FRR and GoBGP in turn on this machine, as a table and as JSON. Ends with 0 when every run
 * ended with the right content, with 2 when one failed. With --from it measures nothing and shows a result again.
 */
import { writeFile } from 'node:fs/promises'
import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import { CliError } from '../cli/cli-error.ts'
import { examples, wantsJson } from '../cli/context.ts'
import type { CliContext } from '../cli/context.ts'
import type { DaemonName } from './daemons/daemon-kind.ts'
import type { Measured } from './measure.ts'
import type { Extent } from './result-markdown.ts'
import type { BenchResult } from './result.ts'

interface BenchOptions {
  readonly scenario: readonly string[]
  readonly daemon?: readonly DaemonName[]
  readonly runs: number
  readonly scale: number
  readonly from?: readonly string[]
  readonly markdown?: Extent | true
}

const letters = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'L1', 'L2'] as const
/** Named here too, since nothing of the benchmark is loaded for other commands. */
const daemons: readonly DaemonName[] = ['heddle', 'bird', 'frr', 'gobgp']

export function registerBench(program: Command, context: CliContext): void {
  program
    .command('bench')
    .description('a benchmark of heddle, BIRD, FRR and GoBGP on this machine, with L3VPN routes and agents')
    .argument('[file]', 'where the result is written as JSON (bench --json FILE)')
    .addOption(
      new Option('--scenario <letters>', 'A to I, L1, L2, separated by commas')
        .argParser((text) => parseList(text.toUpperCase(), letters))
        .default(letters, 'all'),
    )
    .addOption(
      new Option(
        '--daemon <names>',
        `of ${daemons.join(', ')}, separated by commas (default: all)`,
      ).argParser((text) => parseList(text.toLowerCase(), daemons)),
    )
    .addOption(new Option('--runs <number>', 'runs of each').argParser(parseRuns).default(3))
    .addOption(
      new Option('--scale <factor>', 'sizes, as a share of the full ones').argParser(parseScale).default(1),
    )
    .addOption(
      new Option('--from <file>', 'show a result that was written before; several become one')
        .argParser((file, before: string[] | undefined) => [...(before ?? []), file])
        .conflicts(['scenario', 'daemon', 'runs', 'scale']),
    )
    .addOption(
      new Option('--markdown [extent]', 'as Markdown: full (default) or summary').choices([
        'full',
        'summary',
      ]),
    )
    .addHelpText('after', scenarioHelp)
    .addHelpText(
      'after',
      examples(
        'heddle bench --json result.json',
        'heddle bench --scenario A,B --daemon heddle,bird --runs 1 --scale 0.1',
        'heddle bench --scenario L1,L2 --daemon heddle,frr',
        'heddle bench --from result.json --markdown summary',
        'heddle bench --from a.json --from b.json --json result.json',
      ),
    )
    .action(async (file: string | undefined, options: BenchOptions, command: Command) => {
      const { result, isInterrupted } = options.from
        ? await readAgain(options.from)
        : await measureNow(context, options, program.version() ?? '')
      if (file !== undefined) await writeFile(file, `${JSON.stringify(result, undefined, 2)}\n`)
      await show(context, result, {
        asJson: wantsJson(command) && file === undefined,
        markdown: options.markdown === true ? 'full' : options.markdown,
      })
      throwFailures(result, isInterrupted)
    })
}

const scenarioHelp = `
Scenarios:
  A to D  reflection of VPN routes: a million to one receiver, 200,000 to ten, the same 100,000 from ten senders,
          200,000 one to an UPDATE; until every receiver has every route, then until every one is withdrawn
  E to G  a thousand agents publish, a route target is imported by twenty VRFs, a restart with everyone reconnecting
  H       latency of one floating IP, idle and under load; stalls and keepalives
  I       memory by the route, agent and VRF
  L1, L2  the cost of a route at 10,000 to a million, and at 1 to 100 receivers; heddle alone unless --daemon names others

All of it takes more than half an hour on two cores, most of it waiting for the slowest peer; --daemon and --runs shorten it.
`

async function readAgain(files: readonly string[]): Promise<Measured> {
  const { readResults } = await import('./result-file.ts')
  return { result: await readResults(files), isInterrupted: false }
}

async function measureNow(context: CliContext, options: BenchOptions, version: string): Promise<Measured> {
  if (process.platform !== 'linux')
    throw new CliError('bench-failed', 'the benchmark needs Linux: it reads /proc')
  // Loaded here: no other command needs it.
  const { measure } = await import('./measure.ts')
  return await measure(context, {
    letters: options.scenario,
    daemons: options.daemon ?? daemons,
    seriesDaemons: options.daemon ?? ['heddle'],
    runs: options.runs,
    scale: options.scale,
    version,
  })
}

interface Form {
  readonly asJson: boolean
  readonly markdown: Extent | undefined
}

async function show(context: CliContext, result: BenchResult, { asJson, markdown }: Form): Promise<void> {
  if (asJson) await context.json(result)
  else if (markdown) {
    const { markdownOf } = await import('./result-markdown.ts')
    await context.output.write(markdownOf(result, markdown))
  } else await (await import('./result-table.ts')).writeResult(context.output, result)
}

function throwFailures(result: BenchResult, isInterrupted: boolean): void {
  if (isInterrupted) throw new CliError('interrupted', 'interrupted: what is above was done by then')
  const failed = result.rows.filter(({ outcome }) => outcome.kind === 'failed')
  if (failed.length === 0) return
  const names = failed.map(({ scenario, phase, subject }) => `${scenario} ${phase} of ${subject}`)
  throw new CliError('bench-failed', `failed: ${names.join(', ')}`)
}

function parseList<T extends string>(text: string, known: readonly T[]): T[] {
  const names = text.split(',').filter((name) => name !== '')
  const strange = names.find((name) => !known.includes(name as T))
  if (strange !== undefined || names.length === 0) {
    throw new InvalidArgumentError(`'${strange ?? text}' is none of ${known.join(', ')}.`)
  }
  return names as T[]
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
