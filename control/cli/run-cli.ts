/**
 * One run of the command line: parses, runs a command, and turns whatever happens into an exit status. Never throws for
 * something a user can cause.
 */
import { CommanderError } from 'commander'
import { CliError, ExitStatus } from './cli-error.ts'
import { CliContext } from './context.ts'
import { ReportedError } from './json-list-writer.ts'
import { OutputClosed } from './output.ts'
import type { Surroundings } from './output.ts'
import { buildProgram } from './program.ts'

export async function runCli(argv: readonly string[], around: Surroundings): Promise<number> {
  const context = new CliContext(around)
  const program = buildProgram(context)
  try {
    await program.parseAsync(argv, { from: 'user' })
    return context.status
  } catch (error) {
    if (error instanceof OutputClosed) return ExitStatus.done
    if (error instanceof ReportedError) return ExitStatus.failed
    if (error instanceof CommanderError && error.exitCode === 0) return ExitStatus.done
    return await report(context, asCliError(error), wasJsonAsked(argv)).catch(ignoreClosed)
  } finally {
    context.output.release()
  }
}

function asCliError(error: unknown): CliError {
  if (error instanceof CliError) return error
  if (error instanceof CommanderError) {
    // `heddle` and `heddle show` by themselves: commander has printed the help already.
    if (error.code === 'commander.help') return new CliError('usage', 'a command is missing', HELP_HINT)
    return new CliError('usage', error.message.replace(/^error: /, ''), HELP_HINT)
  }
  throw error
}

const HELP_HINT = 'See heddle --help, or --help after a command.'

async function report(context: CliContext, error: CliError, asJson: boolean): Promise<number> {
  if (asJson) {
    await context.json({ error: error.facts() })
  } else {
    context.output.remark(`heddle: ${error.message}`)
    if (error.hint) context.output.remark(error.hint)
  }
  return ExitStatus.failed
}

function ignoreClosed(error: unknown): number {
  if (error instanceof OutputClosed) return ExitStatus.failed
  throw error
}

/** Asked of the words, since commander may have failed before it came to the option. */
function wasJsonAsked(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  const words = end < 0 ? argv : argv.slice(0, end)
  return words.includes('-j') || words.includes('--json')
}
