/**
 * UTF-8, strictly (RFC 6120 §11.6): no overlong forms, no surrogates, and no byte order mark swallowed.
 */
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** The text of UTF-8 octets; undefined when they are not UTF-8. */
// hot: once per stanza
export function decodeUtf8(octets: Uint8Array): string | undefined {
  // Lenient decoding is several times faster; only a text with a replacement character needs the strict answer.
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('utf8')
  if (!text.includes('\ufffd')) return text
  try {
    return strict.decode(octets)
  } catch {
    return undefined
  }
}

/**
 * A copy of at most so many characters that stands for itself. A part of a text keeps the whole of it alive in V8, so
 * whatever outlives a stanza of up to a megabyte is copied.
 */
export function ownText(text: string, maxLength: number): string {
  return Buffer.from(text.slice(0, maxLength)).toString('utf8')
}

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text)
}
