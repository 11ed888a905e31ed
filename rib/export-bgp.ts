/**
 * What BGP peers of one kind are offered: the best path of a route, transformed (control-node reference 2d).
 *
 *   iBGP   split horizon (RFC 4271 §9.2), or reflection (RFC 4456 §8) with ORIGINATOR_ID and CLUSTER_LIST
 *   eBGP   the peer's AS in the path stops it; own AS prepended; LOCAL_PREF and reflection attributes removed
 *   both   NO_ADVERTISE, NO_EXPORT (RFC 1997); the next hop is never changed: the compute node is the tunnel's end
 *
 * Export policies stand between the two: what the route's own communities and path forbid is not theirs to allow, and what
 * they set is transformed with the rest.
 */
import type { AttrTable } from './attr-table.ts'
import { pathToEbgp } from './ebgp-path.ts'
import type { PrivateAsAction } from './ebgp-path.ts'
import type { ExportRule, Want } from './export-rule.ts'
import type { AttrSet, Attributes } from './model/attr-set.ts'
import { Community } from './model/community.ts'
import { transitiveOnly } from './model/ext-community.ts'
import { Family, isVpnFamily } from './model/family.ts'
import { ipv4OfWord } from './model/ip-address.ts'
import { offeredInRole, staysHere } from './model/only-to-customer.ts'
import type { Role } from './model/only-to-customer.ts'
import { PairMemo } from './pair-memo.ts'
import { PathFlag } from './path-flags.ts'
import { PathOffers } from './path-offers.ts'
import type { PathChoice } from './path-offers.ts'
import type { PathSource, PathSources, SourceFacts } from './path-source.ts'
import { SourceKind } from './path-source.ts'
import type { PathStore } from './path-store.ts'
import { isSubject } from './policies.ts'
import { REJECTED } from './policy/evaluator.ts'
import type { PolicyEvaluator } from './policy/evaluator.ts'
import type { Table } from './table.ts'
import { offeredTunnels } from './tunnels.ts'
import type { TunnelPolicy } from './tunnels.ts'

/** Facts shared by all peers of one update group: each of them multiplies Adj-RIBs-Out, so there are few. */
export interface BgpExportPolicy {
  readonly isIbgp: boolean
  readonly peerAs: number
  /** What we are to the peers. */
  readonly localAs: number
  /** The node's own AS where it is another and stands behind that in AS_PATH (local-as). */
  readonly hiddenAs?: number | undefined
  /** The peer's own AS in a path is replaced by ours (as-override). */
  readonly overridesAs?: boolean
  readonly privateAs?: PrivateAsAction | undefined
  readonly routerId: number
  /** Set when we act as route reflector. */
  readonly clusterId: number | undefined
  /** The peers are our clients. */
  readonly isClient: boolean
  /** Negotiated options that change octets: members share frames only when these are equal. */
  readonly encodingKey: string
  /** RFC 8212: an eBGP peer without export policy is offered nothing. */
  readonly sendNothing: boolean
  /** The peers know long-lived stale routes (RFC 9494 §4.3); others get none. */
  readonly takesLongLived: boolean
  /** Export policies; those of one group are the same object. */
  readonly exportPolicy?: PolicyEvaluator | undefined
  /** RFC 7911: the peers get several paths of a route; undefined: the best one, without identifier. */
  readonly paths?: PathChoice | undefined
  /** Our role towards the peers, where it concerns the table's family (RFC 9234 §5). */
  readonly role?: Role | undefined
  /** What becomes of tunnels; nothing unless given. */
  readonly tunnels?: TunnelPolicy | undefined
  /** RFC 8326: the session is about to go down, so what is offered should be the last choice. */
  readonly isGoingDown?: boolean
}

/** The attributes in which a path of this source is offered, or undefined for "not at all". */
export function exportedToBgp(
  attrs: AttrSet,
  source: SourceFacts,
  policy: BgpExportPolicy,
  table: AttrTable,
): AttrSet | undefined {
  if (!mayOffer(attrs, source, policy)) return undefined
  return offered(attrs, source, policy, { table, keepsMed: attrs.hasEmptyPath })
}

/** Whether a path with these attributes may be offered at all. */
function mayOffer(attrs: AttrSet, source: SourceFacts, policy: BgpExportPolicy): boolean {
  if (policy.sendNothing || attrs.hasCommunity(Community.NO_ADVERTISE)) return false
  if (attrs.isLlgrStale && !policy.takesLongLived) return false
  if (policy.role && staysHere(attrs, policy.role)) return false
  if (!policy.isIbgp) {
    const stays = attrs.hasCommunity(Community.NO_EXPORT) || attrs.hasCommunity(Community.NO_EXPORT_SUBCONFED)
    // The peer would refuse it for the loop (RFC 4271 §9.1.2); not sending it saves both sides the work.
    return !stays && (policy.overridesAs === true || !attrs.hasAs(policy.peerAs))
  }
  if (!isFromIbgp(source)) return true
  // RFC 4271 §9.2: not from iBGP to iBGP. RFC 4456 §6: a reflector does, from a client to all, from others to clients.
  if (policy.clusterId === undefined || (!source.isClient && !policy.isClient)) return false
  // RFC 4456 §8: it has been through this cluster.
  return !attrs.hasCluster(policy.clusterId)
}

function isFromIbgp(source: SourceFacts): boolean {
  return source.kind === SourceKind.bgp && source.isIbgp
}

/** What may be offered, as it is offered. `keepsMed`: the MED is one of this AS. */
function offered(
  attrs: AttrSet,
  source: SourceFacts,
  policy: BgpExportPolicy,
  context: { table: AttrTable; keepsMed: boolean },
): AttrSet {
  const inService = offeredInService(attrs, source, policy, context)
  const set = policy.tunnels ? withTunnels(inService, policy.tunnels, context.table) : inService
  return policy.isGoingDown ? lastChoice(set, policy.isIbgp, context.table) : set
}

function withTunnels(attrs: AttrSet, policy: TunnelPolicy, table: AttrTable): AttrSet {
  const before = attrs.plain()
  const after = offeredTunnels(before, policy)
  return after === before ? attrs : table.intern(after)
}

/** RFC 8326 §4.2: GRACEFUL_SHUTDOWN, and within our AS, where everybody heeds it, LOCAL_PREF 0. */
function lastChoice(attrs: AttrSet, isIbgp: boolean, table: AttrTable): AttrSet {
  const communities = [...new Set([...attrs.communities, Community.GRACEFUL_SHUTDOWN])]
  return table.intern({
    ...attrs.plain(),
    communities: communities.sort((a, b) => a - b),
    localPref: isIbgp ? 0 : undefined,
  })
}

function offeredInService(
  attrs: AttrSet,
  source: SourceFacts,
  policy: BgpExportPolicy,
  context: { table: AttrTable; keepsMed: boolean },
): AttrSet {
  const { table, keepsMed } = context
  if (!policy.isIbgp) {
    const offered = offeredToEbgp(attrs, policy, keepsMed)
    return table.intern(policy.role ? offeredInRole(offered, policy.role, policy.localAs) : offered)
  }
  if (isFromIbgp(source)) {
    const originatorId = attrs.originatorId ?? source.routerId
    return table.internReflected(attrs, { originatorId, clusterId: policy.clusterId! })
  }
  if (attrs.localPref !== undefined) return attrs
  return table.intern({ ...attrs.plain(), localPref: attrs.localPrefOrDefault })
}

function offeredToEbgp(attrs: AttrSet, policy: BgpExportPolicy, keepsMed: boolean): Attributes {
  return {
    ...attrs.plain(),
    asPath: pathToEbgp(attrs.asPath, policy),
    localPref: undefined,
    // RFC 4271 §5.1.4: a MED from another AS is not passed on. One made inside (an agent's preference) is ours to send.
    med: keepsMed ? attrs.med : undefined,
    originatorId: undefined,
    clusterList: [],
    extCommunities: transitiveOnly(attrs.extCommunities),
  }
}

/** A reflector's memberships: towards clients in its own name, so that no client takes its own one for a loop. */
export function exportedMembership(
  attrs: AttrSet,
  source: SourceFacts,
  policy: BgpExportPolicy,
  table: AttrTable,
): AttrSet | undefined {
  const exported = exportedToBgp(attrs, source, policy, table)
  if (!exported || !policy.isClient || exported.originatorId === undefined) return exported
  // RFC 4684 §3.2: "the Originator attribute shall be set to the router-id of the advertiser", the next hop to its address.
  return table.intern({
    ...exported.plain(),
    originatorId: policy.routerId,
    nextHop: ipv4OfWord(policy.routerId),
  })
}

export interface ExportContext {
  readonly paths: PathStore
  readonly attrs: AttrTable
  readonly sources: PathSources
}

class BgpExportRule implements ExportRule {
  readonly key: string
  readonly offersEqualCost = false
  readonly pathOffers: PathOffers | undefined
  readonly #policy: BgpExportPolicy
  readonly #context: ExportContext
  /** Exported set id by (attribute set, source); 0 for "nothing". */
  readonly #memo = new PairMemo()
  readonly #membershipMemo = new PairMemo()
  readonly #longLivedMemo = new PairMemo()
  /** The same for what export policies changed: by (changed set and whether its MED is ours, source). */
  readonly #changedMemo = new PairMemo()

  constructor(policy: BgpExportPolicy, context: ExportContext) {
    this.key = bgpExportKey(policy)
    this.#policy = policy
    this.#context = context
    this.pathOffers =
      policy.paths === undefined
        ? undefined
        : new PathOffers(policy.paths, context.paths, (table, row, path, out) => {
            this.#wantOfPath(table, row, path, out)
          })
  }

  // hot: once per change and group
  wantOf(table: Table, row: number, out: Want): void {
    out.want = 0
    out.label = 0
    out.targetsOf = undefined
    out.exceptSource = -1
    if (table.routes.equalCostCount(row) === 0) return
    const path = table.routes.firstPath(row)
    if (table.family === Family.routeTarget && this.#reflects) this.#wantMembership(path, out)
    else this.#wantOfPath(table, row, path, out)
  }

  // hot: once per change and group, or path where there are several
  #wantOfPath(table: Table, row: number, path: number, out: Want): void {
    const { paths, attrs } = this.#context
    out.want = 0
    const sourceId = paths.source(path)
    let id = this.#exported(paths.attrs(path), sourceId, false)
    if (id !== 0 && this.#policy.exportPolicy && isSubject(table.family)) {
      id = this.#exportedByPolicy(this.#policy.exportPolicy, table, row, path)
    }
    if (id !== 0 && (paths.flags(path) & PathFlag.llgrStale) !== 0) id = this.#exportedLongLived(id)
    if (id === 0) return
    out.want = id
    out.label = paths.label(path)
    out.exceptSource = sourceId
    out.targetsOf = isVpnFamily(table.family) ? attrs.get(id) : undefined
  }

  /**
   * RFC 4684 §3.2: a membership that a client asked for concerns the other clients, itself among the askers, so it is
   * sent back to it too; and non-clients are told a client's wish although a non-client has the better path.
   */
  #wantMembership(first: number, out: Want): void {
    const { paths } = this.#context
    for (let path = first; path !== 0; path = paths.next(path)) {
      if ((paths.flags(path) & PathFlag.infeasible) !== 0) return
      const sourceId = paths.source(path)
      const id = this.#exported(paths.attrs(path), sourceId, true)
      if (id === 0) continue
      out.want = id
      out.exceptSource = this.#policy.isClient ? -1 : sourceId
      return
    }
  }

  get #reflects(): boolean {
    return this.#policy.isIbgp && this.#policy.clusterId !== undefined
  }

  retain(want: number): void {
    this.#context.attrs.retain(want)
  }

  release(want: number): void {
    this.#context.attrs.release(want)
  }

  forget(): void {
    this.#memo.clear()
    this.#membershipMemo.clear()
    this.#longLivedMemo.clear()
    this.#changedMemo.clear()
  }

  #exported(attrsId: number, sourceId: number, isMembership: boolean): number {
    const memo = isMembership ? this.#membershipMemo : this.#memo
    const known = memo.get(attrsId, sourceId)
    if (known >= 0) return known
    const source = this.#context.sources.get(sourceId)
    const id = this.#compute(this.#context.attrs.get(attrsId), source, isMembership)
    memo.set(attrsId, sourceId, id)
    return id
  }

  /** Exported set id of a path that may be offered, 0 where the policies reject it. */
  // hot: once per change and group with an export policy
  #exportedByPolicy(policy: PolicyEvaluator, table: Table, row: number, path: number): number {
    const { paths, attrs, sources } = this.#context
    const sourceId = paths.source(path)
    const received = paths.attrs(path)
    const source = sources.get(sourceId)
    const set = policy.evaluate(received, table.family, source.kind, table.rows, row * table.stride)
    if (set === REJECTED) return 0
    if (set === received && !policy.hasSetMed) return this.#exported(received, sourceId, false)
    const keepsMed = policy.hasSetMed || attrs.get(received).hasEmptyPath
    const key = set * 2 + Number(keepsMed)
    const known = this.#changedMemo.get(key, sourceId)
    if (known >= 0) return known
    const { id } = offered(attrs.get(set), source, this.#policy, { table: attrs, keepsMed })
    this.#changedMemo.set(key, sourceId, id)
    return id
  }

  /** RFC 9494 §4.3: what is stale for long says so, and goes to those only who know what that means. */
  #exportedLongLived(id: number): number {
    if (!this.#policy.takesLongLived) return 0
    const known = this.#longLivedMemo.get(id, 0)
    if (known >= 0) return known
    const { attrs } = this.#context
    const set = attrs.get(id)
    const communities = [...new Set([...set.communities, Community.LLGR_STALE])].sort((a, b) => a - b)
    const marked = attrs.intern({ ...set.plain(), communities }).id
    this.#longLivedMemo.set(id, 0, marked)
    return marked
  }

  #compute(attrs: AttrSet, source: PathSource, isMembership: boolean): number {
    const exported = isMembership ? exportedMembership : exportedToBgp
    return exported(attrs, source, this.#policy, this.#context.attrs)?.id ?? 0
  }
}

function bgpExportKey(policy: BgpExportPolicy): string {
  // iBGP peers of different AS numbers do not exist, so only eBGP groups are split by peer AS.
  return [
    'bgp',
    policy.isIbgp ? 'ibgp' : `ebgp:${policy.peerAs}`,
    policy.hiddenAs === undefined ? policy.localAs : `${policy.localAs}+${policy.hiddenAs}`,
    policy.overridesAs ? 'override' : '-',
    policy.privateAs ?? '-',
    policy.clusterId ?? '-',
    policy.isClient ? 'client' : '-',
    policy.encodingKey,
    policy.sendNothing ? 'nothing' : '-',
    policy.takesLongLived ? 'llgr' : '-',
    policy.exportPolicy?.key ?? '-',
    policy.isGoingDown ? 'down' : '-',
    policy.paths === undefined ? '-' : `paths:${policy.paths}`,
    policy.role ?? '-',
    policy.tunnels ? JSON.stringify(policy.tunnels) : '-',
  ].join('|')
}

/** The rule of a group of BGP peers. */
export function bgpExportRule(policy: BgpExportPolicy, context: ExportContext): ExportRule {
  return new BgpExportRule(policy, context)
}
