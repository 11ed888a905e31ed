/**
 * The opening of a stream, with and without STARTTLS (agent-channel reference 1.3, 1.4). Stock agents compare text, so
 * attribute order (xmlns:stream last), blanks and line ends are part of the protocol.
 *
 *   agent -> stream open          node -> answer [+ features]
 *   agent -> starttls             node -> proceed             TLS, then stream open and answer again
 */
import { escapeAttribute } from './escape.ts'
import { CONTROL_NODE_JID, STREAMS_NAMESPACE, TLS_NAMESPACE } from './names.ts'
import { StreamError } from './stream-error.ts'
import { ownText } from './utf8.ts'
import { parseElement } from './xml-parser.ts'

/** Characters of a host name (RFC 1035 §2.3.4). */
const MAX_NAME_LENGTH = 255

export interface StreamHeader {
  readonly from: string
  readonly to: string
  /** Agents put their sub-cluster's name here, empty when they have none. */
  readonly subCluster: string
}

/** The keepalive: U+0200, which no stanza contains (agent-channel reference 1.5). */
export const KEEPALIVE = '\u0200'

export const STREAM_FEATURES =
  '<?xml version="1.0"?>\n<stream:features>\n' +
  `<starttls xmlns="${TLS_NAMESPACE}">\n<required />\n</starttls>\n</stream:features>\n`

export const START_TLS = `<?xml version="1.0"?>\n<starttls xmlns="${TLS_NAMESPACE}" />\n`

export const PROCEED = `<?xml version="1.0"?>\n<proceed xmlns="${TLS_NAMESPACE}" />\n`

/** Reads the start tag of a stream, as the framer gives it. */
export function decodeStreamHeader(text: string): StreamHeader | StreamError {
  const element = parseElement(`${text.slice(0, -1)}/>`)
  if (element instanceof StreamError) return element
  // RFC 6120 §4.9.3.10
  if (element.attribute('xmlns:stream') !== STREAMS_NAMESPACE) {
    return new StreamError('invalid-namespace', 'xmlns:stream')
  }
  const from = element.attribute('from') ?? ''
  if (!isAgentName(from)) return new StreamError('invalid-from', 'no name, or one that cannot be')
  // The only part of the header that outlives it.
  const name = ownText(from, MAX_NAME_LENGTH)
  return { from: name, to: element.attribute('to') ?? '', subCluster: element.attribute('xmlns') ?? '' }
}

/** A name that can be part of the address `<name>/bgp-peer`. */
function isAgentName(name: string): boolean {
  return name !== '' && name.length <= MAX_NAME_LENGTH && !/[\s/\p{Cc}]/u.test(name)
}

/** What an agent opens its stream with. */
export function encodeStreamOpen(from: string, subCluster = ''): string {
  return (
    `<stream:stream from="${escapeAttribute(from)}" to="${CONTROL_NODE_JID}" version="1.0" xml:lang="en" ` +
    `xmlns="${escapeAttribute(subCluster)}" xmlns:stream="${STREAMS_NAMESPACE}"  >`
  )
}

/** Our answer. The id is the constant of the field: nobody uses it. */
export function encodeStreamAnswer(from: string, to: string): string {
  return (
    `<stream:stream from="${escapeAttribute(from)}" to="${escapeAttribute(to)}" id="++123" version="1.0" ` +
    `xml:lang="en" xmlns="jabber:client" xmlns:stream="${STREAMS_NAMESPACE}"  >`
  )
}
