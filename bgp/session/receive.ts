/**
 * A decoded UPDATE into the tables: reachable NLRI are stored with their import flags, unreachable ones withdrawn, and
 * where the UPDATE is treat-as-withdraw (RFC 7606 §2) its reachable NLRI are withdrawn too. Nothing else happens here:
 * what follows from a change is the RIB's turn.
 */
import type { AttrSet } from '../../rib/model/attr-set.ts'
import type { Family } from '../../rib/model/family.ts'
import type { PathSource } from '../../rib/path-source.ts'
import type { Rib } from '../../rib/rib.ts'
import { emptyPathInput } from '../../rib/table.ts'
import type { Table } from '../../rib/table.ts'
import type { NlriRun } from '../wire/nlri-run.ts'
import type { DecodedUpdate } from '../wire/update-decode.ts'
import { Severity } from '../wire/wire-error.ts'
import type { PeerCounters } from './counters.ts'
import { importFlags } from './import-check.ts'
import type { ImportRules } from './import-check.ts'
import type { PrefixGauges } from './prefix-limit.ts'

export class UpdateReceiver {
  rules: ImportRules
  /** Set where the peer has any. */
  limits: PrefixGauges | undefined
  readonly #tables: (Table | undefined)[] = []
  readonly #counters: PeerCounters
  readonly #input = emptyPathInput()

  constructor(rib: Rib, source: PathSource, context: ReceiveContext) {
    this.rules = context.rules
    this.#counters = context.counters
    this.#input.source = source
    for (const family of context.families) this.#tables[family] = rib.master(family)
  }

  /** Applies an UPDATE that does not reset the session. */
  apply(update: DecodedUpdate): void {
    const withdraws = update.severity >= Severity.treatAsWithdraw
    if (withdraws) this.#counters.treatAsWithdraw++
    else if (update.severity === Severity.discard) this.#counters.attributeDiscard++
    for (let i = 0; i < update.runCount; i++) {
      const run = update.runs[i]!
      const table = this.#tables[run.family]
      if (table === undefined) this.#counters.familyIgnored++
      else if (run.reach && !withdraws && run.attrs !== undefined) {
        if (this.limits === undefined || run.count <= this.limits.room(run.family))
          this.#store(table, run, run.attrs)
        else this.#storeWithin(table, run, run.attrs)
      } else this.#withdraw(table, run)
    }
  }

  // hot: once per NLRI
  #store(table: Table, run: NlriRun, attrs: AttrSet): void {
    const input = this.#input
    const { keys, labels, pathIds, count } = run
    const words = table.keyWords
    input.attrs = attrs
    input.flags = importFlags(attrs, this.rules)
    for (let i = 0, at = 0; i < count; i++, at += words) {
      input.label = labels[i]!
      input.pathId = pathIds[i]!
      table.upsert(keys, at, input)
    }
  }

  /** A run that may go beyond what the peer may bring. */
  #storeWithin(table: Table, run: NlriRun, attrs: AttrSet): void {
    this.#input.flags = importFlags(attrs, this.rules)
    this.limits!.storeWithin(table, run, this.#input, attrs)
  }

  // hot: once per NLRI
  #withdraw(table: Table, run: NlriRun): void {
    const { source } = this.#input
    const { keys, pathIds, count } = run
    const words = table.keyWords
    for (let i = 0, at = 0; i < count; i++, at += words) table.withdraw(keys, at, source, pathIds[i]!)
  }
}

export interface ReceiveContext {
  readonly families: readonly Family[]
  readonly rules: ImportRules
  readonly counters: PeerCounters
}
