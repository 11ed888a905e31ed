/**
 * The sending side: the encoder that all agents of a VRF table share, and the member that one agent is in its groups.
 *
 *   batch -> retracts, then items, in message bodies -> every member's own head before each
 */
import type { Batch } from '../../rib/batch.ts'
import { formatRouteKey } from '../../rib/model/route-key.ts'
import type { PathSource } from '../../rib/path-source.ts'
import type { Rib } from '../../rib/rib.ts'
import type { RoutingInstance } from '../../rib/routing-instance.ts'
import type { Table } from '../../rib/table.ts'
import type { GroupEncoder, Member } from '../../rib/update-group.ts'
import {
  encodeItem,
  encodeMessageHead,
  encodeRetract,
  encodeUpdateBody,
  END_OF_RIB_BODY,
  isUsableByAgents,
  MAX_ITEMS,
  MAX_RETRACTS,
} from '../wire/update-encode.ts'
import type { OfferedNextHop } from '../wire/update-encode.ts'
import { encodeUtf8 } from '../wire/utf8.ts'
import type { Connection } from './connection.ts'
import type { AgentCounters } from './counters.ts'
import type { VirtualNetworks } from './virtual-networks.ts'

const endOfRibBody = encodeUtf8(END_OF_RIB_BODY)

/** Renders the batches of one table's agents. */
export class AgentGroupEncoder implements GroupEncoder {
  readonly #rib: Rib
  readonly #instance: RoutingInstance
  readonly #networks: VirtualNetworks

  constructor(rib: Rib, instance: RoutingInstance, networks: VirtualNetworks) {
    this.#rib = rib
    this.#instance = instance
    this.#networks = networks
  }

  encode(batch: Batch): readonly Uint8Array[] {
    this.#networks.refresh()
    const retracts: string[] = []
    for (let i = 0; i < batch.unreachCount; i++) {
      retracts.push(encodeRetract(this.#prefix(batch.table, batch.unreachRoutes[i])))
    }
    const items: string[] = []
    for (let i = 0; i < batch.reachCount; i++) {
      const prefix = this.#prefix(batch.table, batch.reachRoutes[i])
      const nextHops = this.#usableNextHops(batch.reachWants[i], batch.reachLabels[i])
      // What agents cannot use must not stay with them as it was before.
      if (nextHops.length === 0) retracts.push(encodeRetract(prefix))
      else items.push(encodeItem(batch.table.family, prefix, nextHops, this.#rib.options.localAs))
    }
    const frames: Uint8Array[] = []
    this.#pack(frames, batch.table, retracts, MAX_RETRACTS)
    this.#pack(frames, batch.table, items, MAX_ITEMS)
    return frames
  }

  #prefix(table: Table, row: number): string {
    return formatRouteKey(table.family, table.rows, row * table.stride)
  }

  #usableNextHops(want: number, label: number): OfferedNextHop[] {
    const usable: OfferedNextHop[] = []
    for (const { attrs, label: hopLabel } of this.#rib.nextHops(want, label)) {
      if (!isUsableByAgents(attrs, hopLabel)) continue
      usable.push({ attrs, label: hopLabel, virtualNetwork: this.#networks.nameOf(attrs, this.#instance) })
    }
    return usable
  }

  #pack(frames: Uint8Array[], table: Table, parts: readonly string[], limit: number): void {
    for (let from = 0; from < parts.length; from += limit) {
      const content = parts.slice(from, from + limit).join('')
      frames.push(encodeUtf8(encodeUpdateBody(table.family, this.#instance.name, content)))
    }
  }
}

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
