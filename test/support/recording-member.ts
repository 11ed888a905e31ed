/** Members and encoders that keep what they were sent as text, so that a test can compare it with what it should be. */
import type { Batch } from '../../rib/batch.ts'
import type { PathSource } from '../../rib/path-source.ts'
import type { Rib } from '../../rib/rib.ts'
import { formatRouteKey } from '../../rib/model/route-key.ts'
import type { Table } from '../../rib/table.ts'
import type { GroupEncoder, Member } from '../../rib/update-group.ts'
import { attributesKey } from './attr-sets.ts'

type Change = [sign: '+' | '-', key: string, content: string]

/** Text of one want: the attributes' octets and labels, independent of ids. */
export function wantText(rib: Rib, want: number, label: number): string {
  return rib
    .nextHops(want, label)
    .map((hop) => `${Buffer.from(attributesKey(hop.attrs), 'latin1').toString('hex')}/${hop.label}`)
    .join(' ')
}

/** What tells apart what a member holds: the route, and the path where it has an identifier. */
export function pathKey(route: string, pathId: number | undefined): string {
  return pathId === undefined ? route : `${route} path ${pathId}`
}

export class TextEncoder implements GroupEncoder {
  readonly #rib: Rib
  encoded = 0

  constructor(rib: Rib) {
    this.#rib = rib
  }

  encode(batch: Batch): readonly Uint8Array[] {
    this.encoded++
    const { table } = batch
    const changes: Change[] = []
    const keyOf = (row: number, pathId: number | undefined): string =>
      pathKey(formatRouteKey(table.family, table.rows, row * table.stride), pathId)
    for (let i = 0; i < batch.reachCount; i++) {
      const content = wantText(this.#rib, batch.reachWants[i]!, batch.reachLabels[i]!)
      changes.push(['+', keyOf(batch.reachRoutes[i]!, batch.reachPathIds[i]), content])
    }
    for (let i = 0; i < batch.unreachCount; i++)
      changes.push(['-', keyOf(batch.unreachRoutes[i]!, batch.unreachPathIds[i]), ''])
    return [Buffer.from(JSON.stringify(changes))]
  }
}

export class RecordingMember implements Member {
  readonly source: PathSource
  readonly filtersByTarget: boolean
  /** What it holds: route key to content. */
  readonly held = new Map<string, string>()
  /** What it held before a refresh and has not been told about since. */
  readonly unconfirmed = new Set<string>()
  /** Breaches of the protocol between group and member. */
  readonly faults: string[] = []
  synced = 0
  received = 0
  /** Writes left until it says "full"; Infinity never does. */
  credit = Infinity
  readonly #turn: () => number
  #fullInTurn = -1

  /** `turn` tells turns apart: what belongs to the slice that filled the member may still come. */
  constructor(source: PathSource, filtersByTarget = false, turn: () => number = () => 0) {
    this.source = source
    this.filtersByTarget = filtersByTarget
    this.#turn = turn
  }

  write(_table: Table, frames: readonly Uint8Array[]): boolean {
    if (this.credit <= 0 && this.#turn() !== this.#fullInTurn) this.faults.push('written to while full')
    for (const frame of frames) {
      for (const [sign, key, content] of JSON.parse(Buffer.from(frame).toString()) as Change[]) {
        this.received++
        const wasUnconfirmed = this.unconfirmed.delete(key)
        if (sign === '+') this.held.set(key, content)
        else if (!this.held.delete(key) && !wasUnconfirmed)
          this.faults.push(`withdraw of ${key}, which it does not have`)
      }
    }
    this.credit--
    if (this.credit === 0) this.#fullInTurn = this.#turn()
    return this.credit > 0
  }

  /** It asked for everything again: what it holds has to be confirmed or withdrawn. */
  startRefresh(): void {
    for (const key of this.held.keys()) this.unconfirmed.add(key)
    this.held.clear()
  }

  onSynced(): void {
    this.synced++
  }
}
