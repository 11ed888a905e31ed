/**
 * Route targets as JSON: which VRFs import and export each, and who announced interest in it (RFC 4684). The question
 * "who can see whom" on one screen.
 */
import { Family } from '../../rib/model/family.ts'
import { membershipTarget } from '../../rib/model/route-key.ts'
import { formatRouteTarget, parseRouteTarget } from '../../rib/model/route-target.ts'
import type { RouteTarget } from '../../rib/model/route-target.ts'
import { PathFlag } from '../../rib/path-flags.ts'
import { SourceKind } from '../../rib/path-source.ts'
import type { Rib } from '../../rib/rib.ts'

export interface RouteTargetView {
  readonly target: string
  /** VRFs. */
  readonly importedBy: readonly string[]
  readonly exportedBy: readonly string[]
  /** Peers that announced the target's membership. */
  readonly peers: readonly string[]
  /** Those of them that are sent no routes for it: another neighbour AS is nearer to the AS that asks (RFC 4684 §3.1). */
  readonly unserved: readonly string[]
}

interface Uses {
  readonly importedBy: string[]
  readonly exportedBy: string[]
  readonly peers: Set<string>
  readonly served: Set<string>
}

/** The one named, or all, ascending. */
export function routeTargetViews(rib: Rib, name?: string): RouteTargetView[] {
  const uses = new Map<RouteTarget, Uses>()
  for (const instance of rib.instances()) {
    for (const target of instance.config.importTargets) usesOf(uses, target).importedBy.push(instance.name)
    for (const target of instance.config.exportTargets) usesOf(uses, target).exportedBy.push(instance.name)
  }
  addMemberships(rib, uses)
  const wanted = name === undefined ? undefined : parseRouteTarget(name)
  return [...uses]
    .filter(([target]) => name === undefined || target === wanted)
    .sort(([a], [b]) => a - b)
    .map(([target, { importedBy, exportedBy, peers, served }]) => ({
      target: formatRouteTarget(target),
      importedBy: importedBy.sort(),
      exportedBy: exportedBy.sort(),
      peers: [...peers].sort(),
      unserved: [...peers].filter((peer) => !served.has(peer)).sort(),
    }))
}

function addMemberships(rib: Rib, uses: Map<RouteTarget, Uses>): void {
  const table = rib.master(Family.routeTarget)
  if (!table) return
  for (let row = 1; row < table.routes.rowCount; row++) {
    if (!table.isRoute(row)) continue
    const target = membershipTarget(table.rows, row * table.stride)
    if (target === undefined) continue
    for (let path = table.routes.firstPath(row); path !== 0; path = rib.paths.next(path)) {
      const source = rib.sources.get(rib.paths.source(path))
      const isUsable = (rib.paths.flags(path) & PathFlag.infeasible) === 0
      if (!isUsable || source.kind !== SourceKind.bgp) continue
      const { peers, served } = usesOf(uses, target)
      peers.add(source.name)
      if (rib.membership.isServed(source, row)) served.add(source.name)
    }
  }
}

function usesOf(all: Map<RouteTarget, Uses>, target: RouteTarget): Uses {
  let uses = all.get(target)
  if (!uses) {
    uses = { importedBy: [], exportedBy: [], peers: new Set(), served: new Set() }
    all.set(target, uses)
  }
  return uses
}
