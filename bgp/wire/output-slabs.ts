/**
 * The slabs that messages are encoded into (message-pieces.ts), used again once every socket has taken what they hold: a
 * table that goes out then passes through the same few pages, instead of touching as many as it has octets.
 *
 *   current ──full──► left ──next batch──► retired ──no socket uses it──► free ──► current
 *
 * Pieces of one batch are handed to all members before the next batch is encoded, so whoever uses a slab is known then.
 */
const SLAB_LENGTH = 1 << 16

/** Slabs that are kept for later, of all groups together: what a turn fills. */
const MAX_FREE = 16

const free: Slab[] = []

/** Slabs by their memory, for whoever has a piece of one. */
const slabs = new WeakMap<ArrayBufferLike, Slab>()

class Slab {
  /** Not zeroed: every octet of a message is written before it is handed out. */
  readonly octets = new Uint8Array(Buffer.allocUnsafeSlow(SLAB_LENGTH).buffer)
  /** Nothing is added to it any more, and whoever was to have a piece of it has it. */
  isRetired = false
  #uses = 0

  constructor() {
    slabs.set(this.octets.buffer, this)
  }

  use(): void {
    this.#uses++
  }

  /** One use less; a function of its own, for sockets. */
  readonly release = (): void => {
    this.#uses--
    this.recycle()
  }

  recycle(): void {
    if (this.#uses > 0 || !this.isRetired) return
    this.isRetired = false
    if (free.length < MAX_FREE) free.push(this)
  }
}

/** A socket begins to use a piece; what it calls when it has taken the octets. */
export function useOfPiece(piece: Uint8Array): (() => void) | undefined {
  const slab = slabs.get(piece.buffer)
  slab?.use()
  return slab?.release
}

/** The slabs of one encoder. */
export class OutputSlabs {
  #current: Slab | undefined
  readonly #left: Slab[] = []

  /** The pieces of the batch before are where they belong. */
  beginBatch(): void {
    for (let slab = this.#left.pop(); slab; slab = this.#left.pop()) {
      slab.isRetired = true
      slab.recycle()
    }
  }

  /** A slab in place of one that has no room left. */
  next(): Uint8Array {
    if (this.#current) this.#left.push(this.#current)
    this.#current = free.pop() ?? new Slab()
    return this.#current.octets
  }
}

/** One that is not used again, for an encoder that keeps what it has made. */
export function singleSlab(): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(SLAB_LENGTH).buffer)
}
