/**
 * `heddle show peer NAME`: all that is known of one peer. `heddle show peer NAME errors`: what it sent wrong, by attribute,
 * and the last messages in hex.
 */
import { Argument } from 'commander'
import type { Command } from 'commander'
import type { LastErrorView, PeerErrorsView } from '../views/peer-errors-view.ts'
import { completes } from './completion-kind.ts'
import { examples, wantsJson } from './context.ts'
import type { CliContext } from './context.ts'
import { showListed } from './listing.ts'
import { peersListing } from './listings.ts'
import { printable } from './output.ts'
import { TableWriter } from './table-writer.ts'

const HEX_PER_LINE = 64

export function registerShowPeer(show: Command, context: CliContext): void {
  show
    .command('peer')
    .description('one peer in full, or what it sent wrong')
    .addArgument(completes(new Argument('<name>', 'name or address of the peer'), 'peers'))
    .addArgument(new Argument('[what]', 'errors: what the peer sent wrong').choices(['errors']))
    .addHelpText('after', examples('heddle show peer gw', 'heddle show peer gw errors -j'))
    .action(async (name: string, what: 'errors' | undefined, _options: object, command: Command) => {
      if (what === undefined) return showListed(context, peersListing, { command, wanted: name })
      const path = `/v1/peers/${encodeURIComponent(name)}/errors`
      const errors = (await context.client(command).get(path)) as PeerErrorsView
      if (wantsJson(command)) return context.json(errors)
      await printErrors(context, errors)
    })
}

async function printErrors(context: CliContext, errors: PeerErrorsView): Promise<void> {
  if (errors.last.length === 0) return context.output.remark(`${errors.name} has sent nothing wrong.`)
  const counts = new TableWriter(context.output, [
    { title: 'Attribute' },
    { title: 'Discarded', align: 'right' },
    { title: 'Withdrawn', align: 'right' },
    { title: 'Resets', align: 'right' },
  ])
  for (const { attribute, discarded, withdrawn, resets } of errors.attributes) {
    await counts.row([attribute || '(none)', String(discarded), String(withdrawn), String(resets)])
  }
  await counts.flush()
  for (const error of errors.last) {
    await context.output.line('')
    for (const line of linesOf(error)) await context.output.line(printable(line))
  }
}

function linesOf(error: LastErrorView): string[] {
  const { time, reaction, clause, detail, hex, length } = error
  const lines = [`${time}  ${reaction} (${clause})`, `  ${error.error}: ${detail}`]
  if (hex === '') return lines
  lines.push(`  ${length} octets:`)
  for (let at = 0; at < hex.length; at += HEX_PER_LINE) lines.push(`  ${hex.slice(at, at + HEX_PER_LINE)}`)
  if (hex.length < length * 2) lines.push('  ...')
  return lines
}
