/**
 * KEEPALIVE (RFC 4271 §4.4): the header and nothing else, so one constant serves every session.
 */
import { MessageType } from './iana.ts'
import { finishMessage, messageWriter } from './writer.ts'

/** The whole message. Shared: never modify. */
export const keepalive: Uint8Array = finishMessage(messageWriter(), MessageType.keepalive)
