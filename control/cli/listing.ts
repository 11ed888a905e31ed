/**
 * `heddle show THING [NAME]`: one list of the API as columns; with a name, all that is known of one entry. Each listing
 * is a row of a table (cli/listings.ts), so that all of them behave the same.
 */
import { Argument } from 'commander'
import type { Command } from 'commander'
import { completes } from './completion-kind.ts'
import type { CompletionKind } from './completion-kind.ts'
import { examples, wantsJson } from './context.ts'
import type { CliContext } from './context.ts'
import { printable } from './output.ts'
import { TableWriter } from './table-writer.ts'
import type { Cell, Column } from './table-writer.ts'

export interface Listing<T> {
  readonly name: string
  readonly summary: string
  readonly path: string
  /** Key of the list in the API's answer. */
  readonly key: string
  /** What NAME names, in the help. */
  readonly nameHelp: string
  readonly completion?: CompletionKind
  readonly columns: readonly Column[]
  readonly examples: readonly string[]
  cells(entry: T): Cell[]
}

export function registerListing<T extends object>(
  show: Command,
  context: CliContext,
  listing: Listing<T>,
): void {
  const name = new Argument('[name]', listing.nameHelp)
  if (listing.completion) completes(name, listing.completion)
  show
    .command(listing.name)
    .description(listing.summary)
    .addArgument(name)
    .addHelpText('after', examples(...listing.examples))
    .action(async (wanted: string | undefined, _options: object, command: Command) => {
      await showListed(context, listing, { command, wanted })
    })
}

/** The list, or one entry of it in full. */
export async function showListed<T extends object>(
  context: CliContext,
  listing: Listing<T>,
  { command, wanted }: { command: Command; wanted: string | undefined },
): Promise<void> {
  const document = await context.client(command).get(listing.path, { name: wanted })
  const entries = entriesOf<T>(document, listing.key)
  context.found(entries.length)
  if (wantsJson(command)) return context.json(document)
  if (wanted !== undefined && entries.length === 1) return describe(context, entries[0]!)
  const table = new TableWriter(context.output, listing.columns)
  for (const entry of entries) await table.row(listing.cells(entry))
  await table.flush()
  if (entries.length > 0) return
  const things = listing.name.replaceAll('-', ' ')
  context.output.remark(wanted === undefined ? `No ${things}.` : `None of the ${things} is ${wanted}.`)
}

function entriesOf<T>(document: unknown, key: string): T[] {
  const list = (document as Record<string, unknown> | null)?.[key]
  return Array.isArray(list) ? (list as T[]) : []
}

/** Every field of an entry, a line each; lists and nested objects indented below their name. */
export async function describe(context: CliContext, entry: object, indent = ''): Promise<void> {
  for (const [key, value] of Object.entries(entry)) {
    const title = `${indent}${context.output.paint('bold', words(key))}:`
    if (Array.isArray(value) && value.some(isObject)) {
      await context.output.line(title)
      for (const item of value) {
        await context.output.line(isObject(item) ? `${indent}  -` : `${indent}  ${plain(item)}`)
        if (isObject(item)) await describe(context, item, `${indent}    `)
      }
    } else if (isObject(value)) {
      await context.output.line(title)
      await describe(context, value, `${indent}  `)
    } else {
      await context.output.line(`${title} ${plain(value)}`.trimEnd())
    }
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(plain).join(', ')
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (value === undefined || value === null || value === '') return '-'
  return printable(String(value))
}

/** `holdTimeSec` → `hold time sec`; names that are data (families, counters) stay readable too. */
function words(key: string): string {
  return printable(key).replace(
    /([a-z])([A-Z])/g,
    (_, before: string, letter: string) => `${before} ${letter.toLowerCase()}`,
  )
}
