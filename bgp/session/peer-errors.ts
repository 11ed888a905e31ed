/**
 * What an operator sees of a peer's errors: a snapshot of its journal, made on demand.
 */
import { attributeName } from '../wire/attribute-rows.ts'
import type { ErrorJournal, Reaction } from './error-journal.ts'
import { hexOf } from './error-log.ts'
import type { ErrorLog } from './error-log.ts'

export interface PeerErrors {
  readonly name: string
  /** Errors by kind, since the peer was configured. */
  readonly counts: Readonly<Record<string, number>>
  readonly attributes: readonly AttributeErrors[]
  /** The newest first. */
  readonly last: readonly LastError[]
}

export interface AttributeErrors {
  /** `AS_PATH`; empty for errors that concern no attribute. */
  readonly attribute: string
  /** Times it was left out, its routes were withdrawn, and the session ended. */
  readonly discarded: number
  readonly withdrawn: number
  readonly resets: number
}

export interface LastError {
  /** Clock time; only differences mean anything. */
  readonly atMs: number
  readonly error: string
  readonly clause: string
  readonly attribute: string
  readonly reaction: Reaction
  readonly detail: string
  /** Octets of the message's body, and the first of them in hex. */
  readonly length: number
  readonly hex: string
}

/** The snapshot. */
export function peerErrors(name: string, log: ErrorLog): PeerErrors {
  const { journal } = log
  return {
    name,
    counts: Object.fromEntries(log.counts()),
    attributes: attributeErrors(journal),
    last: journal.records().map((record) => ({
      atMs: record.atMs,
      error: record.code,
      clause: record.clause,
      attribute: nameOf(record.attributeType),
      reaction: record.reaction,
      detail: record.detail,
      length: record.length,
      hex: hexOf(record.octets, 0, record.octets.length),
    })),
  }
}

function attributeErrors(journal: ErrorJournal): AttributeErrors[] {
  return journal
    .tallies()
    .map(({ attributeType, ...counts }) => ({ attribute: nameOf(attributeType), ...counts }))
}

function nameOf(attributeType: number | undefined): string {
  return attributeType === undefined ? '' : attributeName(attributeType)
}
