/**
 * `heddle show routes`: any part of any table, streamed from the daemon to the terminal or into one JSON document.
 */
import { Argument, InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import { parsePrefix } from '../../rib/model/route-key.ts'
import type { RouteView } from '../views/route-view.ts'
import type { Query } from './api-client.ts'
import { CliError } from './cli-error.ts'
import { completes } from './completion-kind.ts'
import { examples, wantsJson } from './context.ts'
import type { CliContext } from './context.ts'
import { JsonListWriter } from './json-list-writer.ts'
import { MARKER_LEGEND, pathCells, routeColumns } from './route-columns.ts'
import { TableWriter } from './table-writer.ts'

interface RouteOptions {
  readonly longer?: boolean
  readonly shorter?: boolean
  readonly host?: boolean
  readonly rd?: string
  readonly rt?: string
  readonly nextHop?: string
  readonly community?: string
  readonly peer?: string
  readonly limit?: string
}

export function registerShowRoutes(show: Command, context: CliContext): void {
  const command = show
    .command('routes')
    .description('routes of a table, a VRF, a family, or all of them')
    .addArgument(
      tableArgument('[table]', 'a table, a VRF (its short name will do), or a family such as vpnv4'),
    )
    .argument('[prefix]', 'a prefix or an address')
    .addOption(new Option('--longer', 'the prefix and all inside it').conflicts(['shorter', 'host']))
    .addOption(new Option('--shorter', 'the prefix and all that cover it').conflicts(['longer', 'host']))
    .addOption(new Option('--host', 'the longest match for an address').conflicts(['longer', 'shorter']))
    .option('--rd <rd>', 'with this route distinguisher')
    .addOption(
      completes(new Option('--rt <target>', 'with a path that has this route target'), 'route-targets'),
    )
    .option('--next-hop <address>', 'with a path through this next hop: what lives on a compute node')
    .option('--community <community>', 'with a path that has it: standard, large or extended')
    .addOption(completes(new Option('--peer <name>', 'with a path from this peer or agent'), 'peers'))
    .option('--limit <count>', 'at most so many routes', positiveInteger)
    .addHelpText('after', `\nA route is shown with the paths that match. Markers: ${MARKER_LEGEND}.\n`)
    .addHelpText(
      'after',
      examples(
        'heddle show routes public',
        'heddle show routes vpnv4 101.101.101.0/24 --longer',
        'heddle show routes 101.101.101.252 --host',
        'heddle show routes vpnv4 --rt target:64512:101 --next-hop 192.0.2.21',
        'heddle show routes inet-vpn -j | jq .count',
      ),
    )
  command.action(async (first: string | undefined, second: string | undefined, options: RouteOptions) => {
    const lines = context.client(command).lines('/v1/routes', routeQuery(first, second, options))
    if (wantsJson(command)) return writeJson(context, lines)
    return writeTable(context, lines, options.limit)
  })
}

/** An argument that names tables, with completion. */
export function tableArgument(name: string, help: string): Argument {
  return completes(new Argument(name, help), 'tables')
}

/** The arguments and options as the API's parameters. A prefix may stand alone: then every table is asked. */
export function routeQuery(
  first: string | undefined,
  second: string | undefined,
  options: RouteOptions,
): Query {
  const isPrefixAlone = second === undefined && first !== undefined && parsePrefix(first) !== undefined
  const prefix = isPrefixAlone ? first : second
  const match = options.longer ? 'longer' : options.shorter ? 'shorter' : options.host ? 'host' : undefined
  if (match !== undefined && prefix === undefined) {
    throw new CliError(
      'usage',
      `--${match} needs a prefix`,
      'As in: heddle show routes vpnv4 10.0.0.0/8 --longer',
    )
  }
  return {
    table: isPrefixAlone ? undefined : first,
    prefix,
    match,
    rd: options.rd,
    'route-target': options.rt,
    'next-hop': options.nextHop,
    community: options.community,
    peer: options.peer,
    limit: options.limit,
  }
}

async function writeJson(context: CliContext, lines: AsyncIterable<string>): Promise<void> {
  const writer = new JsonListWriter(context.output, 'routes')
  const failure = await writer.writeAll(lines)
  if (failure) throw failure
  context.found(writer.count)
}

async function writeTable(context: CliContext, lines: AsyncIterable<string>, limit?: string): Promise<void> {
  const tables = new RouteTables(context)
  try {
    for await (const line of lines) await tables.route(JSON.parse(line) as RouteView)
  } catch (error) {
    // What came before the answer broke off is shown all the same.
    if (error instanceof CliError) await tables.end()
    throw error
  }
  await tables.end()
  const { count } = tables
  context.found(count)
  if (count === 0) context.output.remark('No routes match.')
  if (limit !== undefined && count === Number(limit))
    context.output.remark(`Stopped at ${limit}: there may be more.`)
}

/** A heading and columns for each table, as its routes come by. */
class RouteTables {
  count = 0
  readonly #context: CliContext
  #name: string | undefined
  #writer: TableWriter | undefined

  constructor(context: CliContext) {
    this.#context = context
  }

  async route(route: RouteView): Promise<void> {
    if (route.table !== this.#name || !this.#writer) await this.#begin(route.table)
    this.count++
    for (const [i, path] of route.paths.entries()) await this.#writer!.row(pathCells(route, path, i === 0))
  }

  async end(): Promise<void> {
    await this.#writer?.flush()
  }

  async #begin(name: string): Promise<void> {
    const { output } = this.#context
    await this.end()
    await output.line(`${this.#writer ? '\n' : ''}${output.paint('bold', name)}`)
    this.#name = name
    this.#writer = new TableWriter(output, routeColumns)
  }
}

function positiveInteger(text: string): string {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError('a whole number from 1 on is wanted.')
  return text
}
