/**
 * heddle as it is run: a process of its own with a state folder that outlasts it, to be ended by signals and started
 * again on the same ports.
 */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { AgentClient } from '../../../xmpp/client/agent-client.ts'
import { ChildDaemon } from './child-daemon.ts'
import { freePort } from './free-port.ts'
import { documentsOf, HEDDLE_ADDRESS } from './heddle-node.ts'
import type { NodeSpec } from './heddle-node.ts'

const program = fileURLToPath(new URL('../../../control/heddle.mjs', import.meta.url))

export class HeddleProcess {
  readonly #child = new ChildDaemon('heddle', process.execPath)
  readonly #file: string
  readonly #agentPort: number
  readonly #agents = new Set<AgentClient>()

  static async start(spec: NodeSpec, bgpPort: number): Promise<HeddleProcess> {
    const heddle = new HeddleProcess(spec, { bgp: bgpPort, agents: await freePort(HEDDLE_ADDRESS) })
    heddle.launch()
    return heddle
  }

  private constructor(spec: NodeSpec, ports: { bgp: number; agents: number }) {
    this.#agentPort = ports.agents
    this.#file = this.#child.write('heddle.json', JSON.stringify(documentsOf(ports, spec)))
  }

  launch(): void {
    this.#child.start([program, 'run', '-c', this.#file])
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
