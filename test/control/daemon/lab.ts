/** A control node without sessions, applied to by hand, and short texts of documents for it. */
import { Applier } from '../../../control/apply.ts'
import { desiredOf } from '../../../control/config/desired.ts'
import { emptyState } from '../../../control/state.ts'
import type { DaemonState } from '../../../control/state.ts'
import { floatingIpStatuses } from '../../../control/floating-ip/status.ts'
import type { Batch } from '../../../rib/batch.ts'
import { formatIpAddress } from '../../../rib/model/ip-address.ts'
import { Family } from '../../../rib/model/family.ts'
import { formatExtCommunity, extCommunityPairs } from '../../../rib/model/ext-community.ts'
import { formatRouteKey } from '../../../rib/model/route-key.ts'
import { SourceKind } from '../../../rib/path-source.ts'
import type { SourceFacts } from '../../../rib/path-source.ts'
import { Rib } from '../../../rib/rib.ts'
import type { Table } from '../../../rib/table.ts'
import { checkInvariants } from '../../support/rib-check.ts'
import { TurnClock } from '../../support/turn-clock.ts'
import { controlNode, document, documentsOf, network } from '../config/config-text.ts'

export const port = (name: string, spec: string): string =>
  document('Port', `name: ${name}, namespace: p`, spec)
export const computeNode = (name: string, address: string, rest = ''): string =>
  document('ComputeNode', `name: ${name}`, `address: ${address}\nlabels: {from: 1000, to: 1999}\n${rest}`)
export const floatingIp = (name: string, spec: string): string =>
  document('FloatingIP', `name: ${name}, namespace: p`, spec)
export const pool = document('FloatingIPPool', 'name: pool, namespace: p', 'virtualNetwork: public')
export const publicNetwork = network(
  'public',
  'subnets: [{cidr: 101.101.101.0/24}]\nrouteTargets: {both: ["target:64512:101"]}',
)

export const base = [
  controlNode,
  publicNetwork,
  network('blue', 'subnets: [{cidr: 10.1.1.0/24}, {cidr: 2001:db8::/64}]'),
  pool,
]
export const nodes = [computeNode('compute-1', '192.0.2.21'), computeNode('compute-2', '192.0.2.22')]
export const web = (where: string): string =>
  port('web', `virtualNetwork: blue\naddresses: [10.1.1.3]\n${where}`)
export const webPublic = floatingIp('web-public', 'pool: pool\nports: [web]')

/** The node, and a gateway that notes what it is sent, in order. */
export class Lab {
  readonly clock = new TurnClock()
  readonly rib = new Rib({ localAs: 64512, routerId: 0xc000020a, clock: this.clock })
  readonly saved: DaemonState[] = []
  readonly sent: string[] = []
  readonly applier: Applier
  saveFails = false

  constructor(state: DaemonState = emptyState) {
    this.applier = new Applier({
      rib: this.rib,
      clock: this.clock,
      state,
      save: async (next) => {
        if (this.saveFails) throw new Error('disk full')
        this.saved.push(next)
      },
    })
    const facts: SourceFacts = {
      kind: SourceKind.bgp,
      name: 'gw',
      isIbgp: true,
      isClient: false,
      asn: 64512,
      routerId: 1,
      address: Uint8Array.of(192, 0, 2, 1),
    }
    const policy = {
      isIbgp: true,
      peerAs: 64512,
      localAs: 64512,
      routerId: 1,
      clusterId: undefined,
      isClient: false,
      encodingKey: '',
      sendNothing: false,
      takesLongLived: false,
    }
    const member = {
      source: this.rib.addSource(facts),
      filtersByTarget: false,
      write: () => true,
      onSynced: () => {},
    }
    for (const family of [Family.inetVpn, Family.inet6Vpn]) {
      const table = this.rib.master(family)!
      this.rib.join(
        table,
        this.rib.bgpExportRule(policy),
        () => ({ encode: (batch) => this.#note(table, batch) }),
        member,
      )
    }
  }

  #note(table: Table, batch: Batch): Uint8Array[] {
    const key = (row: number): string => formatRouteKey(table.family, table.rows, row * table.stride)
    for (let i = 0; i < batch.unreachCount; i++) this.sent.push(`- ${key(batch.unreachRoutes[i]!)}`)
    for (let i = 0; i < batch.reachCount; i++) {
      const attrs = this.rib.attrs.get(batch.reachWants[i]!)
      this.sent.push(
        `+ ${key(batch.reachRoutes[i]!)} label ${batch.reachLabels[i]} via ${formatIpAddress(attrs.nextHop)}`,
      )
    }
    return []
  }

  async apply(...texts: string[]) {
    const applied = this.applier.applyRoutes(
      desiredOf(documentsOf(...texts), this.applier.state.networkIndexes),
    )
    let done = false
    const settled = applied.finally(() => (done = true)).catch(() => {})
    // The applier waits for turns, which only run when told.
    for (let i = 0; i < 1000 && !done; i++) {
      this.clock.step()
      await Promise.resolve()
    }
    await settled
    this.clock.settle()
    checkInvariants(this.rib)
    return await applied
  }

  /** What was sent since the last call. */
  take(): string[] {
    return this.sent.splice(0)
  }

  communitiesOf(tableName: string, key: string): string[] {
    const table = this.rib.tableNamed(tableName)!
    for (let row = 1; row < table.routes.rowCount; row++) {
      if (!table.isRoute(row) || formatRouteKey(table.family, table.rows, row * table.stride) !== key)
        continue
      const attrs = this.rib.attrs.get(this.rib.paths.attrs(table.routes.firstPath(row)))
      return extCommunityPairs(attrs.extCommunities).map(([high, low]) => formatExtCommunity(high, low))
    }
    return []
  }

  statuses(hasAgentPath = false) {
    const { desired, allocation, labels } = this.applier.plan!
    return floatingIpStatuses({ desired, allocation, labels, hasAgentPath: () => hasAgentPath })
  }
}
