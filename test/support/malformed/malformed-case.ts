/**
 * The corpus of fixtures/malformed: what a peer sends, and what the RFCs want heddle to do about it.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { compose } from './compose.ts'
import type { Setting } from './compose.ts'

/** `none`: nothing is wrong. `closed`: the peer's own NOTIFICATION ends the session, unanswered. */
export type Reaction = 'none' | 'attribute discard' | 'treat-as-withdraw' | 'session reset' | 'closed'

export interface MalformedCase {
  readonly id: string
  /** Unique in the corpus, and part of the case's routes. */
  readonly number: number
  readonly clause: string
  readonly says: string
  readonly peer: 'ibgp' | 'ebgp'
  /** Families that the peer offers; all unless given. */
  readonly families?: readonly string[]
  /** What its OPEN has or lacks beside the usual capabilities. */
  readonly session?: readonly ('as2' | 'noext' | 'norefresh' | 'enhanced' | 'paths')[]
  /** Established unless given. In OpenSent the message takes the place of the peer's OPEN. */
  readonly state?: 'OpenSent' | 'OpenConfirm'
  /** In the words of compose.ts; `hex` is what they mean. */
  readonly message: string
  readonly hex: string
  readonly reaction: Reaction
  /** Routes that the message brings: the observer gets them. */
  readonly routes?: readonly string[]
  /** Routes that the peer announced before, and that the message takes away. */
  readonly removed?: readonly string[]
  /** Routes that the observer never gets. */
  readonly absent?: readonly string[]
  /** Attributes of the routes as the observer gets them: type → value in hex, null where it is to be absent. */
  readonly attributes?: Readonly<Record<string, string | null>>
  /** Code and subcode of the NOTIFICATION, and its data where the RFC says what it is. */
  readonly notification?: { readonly code: number; readonly subcode: number; readonly data?: string }
  /** What is negotiated, where the message is an OPEN that is accepted. */
  readonly negotiated?: readonly string[]
}

const folder = new URL('../../../fixtures/malformed/', import.meta.url)

/** Files of the corpus, by name. */
export function malformedFiles(): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
}

/** The cases of one file. */
export function malformedCases(file: string): MalformedCase[] {
  return parse(readFileSync(new URL(file, folder), 'utf8')) as MalformedCase[]
}

/** The setting that a case's words depend on. */
export function settingOf({ peer, session = [], number }: MalformedCase): Setting {
  return { peer, as4: !session.includes('as2'), number }
}

/** Octets of a text in the case's words. */
export function octetsOf(one: MalformedCase, text: string): Uint8Array {
  return Buffer.from(compose(text, settingOf(one)), 'hex')
}
