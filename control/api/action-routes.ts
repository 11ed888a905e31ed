/**
 * The two things an operator may ask a running daemon to do: reset a peer's session, and read its configuration again.
 */
import type { FastifyInstance } from 'fastify'
import { StateDirError } from '../state-dir.ts'
import { ApiError } from './api-error.ts'
import type { ApiOptions } from './api-server.ts'
import { peerNamed, unknownPeer } from './peer-names.ts'

export function registerActions(server: FastifyInstance, { node, log }: ApiOptions): void {
  server.post<{ Params: { name: string } }>('/v1/peers/:name/clear', async (request) => {
    const { name } = request.params
    const peer = peerNamed(node, name)
    if (!node.clearPeer(peer)) throw unknownPeer(name)
    log.info('api.peerCleared', { peer, by: 'api' })
    return { cleared: peer }
  })

  server.post('/v1/reload', async () => {
    const { applied, problems, changes } = await node.reload().catch(stateNotSaved)
    if (applied) return { applied, changes }
    throw new ApiError(
      422,
      'bad-configuration',
      problems.join('\n'),
      'Nothing was changed. See `heddle check -c FILE`.',
    )
  })
}

/** Nothing was changed, and whoever runs the daemon has to do something: the message says what. */
function stateNotSaved(error: unknown): never {
  if (error instanceof StateDirError)
    throw new ApiError(503, 'state-not-saved', error.message, 'Nothing was changed.')
  throw error
}
