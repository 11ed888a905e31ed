/**
 * GET /v1/routes: the routes of one, some or all tables that a query asks for, streamed.
 */
import type { FastifyInstance } from 'fastify'
import type { ControlNode } from './control-node.ts'
import { RouteDump } from './route-dump.ts'
import { matchKinds, parseRouteQuery } from './route-query.ts'
import type { RouteParameters } from './route-query.ts'
import { contentTypes, streamedBody } from './streamed-reply.ts'
import type { StreamFormat } from './streamed-reply.ts'
import { selectTables } from './table-names.ts'
import type { TableSelection } from './table-names.ts'

const text = { type: 'string', maxLength: 256 } as const

/** Parameters that name tables and prefixes: those of a watch as well. */
export const selectionParameters = {
  table: text,
  vrf: text,
  family: text,
  prefix: text,
  match: { type: 'string', enum: matchKinds },
  rd: text,
} as const

const parameters = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...selectionParameters,
    'route-target': text,
    'next-hop': text,
    community: text,
    peer: text,
    source: text,
    limit: { type: 'integer', minimum: 1 },
    format: { type: 'string', enum: ['json', 'ndjson'] },
  },
} as const

type Parameters = TableSelection & RouteParameters & { readonly format?: StreamFormat }

export function registerRoutes(server: FastifyInstance, node: ControlNode): void {
  server.get<{ Querystring: Parameters }>(
    '/v1/routes',
    { schema: { querystring: parameters } },
    async (request, reply) => {
      const { format = 'json', ...question } = request.query
      const query = parseRouteQuery(question)
      const tables = selectTables(node.rib, question)
      reply.type(contentTypes[format])
      return reply.send(streamedBody(new RouteDump(node, query).slices(tables), 'routes', format))
    },
  )
}
