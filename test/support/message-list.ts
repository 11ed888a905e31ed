/** Encoded messages one by one, for specs. */
import type { MessageSink } from '../../bgp/wire/message-pieces.ts'

export class MessageList extends Array<Uint8Array> implements MessageSink {
  add(slab: Uint8Array, start: number, end: number): void {
    this.push(slab.subarray(start, end))
  }
}
