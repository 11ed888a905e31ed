/**
 * `heddle demo`: the whole thing on loopback without root. Ends with 0 when everything it said is true, with 2 when not;
 * without --once it stays up until Ctrl-C, so that other commands can look at it.
 */
import { relative } from 'node:path'
import type { Command } from 'commander'
import { DEFAULT_SERVER } from '../cli/api-client.ts'
import { CliError } from '../cli/cli-error.ts'
import { examples, wantsJson } from '../cli/context.ts'
import type { CliContext } from '../cli/context.ts'
import type { Narration } from './narration.ts'

interface DemoOptions {
  readonly once?: boolean
  readonly builtIn?: boolean
}

export function registerDemo(program: Command, context: CliContext): void {
  program
    .command('demo')
    .description('a control node, two agents and a gateway on loopback: the way of a floating IP')
    .option('--once', 'end after the story: status 0 when all of it was true')
    .option('--built-in', "take heddle's own gateway even where gobgpd is installed")
    .addHelpText('after', examples('heddle demo', 'heddle demo --once', 'heddle demo --once -j'))
    .action(async (options: DemoOptions, command: Command) => {
      await runDemo(context, options, program.version() ?? '', wantsJson(command))
    })
}

async function runDemo(
  context: CliContext,
  options: DemoOptions,
  version: string,
  asJson: boolean,
): Promise<void> {
  // Loaded here: no other command needs a server.
  const [{ Stage }, { Narration }, { tell }] = await Promise.all([
    import('./stage.ts'),
    import('./narration.ts'),
    import('./tell.ts'),
  ])
  const say = new Narration(context.output, asJson)
  const { told, forget } = untilTold()
  const path = context.around.env['PATH'] ?? ''
  const stage = await Stage.set({ path, wantsBuiltIn: options.builtIn === true, version }).catch(
    (error: unknown) => {
      forget()
      throw new CliError('demo-failed', `cannot set the stage: ${(error as Error).message}`)
    },
  )
  try {
    const isWhole = await Promise.race([tell(stage, say).then(() => true), told.then(() => false)])
    if (asJson) await context.json({ gateway: stage.gateway.title, api: stage.api, claims: say.claims })
    if (say.failed.length > 0) throw new CliError('demo-failed', failureText(say.failed))
    if (!isWhole && options.once) throw new CliError('interrupted', 'the story was not told to its end')
    if (!isWhole || options.once) return
    if (!asJson) await tellWhatNow(say, stage.api)
    await told
  } finally {
    await stage.strike()
    forget()
  }
}

async function tellWhatNow(say: Narration, api: string): Promise<void> {
  const server = api === DEFAULT_SERVER ? '' : ` --server ${api}`
  await say.title('It stays up until Ctrl-C. In another terminal:')
  for (const words of ['show peers', 'show routes vpnv4', 'show floating-ips', 'watch']) {
    await say.line(`${programWords()}${server} ${words}`)
  }
}

/** How this program was started, to be typed again: a checkout brings its own Node. */
function programWords(): string {
  const script = process.argv[1] ?? ''
  return script.endsWith('main.ts') ? `${relative('', process.execPath)} ${relative('', script)}` : 'heddle'
}

/** Resolves at the first SIGINT or SIGTERM; further ones change nothing, since the end is under way, until `forget`. */
function untilTold(): { readonly told: Promise<void>; readonly forget: () => void } {
  const signals = ['SIGINT', 'SIGTERM'] as const
  let listener = (): void => undefined
  const told = new Promise<void>((resolve) => {
    listener = () => resolve()
    for (const signal of signals) process.on(signal, listener)
  })
  return {
    told,
    forget: () => {
      for (const signal of signals) process.off(signal, listener)
    },
  }
}

function failureText(failed: readonly { readonly claim: string }[]): string {
  return `not true: ${failed.map(({ claim }) => claim).join('; ')}`
}
