/**
 * `heddle run`: the daemon in this process, until it is told to end.
 *
 *   SIGHUP           reads the configuration again; a bad one is logged and changes nothing
 *   SIGTERM, SIGINT  ends sessions in order and exits 0; a second one exits at once
 */
import { Option } from 'commander'
import type { Command } from 'commander'
import type { Daemon } from '../daemon.ts'
import type { LogLevel } from '../log.ts'
import { configOption } from './check.ts'
import type { ConfigOptions } from './check.ts'
import { CliError } from './cli-error.ts'
import { examples, wantsJson } from './context.ts'
import type { CliContext } from './context.ts'

interface RunOptions extends ConfigOptions {
  readonly logLevel: LogLevel
}

/** Named here too: control/log.ts loads the log library, which no other command needs. */
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
      const daemon = await start(options, program.version() ?? '')
      const signal = await orders.obey(daemon)
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

async function start({ config, logLevel }: RunOptions, version: string): Promise<Daemon> {
  // Loaded here: no other command needs a server.
  const [{ Daemon }, { ApiServer }, { makeLog }] = await Promise.all([
    import('../daemon.ts'),
    import('../api/api-server.ts'),
    import('../log.ts'),
  ])
  const log = makeLog(logLevel)
  try {
    return await Daemon.start({
      files: config,
      log,
      api: async (node) => {
        const api = new ApiServer({ node, version, log })
        await api.listen(node.desired.controlNode.apiListen)
        log.info('api listens', { endpoints: api.endpoints() })
        return api
      },
    })
  } catch (error) {
    throw startFailure(error)
  }
}

/** What the system refused, in words; anything else is a defect and is shown as it is. */
function startFailure(error: unknown): unknown {
  if (error instanceof Error && error.name === 'ConfigError')
    return new CliError('bad-configuration', error.message)
  const { code, syscall, address, port, path } = error as NodeJS.ErrnoException & {
    readonly address?: string
    readonly port?: number
  }
  if (code === undefined || syscall === undefined) return error
  const where = path ?? (address === undefined ? '' : `${address}:${port}`)
  switch (code) {
    case 'EADDRINUSE':
      return new CliError(
        'start',
        `${where} is in use`,
        'Does another daemon run here? See `listen` in ControlNode.',
      )
    case 'EACCES':
      return new CliError(
        'start',
        `${where}: ${syscall} is not allowed`,
        syscall === 'listen' ? 'Ports below 1024 need CAP_NET_BIND_SERVICE, or root.' : '',
      )
    default:
      return new CliError('start', `${where}: ${syscall} failed (${code})`)
  }
}

/** Told while it starts, the daemon still starts in order, and then does what it was told. */
class Orders {
  readonly #told: Promise<string>
  #daemon: Daemon | undefined
  #isReloadDue = false

  constructor() {
    process.on('SIGHUP', () => {
      this.#isReloadDue = true
      this.#reload()
    })
    this.#told = new Promise((resolve) => {
      let isEnding = false
      const end = (signal: string): void => {
        if (isEnding) process.exit(1)
        isEnding = true
        resolve(signal)
      }
      process.on('SIGTERM', end)
      process.on('SIGINT', end)
    })
  }

  /** Carries out reloads until the order to end comes; returns the signal that brought it. */
  async obey(daemon: Daemon): Promise<string> {
    this.#daemon = daemon
    this.#reload()
    const signal = await this.#told
    this.#daemon = undefined
    return signal
  }

  #reload(): void {
    if (!this.#isReloadDue || !this.#daemon) return
    this.#isReloadDue = false
    void this.#daemon.reload()
  }
}
