/**
 * What a peer sends wrong, logged so that an operator sees it and a hostile peer cannot fill the disk (RFC 7606 §6: log
 * what was received): the first few of a kind with their octets, later ones only at powers of two.
 */
import type { Log } from '../../rib/log.ts'
import type { WireError } from '../wire/wire-error.ts'

const ALWAYS = 4
const MAX_LOGGED_OCTETS = 512

export class ErrorLog {
  readonly #log: Log
  readonly #peer: string
  readonly #counts = new Map<string, number>()

  constructor(log: Log, peer: string) {
    this.#log = log
    this.#peer = peer
  }

  /** Errors by their code, since the peer was configured. */
  counts(): ReadonlyMap<string, number> {
    return this.#counts
  }

  /** Counts an error and logs it unless it has become too common. */
  note(error: WireError, octets: Uint8Array, start: number, end: number): void {
    const count = (this.#counts.get(error.code) ?? 0) + 1
    this.#counts.set(error.code, count)
    if (!isWorthLogging(count)) return
    this.#log.warn('bgp.malformed', {
      peer: this.#peer,
      error: error.code,
      clause: error.clause,
      detail: error.detail,
      attribute: error.attributeType,
      count,
      hex: hexOf(octets, start, end),
    })
  }
}

/** True for the first few of something and then at powers of two: what goes on for ever takes few lines. */
export function isWorthLogging(count: number): boolean {
  return count <= ALWAYS || (count & (count - 1)) === 0
}

/** Octets as hex, cut at what a log line should hold. */
export function hexOf(octets: Uint8Array, start: number, end: number): string {
  const to = Math.min(end, start + MAX_LOGGED_OCTETS)
  const text = Buffer.from(octets.buffer, octets.byteOffset + start, to - start).toString('hex')
  return to < end ? `${text}...` : text
}
