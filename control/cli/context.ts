/**
 * What every command of heddle gets: where to write, the global options, and where to leave its exit status.
 */
import type { Command } from 'commander'
import { ApiClient, DEFAULT_SERVER } from './api-client.ts'
import { ExitStatus } from './cli-error.ts'
import { Output } from './output.ts'
import type { Surroundings } from './output.ts'

export interface GlobalOptions {
  readonly json?: boolean
  readonly server: string
}

export class CliContext {
  readonly around: Surroundings
  readonly output: Output
  status: ExitStatus = ExitStatus.done

  constructor(around: Surroundings) {
    this.around = around
    this.output = new Output(around)
  }

  /** The API that --server (or HEDDLE_SERVER) names. */
  client(command: Command, silenceMs?: number): ApiClient {
    return new ApiClient(globalOptions(command).server, silenceMs)
  }

  /** grep's manners: 0 when something was found, 1 when nothing matched. */
  found(count: number): void {
    this.status = count > 0 ? ExitStatus.done : ExitStatus.nothingMatched
  }

  async json(document: unknown): Promise<void> {
    await this.output.line(JSON.stringify(document, undefined, 2))
  }
}

export function globalOptions(command: Command): GlobalOptions {
  return { server: DEFAULT_SERVER, ...command.optsWithGlobals<Partial<GlobalOptions>>() }
}

export function wantsJson(command: Command): boolean {
  return globalOptions(command).json === true
}

/** The examples that end a command's --help. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}\n`
}
