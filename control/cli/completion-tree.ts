/**
 * The command tree as the completion scripts need it: for each command its words, what follows an option that takes a
 * value, and what may stand as its arguments. Read from commander, so no script knows a command by itself.
 */
import type { Argument, Command, Option } from 'commander'
import { completionKindOf } from './completion-kind.ts'
import type { CompletionKind } from './completion-kind.ts'

export interface Word {
  readonly word: string
  readonly help: string
}

/** A value: fixed words, or a kind of name; neither when anything goes. */
export interface ValueCompletion {
  readonly words: readonly string[]
  readonly kind: CompletionKind | undefined
}

export interface CommandNode {
  /** `heddle show routes`. */
  readonly path: string
  readonly commands: readonly Word[]
  readonly options: readonly Word[]
  /** Options that take a value, by every spelling. */
  readonly valueOptions: readonly (ValueCompletion & { readonly spellings: readonly string[] })[]
  /** What completes the command's arguments, all of them together: the first with something to offer. */
  readonly argument: ValueCompletion
}

/** Nodes of the visible commands, the program first. */
export function commandNodes(program: Command): CommandNode[] {
  const nodes: CommandNode[] = []
  visit(program, program.name(), [])
  return nodes

  function visit(command: Command, path: string, inherited: readonly Option[]): void {
    const helper = command.createHelp()
    const options = [...helper.visibleOptions(command), ...inherited]
    const commands = helper.visibleCommands(command)
    nodes.push({
      path,
      commands: commands.map((child) => ({ word: child.name(), help: child.description() })),
      options: options.map((option) => ({
        word: option.long ?? option.short ?? '',
        help: option.description,
      })),
      valueOptions: options.filter((option) => option.required || option.optional).map(valueOption),
      argument: argumentCompletion(command.registeredArguments),
    })
    const passedOn = [...inherited, ...command.options.filter((option) => option.long !== '--version')]
    for (const child of commands) visit(child, `${path} ${child.name()}`, passedOn)
  }
}

function valueOption(option: Option): CommandNode['valueOptions'][number] {
  return {
    spellings: [option.short, option.long].filter((spelling) => spelling !== undefined),
    words: option.argChoices ?? [],
    kind: completionKindOf(option),
  }
}

function argumentCompletion(args: readonly Argument[]): ValueCompletion {
  for (const argument of args) {
    const words = argument.argChoices ?? []
    const kind = completionKindOf(argument)
    if (words.length > 0 || kind) return { words, kind }
  }
  return { words: [], kind: undefined }
}
