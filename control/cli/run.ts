/**
 * `heddle run`: the daemon and its API in this process, until it is told to end (cli/orders.ts).
 */
import { Option } from 'commander'
import type { Command } from 'commander'
import type { Documents } from '../config/documents.ts'
import type { Daemon } from '../daemon.ts'
import type { LogLevel } from '../log.ts'
import type { Log } from '../../rib/log.ts'
import { configOption } from './check.ts'
import type { ConfigOptions } from './check.ts'
import { CliError } from './cli-error.ts'
import { examples, wantsJson } from './context.ts'
import type { CliContext } from './context.ts'
import { Orders } from './orders.ts'
import { startFailure } from './start-failure.ts'

interface RunOptions extends ConfigOptions {
  readonly logLevel: LogLevel
  readonly warmUp: boolean
}

/** A rehearsal takes half of it where nothing else runs. */
const WARM_UP_BOUND_MS = 1_000

/** Named here too, since control/log.ts loads the log library. */
const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent']

export function registerRun(program: Command, context: CliContext): void {
  program
    .command('run')
    .description('run the control node')
    .addOption(configOption())
    .addOption(
      new Option('--log-level <level>', 'what is logged to stderr').choices(logLevels).default('info'),
    )
    .addOption(new Option('--no-warm-up', 'start without the rehearsal that gets hot code compiled'))
    .addHelpText(
      'after',
      '\nSIGHUP reloads the configuration. SIGTERM ends sessions so that peers keep our routes through a restart\n(spec.gracefulRestart of ControlNode); SIGINT ends them for good.\n',
    )
    .addHelpText(
      'after',
      examples('heddle run -c heddle.yaml', 'heddle run -c /etc/heddle.d --log-level warn'),
    )
    .action(async (options: RunOptions, command: Command) => {
      const documents = await readConfig(context, options, wantsJson(command))
      const orders = new Orders()
      // Loaded here: no other command needs the log library.
      const log = (await import('../log.ts')).makeLog(options.logLevel)
      const daemon = await start(documents, options.config, program.version() ?? '', log)
      if (options.warmUp) void rehearse(daemon, log)
      const signal = await orders.obey(daemon, log)
      // systemd's restart and stop look alike: peers keep our routes for the restart time. Ctrl-C is for good.
      await daemon.close(`heddle stops (${signal})`, signal === 'SIGTERM')
    })
}

async function readConfig(context: CliContext, { config }: RunOptions, asJson: boolean): Promise<Documents> {
  const { readElsewhere } = await import('../config/reader-process.ts')
  // Loaded while the other process reads.
  const [{ documents, report }] = await Promise.all([readElsewhere(config), import('../daemon.ts')])
  if (documents) return documents
  if (!asJson) context.output.remark(report.trimEnd())
  throw new CliError(
    'bad-configuration',
    asJson ? report.trimEnd() : 'nothing was started: the configuration has problems',
  )
}

/** Beside the daemon, which is complete. */
async function rehearse({ rib }: Daemon, log: Log): Promise<void> {
  const { warmUp } = await import('../warm-up/warm-up.ts')
  await warmUp(WARM_UP_BOUND_MS, () => !rib.isBusy).catch((error: unknown) => {
    log.error('control.warmUpFailed', { reason: String(error) })
  })
}

async function start(
  documents: Documents,
  files: readonly string[],
  version: string,
  log: Log,
): Promise<Daemon> {
  // Loaded here: no other command needs them.
  const [{ Daemon }, { readElsewhere }] = await Promise.all([
    import('../daemon.ts'),
    import('../config/reader-process.ts'),
  ])
  try {
    return await Daemon.start({
      files,
      documents,
      read: readElsewhere,
      log,
      api: async (node) => {
        const endpoints = node.desired.controlNode.apiListen
        if (endpoints.length === 0) return undefined
        // Peers and agents are served by now; who has no API does not pay for its server.
        const { ApiServer } = await import('../api/api-server.ts')
        const api = new ApiServer({ node, version, log })
        await api.listen(endpoints)
        log.info('api.listening', { endpoints: api.endpoints() })
        return api
      },
    })
  } catch (error) {
    throw startFailure(error)
  }
}
