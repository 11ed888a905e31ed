/**
 * A decoded UPDATE into the tables: reachable NLRI are stored with their import flags, unreachable ones withdrawn, and
 * where the UPDATE is treat-as-withdraw (RFC 7606 §2) its reachable NLRI are withdrawn too. Nothing else happens here:
 * what follows from a change is the RIB's turn.
 */
import type { AttrTable } from '../../rib/attr-table.ts'
import type { AttrSet } from '../../rib/model/attr-set.ts'
import { Community } from '../../rib/model/community.ts'
import type { Family } from '../../rib/model/family.ts'
import type { PathSource } from '../../rib/path-source.ts'
import type { PolicyEvaluator } from '../../rib/policy/evaluator.ts'
import type { Rib } from '../../rib/rib.ts'
import { isSubject, judgeImport } from '../../rib/policies.ts'
import { emptyPathInput } from '../../rib/table.ts'
import type { Table } from '../../rib/table.ts'
import type { NlriRun } from '../wire/nlri-run.ts'
import type { DecodedUpdate } from '../wire/update-decode.ts'
import { Severity } from '../wire/wire-error.ts'
import type { PeerCounters } from './counters.ts'
import type { PrefixGauges } from './prefix-limit.ts'

export class UpdateReceiver {
  /** Set where the peer has any. */
  limits: PrefixGauges | undefined
  readonly #tables: (Table | undefined)[] = []
  readonly #counters: PeerCounters
  readonly #input = emptyPathInput()
  readonly #attrs: AttrTable

  constructor(rib: Rib, source: PathSource, context: ReceiveContext) {
    this.#counters = context.counters
    this.#input.source = source
    this.#attrs = rib.attrs
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
        const attrs = this.#lowered(run.attrs)
        if (this.limits === undefined || run.count <= this.limits.room(run.family))
          this.#store(table, run, attrs)
        else this.#storeWithin(table, run, attrs)
      } else this.#withdraw(table, run)
    }
  }

  // hot: once per NLRI
  #store(table: Table, run: NlriRun, received: AttrSet): void {
    const input = this.#input
    const { keys, labels, pathIds, count } = run
    const words = table.keyWords
    const policy = this.#take(table, received)
    if (policy) {
      this.#storeByPolicy(table, run, policy)
      return
    }
    for (let i = 0, at = 0; i < count; i++, at += words) {
      input.label = labels[i]!
      input.pathId = pathIds[i]!
      table.upsert(keys, at, input)
    }
    input.received = 0
  }

  /** RFC 8326 §4.3: what a neighbour AS is about to take away is the last choice; policies may say otherwise. */
  #lowered(attrs: AttrSet): AttrSet {
    if (this.#input.source.isIbgp || !attrs.hasCommunity(Community.GRACEFUL_SHUTDOWN)) return attrs
    return this.#attrs.intern({ ...attrs.plain(), localPref: 0 })
  }

  /** A run that may go beyond what the peer may bring. */
  #storeWithin(table: Table, run: NlriRun, received: AttrSet): void {
    const input = this.#input
    const policy = this.#take(table, received)
    const { attrs: taken, received: receivedId = 0 } = input
    this.limits!.storeWithin(table, run, input, (at) => {
      if (!policy) return
      this.#retake(taken, receivedId)
      judgeImport(policy, this.#attrs, input, table.family, run.keys, at)
    })
    input.received = 0
  }

  // hot: once per NLRI of a peer with an import policy
  #storeByPolicy(table: Table, run: NlriRun, policy: PolicyEvaluator): void {
    const input = this.#input
    const { keys, labels, pathIds, count } = run
    const { attrs: taken, received: receivedId = 0 } = input
    const words = table.keyWords
    for (let i = 0, at = 0; i < count; i++, at += words) {
      this.#retake(taken, receivedId)
      judgeImport(policy, this.#attrs, input, table.family, keys, at)
      input.label = labels[i]!
      input.pathId = pathIds[i]!
      table.upsert(keys, at, input)
    }
    input.received = 0
  }

  /** Fills in what a run's attributes are taken as, and says which policy its routes have to pass. */
  // hot: once per UPDATE
  #take(table: Table, received: AttrSet): PolicyEvaluator | undefined {
    const input = this.#input
    const { importRule, importPolicy } = input.source
    input.attrs = received
    input.flags = importRule === undefined ? 0 : importRule.flagsOf(received, table.family)
    if (importRule?.changes) {
      input.attrs = importRule.takenAs(received, table.family)
      if (input.attrs !== received) input.received = received.id
    }
    return input.flags === 0 && isSubject(table.family) ? importPolicy : undefined
  }

  /** What the policy made of the NLRI before is not for the next one. */
  #retake(taken: AttrSet, receivedId: number): void {
    const input = this.#input
    input.attrs = taken
    input.received = receivedId
    input.flags = 0
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
  readonly counters: PeerCounters
}
