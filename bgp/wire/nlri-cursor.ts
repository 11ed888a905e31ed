/**
 * The routes an UPDATE is to carry, and how far encoding has come. The encoders of the families write NLRI until the
 * message is full or the routes are at their end, and leave `index` at the first route not written.
 */

/** Route i (from..from+count of a call) is the key at words[offsets[i]], with labels[i] and pathIds[i]. */
export interface NlriSource {
  readonly words: Int32Array
  readonly offsets: Int32Array
  readonly labels: Int32Array
  /** Where the family has them (RFC 7911), by route as labels are. */
  readonly pathIds?: Int32Array | undefined
  readonly from: number
}

export class NlriCursor {
  source: NlriSource
  index: number
  end: number
  /** The routes are withdrawn: their labels are not sent (RFC 8277 §2.4). */
  isWithdrawn: boolean

  constructor() {
    const none = new Int32Array(0)
    this.source = { words: none, offsets: none, labels: none, from: 0 }
    this.index = 0
    this.end = 0
    this.isWithdrawn = false
  }

  start(source: NlriSource, count: number, isWithdrawn: boolean): void {
    this.source = source
    this.index = source.from
    this.end = source.from + count
    this.isWithdrawn = isWithdrawn
  }
}
