/** `heddle check`: every problem of a configuration, at its place, and nothing applied. */
import { Option } from 'commander'
import type { Command } from 'commander'
import { ExitStatus } from './cli-error.ts'
import { completes } from './completion-kind.ts'
import { examples, wantsJson } from './context.ts'
import type { CliContext } from './context.ts'

/** `-c FILE`, which may be repeated: files and folders, as one configuration. */
export function configOption(): Option {
  return completes(
    new Option('-c, --config <file>', 'configuration: a file, or a folder of them; may be repeated')
      .argParser((file: string, earlier: string[] | undefined) => [...(earlier ?? []), file])
      .makeOptionMandatory(),
    'files',
  )
}

export interface ConfigOptions {
  readonly config: readonly string[]
}

export function registerCheck(program: Command, context: CliContext): void {
  program
    .command('check')
    .description('check a configuration and print every problem; nothing is applied')
    .addOption(configOption())
    .addHelpText(
      'after',
      examples('heddle check -c heddle.yaml', 'heddle check -c /etc/heddle.d', 'heddle check -c lab.yaml -j'),
    )
    .action(async ({ config }: ConfigOptions, command: Command) => {
      // Loaded here: schemas take longer to load than most commands take to run.
      const { checkConfig } = await import('../config/check.ts')
      const { problems, report } = await checkConfig(config)
      if (problems.length > 0) context.status = ExitStatus.failed
      if (!wantsJson(command)) return context.output.write(report)
      await context.json({
        problems,
        ...(problems.length > 0 && {
          error: {
            code: 'bad-configuration',
            message: problems.length === 1 ? 'one problem' : `${problems.length} problems`,
            hint: 'See problems.',
          },
        }),
      })
    })
}
