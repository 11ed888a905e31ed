/**
 * The sending side: the encoder that all agents of a VRF table share, and the member that one agent is in its groups.
 *
 *   batch -> items, then retracts, in message bodies -> every member's own head before each
 */
import type { Batch } from '../../rib/batch.ts'
import type { NextHop } from '../../rib/next-hop-sets.ts'
import type { PathSource } from '../../rib/path-source.ts'
import type { Rib } from '../../rib/rib.ts'
import type { RoutingInstance } from '../../rib/routing-instance.ts'
import type { Table } from '../../rib/table.ts'
import type { GroupEncoder, Member } from '../../rib/update-group.ts'
import { OctetWriter } from '../wire/octet-writer.ts'
import {
  beginItem,
  BODY_END,
  encodeBodyStart,
  encodeMessageHead,
  END_OF_RIB_BODY,
  endItem,
  MAX_ITEMS,
  MAX_RETRACTS,
  putNextHop,
  putRetract,
  renderItemParts,
} from '../wire/update-encode.ts'
import type { ItemParts } from '../wire/update-encode.ts'
import { encodeUtf8 } from '../wire/utf8.ts'
import type { Connection } from './connection.ts'
import type { AgentCounters } from './counters.ts'
import type { VirtualNetworks } from './virtual-networks.ts'

const endOfRibBody = encodeUtf8(END_OF_RIB_BODY)

/** What the encoders of all VRFs share: they work one after the other. */
export class EncodeContext {
  readonly rib: Rib
  readonly networks: VirtualNetworks
  readonly writer = new OctetWriter()
  /** Rendered parts by attribute set, of the batch at hand; undefined where agents cannot use the set. */
  readonly parts = new Map<number, ItemParts | undefined>()

  constructor(rib: Rib, networks: VirtualNetworks) {
    this.rib = rib
    this.networks = networks
  }
}

/** Renders the batches of one table's agents. */
export class AgentGroupEncoder implements GroupEncoder {
  readonly #context: EncodeContext
  readonly #instance: RoutingInstance
  readonly #bodyStart: Uint8Array
  readonly #table: Table
  #frames: Uint8Array[] = []
  /** Items or retracts in the message that is being written. */
  #inMessage = 0

  constructor(context: EncodeContext, instance: RoutingInstance, table: Table) {
    this.#context = context
    this.#instance = instance
    this.#table = table
    this.#bodyStart = encodeBodyStart(table.family, instance.name)
  }

  encode(batch: Batch): readonly Uint8Array[] {
    const { networks, parts } = this.#context
    networks.refresh()
    this.#frames = []
    const unusable = this.#putItems(batch)
    this.#endMessage()
    // What agents cannot use must not stay with them as it was before.
    for (const row of unusable) this.#putRetract(row)
    for (let i = 0; i < batch.unreachCount; i++) this.#putRetract(batch.unreachRoutes[i]!)
    this.#endMessage()
    parts.clear()
    const frames = this.#frames
    this.#frames = []
    return frames
  }

  /** Returns the routes that agents cannot use. */
  // hot: one iteration per route offered
  #putItems(batch: Batch): readonly number[] {
    const { rib } = this.#context
    let unusable: number[] | undefined
    for (let i = 0; i < batch.reachCount; i++) {
      const row = batch.reachRoutes[i]!
      const want = batch.reachWants[i]!
      const label = batch.reachLabels[i]!
      const isUsable =
        want < 0 ? this.#putEqualCost(row, rib.nextHops(want, label)) : this.#putSingle(row, want, label)
      if (!isUsable) (unusable ??= []).push(row)
    }
    return unusable ?? none
  }

  /** A route with one next hop; false when agents cannot use it. */
  #putSingle(row: number, attrsId: number, label: number): boolean {
    const parts = label === 0 ? undefined : this.#partsOf(attrsId)
    if (!parts) return false
    this.#beginItem(row)
    putNextHop(this.#context.writer, parts, label)
    this.#endItem(parts)
    return true
  }

  #putEqualCost(row: number, nextHops: readonly NextHop[]): boolean {
    let best: ItemParts | undefined
    for (const { attrs, label } of nextHops) {
      const parts = label === 0 ? undefined : this.#partsOf(attrs.id)
      if (!parts) continue
      if (!best) this.#beginItem(row)
      best ??= parts
      putNextHop(this.#context.writer, parts, label)
    }
    if (best) this.#endItem(best)
    return best !== undefined
  }

  #beginItem(row: number): void {
    this.#beginMessage()
    beginItem(this.#context.writer, this.#table.family, this.#table.rows, row * this.#table.stride)
  }

  #endItem(best: ItemParts): void {
    endItem(this.#context.writer, best)
    if (++this.#inMessage === MAX_ITEMS) this.#endMessage()
  }

  #putRetract(row: number): void {
    this.#beginMessage()
    putRetract(this.#context.writer, this.#table.family, this.#table.rows, row * this.#table.stride)
    if (++this.#inMessage === MAX_RETRACTS) this.#endMessage()
  }

  #beginMessage(): void {
    if (this.#inMessage === 0) this.#context.writer.put(this.#bodyStart)
  }

  #endMessage(): void {
    if (this.#inMessage === 0) return
    const { writer } = this.#context
    writer.put(BODY_END)
    this.#frames.push(writer.take())
    this.#inMessage = 0
  }

  #partsOf(attrsId: number): ItemParts | undefined {
    const { parts, rib, networks } = this.#context
    const known = parts.get(attrsId)
    if (known !== undefined || parts.has(attrsId)) return known
    const attrs = rib.attrs.get(attrsId)
    const rendered = renderItemParts(attrs, networks.nameOf(attrs, this.#instance), rib.options.localAs)
    parts.set(attrsId, rendered)
    return rendered
  }
}

const none: readonly never[] = []

/** Who hears of what a member does. */
export interface MemberListener {
  onSent(): void
  /** The transport takes no more. */
  onBlocked(): void
}

/** One agent in the update groups of the tables it subscribed to. There is no split horizon: it needs its own routes. */
export class AgentMember implements Member {
  readonly source: PathSource
  readonly filtersByTarget = false
  readonly #head: Uint8Array
  readonly #connection: Connection
  readonly #counters: AgentCounters
  /** Tables whose first dump is under way. */
  readonly #unsynced = new Set<Table>()
  readonly #listener: MemberListener

  constructor(source: PathSource, connection: Connection, counters: AgentCounters, listener: MemberListener) {
    this.source = source
    this.#head = encodeUtf8(encodeMessageHead(source.name))
    this.#connection = connection
    this.#counters = counters
    this.#listener = listener
  }

  /** Every table it was put into has been written out. */
  get isSynced(): boolean {
    return this.#unsynced.size === 0
  }

  joined(table: Table): void {
    this.#unsynced.add(table)
  }

  left(table: Table): void {
    this.#unsynced.delete(table)
  }

  write(_table: Table, frames: readonly Uint8Array[]): boolean {
    this.#send(frames)
    this.#counters.add('updatesOut', frames.length)
    this.#listener.onSent()
    if (!this.#connection.isBlocked) return true
    this.#counters.add('outputBlocks')
    this.#listener.onBlocked()
    return false
  }

  onSynced(table: Table): void {
    this.#unsynced.delete(table)
  }

  sendEndOfRib(): void {
    this.#send([endOfRibBody])
    this.#counters.add('endOfRibsOut')
  }

  #send(frames: readonly Uint8Array[]): void {
    let octets = frames.length * this.#head.length
    for (const frame of frames) octets += frame.length
    this.#counters.add('octetsOut', octets)
    this.#connection.writeFrames(this.#head, frames)
  }
}
