/**
 * Everything the demo needs, set up in this process on loopback: a gateway, the daemon with its API, two simulated agents.
 */
import { createServer } from 'node:net'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { AgentClient } from '../../xmpp/client/agent-client.ts'
import { silentLog } from '../../rib/log.ts'
import { ApiServer } from '../api/api-server.ts'
import { Daemon } from '../daemon.ts'
import { BuiltInGateway } from './built-in-gateway.ts'
import type { DemoGateway } from './demo-gateway.ts'
import { findGoBgp, GoBgpGateway } from './gobgp-gateway.ts'
import { computeOne, computeTwo, configurationText, HEDDLE_ADDRESS } from './story.ts'
import type { Compute } from './story.ts'

const PREFERRED_API_PORT = 8083
/** Long enough for a slow machine: nothing here waits for a timer that is meant to be long. */
const PATIENCE_MS = 30_000

export interface StageOptions {
  /** Where programs are looked for. */
  readonly path: string
  readonly wantsBuiltIn: boolean
  readonly version: string
}

export class Stage {
  readonly daemon: Daemon
  readonly gateway: DemoGateway
  readonly one: AgentClient
  readonly two: AgentClient
  readonly api: string
  readonly #folder: string

  static async set({ path, wantsBuiltIn, version }: StageOptions): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'heddle-demo-'))
    const programs = wantsBuiltIn ? undefined : findGoBgp(path)
    const gateway = programs
      ? new GoBgpGateway(programs, folder)
      : new BuiltInGateway(wantsBuiltIn ? 'as asked for' : 'gobgpd is not installed')
    let daemon: Daemon | undefined
    try {
      const gatewayPort = await gateway.start()
      const apiListen = `${HEDDLE_ADDRESS}:${(await isFree(PREFERRED_API_PORT)) ? PREFERRED_API_PORT : 0}`
      const file = join(folder, 'heddle.yaml')
      await writeFile(file, configurationText({ gatewayPort, apiListen }))
      let api = ''
      daemon = await Daemon.start({
        files: [file],
        log: silentLog,
        api: async (node) => {
          const server = new ApiServer({ node, version, log: silentLog })
          await server.listen(node.desired.controlNode.apiListen)
          const { host, port } = server.endpoints()[0]!
          api = `${host}:${port}`
          return server
        },
      })
      const [one, two] = [await connect(daemon, computeOne), await connect(daemon, computeTwo)]
      return new Stage({ daemon, gateway, one, two, api, folder })
    } catch (error) {
      await daemon?.close()
      await gateway.close()
      await rm(folder, { recursive: true, force: true })
      throw error
    }
  }

  private constructor(parts: {
    daemon: Daemon
    gateway: DemoGateway
    one: AgentClient
    two: AgentClient
    api: string
    folder: string
  }) {
    this.daemon = parts.daemon
    this.gateway = parts.gateway
    this.one = parts.one
    this.two = parts.two
    this.api = parts.api
    this.#folder = parts.folder
  }

  async strike(): Promise<void> {
    this.one.close()
    this.two.close()
    await this.daemon.close('the demo ends')
    await this.gateway.close()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** Asks until the answer is there; undefined when it does not come. */
export async function soon<T>(probe: () => Promise<T | undefined> | T | undefined): Promise<T | undefined> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const answer = await probe()
    if (answer !== undefined || performance.now() > deadline) return answer
    await pause(20)
  }
}

async function connect(daemon: Daemon, { name, address }: Compute): Promise<AgentClient> {
  const { host, port } = daemon.agentServer.endpoints()[0]!
  const agent = new AgentClient({ host, port, name, address })
  await agent.connect()
  return agent
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return await new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, HEDDLE_ADDRESS, () => server.close(() => resolve(true)))
  })
}
