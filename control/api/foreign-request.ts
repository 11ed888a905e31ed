/**
 * Requests that the API refuses whatever they ask for: a name that is not ours on loopback, an action from another
 * machine, an action that a page of elsewhere sends through a browser.
 */
import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { ApiError } from './api-error.ts'

/** What the decision needs of a request. */
export interface RequestFacts {
  readonly method: string
  /** Host header, with and without the port. */
  readonly host: string
  readonly hostname: string
  readonly origin: string | undefined
  readonly localAddress: string
  readonly remoteAddress: string
}

export function refuseForeign(request: FastifyRequest): void {
  const { localAddress = '', remoteAddress = '' } = request.socket
  const { method, host, hostname, headers } = request
  const refusal = refusalOf({ method, host, hostname, origin: headers.origin, localAddress, remoteAddress })
  if (refusal) throw refusal
}

/** Why the request is refused; undefined when it is not. */
export function refusalOf(facts: RequestFacts): ApiError | undefined {
  const name = facts.hostname.replace(/^\[|\]$/g, '')
  if (isLoopback(facts.localAddress) && isIP(name) === 0 && name !== 'localhost') {
    return new ApiError(
      403,
      'foreign-host',
      `${JSON.stringify(name)} is no name of this API`,
      'Use its address.',
    )
  }
  if (facts.method === 'GET') return undefined
  if (!isLoopback(facts.remoteAddress)) {
    return new ApiError(
      403,
      'remote-action',
      'from another machine the API may only be read',
      'Ask on the machine itself.',
    )
  }
  if (facts.origin !== undefined && facts.origin !== `http://${facts.host}`) {
    return new ApiError(403, 'foreign-origin', `a page of ${JSON.stringify(facts.origin)} may not do this`)
  }
  return undefined
}

function isLoopback(address: string): boolean {
  return /^(::ffff:)?127\./.test(address) || address === '::1'
}
