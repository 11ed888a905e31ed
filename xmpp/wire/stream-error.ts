/**
 * Errors that end a stream (RFC 6120 §4.9): values with the RFC's condition, never thrown. A stock agent knows no error
 * stanza; one that sends what is refused here is not a stock agent, so it is told why (RFC 6120 §4.9.1.1).
 */

/** Conditions of RFC 6120 §4.9.3 that are used here. */
export type StreamCondition =
  | 'bad-format'
  | 'conflict'
  | 'connection-timeout'
  | 'invalid-from'
  | 'invalid-namespace'
  | 'not-authorized'
  | 'not-well-formed'
  | 'policy-violation'
  | 'restricted-xml'
  | 'undefined-condition'
  | 'unsupported-encoding'
  | 'unsupported-feature'

export class StreamError {
  readonly condition: StreamCondition
  /** What was wrong, for the log and the operator; never an octet of the input beyond a name. */
  readonly detail: string

  constructor(condition: StreamCondition, detail: string) {
    this.condition = condition
    this.detail = detail
  }

  toString(): string {
    return `${this.condition}: ${this.detail}`
  }
}

/** The error as it is sent, with the end of the stream that must follow it (RFC 6120 §4.9.1.1). */
export function encodeStreamError(error: StreamError): string {
  return `<stream:error><${error.condition} xmlns="urn:ietf:params:xml:ns:xmpp-streams" /></stream:error></stream:stream>`
}
