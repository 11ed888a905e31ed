/**
 * How a session takes what its peer sends: import-check.ts says whether a path may be used, and what is changed in it
 * before any policy stands here.
 *
 *   tunnels                those of rib/tunnels.ts
 *   role                   Only to Customer, where it is missing (RFC 9234 §5)
 *   local-as               the AS that we are to the peer in front of AS_PATH, as if it stood between the two
 */
import type { AttrTable } from '../../rib/attr-table.ts'
import type { ImportRule } from '../../rib/import-rule.ts'
import { prependAs } from '../../rib/model/as-path.ts'
import type { AttrSet } from '../../rib/model/attr-set.ts'
import type { Family } from '../../rib/model/family.ts'
import { hasRoles, receivedInRole } from '../../rib/model/only-to-customer.ts'
import { PairMemo } from '../../rib/pair-memo.ts'
import { withDefaultTunnels, withoutTunnelAttribute } from '../../rib/tunnels.ts'
import { importFlags } from './import-check.ts'
import type { ImportRules } from './import-check.ts'

export class BgpImportRule implements ImportRule {
  readonly key: string
  readonly changes: boolean
  readonly #rules: ImportRules
  readonly #attrs: AttrTable
  /** Path flags, and ids of what is taken, by attribute set and family. */
  readonly #flags = new PairMemo()
  readonly #taken = new PairMemo()

  constructor(rules: ImportRules, attrs: AttrTable) {
    this.key = JSON.stringify(rules)
    const { prepends, dropsTunnelAttribute, defaultTunnels, inRole } = rules
    const hasMore = defaultTunnels !== undefined || inRole !== undefined
    this.changes = prepends !== undefined || dropsTunnelAttribute === true || hasMore
    this.#rules = rules
    this.#attrs = attrs
  }

  // hot: once per UPDATE
  flagsOf(received: AttrSet, family: Family): number {
    const known = this.#flags.get(received.id, family)
    if (known >= 0) return known
    const flags = importFlags(received, this.#rules, family)
    this.#flags.set(received.id, family, flags)
    return flags
  }

  // hot: once per UPDATE of a peer whose paths are changed
  takenAs(received: AttrSet, family: Family): AttrSet {
    if (!this.changes) return received
    const known = this.#taken.get(received.id, family)
    if (known >= 0) return this.#attrs.get(known)
    const taken = this.#changed(received, family)
    this.#taken.set(received.id, family, taken.id)
    return taken
  }

  forget(): void {
    this.#flags.clear()
    this.#taken.clear()
  }

  #changed(received: AttrSet, family: Family): AttrSet {
    const { prepends, dropsTunnelAttribute, defaultTunnels, inRole } = this.#rules
    const before = received.plain()
    let taken = before
    if (prepends !== undefined) taken = { ...taken, asPath: prependAs(taken.asPath, prepends) }
    if (dropsTunnelAttribute) taken = withoutTunnelAttribute(taken)
    const tunnels = defaultTunnels?.[family]
    if (tunnels) taken = withDefaultTunnels(taken, tunnels)
    if (inRole && hasRoles(family)) taken = receivedInRole(taken, inRole.role, inRole.peerAs)
    return taken === before ? received : this.#attrs.intern(taken)
  }
}
