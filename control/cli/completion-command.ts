/** `heddle completion SHELL`, and the hidden `heddle __complete KIND` that its scripts call for names. */
import { Argument } from 'commander'
import type { Command } from 'commander'
import { families, familyName } from '../../rib/model/family.ts'
import type { NameKind } from './completion-kind.ts'
import { nameKinds } from './completion-kind.ts'
import { completionScript, shells } from './completion-scripts.ts'
import type { Shell } from './completion-scripts.ts'
import { commandNodes } from './completion-tree.ts'
import { examples } from './context.ts'
import type { CliContext } from './context.ts'

export function registerCompletion(program: Command, context: CliContext): void {
  program
    .command('completion')
    .description('a completion script for a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .addHelpText(
      'after',
      examples(
        'source <(heddle completion bash)',
        'source <(heddle completion zsh)',
        'heddle completion fish | source',
      ),
    )
    .action(async (shell: Shell) => context.output.write(completionScript(shell, commandNodes(program))))

  program
    .command('__complete', { hidden: true })
    .addArgument(new Argument('<kind>').choices(nameKinds))
    .action(async (kind: NameKind, _options: object, command: Command) => {
      // A shell in the middle of a line must not be told of errors: no daemon, no names.
      const client = context.client(command, PATIENCE_MS)
      const names = await namesOf(kind, (path) => client.get(path)).catch(() => [])
      for (const name of names) await context.output.line(name)
    })
}

/** How long a person waits for a completion. */
const PATIENCE_MS = 1500

type Get = (path: string) => Promise<unknown>

async function namesOf(kind: NameKind, get: Get): Promise<string[]> {
  switch (kind) {
    case 'peers':
      return fieldsOf(await get('/v1/peers'), 'peers', ['name'])
    case 'agents':
      return fieldsOf(await get('/v1/agents'), 'agents', ['name'])
    case 'vrfs':
      return fieldsOf(await get('/v1/vrfs'), 'vrfs', ['shortName', 'name'])
    case 'floating-ips':
      return fieldsOf(await get('/v1/floating-ips'), 'floatingIps', ['name', 'address'])
    case 'route-targets':
      return fieldsOf(await get('/v1/route-targets'), 'routeTargets', ['target'])
    case 'tables':
      return [
        ...families.map(familyName),
        ...fieldsOf(await get('/v1/vrfs'), 'vrfs', ['shortName', 'name']),
        ...fieldsOf(await get('/v1/tables'), 'tables', ['name']),
      ]
  }
}

function fieldsOf(document: unknown, key: string, fields: readonly string[]): string[] {
  const list = (document as Record<string, unknown> | null)?.[key]
  if (!Array.isArray(list)) return []
  const values = (list as Record<string, unknown>[]).flatMap((entry) => fields.map((field) => entry[field]))
  // A name with a space or a control character would be torn apart by the shell.
  const names = values.filter((value): value is string => typeof value === 'string' && /^[!-~]+$/.test(value))
  return [...new Set(names)]
}
