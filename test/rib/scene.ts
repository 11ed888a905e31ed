/** Short words for unit tests of the RIB: sources, attributes, routes, VRFs and members from text. */
import type { Attributes, AttrSet } from '../../rib/model/attr-set.ts'
import { plainAttributes } from '../../rib/model/attr-set.ts'
import type { AsPath } from '../../rib/model/as-path.ts'
import { SegmentType } from '../../rib/model/as-path.ts'
import { extCommunities } from '../../rib/model/ext-community.ts'
import { formatIpAddress, parseIpAddress } from '../../rib/model/ip-address.ts'
import { formatRouteKey, parseRouteKey } from '../../rib/model/route-key.ts'
import type { RouteTarget } from '../../rib/model/route-target.ts'
import { parseRouteTarget, routeTargetHigh, routeTargetLow } from '../../rib/model/route-target.ts'
import type { BgpExportPolicy } from '../../rib/export-bgp.ts'
import type { PathSource, SourceFacts } from '../../rib/path-source.ts'
import { SourceKind } from '../../rib/path-source.ts'
import { Rib } from '../../rib/rib.ts'
import type { RoutingInstance } from '../../rib/routing-instance.ts'
import type { Table } from '../../rib/table.ts'
import type { Batch } from '../../rib/batch.ts'
import type { GroupEncoder } from '../../rib/update-group.ts'
import { pathsOf } from '../support/rib-check.ts'
import { pathKey } from '../support/recording-member.ts'
import type { RecordingMember } from '../support/recording-member.ts'
import { TurnClock } from '../support/turn-clock.ts'

export const LOCAL_AS = 64512
export const ROUTER_ID = 0x0a000001

export const target = (n: number): RouteTarget => parseRouteTarget(`target:64512:${n}`)!
export const sequence = (...asns: number[]): AsPath =>
  asns.length === 0 ? [] : [{ type: SegmentType.sequence, asns }]

export interface AttrSpec extends Partial<Omit<Attributes, 'nextHop' | 'extCommunities'>> {
  readonly nextHop?: string
  /** Numbers of route targets `target:64512:n`. */
  readonly targets?: readonly number[]
  readonly ext?: readonly (readonly [number, number])[]
}

export interface PathOptions extends AttrSpec {
  readonly label?: number
  readonly pathId?: number
  readonly instanceId?: number
  readonly flags?: number
}

export function attributes(spec: AttrSpec = {}): Attributes {
  const { nextHop = '192.0.2.21', targets = [], ext = [], ...rest } = spec
  const pairs = targets.map((n) => [routeTargetHigh(target(n)), routeTargetLow(target(n))] as const)
  return {
    ...plainAttributes,
    ...rest,
    nextHop: parseIpAddress(nextHop)!,
    extCommunities: extCommunities([...pairs, ...ext]),
  }
}

export interface SceneOptions {
  readonly clusterId?: number
  /** Every turn is one slice of so many routes. */
  readonly sliceRoutes?: number
}

/** A RIB on a clock that the test steps. */
export class Scene {
  readonly clock: TurnClock
  readonly rib: Rib

  constructor({ clusterId, sliceRoutes }: SceneOptions = {}) {
    this.clock = new TurnClock(sliceRoutes === undefined ? 0 : 1_000)
    this.rib = new Rib({
      localAs: LOCAL_AS,
      routerId: ROUTER_ID,
      clock: this.clock,
      ...(clusterId === undefined ? {} : { clusterId }),
      ...(sliceRoutes === undefined ? {} : { sliceRoutes }),
    })
  }

  table(name: string): Table {
    const table = this.rib.tableNamed(name)
    if (!table) throw new Error(`no table ${name}`)
    return table
  }

  vrf(
    name: string,
    targets: { imports?: readonly number[]; exports?: readonly number[]; vnIndex?: number } = {},
  ): RoutingInstance {
    return this.rib.setInstance({
      name,
      virtualNetwork: name,
      vnIndex: targets.vnIndex ?? 0,
      importTargets: (targets.imports ?? []).map(target),
      exportTargets: (targets.exports ?? []).map(target),
    })
  }

  source(name: string, facts: Partial<SourceFacts>): PathSource {
    return this.rib.addSource({ ...sourceFacts(name), ...facts })
  }

  ibgp(name: string, n = 1, facts: Partial<SourceFacts> = {}): PathSource {
    return this.source(name, {
      isIbgp: true,
      routerId: 0x01010100 + n,
      address: parseIpAddress(`203.0.113.${n}`)!,
      ...facts,
    })
  }

  ebgp(name: string, n = 1, facts: Partial<SourceFacts> = {}): PathSource {
    return this.ibgp(name, n, { isIbgp: false, asn: 65000 + n, ...facts })
  }

  agent(name: string, n = 1): PathSource {
    return this.source(name, {
      kind: SourceKind.agent,
      routerId: 0,
      address: parseIpAddress(`198.51.100.${n}`)!,
    })
  }

  attrs(spec: AttrSpec = {}): AttrSet {
    return this.rib.attrs.intern(attributes(spec))
  }

  put(table: string, key: string, source: PathSource, options: PathOptions = {}): void {
    const to = this.table(table)
    const { label = 16, pathId = 0, instanceId = 0, flags = 0, ...spec } = options
    to.upsert(parseRouteKey(to.family, key)!, 0, {
      source,
      pathId,
      attrs: this.attrs(spec),
      label,
      instanceId,
      flags,
    })
  }

  drop(table: string, key: string, source: PathSource, pathId = 0): boolean {
    const from = this.table(table)
    return from.withdraw(parseRouteKey(from.family, key)!, 0, source, pathId)
  }

  row(table: string, key: string): number {
    const { family } = this.table(table)
    return this.table(table).find(parseRouteKey(family, key)!, 0)
  }

  settle(): this {
    this.clock.settle()
    return this
  }

  /** `key source nextHop` of every path of a table, sorted by key, best first. */
  list(table: string): string[] {
    const at = this.table(table)
    const { paths, sources, attrs } = this.rib
    const lines: [string, string[]][] = []
    for (let row = 1; row < at.routes.rowCount; row++) {
      if (!at.isRoute(row)) continue
      const key = formatRouteKey(at.family, at.rows, row * at.stride)
      const texts = pathsOf(this.rib, at, row).map(
        (path) =>
          `${key} ${sources.get(paths.source(path)).name} ${formatIpAddress(attrs.get(paths.attrs(path)).nextHop)}`,
      )
      lines.push([key, texts])
    }
    return lines.sort((a, b) => (a[0] < b[0] ? -1 : 1)).flatMap(([, texts]) => texts)
  }

  /** The best path's attributes. */
  best(table: string, key: string): AttrSet {
    const at = this.table(table)
    return this.rib.attrs.get(this.rib.paths.attrs(at.routes.firstPath(this.row(table, key))))
  }

  /** Seats a BGP member under a policy. */
  joinBgp(
    table: string,
    member: RecordingMember,
    policy: Partial<BgpExportPolicy> = {},
    encoder?: GroupEncoder,
  ): void {
    const rule = this.rib.bgpExportRule({ ...ibgpPolicy, ...policy })
    this.rib.join(this.table(table), rule, () => encoder ?? new ShortEncoder(this.rib), member)
  }

  joinAgent(table: string, member: RecordingMember): void {
    this.rib.join(this.table(table), this.rib.agentExportRule(), () => new ShortEncoder(this.rib), member)
  }
}

export const ibgpPolicy: BgpExportPolicy = {
  isIbgp: true,
  peerAs: LOCAL_AS,
  localAs: LOCAL_AS,
  routerId: ROUTER_ID,
  clusterId: undefined,
  isClient: false,
  encodingKey: '',
  sendNothing: false,
  takesLongLived: false,
}

export const ebgpPolicy: BgpExportPolicy = { ...ibgpPolicy, isIbgp: false, peerAs: 65001 }

export function sourceFacts(name: string): SourceFacts {
  return {
    kind: SourceKind.bgp,
    name,
    isIbgp: false,
    isClient: false,
    asn: LOCAL_AS,
    routerId: 0x01010101,
    address: parseIpAddress('203.0.113.1')!,
  }
}

/** Writes what a test wants to read: `nextHop/label` of each member of the want. */
export class ShortEncoder implements GroupEncoder {
  readonly #rib: Rib
  /** Batches encoded, as numbers of reachable and unreachable routes. */
  readonly batches: [reach: number, unreach: number][] = []

  constructor(rib: Rib) {
    this.#rib = rib
  }

  encode(batch: Batch): readonly Uint8Array[] {
    const { table } = batch
    this.batches.push([batch.reachCount, batch.unreachCount])
    const changes: [string, string, string][] = []
    const key = (row: number, pathId: number | undefined): string =>
      pathKey(formatRouteKey(table.family, table.rows, row * table.stride), pathId)
    for (let i = 0; i < batch.reachCount; i++) {
      const hops = this.#rib.nextHops(batch.reachWants[i]!, batch.reachLabels[i]!)
      const text = hops.map((hop) => `${formatIpAddress(hop.attrs.nextHop)}/${hop.label}`).join(' ')
      changes.push(['+', key(batch.reachRoutes[i]!, batch.reachPathIds[i]), text])
    }
    for (let i = 0; i < batch.unreachCount; i++)
      changes.push(['-', key(batch.unreachRoutes[i]!, batch.unreachPathIds[i]), ''])
    return [Buffer.from(JSON.stringify(changes))]
  }
}
