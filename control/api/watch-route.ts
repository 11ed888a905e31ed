/**
 * GET /v1/watch: changes of routes as NDJSON, without end. `table` may be repeated; without it every table is watched.
 * Tables that come later are watched too: every one, or those that a name means then, such as the tables of a VRF that
 * was deleted and made again. `current=true` tells first what is there.
 */
import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { Table } from '../../rib/table.ts'
import { ApiError } from './api-error.ts'
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
  /** Open watches, and which tables each of them means now; undefined: every one. */
  const open = new Map<RouteWatch, (() => Table[]) | undefined>()
  node.rib.onInstance((instance, event) => {
    if (event !== 'added') return
    for (const [watch, wanted] of open) {
      const tables = wanted ? stillNamed(wanted) : [instance.inet, instance.inet6]
      for (const table of tables) watch.add(table, 'head')
    }
  })

  server.get<{ Querystring: Parameters }>(
    '/v1/watch',
    { schema: { querystring: parameters } },
    async (request, reply) => {
      const { table: names, current = false, ...rest } = request.query
      const watch = new RouteWatch(node, parseRouteQuery(rest))
      const selections = names?.length ? names.map((table) => ({ ...rest, table })) : [rest]
      const wanted = (): Table[] => selections.flatMap((selection) => selectTables(node.rib, selection))
      for (const table of wanted()) watch.add(table, current ? 'head' : 'tail')
      const isEvery = !names?.length && rest.vrf === undefined && rest.family === undefined
      open.set(watch, isEvery ? undefined : wanted)
      request.raw.socket.setNoDelay(true)
      reply.raw.on('close', () => {
        open.delete(watch)
        watch.close()
      })
      reply.type(contentTypes.ndjson)
      return reply.send(Readable.from(watch.lines(), { objectMode: false }))
    },
  )
}

/** A name may mean nothing for a while, or more than one VRF. */
function stillNamed(wanted: () => Table[]): Table[] {
  try {
    return wanted()
  } catch (error) {
    if (error instanceof ApiError) return []
    throw error
  }
}
