/** `heddle watch`: route changes as they happen, each by itself; a change that is overtaken by the next is not shown. */
import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import { parsePrefix } from '../../rib/model/route-key.ts'
import type { RouteView } from '../views/route-view.ts'
import type { WatchEvent } from '../views/watch-event.ts'
import { examples, wantsJson } from './context.ts'
import type { CliContext } from './context.ts'
import { printable } from './output.ts'
import { tableArgument } from './show-routes.ts'

interface WatchOptions {
  readonly current?: boolean
  readonly prefix?: string
  readonly count?: number
}

export function registerWatch(program: Command, context: CliContext): void {
  const command = program
    .command('watch')
    .description('route changes as they happen')
    .addArgument(tableArgument('[table...]', 'tables, VRFs or families; all when none is named'))
    .option('--current', 'the routes that are there already, first')
    .option('--prefix <prefix>', 'only the prefix and what is inside it', prefixText)
    .option('-n, --count <count>', 'end after so many changes', positiveNumber)
    .addHelpText('after', '\nWith -j each line is a JSON document.\n')
    .addHelpText(
      'after',
      examples('heddle watch', 'heddle watch public vpnv4', 'heddle watch vpnv4 --current -j'),
    )
  command.action(async (tables: string[], options: WatchOptions) => {
    const lines = context.client(command).lines('/v1/watch', {
      table: tables,
      current: options.current ? 'true' : undefined,
      prefix: options.prefix,
      match: options.prefix === undefined ? undefined : 'longer',
    })
    const isJson = wantsJson(command)
    let left = options.count ?? Infinity
    for await (const line of lines) {
      const event = JSON.parse(line) as WatchEvent
      if (isJson) await context.output.line(line)
      else if (event.event !== 'current-done') await context.output.line(changeLine(context, event))
      if (event.event !== 'current-done' && --left <= 0) return
    }
  })
}

function changeLine(context: CliContext, event: Exclude<WatchEvent, { event: 'current-done' }>): string {
  const time = context.output.paint('dim', event.time.slice(11, 23))
  if (event.event === 'withdrawn') {
    return `${time} ${context.output.paint('red', '-')} ${printable(`${event.table} ${event.key}`)}`
  }
  return `${time} ${context.output.paint('green', '+')} ${printable(wayOf(event.route))}`
}

function wayOf(route: RouteView): string {
  const ways = route.paths.map((path) => {
    const label = path.label === undefined ? '' : ` label ${path.label}`
    const state = path.infeasible === undefined ? '' : ` (${path.infeasible})`
    return `via ${path.nextHop}${label} from ${path.source.name}${state}`
  })
  return `${route.table} ${route.key} ${ways.join('; ')}`
}

function prefixText(text: string): string {
  if (!parsePrefix(text)) throw new InvalidArgumentError('an address or prefix is wanted.')
  return text
}

function positiveNumber(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError('a whole number from 1 on is wanted.')
  return Number(text)
}
