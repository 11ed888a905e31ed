/**
 * A ControlNode around a bare RIB: two VRFs, a gateway, an agent, and a floating IP, without sockets below the API.
 * Tests of views, API and command line use it; the daemon's own tests use the daemon.
 */
import type { Speaker } from '../../../bgp/session/speaker.ts'
import type { PeerErrors } from '../../../bgp/session/peer-errors.ts'
import type { PeerView } from '../../../bgp/session/peer-view.ts'
import { ApiServer } from '../../../control/api/api-server.ts'
import type { ControlNode, ReloadOutcome } from '../../../control/api/control-node.ts'
import type { ApplyReport } from '../../../control/apply-report.ts'
import type { FloatingIpStatus } from '../../../control/floating-ip/status.ts'
import { silentLog } from '../../../rib/log.ts'
import { plainAttributes } from '../../../rib/model/attr-set.ts'
import type { Attributes } from '../../../rib/model/attr-set.ts'
import { encapsulationCommunity, extCommunities } from '../../../rib/model/ext-community.ts'
import { Family } from '../../../rib/model/family.ts'
import { parseIpAddress } from '../../../rib/model/ip-address.ts'
import { parseRouteKey } from '../../../rib/model/route-key.ts'
import { parseRouteTarget, routeTargetHigh, routeTargetLow } from '../../../rib/model/route-target.ts'
import { SourceKind } from '../../../rib/path-source.ts'
import type { PathSource } from '../../../rib/path-source.ts'
import { Rib } from '../../../rib/rib.ts'
import type { Table } from '../../../rib/table.ts'
import type { AgentView } from '../../../xmpp/session/agent-server.ts'

export const publicVrf = 'default-domain:k8s:public:public'
export const blueVrf = 'default-domain:k8s:blue:blue'
export const otherBlueVrf = 'default-domain:admin:blue:blue'

/** What a test path says, in text. */
export interface TestPath {
  readonly source: PathSource
  readonly nextHop: string
  readonly label?: number
  readonly targets?: readonly string[]
  readonly attributes?: Partial<Attributes>
  readonly flags?: number
  readonly instanceId?: number
}

const same = { added: [], changed: [], removed: [] }

/** What applying the same configuration again reports. */
export const noChanges: ApplyReport = {
  instances: same,
  peers: same,
  floatingIps: same,
  localPaths: { announced: 0, withdrawn: 0 },
  refused: [],
  needsRestart: [],
}

export class LabNode implements ControlNode {
  readonly name = 'ctl1'
  readonly localAs = 64512
  readonly routerId = '192.0.2.10'
  readonly rib = new Rib({
    localAs: 64512,
    routerId: 0xc000020a,
    clock: { nowMs: () => performance.now(), defer: (run) => void setImmediate(run) },
  })
  readonly gateway = this.source(SourceKind.bgp, 'gw', '192.0.2.1')
  readonly compute1 = this.source(SourceKind.agent, 'compute-1', '192.0.2.21')
  readonly compute2 = this.source(SourceKind.agent, 'compute-2', '192.0.2.22')
  readonly cleared: string[] = []
  gatewayErrors: PeerErrors = { name: 'gw', counts: {}, attributes: [], last: [] }
  reloadOutcome: ReloadOutcome = { applied: true, problems: [], changes: noChanges }

  constructor() {
    this.instance(publicVrf, 1, 'target:64512:101')
    this.instance(blueVrf, 2, 'target:64512:102')
    this.instance(otherBlueVrf, 3, 'target:64512:103')
    this.rib.attach(this.rib.instance(publicVrf)!, this.compute1)
  }

  /** The lab's routes: a floating IP on two computes, a pod, and what the gateway teaches. */
  addRoutes(): void {
    const table = this.rib.instance(publicVrf)!.inet
    this.path(table, '101.101.101.252/32', {
      source: this.compute1,
      nextHop: '192.0.2.21',
      label: 17,
      instanceId: 3,
    })
    this.path(table, '101.101.101.252/32', {
      source: this.compute2,
      nextHop: '192.0.2.22',
      label: 18,
      instanceId: 4,
    })
    this.path(this.rib.instance(blueVrf)!.inet, '10.1.1.3/32', {
      source: this.compute1,
      nextHop: '192.0.2.21',
      label: 19,
      instanceId: 5,
    })
    this.path(this.rib.master(Family.inetVpn)!, '64512:1:0.0.0.0/0', {
      source: this.gateway,
      nextHop: '192.0.2.1',
      label: 299840,
      targets: ['target:64512:101'],
    })
  }

  source(kind: SourceKind, name: string, address: string): PathSource {
    const octets = parseIpAddress(address)!
    return this.rib.addSource({
      kind,
      name,
      isIbgp: kind === SourceKind.bgp,
      isClient: false,
      asn: 64512,
      routerId: 1,
      address: octets,
    })
  }

  instance(name: string, vnIndex: number, target: string): void {
    const targets = [parseRouteTarget(target)!]
    const virtualNetwork = name.split(':').slice(0, 3).join(':')
    this.rib.setInstance({ name, virtualNetwork, vnIndex, importTargets: targets, exportTargets: targets })
  }

  path(table: Table, key: string, path: TestPath): void {
    const communities = (path.targets ?? []).map((target): [number, number] => {
      const value = parseRouteTarget(target)!
      return [routeTargetHigh(value), routeTargetLow(value)]
    })
    const attrs = this.rib.attrs.intern({
      ...plainAttributes,
      nextHop: parseIpAddress(path.nextHop)!,
      localPref: 100,
      extCommunities: extCommunities([...communities, encapsulationCommunity(2)]),
      ...path.attributes,
    })
    table.upsert(parseRouteKey(table.family, key)!, 0, {
      source: path.source,
      pathId: 0,
      attrs,
      label: path.label ?? 0,
      instanceId: path.instanceId ?? 0,
      flags: path.flags ?? 0,
    })
  }

  withdraw(table: Table, key: string, source: PathSource): void {
    table.withdraw(parseRouteKey(table.family, key)!, 0, source, 0)
  }

  nowMs(): number {
    return performance.now()
  }

  peers(): PeerView[] {
    return [
      {
        name: 'gw',
        address: '192.0.2.1',
        asn: 64512,
        localAs: 64512,
        isIbgp: true,
        state: 'Established',
        sinceMs: performance.now(),
        families: ['inet-vpn', 'route-target'],
        routerId: '192.0.2.1',
        holdTimeSec: 90,
        capabilities: [],
        received: { 'inet-vpn': 1 },
        sent: { 'inet-vpn': 2 },
        counters: { messagesIn: 4 },
        lastError: undefined,
        isDynamic: false,
        isAdminDown: false,
        authentication: 'none',
        ttl: '',
        dscp: 48,
        configuredHoldTimeSec: 90,
        prefixLimits: [],
        gracefulShutdown: false,
        options: [],
        heldForSec: undefined,
        addPath: { receives: [], sends: [] },
        endOfRibs: ['inet-vpn'],
        staleFamilies: [],
        longLivedFamilies: [],
        errors: {},
        configName: 'gw',
      },
    ]
  }

  peerErrors(name: string): PeerErrors | undefined {
    return name === 'gw' ? this.gatewayErrors : undefined
  }

  clearPeer(name: string): boolean {
    this.cleared.push(name)
    return true
  }

  refusedConnections(): ReturnType<Speaker['refusedConnections']> {
    return {
      counts: { unknown: 2, tooManyAttempts: 0, tooManyUnidentified: 0 },
      sources: [{ address: '192.0.2.99', count: 2, reason: 'unknown', atMs: 0 }],
    }
  }

  agents(): AgentView[] {
    return [
      {
        name: 'compute-1',
        address: '192.0.2.21',
        state: 'Established',
        sinceMs: performance.now(),
        subscriptions: [{ vrf: publicVrf, instanceId: 3, pending: false }],
        paths: 2,
        counters: {},
        lastError: undefined,
      },
    ]
  }

  floatingIps(): FloatingIpStatus[] {
    return [
      {
        name: 'k8s/web-public',
        address: '101.101.101.252',
        pool: 'k8s/pool',
        vrf: publicVrf,
        ports: [{ name: 'web', node: 'compute-1' }],
        state: 'advertised',
      },
    ]
  }

  nodeNames(): ReadonlyMap<string, string> {
    return new Map([['192.0.2.21', 'compute-1']])
  }

  async reload(): Promise<ReloadOutcome> {
    return this.reloadOutcome
  }
}

/** Waits until the RIB has done all that follows from changes. */
export async function settled(rib: Rib): Promise<void> {
  for (let turn = 0; turn < 1000; turn++) {
    await new Promise<void>((resolve) => void setImmediate(resolve))
    if (turn > 3 && !rib.isBusy) return
  }
  throw new Error('the RIB does not come to rest')
}

/** The API of a node on a free loopback port. */
export async function serve(node: ControlNode): Promise<{ api: ApiServer; url: string; address: string }> {
  const api = new ApiServer({ node, version: '0.0.0', log: silentLog })
  await api.listen([{ host: '127.0.0.1', port: 0 }])
  const { port } = api.endpoints()[0]!
  return { api, url: `http://127.0.0.1:${port}`, address: `127.0.0.1:${port}` }
}
