/**
 * The commander tree of `heddle`. Each command registers itself from a file of its own.
 */
import { readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { registerAgent } from '../agent/register-agent.ts'
import { registerBench } from '../bench/register-bench.ts'
import { registerDemo } from '../demo/register-demo.ts'
import { DEFAULT_SERVER } from './api-client.ts'
import { registerCompletion } from './completion-command.ts'
import type { CliContext } from './context.ts'
import { examples } from './context.ts'
import { registerActions } from './actions.ts'
import { registerRun } from './run.ts'
import { registerCheck } from './check.ts'
import { registerShow } from './show.ts'
import { registerWatch } from './watch.ts'

/** heddle's version, from the package.json that belongs to this file: a checkout's or the installed one. */
export function heddleVersion(): string {
  for (const place of ['../../package.json', '../../../package.json']) {
    try {
      const text = readFileSync(new URL(place, import.meta.url), 'utf8')
      const found = JSON.parse(text) as { name?: string; version?: string }
      if (found.name === 'heddle' && found.version) return found.version
    } catch {
      // The compiled file lies one folder deeper.
    }
  }
  return '0.0.0'
}

export function buildProgram(context: CliContext): Command {
  const program = new Command('heddle')
    .description(
      'A BGP/MPLS control node: gateways by MP-BGP, compute nodes by the agent channel, a RIB per VRF.',
    )
    .version(heddleVersion(), '-V, --version', 'print the version')
    .option('-j, --json', 'print one JSON document, also on error')
    .addOption(
      new Option('--server <host:port>', 'API address of the daemon')
        .env('HEDDLE_SERVER')
        .default(DEFAULT_SERVER),
    )
    .helpOption('-h, --help', 'print help')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.around.stdout.write(text),
      writeErr: (text) => void context.around.stderr.write(text),
      // Usage errors are told in one place, in the form that was asked for: run-cli.ts.
      outputError: () => {},
    })
    .addHelpText(
      'after',
      examples(
        'heddle run -c heddle.yaml',
        'heddle show peers',
        'heddle show routes vpnv4 --rt target:64512:101',
      ),
    )
    .addHelpText('after', 'Exit status: 0 done or found, 1 nothing matched, 2 usage or connection error.\n')
  registerRun(program, context)
  registerCheck(program, context)
  registerShow(program, context)
  registerWatch(program, context)
  registerActions(program, context)
  registerDemo(program, context)
  registerAgent(program, context)
  registerBench(program, context)
  registerCompletion(program, context)
  return program
}
