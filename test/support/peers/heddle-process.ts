/**
 * heddle as it is run: a process of its own with a state folder that outlasts it, to be ended by signals and started
 * again on the same ports.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { AgentClient } from '../../../xmpp/client/agent-client.ts'
import { ChildDaemon } from './child-daemon.ts'
import { until } from './eventually.ts'
import { freePort } from '../../../control/free-port.ts'
import { documentsOf, HEDDLE_ADDRESS } from './heddle-node.ts'
import type { NodeSpec } from './heddle-node.ts'

const program = fileURLToPath(new URL('../../../control/heddle.mjs', import.meta.url))

export interface ProcessLimits {
  readonly openFiles?: number
}

export class HeddleProcess {
  readonly #child: ChildDaemon
  readonly #limit: readonly string[]
  readonly #file: string
  readonly #agentPort: number
  readonly #agents = new Set<AgentClient>()

  static async start(spec: NodeSpec, bgpPort: number, limits: ProcessLimits = {}): Promise<HeddleProcess> {
    const ports = { bgp: bgpPort, agents: await freePort(HEDDLE_ADDRESS) }
    const heddle = new HeddleProcess(spec, ports, limits)
    heddle.launch()
    return heddle
  }

  private constructor(spec: NodeSpec, ports: { bgp: number; agents: number }, { openFiles }: ProcessLimits) {
    // The shell sets the limit and becomes heddle.
    this.#limit =
      openFiles === undefined ? [] : ['-c', `ulimit -n ${openFiles}; exec "$0" "$@"`, process.execPath]
    this.#child = new ChildDaemon('heddle', openFiles === undefined ? process.execPath : '/bin/sh')
    this.#agentPort = ports.agents
    this.#file = this.#child.write('heddle.json', JSON.stringify(documentsOf(ports, spec)))
  }

  launch(): void {
    this.#child.start([...this.#limit, program, 'run', '-c', this.#file])
  }

  /** Resolves once it listens, after so many starts. */
  async started(times = 1): Promise<void> {
    await until('heddle listens', () => this.logged('control.started') >= times)
  }

  get agentPort(): number {
    return this.#agentPort
  }

  /** Stops the process where it is, as a debugger or a full host does, and lets it go on. */
  suspend(): void {
    process.kill(this.#child.pid, 'SIGSTOP')
  }

  resume(): void {
    process.kill(this.#child.pid, 'SIGCONT')
  }

  /** File descriptors in use. */
  descriptors(): number {
    return readdirSync(`/proc/${this.#child.pid}/fd`).length
  }

  /** How often an event stands in the log. */
  logged(event: string): number {
    return this.#child.output().split(`"event":"${event}"`).length - 1
  }

  /** A file of the state folder; undefined where there is none. */
  stateFile(name: string): string | undefined {
    const file = this.#child.path(`state/${name}`)
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined
  }

  /** As systemd stops and restarts it. */
  async terminate(): Promise<void> {
    await this.#child.stop()
  }

  /** Ctrl-C: for good. */
  async interrupt(): Promise<void> {
    await this.#child.stop('SIGINT')
  }

  /** True once a successor would know that these were there. */
  hasMarked(...names: string[]): boolean {
    const file = this.#child.path('state/restart.json')
    if (!existsSync(file)) return false
    const text = readFileSync(file, 'utf8')
    return names.every((name) => text.includes(`"${name}"`))
  }

  /** kill -9. */
  async crash(): Promise<void> {
    await this.#child.crash()
  }

  /** A new connection of an agent; fails while the daemon does not listen. */
  async agent(name: string, address: string): Promise<AgentClient> {
    const client = new AgentClient({ host: HEDDLE_ADDRESS, port: this.#agentPort, name, address })
    this.#agents.add(client)
    await client.connect()
    return client
  }

  async stop(keepLogs: boolean): Promise<void> {
    for (const agent of this.#agents) agent.close()
    await this.#child.stop()
    this.#child.dispose(keepLogs)
  }
}
