/** `heddle clear peer`, `heddle reload`: the two things a running daemon does on request. */
import { Argument } from 'commander'
import type { Command } from 'commander'
import type { ApplyReport } from '../apply-report.ts'
import { completes } from './completion-kind.ts'
import { examples, wantsJson } from './context.ts'
import type { CliContext } from './context.ts'
import { printable } from './output.ts'
import { reloadLines } from './reload-words.ts'

export function registerActions(program: Command, context: CliContext): void {
  const clear = program
    .command('clear')
    .description('reset sessions')
    .addHelpText('after', examples('heddle clear peer gw'))
  clear
    .command('peer')
    .description('end the session with a peer; it is set up again')
    .addArgument(completes(new Argument('<name>', 'name or address of the peer'), 'peers'))
    .addHelpText('after', examples('heddle clear peer gw'))
    .action(async (name: string, _options: object, command: Command) => {
      const answer = await context.client(command).post(`/v1/peers/${encodeURIComponent(name)}/clear`)
      if (wantsJson(command)) return context.json(answer)
      await context.output.line(`Session with ${name} cleared.`)
    })
  program
    .command('reload')
    .description('make the daemon read its configuration again; a bad one changes nothing')
    .addHelpText('after', examples('heddle reload'))
    .action(async (_options: object, command: Command) => {
      const answer = await context.client(command).post('/v1/reload')
      if (wantsJson(command)) return context.json(answer)
      const { changes } = answer as { changes: ApplyReport }
      for (const line of reloadLines(changes)) await context.output.line(printable(line))
    })
}
