/**
 * The server of the agent channel: listens, keeps one session per agent name, and answers the operator. Agents of one
 * source address that have not said who they are yet are limited, so that nobody can hold all descriptors.
 */
import type { Timers } from '../../rib/clock.ts'
import { LimitedLines } from '../../rib/limited-lines.ts'
import type { Log } from '../../rib/log.ts'
import { RecurringFault } from '../../rib/recurring-fault.ts'
import type { Rib } from '../../rib/rib.ts'
import type { RoutingInstance } from '../../rib/routing-instance.ts'
import type { Rival } from '../fsm/types.ts'
import type { AgentContext } from './agent-context.ts'
import { Agent } from './agent.ts'
import type { AgentView } from './agent.ts'
import type { AgentSocket, TlsIdentity } from './connection.ts'
import { AgentCounters } from './counters.ts'
import { InputPacer } from './input-pacer.ts'
import { Listener } from './listener.ts'
import type { Acceptor, Endpoint } from './listener.ts'
import { EncodeContext } from './send.ts'
import { VirtualNetworks } from './virtual-networks.ts'

export type { AgentView } from './agent.ts'

/** Connections of one address that are not established yet. */
const MAX_OPENING_PER_ADDRESS = 64

/** Names whose counters are kept beyond their sessions. */
const MAX_KEPT_NAMES = 4_096

export interface AgentServerOptions {
  readonly rib: Rib
  /** Our host name. */
  readonly name: string
  readonly localAs: number
  readonly holdTimeSec: number
  readonly clock: Timers
  readonly log: Log
  /** With it, agents must secure their connection (agent-channel reference 1.4). */
  readonly tls?: TlsIdentity
  /** A TCP listener unless given. */
  readonly acceptor?: (onSocket: (socket: AgentSocket) => void, onError: (error: Error) => void) => Acceptor
}

export class AgentServer {
  readonly #options: AgentServerOptions
  readonly #context: AgentContext
  readonly #listener: Acceptor
  readonly #connections = new Set<Agent>()
  readonly #established = new Map<string, Agent>()
  readonly #counters = new Map<string, AgentCounters>()
  readonly #closing = new Set<Promise<void>>()
  readonly #tooManyOpening: LimitedLines
  #holdTimeSec: number

  constructor(options: AgentServerOptions) {
    this.#options = options
    this.#holdTimeSec = options.holdTimeSec
    this.#context = this.#makeContext()
    this.#tooManyOpening = new LimitedLines(options.clock, options.log, 'xmpp.tooManyOpening')
    const { acceptor = (onSocket, onError) => new Listener(onSocket, onError) } = options
    const acceptFault = new RecurringFault(options.clock, options.log, 'xmpp.acceptFailed')
    this.#listener = acceptor(
      (socket) => {
        acceptFault.over()
        this.#accept(socket)
      },
      (error) => acceptFault.note(error.message),
    )
    options.rib.onInstance((instance, event) => {
      if (event === 'added') for (const agent of this.#established.values()) agent.onInstanceAdded(instance)
      if (event !== 'deleted') this.#refreshNames(instance)
    })
  }

  async listen(endpoints: readonly Endpoint[]): Promise<void> {
    for (const endpoint of endpoints) await this.#listener.listen(endpoint)
    const { log, tls } = this.#options
    // An unprotected channel is a choice, and is said (reliability reference, S6).
    log.info('xmpp.listening', { endpoints: this.endpoints(), isSecured: tls !== undefined })
  }

  /** The addresses in use. */
  endpoints(): Endpoint[] {
    return this.#listener.endpoints()
  }

  /** For sessions that are up, too. */
  setHoldTime(holdTimeSec: number): void {
    if (holdTimeSec === this.#holdTimeSec) return
    this.#holdTimeSec = holdTimeSec
    for (const agent of this.#connections) agent.step({ kind: 'holdTimeChanged', holdTimeSec })
  }

  /** Agents that have said who they are. */
  agents(): readonly AgentView[] {
    return [...this.#connections].filter((agent) => agent.name !== undefined).map((agent) => agent.view())
  }

  /** Names of agents that have a session. */
  upAgents(): string[] {
    return [...this.#established.keys()]
  }

  /** Ends an agent's session; it will come back. False when there is none. */
  clearAgent(name: string): boolean {
    const agent = this.#established.get(name)
    agent?.step({ kind: 'stopped', detail: 'cleared by the operator' })
    return agent !== undefined
  }

  async close(): Promise<void> {
    // A listener is closed only when its connections are.
    const closed = this.#listener.close()
    for (const agent of [...this.#connections]) agent.step({ kind: 'stopped', detail: 'the node stops' })
    await Promise.all([closed, ...this.#closing])
  }

  #makeContext(): AgentContext {
    const { rib, clock, log, name, localAs, tls } = this.#options
    const currentHoldTime = (): number => this.#holdTimeSec
    const networks = new VirtualNetworks(rib)
    return {
      rib,
      clock,
      log,
      failedAttempts: new LimitedLines(clock, log, 'xmpp.attemptFailed'),
      serverName: name,
      localAs,
      tls,
      pacer: new InputPacer(clock, () => rib.isBusy),
      rule: rib.agentExportRule(),
      networks,
      encodeContext: new EncodeContext(rib, networks),
      get holdTimeSec() {
        return currentHoldTime()
      },
      rivalOf: (of, agent) => this.#rivalOf(of, agent),
      dropRival: (of) => {
        this.#established.get(of)?.step({ kind: 'stopped', detail: 'replaced by a new connection' })
      },
      countersOf: (of) => this.#countersOf(of),
      onUp: (of, agent) => {
        this.#established.set(of, agent)
      },
      onGone: (agent) => {
        this.#forget(agent)
      },
    }
  }

  /** A network has become known, and agents hold routes of it under no name: they get them again. */
  #refreshNames(instance: RoutingInstance): void {
    for (const renamed of this.#context.networks.resolvedBy(instance)) {
      for (const agent of this.#established.values()) agent.onNamesChanged(renamed)
    }
  }

  #accept(socket: AgentSocket): void {
    const address = socket.remoteAddress
    let opening = 0
    for (const agent of this.#connections) {
      if (!agent.isEstablished && agent.connection.addressText === plainAddress(address)) opening++
    }
    if (address === undefined || opening >= MAX_OPENING_PER_ADDRESS) {
      this.#tooManyOpening.warn({ address })
      socket.on('error', () => undefined)
      socket.destroy()
      return
    }
    this.#connections.add(new Agent(this.#context, socket))
  }

  #rivalOf(name: string, agent: Agent): Rival | undefined {
    const rival = this.#established.get(name)
    return rival === undefined || rival === agent ? undefined : rival.asRivalOf(agent)
  }

  #forget(agent: Agent): void {
    this.#connections.delete(agent)
    const { name } = agent
    if (name !== undefined && this.#established.get(name) === agent) this.#established.delete(name)
    const closed = agent.connection.closed()
    this.#closing.add(closed)
    void closed.then(() => this.#closing.delete(closed))
  }

  #countersOf(name: string): AgentCounters {
    let counters = this.#counters.get(name)
    if (!counters) {
      counters = new AgentCounters()
      this.#counters.set(name, counters)
      if (this.#counters.size > MAX_KEPT_NAMES) this.#forgetOldestName()
    }
    return counters
  }

  #forgetOldestName(): void {
    for (const name of this.#counters.keys()) {
      if (this.#established.has(name)) continue
      this.#counters.delete(name)
      return
    }
  }
}

function plainAddress(address: string | undefined): string | undefined {
  return address?.replace(/^::ffff:|%.*$/g, '')
}
