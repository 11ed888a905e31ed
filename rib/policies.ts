/**
 * Import policies at work. Every path of a peer is kept as it was received, so that another policy asks nothing of the
 * peer (soft reconfiguration):
 *
 *   changed      attributes as the source's import rule or the policy made them, and the set as received beside them
 *                (PathStore.received)
 *   otherwise    attributes as received; rejected ones infeasible for PathFlag.policyRejected
 *
 * A source whose policy changed is gone through in slices; what the new policy says is put in place like an update. Why
 * a path was let in or not is not stored: it is asked of the policy again.
 */
import type { AttrTable } from './attr-table.ts'
import type { AttrSet } from './model/attr-set.ts'
import { Family } from './model/family.ts'
import type { IpAddress } from './model/ip-address.ts'
import { INFEASIBLE_REASONS, PathFlag } from './path-flags.ts'
import type { PathSource, PathSources } from './path-source.ts'
import type { PathStore } from './path-store.ts'
import { PolicyEvaluator, REJECTED } from './policy/evaluator.ts'
import type { Decided } from './policy/evaluator.ts'
import type { PolicyChain } from './policy/policy.ts'
import { emptyPathInput } from './table.ts'
import type { PathInput, Table } from './table.ts'

/** Flags of a path that a policy rejects. */
export const REJECTED_FLAGS = PathFlag.infeasible | PathFlag.policyRejected

interface Reevaluation {
  readonly source: PathSource
  readonly tables: Table[]
  row: number
}

export class Policies {
  readonly #attrs: AttrTable
  readonly #paths: PathStore
  readonly #sources: PathSources
  readonly #tableById: (id: number) => Table | undefined
  /** Compiled chains, by what `self` means in them. */
  readonly #evaluators = new WeakMap<PolicyChain, Map<string, PolicyEvaluator>>()
  readonly #pending = new Map<PathSource, Reevaluation>()
  readonly #input = emptyPathInput()

  constructor(
    attrs: AttrTable,
    paths: PathStore,
    sources: PathSources,
    tableById: (id: number) => Table | undefined,
  ) {
    this.#attrs = attrs
    this.#paths = paths
    this.#sources = sources
    this.#tableById = tableById
    attrs.onCollect(() => {
      for (const source of sources.all()) source.importRule?.forget()
    })
  }

  /** The chain compiled, shared by all who have it; undefined for none. */
  evaluator(chain: PolicyChain | undefined, self: IpAddress): PolicyEvaluator | undefined {
    if (!chain) return undefined
    let bySelf = this.#evaluators.get(chain)
    if (!bySelf) this.#evaluators.set(chain, (bySelf = new Map()))
    const key = self.join('.')
    let evaluator = bySelf.get(key)
    if (!evaluator) bySelf.set(key, (evaluator = new PolicyEvaluator(chain, this.#attrs, self)))
    return evaluator
  }

  /** Every path of the source is to be judged again, in slices. */
  reevaluate(source: PathSource): void {
    const tables = [...source.tableIds].flatMap((id) => this.#tableById(id) ?? [])
    this.#pending.set(source, { source, tables, row: 1 })
  }

  /** The source is about to be forgotten. */
  forget(source: PathSource): void {
    this.#pending.delete(source)
  }

  /** Walks up to `budget` rows; returns how many. */
  advance(budget: number): number {
    let done = 0
    for (const [source, work] of this.#pending) {
      while (done < budget && work.tables.length > 0) {
        const table = work.tables.at(-1)!
        if (work.row < table.routes.rowCount) this.#judgeRow(table, work.row++, source)
        else {
          work.tables.pop()
          work.row = 1
        }
        done++
      }
      if (work.tables.length > 0) break
      this.#pending.delete(source)
    }
    return done
  }

  /** Which policy and term let a path into its table, or keeps it out; undefined where none was asked. */
  decidedOn(table: Table, path: number): Decided | undefined {
    const paths = this.#paths
    const source = this.#sources.get(paths.source(path))
    const isCopy = paths.origin(path) !== 0
    const policy = isCopy ? table.instance?.importPolicy : source.importPolicy
    if (!policy || !isSubject(table.family)) return undefined
    // A copy that a VRF's policy changed shows its result alone.
    if (isCopy && (paths.flags(path) & PathFlag.policyRejected) === 0) return undefined
    const received = this.#attrs.get(paths.received(path) || paths.attrs(path))
    const { id } = isCopy ? received : takenFrom(source, received, table.family)
    policy.evaluate(id, table.family, source.kind, table.rows, paths.route(path) * table.stride)
    return policy.decided
  }

  #judgeRow(table: Table, row: number, source: PathSource): void {
    if (!table.isRoute(row)) return
    const paths = this.#paths
    for (let path = table.routes.firstPath(row); path !== 0;) {
      // Another order may come of it: the next one is read before.
      const next = paths.next(path)
      if (paths.source(path) === source.id && paths.origin(path) === 0) this.#judge(table, row, path, source)
      path = next
    }
  }

  #judge(table: Table, row: number, path: number, source: PathSource): void {
    const paths = this.#paths
    const attrs = this.#attrs
    const input = this.#input
    const received = attrs.get(paths.received(path) || paths.attrs(path))
    const { importRule, importPolicy } = source
    const flags = importRule
      ? withoutReasons(paths.flags(path)) | importRule.flagsOf(received, table.family)
      : withoutVerdict(paths.flags(path))
    const isUsable = (flags & PathFlag.infeasible) === 0
    input.source = source
    input.pathId = paths.pathId(path)
    input.label = paths.label(path)
    input.instanceId = paths.instanceId(path)
    input.attrs = takenFrom(source, received, table.family)
    input.received = input.attrs === received ? 0 : received.id
    input.flags = flags
    if (isUsable && importPolicy && isSubject(table.family)) {
      judgeImport(importPolicy, attrs, input, table.family, table.rows, row * table.stride)
    }
    table.replacePath(path, input)
  }
}

/** Memberships (RFC 4684) say what a peer wants, not how to get somewhere: policies are about routes. */
export function isSubject(family: Family): boolean {
  return family !== Family.routeTarget
}

/** As what the source's import rule takes a path, before any policy. */
function takenFrom({ importRule }: PathSource, received: AttrSet, family: Family): AttrSet {
  return importRule?.changes ? importRule.takenAs(received, family) : received
}

/** Applies an import policy to an input that holds a path as it was taken; the route's key starts at `offset`. */
// hot: once per route of a peer with an import policy
export function judgeImport(
  policy: PolicyEvaluator,
  attrs: AttrTable,
  input: PathInput,
  family: Family,
  words: ArrayLike<number>,
  offset: number,
): void {
  const taken = input.attrs.id
  const set = policy.evaluate(taken, family, input.source.kind, words, offset)
  if (set === REJECTED) input.flags |= REJECTED_FLAGS
  else if (set !== taken) {
    input.attrs = attrs.get(set)
    input.received ||= taken
  }
}

/** Flags without what a policy said; still infeasible where there is another reason. */
function withoutVerdict(flags: number): number {
  const reasons = flags & OTHER_REASONS
  const rest = flags & ~REJECTED_FLAGS
  return reasons === 0 ? rest : rest | PathFlag.infeasible
}

/** Flags without anything that an import rule or a policy said. */
function withoutReasons(flags: number): number {
  return flags & ~(REJECTED_FLAGS | OTHER_REASONS)
}

const ALL_REASONS = INFEASIBLE_REASONS.reduce((all, [flag]) => all | flag, 0)
const OTHER_REASONS = ALL_REASONS & ~PathFlag.policyRejected
