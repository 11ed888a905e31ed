/**
 * How many routes a peer may bring, family by family. Counted is what the peer has sent and not withdrawn, used or not, as
 * Junos' prefix-limit and FRR's "maximum-prefix N force" count: it is what costs memory. Each path of a route counts
 * (RFC 7911), as it does in BIRD and FRR.
 *
 *        0 ───────────────► warnPercent ───────────► limit ─── the next one ──► reset     CEASE/1, idle for restartAfter
 *                           one log line                                        discard   dropped and counted
 *                                                                               warn      another log line
 *
 * A warning comes again only after the count has gone back well below: a peer at the edge does not fill the log.
 */
import type { Log } from '../../rib/log.ts'
import { families, familyAfi, familyName, familySafi } from '../../rib/model/family.ts'
import type { Family } from '../../rib/model/family.ts'
import type { PathInput, Table } from '../../rib/table.ts'
import type { NlriRun } from '../wire/nlri-run.ts'
import { CeaseError, ErrorCode } from '../wire/iana.ts'
import type { Notification } from '../wire/notification.ts'

export interface PrefixLimit {
  readonly family: Family
  readonly limit: number
  readonly warnPercent: number
  readonly action: 'reset' | 'discard' | 'warn'
  /** How long the peer stays idle after a reset; undefined: until the operator clears it. */
  readonly restartAfterSec: number | undefined
}

/** What an operator sees of one limit. */
export interface PrefixLimitView {
  readonly family: string
  readonly limit: number
  readonly warnPercent: number
  readonly action: string
  readonly restartAfterSec: number | 'never'
  readonly count: number
  readonly state: 'ok' | 'warning' | 'exceeded'
  /** Routes dropped since the session began. */
  readonly discarded: number
}

/** Part of a threshold below which the next crossing is news again. */
const REARM = 0.95

interface Gauge {
  readonly limit: PrefixLimit
  hasWarned: boolean
  hasExceeded: boolean
  discarded: number
}

/** The limits of one session. */
export class PrefixGauges {
  readonly #gauges: Gauge[]
  readonly #counts: Int32Array
  readonly #peer: string
  readonly #log: Log

  /** Counts by family, as the path source keeps them. */
  constructor(limits: readonly PrefixLimit[], counts: Int32Array, { peer, log }: { peer: string; log: Log }) {
    this.#gauges = limits.map((limit) => ({ limit, hasWarned: false, hasExceeded: false, discarded: 0 }))
    this.#counts = counts
    this.#peer = peer
    this.#log = log
  }

  /** Routes of the family that may come without looking at each. */
  room(family: Family): number {
    const gauge = this.#gaugeOf(family)
    if (!gauge || gauge.limit.action === 'warn') return Infinity
    return gauge.limit.limit - this.#counts[family]!
  }

  /** Stores a run that may go beyond the limit, each route once judged: what goes beyond is not kept, and a peer that is to be reset has said enough. */
  storeWithin(table: Table, run: NlriRun, input: PathInput, judge: (at: number) => void): void {
    const gauge = this.#gaugeOf(run.family)!
    const { limit, action } = gauge.limit
    const { keys, labels, pathIds, count } = run
    for (let i = 0; i < count; i++) {
      const at = i * table.keyWords
      judge(at)
      input.label = labels[i]!
      input.pathId = pathIds[i]!
      // Only the table knows whether it is a new route or another path for one that is counted already.
      table.upsert(keys, at, input)
      if (this.#counts[run.family]! <= limit) continue
      table.withdraw(keys, at, input.source, input.pathId)
      gauge.discarded++
      if (action === 'reset') return
    }
  }

  /** After an UPDATE: says what is to be said; a NOTIFICATION ends the session (RFC 4486 §4). */
  check(): Notification | undefined {
    for (const gauge of this.#gauges) {
      const { limit, action, warnPercent, family } = gauge.limit
      const count = this.#counts[family]!
      const isOver = count > limit || (gauge.discarded > 0 && count === limit)
      this.#warn(gauge, count, isOver)
      if (action === 'reset' && isOver) return maximumPrefixes(family, limit)
      if (!isOver && count < limit * REARM) gauge.hasExceeded = false
      if (count * 100 < limit * warnPercent * REARM) gauge.hasWarned = false
    }
    return undefined
  }

  get hasDiscarded(): boolean {
    return this.#gauges.some((gauge) => gauge.discarded > 0)
  }

  view(): PrefixLimitView[] {
    return this.#gauges.map(({ limit, discarded }) =>
      limitView(limit, this.#counts[limit.family]!, discarded),
    )
  }

  #warn(gauge: Gauge, count: number, isOver: boolean): void {
    const { family, limit, warnPercent, action } = gauge.limit
    const fields = { peer: this.#peer, family: familyName(family), count, limit }
    if (isOver && !gauge.hasExceeded) {
      gauge.hasExceeded = true
      gauge.hasWarned = true
      this.#log.error('bgp.prefixLimitExceeded', { ...fields, action })
    } else if (count * 100 > limit * warnPercent && !gauge.hasWarned) {
      gauge.hasWarned = true
      this.#log.warn('bgp.prefixLimitNear', { ...fields, warnPercent })
    }
  }

  #gaugeOf(family: Family): Gauge | undefined {
    for (const gauge of this.#gauges) if (gauge.limit.family === family) return gauge
    return undefined
  }
}

/** A limit as an operator reads it. */
export function limitView(limit: PrefixLimit, count: number, discarded: number): PrefixLimitView {
  const isOver = count > limit.limit || discarded > 0
  const isNear = count * 100 > limit.limit * limit.warnPercent
  return {
    family: familyName(limit.family),
    limit: limit.limit,
    warnPercent: limit.warnPercent,
    action: limit.action,
    restartAfterSec: limit.restartAfterSec ?? 'never',
    count,
    state: isOver ? 'exceeded' : isNear ? 'warning' : 'ok',
    discarded,
  }
}

/** CEASE, Maximum Number of Prefixes Reached, with AFI, SAFI and the bound (RFC 4486 §4). */
export function maximumPrefixes(family: Family, limit: number): Notification {
  const octets = new Uint8Array(7)
  const view = new DataView(octets.buffer)
  view.setUint16(0, familyAfi(family))
  view.setUint8(2, familySafi(family))
  view.setUint32(3, limit)
  return { code: ErrorCode.cease, subcode: CeaseError.maximumPrefixes, octets }
}

/** The family that such a NOTIFICATION is about; undefined for any other. */
export function prefixLimitFamily({ code, subcode, octets }: Notification): Family | undefined {
  if (code !== ErrorCode.cease || subcode !== CeaseError.maximumPrefixes || octets.length < 7)
    return undefined
  return families.find(
    (family) => familyAfi(family) === octets[0]! * 256 + octets[1]! && familySafi(family) === octets[2],
  )
}

export function sameLimits(a: readonly PrefixLimit[] = [], b: readonly PrefixLimit[] = []): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
