/**
 * What agents are offered: all equal-cost paths of a route of their VRF, best first, as one item with several next hops
 * (agent-channel reference 4.5). There is no split horizon: an agent needs its own route back. Communities that
 * restrict BGP do not restrict agents. A VRF that is being deleted offers nothing.
 */
import type { AttrTable } from './attr-table.ts'
import type { ExportRule, Want } from './export-rule.ts'
import type { NextHop, NextHopSets } from './next-hop-sets.ts'
import type { PathStore } from './path-store.ts'
import type { Table } from './table.ts'

/** Agents take at most this many next hops of one route. */
const MAX_NEXT_HOPS = 128

export interface AgentExportContext {
  readonly paths: PathStore
  readonly attrs: AttrTable
  readonly nextHopSets: NextHopSets
}

class AgentExportRule implements ExportRule {
  readonly key = 'agents'
  readonly offersEqualCost = true
  readonly pathOffers = undefined
  readonly #context: AgentExportContext

  constructor(context: AgentExportContext) {
    this.#context = context
  }

  // hot: once per change and group
  wantOf(table: Table, row: number, out: Want): void {
    out.want = 0
    out.label = 0
    out.targetsOf = undefined
    out.exceptSource = -1
    const equalCost = table.routes.equalCostCount(row)
    if (equalCost === 0 || table.instance?.isDeleting === true) return
    const { paths, nextHopSets } = this.#context
    const first = table.routes.firstPath(row)
    if (equalCost === 1) {
      out.want = paths.attrs(first)
      out.label = paths.label(first)
      return
    }
    const nextHops = this.#distinctNextHops(first, equalCost)
    out.want = nextHopSets.intern(nextHops)
    out.label = nextHops.length === 1 ? nextHops[0]!.label : 0
  }

  retain(want: number): void {
    this.#context.nextHopSets.retain(want)
  }

  release(want: number): void {
    this.#context.nextHopSets.release(want)
  }

  forget(): void {}

  /** One entry per (next hop, label): copies of one route through several targets or reflectors are one way to it. */
  #distinctNextHops(first: number, count: number): NextHop[] {
    const { paths, attrs } = this.#context
    const nextHops: NextHop[] = []
    let path = first
    for (let i = 0; i < count && nextHops.length < MAX_NEXT_HOPS; i++, path = paths.next(path)) {
      const set = attrs.get(paths.attrs(path))
      const label = paths.label(path)
      const isKnown = nextHops.some((hop) => hop.label === label && hop.attrs.hasNextHopOf(set))
      if (!isKnown) nextHops.push({ attrs: set, label })
    }
    return nextHops
  }
}

/** The rule of a group of agents in one VRF table. */
export function agentExportRule(context: AgentExportContext): ExportRule {
  return new AgentExportRule(context)
}
