/**
 * The HTTP API, on loopback unless configured otherwise: read-only views, two actions, streams. It bounds what a client
 * may send and how long it may take to; a slow reader only holds its own answer.
 *
 * The API knows no users: whoever reaches it may read, and whoever sits on this machine may act. So a web page of
 * elsewhere must not reach it through the operator's browser: on loopback, names that are no address and not localhost are
 * refused (DNS rebinding), and so is an action that a foreign page asks for.
 */
import { http } from '../node-http.ts'
import type { AddressInfo, Socket } from 'node:net'
import fastify from 'fastify'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Log } from '../../rib/log.ts'
import type { Endpoint } from '../config/address.ts'
import { ApiError, errorDocument } from './api-error.ts'
import type { ErrorDocument } from './api-error.ts'
import type { ControlNode } from './control-node.ts'
import { refuseForeign } from './foreign-request.ts'
import { registerActions } from './action-routes.ts'
import { registerRoutes } from './rib-routes.ts'
import { registerState } from './state-routes.ts'
import { registerWatch } from './watch-route.ts'

const MAX_BODY_OCTETS = 64 * 1024
const MAX_HEADER_OCTETS = 16 * 1024
const MAX_CONNECTIONS = 512
/** The longest name a document can have, and more than any other name in a path. */
const MAX_NAME_LENGTH = 253
const REQUEST_TIMEOUT_MS = 10_000
const KEEP_ALIVE_MS = 5_000

export interface ApiOptions {
  readonly node: ControlNode
  readonly version: string
  readonly log: Log
}

export class ApiServer {
  readonly #options: ApiOptions
  readonly #servers: FastifyInstance[] = []

  constructor(options: ApiOptions) {
    this.#options = options
  }

  /** Listens on all of them, or on none: port 0 is any. */
  async listen(endpoints: readonly Endpoint[]): Promise<void> {
    try {
      for (const { host, port } of endpoints) {
        const server = this.#build()
        this.#servers.push(server)
        await server.listen({ host, port })
      }
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** The endpoints in use. */
  endpoints(): Endpoint[] {
    return this.#servers.map((server) => {
      const { address, port } = server.server.address() as AddressInfo
      return { host: address, port }
    })
  }

  /** Ends streams that would never end by themselves, too. */
  async close(): Promise<void> {
    await Promise.all(this.#servers.splice(0).map((server) => server.close()))
  }

  #build(): FastifyInstance {
    const server = fastify({
      logger: false,
      exposeHeadRoutes: false,
      bodyLimit: MAX_BODY_OCTETS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      forceCloseConnections: true,
      http: { maxHeaderSize: MAX_HEADER_OCTETS, headersTimeout: REQUEST_TIMEOUT_MS },
      routerOptions: { maxParamLength: MAX_NAME_LENGTH },
      // What cannot be read as a request at all gets an answer of the usual form too.
      frameworkErrors: (error, request, reply) => void this.#answerError(error, request, reply),
      clientErrorHandler: answerUnreadable,
      // An unknown parameter is an error, not something to drop silently.
      ajv: { customOptions: { removeAdditional: false, coerceTypes: 'array' } },
    })
    server.server.maxConnections = MAX_CONNECTIONS
    server.addHook('onRequest', async (request) => refuseForeign(request))
    server.setErrorHandler(async (error: Error, request, reply) => this.#answerError(error, request, reply))
    server.setNotFoundHandler(async (request, reply) =>
      reply
        .code(404)
        .send(
          errorDocument(
            'unknown-path',
            `${request.method} ${request.url.split('?')[0]} is not here`,
            API_HINT,
          ),
        ),
    )
    registerState(server, this.#options)
    registerRoutes(server, this.#options.node)
    registerWatch(server, this.#options.node)
    registerActions(server, this.#options)
    return server
  }

  #answerError(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    if (error instanceof ApiError) {
      return reply.code(error.statusCode).send(errorDocument(error.code, error.message, error.hint))
    }
    const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500
    if (status < 500) {
      return reply.code(status).send(refusalOf(error))
    }
    this.#options.log.error('api.failure', { url: request.url, error: error.stack ?? error.message })
    return reply.code(500).send(errorDocument('internal', 'the daemon failed to answer', 'Its log says why.'))
  }
}

/** What is wrong with a request, in the words of whatever found it; a parameter by its name. */
function refusalOf(error: Error & Partial<Pick<FastifyError, 'validation'>>): ErrorDocument {
  const [fault] = error.validation ?? []
  if (!fault) return errorDocument('bad-request', error.message)
  const unknown = fault.params['additionalProperty']
  const message =
    typeof unknown === 'string'
      ? `there is no parameter ${JSON.stringify(unknown)}`
      : `${fault.instancePath.slice(1).replaceAll('/', ' ')}: ${fault.message}`
  return errorDocument('bad-parameter', message)
}

/** Answers octets that are no HTTP request, or one beyond the bounds, and hangs up. */
function answerUnreadable(error: Error & { readonly code?: string }, socket: Socket): void {
  if (!socket.writable) return void socket.destroy()
  const status =
    error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
  const reason = http().STATUS_CODES[status]!
  const body = JSON.stringify(errorDocument('bad-request', reason))
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n` +
      `Content-Type: application/json\r\n\r\n${body}`,
  )
}

const API_HINT =
  'GET /v1/status, /v1/peers, /v1/agents, /v1/vrfs, /v1/tables, /v1/routes and more: see the README.'
