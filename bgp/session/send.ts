/**
 * The sending side of a session: the encoder that an update group shares, and the member that one peer is in it.
 *
 *   batch -> routes brought together by attributes -> UPDATEs, in few pieces -> every member's socket
 */
import type { AttrTable } from '../../rib/attr-table.ts'
import type { Batch } from '../../rib/batch.ts'
import type { PathSource } from '../../rib/path-source.ts'
import type { Table } from '../../rib/table.ts'
import type { GroupEncoder, Member } from '../../rib/update-group.ts'
import { messageCount, MessagePieces } from '../wire/message-pieces.ts'
import { OutputSlabs } from '../wire/output-slabs.ts'
import { UpdateEncoder } from '../wire/update-encode.ts'
import type { EncodeOptions } from '../wire/update-encode.ts'
import type { Connection } from './connection.ts'
import type { PeerCounters } from './counters.ts'
import { PackOrder } from './pack-order.ts'

/** Routes and paths of a batch, in the order of their messages. */
interface Nlri {
  words: Int32Array
  offsets: Int32Array
  labels: Int32Array
  pathIds: Int32Array
  from: number
}

/** Encodes the batches of one update group. */
export class BgpGroupEncoder implements GroupEncoder {
  readonly #attrs: AttrTable
  readonly #encoder: UpdateEncoder
  readonly #pack = new PackOrder()
  readonly #pieces = new MessagePieces()
  readonly #slabs = new OutputSlabs()
  readonly #nlri: Nlri = {
    words: new Int32Array(0),
    offsets: new Int32Array(2_048),
    labels: new Int32Array(2_048),
    pathIds: new Int32Array(0),
    from: 0,
  }

  constructor(attrs: AttrTable, options: EncodeOptions) {
    this.#attrs = attrs
    this.#encoder = new UpdateEncoder(options, this.#slabs)
  }

  encode(batch: Batch): readonly Uint8Array[] {
    this.#slabs.beginBatch()
    this.#nlri.words = batch.table.rows
    const hasPathIds = batch.reachPathIds.length + batch.unreachPathIds.length > 0
    this.#fit(Math.max(batch.reachCount, batch.unreachCount), hasPathIds)
    // A floating IP that moves is another VPN route (its RD names the compute node): the new one goes before the old.
    this.#encodeReach(batch)
    this.#encodeUnreach(batch)
    return this.#pieces.take()
  }

  releaseAttributes(): void {
    this.#encoder.releaseAttributes()
  }

  #encodeReach(batch: Batch): void {
    const { reachCount, reachRoutes, reachWants, reachLabels, reachPathIds, table } = batch
    if (reachCount === 0) return
    const nlri = this.#nlri
    this.#pack.arrange(reachWants, reachCount)
    const { order } = this.#pack
    for (let i = 0; i < reachCount; i++) {
      const at = order[i]!
      nlri.offsets[i] = reachRoutes[at]! * table.stride
      nlri.labels[i] = reachLabels[at]!
    }
    if (reachPathIds.length > 0)
      for (let i = 0; i < reachCount; i++) nlri.pathIds[i] = reachPathIds[order[i]!]!
    for (let from = 0; from < reachCount;) {
      const want = reachWants[order[from]!]!
      let to = from + 1
      while (to < reachCount && reachWants[order[to]!] === want) to++
      nlri.from = from
      this.#encoder.reach(this.#pieces, table.family, this.#attrs.get(want), nlri, to - from)
      from = to
    }
  }

  #encodeUnreach(batch: Batch): void {
    const { unreachCount, unreachRoutes, unreachPathIds, table } = batch
    if (unreachCount === 0) return
    for (let i = 0; i < unreachCount; i++) this.#nlri.offsets[i] = unreachRoutes[i]! * table.stride
    if (unreachPathIds.length > 0) this.#nlri.pathIds.set(unreachPathIds.subarray(0, unreachCount))
    this.#nlri.from = 0
    this.#encoder.unreach(this.#pieces, table.family, this.#nlri, unreachCount)
  }

  #fit(count: number, hasPathIds: boolean): void {
    if (hasPathIds && count > this.#nlri.pathIds.length) this.#nlri.pathIds = new Int32Array(count * 2)
    if (count <= this.#nlri.offsets.length) return
    this.#nlri.offsets = new Int32Array(count * 2)
    this.#nlri.labels = new Int32Array(count * 2)
  }
}

export interface MemberTransport {
  readonly connection: Connection
  readonly counters: PeerCounters
  /** What tells the peer that all of the table has been written. */
  readonly endMarker: (table: Table) => Uint8Array
  /** All of the table, and its End-of-RIB, has been written. */
  readonly afterSync: (table: Table) => void
}

/** One peer in the update groups of its tables. */
export class BgpMember implements Member {
  readonly source: PathSource
  readonly filtersByTarget: boolean
  readonly #connection: Connection
  readonly #counters: PeerCounters
  readonly #endMarker: (table: Table) => Uint8Array
  readonly #afterSync: (table: Table) => void

  constructor(source: PathSource, filtersByTarget: boolean, transport: MemberTransport) {
    this.source = source
    this.filtersByTarget = filtersByTarget
    this.#connection = transport.connection
    this.#counters = transport.counters
    this.#endMarker = transport.endMarker
    this.#afterSync = transport.afterSync
  }

  write(_table: Table, frames: readonly Uint8Array[]): boolean {
    for (const frame of frames) {
      const messages = messageCount(frame)
      this.#counters.updatesOut += messages
      this.#counters.messagesOut += messages
      this.#counters.octetsOut += frame.length
    }
    this.#connection.writeAll(frames)
    if (this.#connection.isBlocked) this.#counters.outputBlocks++
    return !this.#connection.isBlocked
  }

  onSynced(table: Table): void {
    this.write(table, [this.#endMarker(table)])
    this.#afterSync(table)
  }
}
