/**
 * What one agent may make us hold. No XML library has such limits, which is why the framer and the parser are our own
 * (reliability reference, bar B7). All are enforced while octets arrive, so that a stream without end ends early.
 */
export const limits = {
  /** Octets of one stanza, from `<` to the `>` of its end tag. */
  stanzaOctets: 1024 * 1024,
  /** Octets of one tag: the stream header too. */
  tagOctets: 64 * 1024,
  /** Elements inside one another, the stanza itself included. */
  depth: 32,
  attributes: 64,
  /** Elements of one stanza: a route has some forty. They take far more memory than their octets. */
  elements: 4_096,
  /** Characters of an element's or attribute's name. */
  nameLength: 255,
  /** Characters of other text between two stanzas that are skipped, as the field's receivers do, before it is too much. */
  strayOctets: 1024,
  /** Octets of an XML declaration. */
  declarationOctets: 128,
} as const
