/**
 * Encoded messages on their way to sockets. The encoder fills slabs from the front, so messages of one batch lie one
 * behind the other; what lies together leaves as one piece of octets, without a copy and without an object per message.
 *
 *   slab   ...sent | message | message | message | ...free...      one piece, three messages
 */

/** Takes encoded messages: octets [start, end) of a slab (output-slabs.ts). */
export interface MessageSink {
  add(slab: Uint8Array, start: number, end: number): void
}

/** Messages of the pieces that hold several: several members write a piece, and each counts them. */
const messagesIn = new WeakMap<Uint8Array, number>()

/** Messages in a piece of octets. */
export function messageCount(piece: Uint8Array): number {
  return messagesIn.get(piece) ?? 1
}

const noOctets = new Uint8Array(0)

export class MessagePieces implements MessageSink {
  private pieces: Uint8Array[] = []
  private slab: Uint8Array = noOctets
  private start = 0
  private end = 0
  private count = 0

  // hot: once per message
  add(slab: Uint8Array, start: number, end: number): void {
    if (slab !== this.slab || start !== this.end) {
      this.close()
      this.slab = slab
      this.start = start
    }
    this.end = end
    this.count++
  }

  /** The pieces so far, in order. */
  take(): Uint8Array[] {
    this.close()
    const { pieces } = this
    this.pieces = []
    return pieces
  }

  private close(): void {
    if (this.count === 0) return
    const { slab, start, end } = this
    const piece = new Uint8Array(slab.buffer, slab.byteOffset + start, end - start)
    if (this.count > 1) messagesIn.set(piece, this.count)
    this.pieces.push(piece)
    this.count = 0
    // A message that follows at once, in the next batch, belongs to another piece.
    this.slab = noOctets
    this.end = 0
  }
}
