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

export interface OptionNode extends Word {
  /** `-c` and `--config`. */
  readonly spellings: readonly string[]
  /** What follows it, when it takes a value. */
  readonly value: ValueCompletion | undefined
}

export interface CommandNode {
  /** `heddle show routes`. */
  readonly path: string
  readonly commands: readonly Word[]
  readonly options: readonly OptionNode[]
  /** What completes the command's arguments, all of them together: their words, and the first kind of name. */
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
      options: options.map(optionNode),
      argument: argumentCompletion(command.registeredArguments),
    })
    const passedOn = [...inherited, ...command.options.filter((option) => option.long !== '--version')]
    for (const child of commands) visit(child, `${path} ${child.name()}`, passedOn)
  }
}

function optionNode(option: Option): OptionNode {
  const takesValue = option.required || option.optional
  return {
    word: option.long ?? option.short ?? '',
    help: option.description,
    spellings: [option.short, option.long].filter((spelling) => spelling !== undefined),
    value: takesValue ? { words: option.argChoices ?? [], kind: completionKindOf(option) } : undefined,
  }
}

function argumentCompletion(args: readonly Argument[]): ValueCompletion {
  return {
    words: args.flatMap((argument) => argument.argChoices ?? []),
    kind: args.map(completionKindOf).find((kind) => kind !== undefined),
  }
}
