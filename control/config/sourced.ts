/**
 * A document and where it stands, and the small questions that all checks between documents ask.
 */
import { addressValue } from './address-range.ts'
import type { AddressRange } from './address-range.ts'
import type { DocumentSource } from './document-source.ts'
import type { ConfigProblem, DocumentPath } from './problem.ts'
import type { AnyDocument, DocumentOf, Kind } from './schema.ts'

export interface Sourced<D> {
  readonly document: D
  readonly source: DocumentSource
}

export type SourcedDocument = Sourced<AnyDocument>

/** The documents of one kind. */
export function ofKind<K extends Kind>(
  documents: readonly SourcedDocument[],
  kind: K,
): Sourced<DocumentOf<K>>[] {
  return documents.filter((sourced) => sourced.document.kind === kind) as unknown as Sourced<DocumentOf<K>>[]
}

/** A problem for every item of a list that stands there already. */
export function repeated<T>(
  { source }: Sourced<unknown>,
  path: DocumentPath,
  items: readonly T[],
  keyOf: (item: T) => string,
): ConfigProblem[] {
  const keys = items.map(keyOf)
  return keys.flatMap((key, index) =>
    keys.indexOf(key) === index ? [] : [source.problem([...path, index], `${key} is listed twice`)],
  )
}

export function isWithin(address: Uint8Array, range: AddressRange): boolean {
  if (address.length !== range.first.length) return false
  const value = addressValue(address)
  return value >= addressValue(range.first) && value <= addressValue(range.last)
}

export function overlaps(a: AddressRange, b: AddressRange): boolean {
  return isWithin(a.first, b) || isWithin(b.first, a)
}
