import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { loadConfig } from '../../../control/config/load.ts'
import { ConfigError } from '../../../control/config/problem.ts'
import { tcp } from '../../../bgp/session/transport.ts'
import type { Transport } from '../../../bgp/session/transport.ts'
import { Daemon } from '../../../control/daemon.ts'
import type { DaemonOptions } from '../../../control/daemon.ts'
import { silentLog } from '../../../rib/log.ts'
import { formatRouteKey } from '../../../rib/model/route-key.ts'
import { AgentClient } from '../../../xmpp/client/agent-client.ts'
import { rounds, until } from '../../support/until.ts'
import { document, network } from '../config/config-text.ts'

/** A daemon in a folder of its own, whose configuration the test writes. */
class Site {
  readonly folder = mkdtempSync(join(tmpdir(), 'heddle-daemon-'))
  readonly file = join(this.folder, 'heddle.yaml')
  readonly address: string
  readonly routerId: string
  texts: string[] = []
  daemon!: Daemon

  constructor(address: string, routerId: string) {
    this.address = address
    this.routerId = routerId
  }

  controlNode(more = ''): string {
    return document(
      'ControlNode',
      'name: ctl1',
      `autonomousSystem: 64512
routerID: ${this.routerId}
bgp: {listen: ["${this.address}:0"]}
agents: {listen: ["${this.address}:0"]}
stateDir: ./state
${more}`,
    )
  }

  write(...texts: string[]): void {
    this.texts = texts
    writeFileSync(this.file, texts.join(''))
  }

  async start(options: Partial<DaemonOptions> = {}): Promise<Daemon> {
    this.daemon = await Daemon.start({ files: [this.file], log: silentLog, ...options })
    return this.daemon
  }

  get bgpPort(): number {
    return this.daemon.speaker.endpoints()[0]!.port
  }

  routes(tableName: string): string[] {
    const table = this.daemon.rib.tableNamed(tableName)
    if (!table) return []
    const keys: string[] = []
    for (let row = 1; row < table.routes.rowCount; row++) {
      if (!table.isRoute(row) || table.routes.firstPath(row) === 0) continue
      keys.push(formatRouteKey(table.family, table.rows, row * table.stride))
    }
    return keys.sort()
  }

  async remove(): Promise<void> {
    await this.daemon?.close()
    rmSync(this.folder, { recursive: true })
  }
}

const FIP_TABLE = 'default-domain:p:public:public.inet.0'
const publicNetwork = network(
  'public',
  'networkID: 101\nsubnets: [{cidr: 101.101.101.0/24}]\nrouteTargets: {both: ["target:64512:101"]}',
)
const blue = network('blue', 'subnets: [{cidr: 10.1.1.0/24}]')
const pool = document('FloatingIPPool', 'name: pool, namespace: p', 'virtualNetwork: public')
const node = document('ComputeNode', 'name: compute-1', 'address: 192.0.2.21')
const web = document(
  'Port',
  'name: web, namespace: p',
  'virtualNetwork: blue\naddresses: [10.1.1.3]\nnode: compute-1',
)
const agentWeb = web.replace('node: compute-1', '')
const fip = document('FloatingIP', 'name: web-public, namespace: p', 'pool: pool\nports: [web]')
const peer = (name: string, address: string, more: string): string =>
  document('BGPPeer', `name: ${name}`, `address: ${address}\nautonomousSystem: 64512\n${more}`)

describe('Daemon', () => {
  let left: Site
  let right: Site
  beforeEach(() => {
    left = new Site('127.0.31.1', '192.0.2.10')
    right = new Site('127.0.31.2', '192.0.2.20')
  })
  afterEach(async () => {
    await left.remove()
    await right.remove()
  })

  /** Both ends up, the left one with a floating IP that the right one imports. */
  async function startBoth(): Promise<void> {
    left.write(
      left.controlNode(),
      publicNetwork,
      blue,
      pool,
      node,
      web,
      fip,
      peer('right', right.address, 'passive: true'),
    )
    await left.start()
    right.write(
      right.controlNode(),
      publicNetwork,
      peer('left', left.address, `port: ${left.bgpPort}\nlocalAddress: ${right.address}`),
    )
    await right.start()
    // A VRF that nobody holds asks for no routes (RFC 4684).
    const instance = right.daemon.rib.instance('default-domain:p:public:public')!
    right.daemon.rib.attach(instance, right.daemon.rib.sources.get(0))
    await until('the floating IP is on the right', () =>
      right.routes(FIP_TABLE).includes('101.101.101.252/32'),
    )
  }

  const established = (site: Site): boolean => site.daemon.peers()[0]!.state === 'Established'

  it('says in the log when a connection of a peer or an agent could not be accepted, once for many', async () => {
    const reports: ((error: Error) => void)[] = []
    const transport: Transport = {
      ...tcp,
      acceptor: (_onSocket, onError) => {
        reports.push(onError)
        return { listen: () => Promise.resolve(), endpoints: () => [], close: () => Promise.resolve() }
      },
    }
    const events: string[] = []
    left.write(left.controlNode())
    await left.start({ transport, log: { ...silentLog, error: (event) => events.push(event) } })
    // A listener without a descriptor in reserve says so with every round of the event loop.
    for (let round = 0; round < 100; round++) for (const report of reports) report(new Error('EMFILE'))
    expect(events.sort()).to.deep.equal(['bgp.acceptFailed', 'xmpp.acceptFailed'])
  })

  it('takes a floating IP from the file to the VRF of a peer', async () => {
    await startBoth()
    expect(right.routes('bgp.l3vpn.0')).to.deep.equal(['192.0.2.21:101:101.101.101.252/32'])
    expect(left.daemon.floatingIps()[0]).to.deep.include({ name: 'p/web-public', state: 'advertised' })
    expect(left.daemon.nodeNames().get('192.0.2.21')).to.equal('compute-1')
    expect([left.daemon.name, left.daemon.localAs, left.daemon.routerId]).to.deep.equal([
      'ctl1',
      64512,
      '192.0.2.10',
    ])
  })

  it('reloads the difference without touching the session', async () => {
    await startBoth()
    const { sinceMs } = left.daemon.peers()[0]!
    const second = fip.replace('web-public', 'second')
    left.write(...left.texts, second)
    const report = await left.daemon.reload()
    expect(report.applied).to.equal(true)
    expect(report.changes).to.deep.include({
      floatingIps: { added: ['p/second'], changed: [], removed: [] },
      instances: { added: [], changed: [], removed: [] },
      peers: { added: [], changed: [], removed: [] },
      localPaths: { announced: 1, withdrawn: 0 },
      needsRestart: [],
    })
    await until('the second floating IP', () => right.routes(FIP_TABLE).includes('101.101.101.251/32'))
    left.write(...left.texts.filter((text) => text !== second && text !== fip))
    await left.daemon.reload()
    await until('both are gone', () => right.routes(FIP_TABLE).length === 0)
    expect(left.daemon.peers()[0]).to.deep.include({ sinceMs, state: 'Established' })
  })

  it('changes nothing for a file with problems, and says which', async () => {
    await startBoth()
    const { sinceMs } = left.daemon.peers()[0]!
    const before = left.daemon.desired
    left.write(left.controlNode(), fip.replace('pool: pool', 'pool: poool'))
    const report = await left.daemon.reload()
    expect(report).to.deep.include({ applied: false, changes: undefined })
    expect(report.problems).to.have.length(2)
    expect(report.problems[0]).to.match(/heddle\.yaml:\d+:\d+: there is no FloatingIPPool p\/poool/)
    expect(left.daemon.desired).to.equal(before)
    await rounds()
    expect(right.routes(FIP_TABLE)).to.deep.equal(['101.101.101.252/32'])
    expect(left.daemon.peers()[0]!.sinceMs).to.equal(sinceMs)
  })

  it('adds, changes and removes peers, and reports each by name', async () => {
    await startBoth()
    left.write(...left.texts, peer('extra', '127.0.31.3', 'passive: true'))
    expect((await left.daemon.reload()).changes!.peers.added).to.deep.equal(['extra'])
    expect(
      left.daemon
        .peers()
        .map(({ name }) => name)
        .sort(),
    ).to.deep.equal(['extra', 'right'])
    left.write(...left.texts.slice(0, -1))
    expect((await left.daemon.reload()).changes!.peers.removed).to.deep.equal(['extra'])
    left.write(...left.texts.map((text) => text.replace('passive: true', 'passive: true\n  holdTime: 30s')))
    expect((await left.daemon.reload()).changes!.peers.changed).to.deep.equal(['right'])
    // A hold time is agreed on by OPENs: the session that there is keeps its own.
    expect(left.daemon.peers()[0]).to.include({ configuredHoldTimeSec: 30, holdTimeSec: 90 })
    left.daemon.clearPeer('right')
    await until('the new session', () => established(left) && left.daemon.peers()[0]!.holdTimeSec === 30)
  })

  it('goes on with what cannot change live, and says that it needs a restart', async () => {
    left.write(left.controlNode(), publicNetwork)
    await left.start()
    const targets = left.daemon.desired.instances[0]!.importTargets
    left.write(
      left
        .controlNode()
        .replace('64512', '64513')
        .replace('192.0.2.10', '192.0.2.99')
        .replace('./state', './other'),
      publicNetwork,
    )
    const { changes } = await left.daemon.reload()
    expect(changes!.needsRestart).to.deep.equal(['spec.autonomousSystem', 'spec.routerID', 'spec.stateDir'])
    expect(changes!.instances.changed).to.deep.equal([])
    expect(left.daemon.desired.instances[0]!.importTargets).to.deep.equal(targets)
    expect([left.daemon.localAs, left.daemon.routerId]).to.deep.equal([64512, '192.0.2.10'])
    expect(readdirSync(left.folder).sort()).to.deep.equal(['heddle.yaml', 'state'])
  })

  it('says that the first client of a reflector without cluster id waits for a restart', async () => {
    left.write(left.controlNode(), peer('a', '127.0.31.9', 'passive: true'))
    await left.start()
    left.write(left.controlNode(), peer('a', '127.0.31.9', 'passive: true\nrouteReflectorClient: true'))
    expect((await left.daemon.reload()).changes!.needsRestart).to.deep.equal(['spec.clusterID'])
    expect(left.daemon.desired.controlNode.clusterId).to.equal(undefined)
  })

  it('changes the hold time of agents live', async () => {
    left.write(left.controlNode())
    await left.start()
    const before = left.controlNode()
    left.write(before.replace('agents: {', 'agents: {holdTime: 30s, '))
    expect((await left.daemon.reload()).changes!.needsRestart).to.deep.equal([])
    expect(left.daemon.desired.controlNode.agentHoldTimeSec).to.equal(30)
  })

  it('advertises a floating IP that an agent reports', async () => {
    left.write(left.controlNode(), publicNetwork, blue, pool, agentWeb, fip)
    await left.start()
    expect(left.daemon.floatingIps()[0]).to.deep.include({ state: 'allocated', reason: 'NoPath' })
    const { host, port } = left.daemon.agentServer.endpoints()[0]!
    const agent = new AgentClient({ host, port, name: 'compute-7', address: '192.0.2.27' })
    await agent.connect()
    const vrf = 'default-domain:p:public:public'
    agent.subscribe(vrf, 5)
    agent.publish({ vrf, prefix: '101.101.101.252/32', label: 33 })
    await until('the agent path', () => left.daemon.floatingIps()[0]!.state === 'advertised')
    await until('replication', () => left.routes('bgp.l3vpn.0').length > 0)
    expect(left.routes('bgp.l3vpn.0')).to.deep.equal(['192.0.2.27:5:101.101.101.252/32'])
    agent.close()
    await until('the agent is gone', () => left.daemon.floatingIps()[0]!.state === 'allocated')
  })

  it('keeps targets, addresses and labels through a restart', async () => {
    left.write(left.controlNode(), publicNetwork, blue, pool, node, web, fip)
    await left.start()
    await until('replication', () => left.routes('bgp.l3vpn.0').length === 2)
    const routes = left.routes('bgp.l3vpn.0')
    await left.daemon.close()
    left.write(
      left.controlNode(),
      network('aaa'),
      fip.replace('web-public', 'aaa'),
      publicNetwork,
      blue,
      pool,
      node,
      web,
      fip,
    )
    await left.start()
    await until('replication', () => left.routes('bgp.l3vpn.0').length === 3)
    expect(left.routes('bgp.l3vpn.0')).to.include.members(routes)
  })

  it('tells its peers why it ends (RFC 9003), agents first, the API last', async () => {
    const order: string[] = []
    await startBoth()
    await left.daemon.close()
    left.write(...left.texts)
    await right.daemon.close()
    await left.start({
      api: async (daemon) => {
        expect(daemon.speaker.endpoints()).to.have.length(1)
        return {
          close: async () => {
            order.push(
              `api, with ${daemon.peers().filter(({ state }) => state === 'Established').length} sessions`,
            )
          },
        }
      },
    })
    right.write(
      right.texts[0]!,
      right.texts[1]!,
      peer('left', left.address, `port: ${left.bgpPort}\nlocalAddress: ${right.address}`),
    )
    await right.start()
    await until('the session', () => established(left) && established(right))
    await Promise.all([left.daemon.close('maintenance at noon'), left.daemon.close()])
    expect(order).to.deep.equal(['api, with 0 sessions'])
    await until(
      'the reason arrives',
      () => right.daemon.peers()[0]!.lastError?.includes('maintenance at noon') ?? false,
    )
    const refused = await left.daemon.reload().then(
      () => undefined,
      (reason: unknown) => String(reason),
    )
    expect(refused).to.equal('Error: the daemon is stopping')
  })

  it('starts with documents that were read already, and reads the files when it reloads', async () => {
    left.write(left.controlNode(), network('a', 'networkID: 4'))
    const { documents } = await loadConfig([left.file])
    left.write(left.controlNode(), network('b', 'networkID: 5'))
    const daemon = await left.start({ documents: documents! })
    expect(daemon.desired.networks.map(({ name }) => name)).to.deep.equal(['a'])
    await daemon.reload()
    expect(daemon.desired.networks.map(({ name }) => name)).to.deep.equal(['b'])
  })

  it('refuses to start with a configuration that has problems, all of them', async () => {
    left.write(left.controlNode().replace('64512', '0'), network('a', 'nonsense: 1'))
    const error = await left.start().then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).to.be.instanceOf(ConfigError)
    expect((error as ConfigError).problems).to.have.length(2)
    expect((error as Error).message).to.match(
      /heddle\.yaml:6:21: AS 0 is nobody \(RFC 7607\) \(and 1 more\)$/,
    )
  })

  it('leaves nothing behind when it cannot listen', async () => {
    const blocker = createServer()
    await new Promise<void>((resolve) => blocker.listen(0, left.address, resolve))
    const { port } = blocker.address() as { port: number }
    left.write(
      left
        .controlNode()
        .replace(`bgp: {listen: ["${left.address}:0"]}`, `bgp: {listen: ["${left.address}:${port}"]}`),
    )
    const error = await left.start().then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).to.have.property('code', 'EADDRINUSE')
    await new Promise((resolve) => blocker.close(resolve))
    await left.start()
    expect(left.bgpPort).to.equal(port)
  })

  it('applies reloads one after the other', async () => {
    left.write(left.controlNode())
    await left.start()
    left.write(left.controlNode(), publicNetwork, blue)
    const first = left.daemon.reload()
    const second = left.daemon.reload()
    expect((await first).changes!.instances.added).to.have.length(2)
    expect((await second).changes!.instances.added).to.deep.equal([])
  })
})
