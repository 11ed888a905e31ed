/**
 * What the process that reads the configuration says to the daemon, a message at a time and each only when asked for, so
 * that the daemon never has more to do with it than its event loop can spare:
 *
 *   next →  ← part (documents of one kind) ... next →  ← end, or refused
 */
import type { Documents } from './documents.ts'
import type { Reading } from './reading.ts'

/** Documents of one kind in one message: about a millisecond. */
export const PART_DOCUMENTS = 100

/** The kinds that come in any number. */
export type ListName = Exclude<keyof Documents, 'controlNode' | 'secrets'>

export interface PartMessage {
  readonly kind: 'part'
  readonly list: ListName
  readonly documents: readonly unknown[]
}

export interface EndMessage {
  readonly kind: 'end'
  readonly controlNode: Documents['controlNode']
  /** Passwords by their place: between a process and its own child they may be seen. */
  readonly secrets: readonly (readonly [string, Uint8Array])[]
}

export interface RefusedMessage {
  readonly kind: 'refused'
  readonly reading: Reading
}

export type ReaderMessage = PartMessage | EndMessage | RefusedMessage

/** Everything there is to say of a configuration, in order. */
export function* readerMessages(reading: Reading): Generator<ReaderMessage> {
  if (!reading.documents) {
    yield { kind: 'refused', reading }
    return
  }
  const { controlNode, secrets, ...lists } = reading.documents
  for (const [list, documents] of Object.entries(lists) as [ListName, readonly unknown[]][]) {
    for (let at = 0; at < documents.length; at += PART_DOCUMENTS) {
      yield { kind: 'part', list, documents: documents.slice(at, at + PART_DOCUMENTS) }
    }
  }
  yield { kind: 'end', controlNode, secrets: [...secrets].map(([place, { octets }]) => [place, octets]) }
}
