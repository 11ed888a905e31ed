/**
 * GET /v1/watch: changes of routes as NDJSON, without end. `table` may be repeated; without it every table is watched,
 * those of VRFs that come later too. `current=true` tells first what is there.
 */
import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { ControlNode } from './control-node.ts'
import { selectionParameters } from './rib-routes.ts'
import { parseRouteQuery } from './route-query.ts'
import type { MatchKind } from './route-query.ts'
import { RouteWatch } from './route-watch.ts'
import { contentTypes } from './streamed-reply.ts'
import { selectTables } from './table-names.ts'

const parameters = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...selectionParameters,
    table: { type: 'array', items: selectionParameters.table, maxItems: 64 },
    // The longest match is a question about a moment.
    match: { type: 'string', enum: ['exact', 'longer', 'shorter'] },
    current: { type: 'boolean' },
    format: { type: 'string', enum: ['ndjson'] },
  },
} as const

interface Parameters {
  readonly table?: readonly string[]
  readonly vrf?: string
  readonly family?: string
  readonly prefix?: string
  readonly match?: MatchKind
  readonly rd?: string
  readonly current?: boolean
}

export function registerWatch(server: FastifyInstance, node: ControlNode): void {
  /** Watches of every table: they follow VRFs that come and go. */
  const allTables = new Set<RouteWatch>()
  node.rib.onInstance((instance, event) => {
    if (event !== 'added') return
    for (const watch of allTables)
      for (const table of [instance.inet, instance.inet6]) watch.add(table, 'head')
  })

  server.get<{ Querystring: Parameters }>(
    '/v1/watch',
    { schema: { querystring: parameters } },
    async (request, reply) => {
      const { table: names, current = false, ...rest } = request.query
      const watch = new RouteWatch(node, parseRouteQuery(rest))
      const selections = names?.length ? names.map((table) => ({ ...rest, table })) : [rest]
      for (const table of selections.flatMap((selection) => selectTables(node.rib, selection))) {
        watch.add(table, current ? 'head' : 'tail')
      }
      if (!names?.length && rest.vrf === undefined && rest.family === undefined) allTables.add(watch)
      request.raw.socket.setNoDelay(true)
      reply.raw.on('close', () => {
        allTables.delete(watch)
        watch.close()
      })
      reply.type(contentTypes.ndjson)
      return reply.send(Readable.from(watch.lines(), { objectMode: false }))
    },
  )
}
