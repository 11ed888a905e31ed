/**
 * `heddle run`: the daemon and its API in this process, until it is told to end (cli/orders.ts).
 */
import { Option } from 'commander'
import type { Command } from 'commander'
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
}

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
    .addHelpText('after', '\nSIGHUP reloads the configuration; SIGTERM and SIGINT end sessions in order.\n')
    .addHelpText(
      'after',
      examples('heddle run -c heddle.yaml', 'heddle run -c /etc/heddle.d --log-level warn'),
    )
    .action(async (options: RunOptions, command: Command) => {
      await refuseBadConfig(context, options, wantsJson(command))
      const orders = new Orders()
      // Loaded here: no other command needs the log library.
      const log = (await import('../log.ts')).makeLog(options.logLevel)
      const daemon = await start(options.config, program.version() ?? '', log)
      const signal = await orders.obey(daemon, log)
      await daemon.close(`heddle stops (${signal})`)
    })
}

async function refuseBadConfig(context: CliContext, { config }: RunOptions, asJson: boolean): Promise<void> {
  const { checkConfig } = await import('../config/check.ts')
  const { problems, report } = await checkConfig(config)
  if (problems.length === 0) return
  if (!asJson) context.output.remark(report.trimEnd())
  throw new CliError(
    'bad-configuration',
    asJson ? report.trimEnd() : 'nothing was started: the configuration has problems',
  )
}

async function start(files: readonly string[], version: string, log: Log): Promise<Daemon> {
  // Loaded here: no other command needs a server.
  const [{ Daemon }, { ApiServer }] = await Promise.all([
    import('../daemon.ts'),
    import('../api/api-server.ts'),
  ])
  try {
    return await Daemon.start({
      files,
      log,
      api: async (node) => {
        const api = new ApiServer({ node, version, log })
        await api.listen(node.desired.controlNode.apiListen)
        log.info('api.listening', { endpoints: api.endpoints() })
        return api
      },
    })
  } catch (error) {
    throw startFailure(error)
  }
}
