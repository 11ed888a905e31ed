/**
 * A whole control node in one object: RIB, BGP speaker, agent server, and the configuration applied to them. Boot order
 * (control-node reference 2j): VRFs and local paths first, then listeners, then peers, so that the first burst a peer
 * gets is complete.
 */
import { randomInt } from 'node:crypto'
import { Speaker } from '../bgp/session/speaker.ts'
import type { PeerErrors } from '../bgp/session/peer-errors.ts'
import type { PeerView } from '../bgp/session/peer-view.ts'
import { tcp } from '../bgp/session/transport.ts'
import type { Transport } from '../bgp/session/transport.ts'
import type { Timers } from '../rib/clock.ts'
import type { Log } from '../rib/log.ts'
import { Family } from '../rib/model/family.ts'
import { formatIpAddress, formatIpv4Word } from '../rib/model/ip-address.ts'
import type { IpAddress } from '../rib/model/ip-address.ts'
import { prefixKey } from '../rib/model/route-key.ts'
import { SourceKind } from '../rib/path-source.ts'
import { Rib } from '../rib/rib.ts'
import { AgentServer } from '../xmpp/session/agent-server.ts'
import type { AgentView } from '../xmpp/session/agent-server.ts'
import { Applier } from './apply.ts'
import type { Plan } from './apply-plan.ts'
import { isUnchanged } from './apply-report.ts'
import type { ApplyReport } from './apply-report.ts'
import { withRunningClusterId, withRunningControlNode } from './apply-restart-only.ts'
import { realTimers } from './clock.ts'
import { desiring } from './config/desired.ts'
import type { Desired } from './config/desired.ts'
import type { Documents } from './config/documents.ts'
import { ConfigError } from './config/problem.ts'
import type { ConfigProblem } from './config/problem.ts'
import type { ConfigReader } from './config/reading.ts'
import { DescriptorWatch } from './descriptor-watch.ts'
import { floatingIpStatuses } from './floating-ip/status.ts'
import type { FloatingIpStatus } from './floating-ip/status.ts'
import { makeLog } from './log.ts'
import { Restart } from './restart.ts'
import { inSlices } from './slices.ts'
import { StateDir } from './state-dir.ts'
import { readTlsFiles } from './tls-files.ts'

export interface DaemonOptions {
  /** Files and folders of the configuration; `reload` reads them again. */
  readonly files: readonly string[]
  /** What the files say, where they have been read already. */
  readonly documents?: Documents
  /** Reads the files; in this process unless given. */
  readonly read?: ConfigReader
  readonly timers?: Timers
  readonly log?: Log
  /** TCP unless given; for peers and agents alike. */
  readonly transport?: Transport
  /** Starts what serves the daemon's state to users, once it runs. */
  readonly api?: (daemon: Daemon) => Promise<{ close(): Promise<void> } | undefined>
}

interface DaemonParts {
  readonly rib: Rib
  readonly applier: Applier
  readonly speaker: Speaker
  readonly agentServer: AgentServer
  readonly stateDir: StateDir
  readonly restart: Restart
}

/** What a reload did: problems and nothing, or the changes it applied. */
export interface ReloadReport {
  readonly applied: boolean
  /** As `heddle check` words them. */
  readonly problems: readonly string[]
  readonly faults: readonly ConfigProblem[]
  readonly changes: ApplyReport | undefined
}

export class Daemon {
  readonly rib: Rib
  readonly speaker: Speaker
  readonly agentServer: AgentServer
  readonly #options: DaemonOptions
  readonly #timers: Timers
  readonly #log: Log
  readonly #applier: Applier
  readonly #stateDir: StateDir
  readonly #restart: Restart
  readonly #descriptorWatch: DescriptorWatch
  #documents: Documents
  #api: { close(): Promise<void> } | undefined
  /** Changes are applied one after the other. */
  #queue: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | undefined

  /** Starts with a configuration that is right (else ConfigError) and returns when everything listens. */
  static async start(options: DaemonOptions): Promise<Daemon> {
    // Not kept: the daemon goes on with others after a reload.
    const { documents: given, ...rest } = options
    const documents = given ?? (await readDocuments(options))
    const log = options.log ?? makeLog('info')
    const stateDir = new StateDir(documents.controlNode.spec.stateDir, log)
    await stateDir.lock()
    try {
      return await Daemon.#startIn(stateDir, documents, { ...rest, log })
    } catch (error) {
      await stateDir.unlock()
      throw error
    }
  }

  static async #startIn(
    stateDir: StateDir,
    documents: Documents,
    options: DaemonOptions & { readonly log: Log },
  ): Promise<Daemon> {
    const { timers = realTimers, transport = tcp, log } = options
    const state = await stateDir.load()
    const desired = await inSlices(desiring(documents, state.networkIndexes), timers)
    const { localAs, routerId, clusterId, tls, name, agentHoldTimeSec } = desired.controlNode
    const rib = new Rib({
      localAs,
      routerId,
      clock: timers,
      hashSeed: randomInt(2 ** 31),
      ...(clusterId === undefined ? {} : { clusterId }),
    })
    const restart = await Restart.after(stateDir, desired.controlNode.restart)
    const tlsFiles = tls && (await readTlsFiles(tls))
    const daemon = new Daemon({ ...options, timers }, documents, {
      rib,
      stateDir,
      applier: new Applier({ rib, clock: timers, state, save: (next) => stateDir.save(next) }),
      restart,
      speaker: new Speaker({
        rib,
        localAs,
        routerId,
        clusterId,
        clock: timers,
        log,
        transport,
        ownRestart: restart.own,
      }),
      agentServer: new AgentServer({
        rib,
        name,
        localAs,
        holdTimeSec: agentHoldTimeSec,
        clock: timers,
        log,
        // Without one given, agents have a listener of their own, with what long-lived sessions want of a socket.
        ...(options.transport
          ? { acceptor: (onSocket, onError) => transport.acceptor(onSocket, onError) }
          : {}),
        ...(tlsFiles ? { tls: tlsFiles } : {}),
      }),
    })
    try {
      await daemon.#boot(desired)
    } catch (error) {
      await daemon.close('start failed')
      throw error
    }
    return daemon
  }

  private constructor(
    options: DaemonOptions & { timers: Timers; log: Log },
    documents: Documents,
    parts: DaemonParts,
  ) {
    this.#options = options
    this.#timers = options.timers
    this.#log = options.log
    this.#documents = documents
    this.#applier = parts.applier
    this.#stateDir = parts.stateDir
    this.#restart = parts.restart
    this.#descriptorWatch = new DescriptorWatch(options.timers, options.log)
    this.rib = parts.rib
    this.speaker = parts.speaker
    this.agentServer = parts.agentServer
  }

  get documents(): Documents {
    return this.#documents
  }

  get desired(): Desired {
    return this.#plan.desired
  }

  get name(): string {
    return this.desired.controlNode.name
  }

  get localAs(): number {
    return this.desired.controlNode.localAs
  }

  /** Dotted quad. */
  get routerId(): string {
    return formatIpv4Word(this.desired.controlNode.routerId)
  }

  nowMs(): number {
    return this.#timers.nowMs()
  }

  peers(): readonly PeerView[] {
    return this.speaker.peers()
  }

  peerErrors(name: string): PeerErrors | undefined {
    return this.speaker.peerErrors(name)
  }

  clearPeer(name: string): boolean {
    return this.speaker.clearPeer(name)
  }

  refusedConnections(limit: number): ReturnType<Speaker['refusedConnections']> {
    return this.speaker.refusedConnections(limit)
  }

  agents(): readonly AgentView[] {
    return this.agentServer.agents()
  }

  floatingIps(): readonly FloatingIpStatus[] {
    const { desired, allocation, labels } = this.#plan
    return floatingIpStatuses({
      desired,
      allocation,
      labels,
      hasAgentPath: (vrf, address) => this.#hasAgentPath(vrf, address),
    })
  }

  /** Address → name of the compute node that has it; a configured name goes before that of an agent. */
  nodeNames(): ReadonlyMap<string, string> {
    const agents = this.agents().map(({ address, name }) => [address, name] as const)
    const nodes = this.desired.nodes.map(({ address, name }) => [formatIpAddress(address), name] as const)
    return new Map([...agents, ...nodes])
  }

  /** Reads the configuration again and applies the difference; one with problems changes nothing. */
  async reload(files: readonly string[] = this.#options.files): Promise<ReloadReport> {
    return await this.#enqueue(async () => {
      const { documents, problems: faults, lines } = await (this.#options.read ?? readHere)(files)
      if (!documents) {
        this.#log.error('config.refused', { problems: lines })
        return { applied: false, problems: lines, faults, changes: undefined }
      }
      const changes = await this.#apply(documents)
      return { applied: true, problems: [], faults: [], changes }
    })
  }

  /** Applies documents that are right, as `reload` does with those of the files. */
  async apply(documents: Documents): Promise<ApplyReport> {
    return await this.#enqueue(async () => await this.#apply(documents))
  }

  /**
   * Peers first, then agents, then the API; a second call waits for the first. Peers hear CEASE/2 with the text (RFC 9003),
   * or nothing where we are coming back and they keep our routes (RFC 4724).
   */
  async close(text = 'heddle stops', isComingBack = false): Promise<void> {
    this.#closing ??= this.#queue.then(async () => {
      this.#descriptorWatch.stop()
      // Peers first: they take one CEASE instead of a withdraw for every route of every agent.
      await this.speaker.close(text, isComingBack)
      await this.agentServer.close()
      await this.#api?.close()
      await this.#restart.end(isComingBack)
      await this.#stateDir.unlock()
      this.#log.info('control.stopped', { reason: text })
    })
    await this.#closing
  }

  get #plan(): Plan {
    return this.#applier.plan!
  }

  async #boot(desired: Desired): Promise<void> {
    const report = await this.#applier.applyRoutes(desired)
    this.#logReport({ ...report, needsRestart: [] })
    const { agentsListen, bgpListen } = desired.controlNode
    await this.agentServer.listen(agentsListen)
    await this.speaker.listen(bgpListen)
    this.#applier.applySessions(this.#sessions)
    const { speaker, agentServer } = this
    this.#descriptorWatch.start()
    this.#restart.begin({ timers: this.#timers, log: this.#log, speaker, agentServer })
    this.#api = await this.#options.api?.(this)
    this.#log.info('control.started', {
      name: this.name,
      autonomousSystem: this.localAs,
      routerId: this.routerId,
      bgp: this.speaker.endpoints(),
      agents: this.agentServer.endpoints(),
    })
  }

  async #apply(documents: Documents): Promise<ApplyReport> {
    const live = withRunningControlNode(this.#documents.controlNode, documents)
    const wanted = await inSlices(desiring(live.documents, this.#applier.state.networkIndexes), this.#timers)
    const { desired, needsRestart } = withRunningClusterId(this.desired.controlNode.clusterId, wanted)
    const routes = await this.#applier.applyRoutes(desired)
    this.#documents = live.documents
    this.#applier.applySessions(this.#sessions)
    const report = { ...routes, needsRestart: [...new Set([...live.needsRestart, ...needsRestart])] }
    this.#logReport(report)
    return report
  }

  get #sessions(): { setPeers: Speaker['setPeers']; setAgentHoldTime(sec: number): void } {
    return {
      setPeers: (configs) => this.speaker.setPeers(configs),
      setAgentHoldTime: (sec) => this.agentServer.setHoldTime(sec),
    }
  }

  #logReport(report: ApplyReport): void {
    for (const refused of report.refused) this.#log.warn('config.notGiven', refused)
    if (report.needsRestart.length > 0) this.#log.warn('config.needsRestart', { fields: report.needsRestart })
    this.#log.info(isUnchanged(report) ? 'config.unchanged' : 'config.applied', report)
  }

  async #enqueue<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing) throw new Error('the daemon is stopping')
    const result = this.#queue.then(work)
    this.#queue = result.catch(() => {})
    return await result
  }

  #hasAgentPath(vrf: string, address: IpAddress): boolean {
    const table = this.rib.instance(vrf)?.table(address.length === 4 ? Family.inet : Family.inet6)
    if (!table) return false
    const row = table.find(prefixKey({ address, length: address.length * 8 }), 0)
    if (row < 0) return false
    const { paths, sources } = this.rib
    for (let path = table.routes.firstPath(row); path !== 0; path = paths.next(path)) {
      if (paths.origin(path) === 0 && sources.get(paths.source(path)).kind === SourceKind.agent) return true
    }
    return false
  }
}

/** Loads the parsers only where they are used. */
const readHere: ConfigReader = async (files) => await (await import('./config/reading.ts')).readHere(files)

async function readDocuments({ files, read = readHere }: DaemonOptions): Promise<Documents> {
  const { documents, problems } = await read(files)
  if (!documents) throw new ConfigError(problems)
  return documents
}
