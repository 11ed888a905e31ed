/** `heddle show`: what the daemon knows, for people and with -j for programs. */
import type { Command } from 'commander'
import type { StatusView } from '../views/status-view.ts'
import { examples, wantsJson } from './context.ts'
import type { CliContext } from './context.ts'
import { describe, registerListing } from './listing.ts'
import {
  agentsListing,
  floatingIpsListing,
  peersListing,
  routeTargetsListing,
  tablesListing,
  vrfsListing,
} from './listings.ts'
import { registerShowPeer } from './show-peer.ts'
import { registerShowRoutes } from './show-routes.ts'
import { formatAge } from './table-writer.ts'

export function registerShow(program: Command, context: CliContext): void {
  const show = program
    .command('show')
    .description('show peers, agents, VRFs, routes and more')
    .addHelpText(
      'after',
      examples('heddle show peers', 'heddle show routes public', 'heddle show routes vpnv4 -j'),
    )
  registerStatus(show, context)
  registerListing(show, context, peersListing)
  registerShowPeer(show, context)
  registerListing(show, context, agentsListing)
  registerListing(show, context, vrfsListing)
  registerShowRoutes(show, context)
  registerListing(show, context, routeTargetsListing)
  registerListing(show, context, floatingIpsListing)
  registerListing(show, context, tablesListing)
}

function registerStatus(show: Command, context: CliContext): void {
  show
    .command('status')
    .description('the node on one screen')
    .addHelpText('after', examples('heddle show status', 'heddle show status -j'))
    .action(async (_options: object, command: Command) => {
      const status = (await context.client(command).get('/v1/status')) as StatusView
      if (wantsJson(command)) return context.json(status)
      const { peers, agents, uptimeSec, residentOctets, refusedConnections, refusedSources, ...rest } = status
      const refused = Object.values(refusedConnections).reduce((sum, count) => sum + count, 0)
      const latest = refusedSources.map(({ address, count }) => `${address} (${count})`).join(' ')
      await describe(context, {
        ...rest,
        uptime: formatAge(uptimeSec),
        peers: `${peers.established} of ${peers.total} established`,
        agents: `${agents.established} of ${agents.total} established`,
        refusedConnections: refused === 0 ? 'none' : `${refused}, latest from ${latest}`,
        memory: `${Math.round(residentOctets / 2 ** 20)} MiB`,
      })
    })
}
