/**
 * An agent server with a RIB on loopback, simulated agents, and raw streams that may send anything. Timers stand still
 * until a test moves them; sockets and RIB turns run by themselves.
 */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { Timer, Timers } from '../../../rib/clock.ts'
import { silentLog } from '../../../rib/log.ts'
import { parseRouteTarget } from '../../../rib/model/route-target.ts'
import type { RouteTarget } from '../../../rib/model/route-target.ts'
import { Rib } from '../../../rib/rib.ts'
import type { RoutingInstance } from '../../../rib/routing-instance.ts'
import type { Table } from '../../../rib/table.ts'
import { formatRouteKey } from '../../../rib/model/route-key.ts'
import { AgentClient } from '../../../xmpp/client/agent-client.ts'
import type { AgentClientOptions } from '../../../xmpp/client/agent-client.ts'
import { escapeAttribute } from '../../../xmpp/wire/escape.ts'
import { AgentServer } from '../../../xmpp/session/agent-server.ts'
import type { AgentServerOptions, AgentView } from '../../../xmpp/session/agent-server.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { until } from '../../support/until.ts'
import { STREAM_OPEN } from './samples.ts'

export const VRF = 'default-domain:k8s:blue:blue'
export const LOCAL_AS = 64512

/** Deferred work runs in rounds of the event loop, time only when told. */
class HeldClock implements Timers {
  readonly fake = new FakeClock()

  nowMs(): number {
    return this.fake.nowMs()
  }

  defer(run: () => void): void {
    setImmediate(run)
  }

  setTimer(delayMs: number, run: () => void): Timer {
    return this.fake.setTimer(delayMs, run)
  }
}

/** `domain:project:network:network`. */
export function vrfOf(network: string): string {
  return `default-domain:k8s:${network}:${network}`
}

export function targets(...numbers: number[]): RouteTarget[] {
  return numbers.map((number) => parseRouteTarget(`target:${LOCAL_AS}:${number}`)!)
}

export interface NetworkOptions {
  readonly vnIndex?: number
  readonly imports?: readonly number[]
  readonly exports?: readonly number[]
}

export class AgentLab {
  readonly clock = new HeldClock()
  readonly rib: Rib
  readonly server: AgentServer
  readonly #clients: AgentClient[] = []
  readonly #streams: RawStream[] = []
  #count = 0

  static async start(options: Partial<AgentServerOptions> = {}): Promise<AgentLab> {
    const lab = new AgentLab(options)
    await lab.server.listen([{ host: '127.0.0.1', port: 0 }])
    return lab
  }

  private constructor(options: Partial<AgentServerOptions>) {
    this.rib = new Rib({ localAs: LOCAL_AS, routerId: 0xc000020a, clock: this.clock })
    this.server = new AgentServer({
      rib: this.rib,
      name: 'cn-1',
      localAs: LOCAL_AS,
      holdTimeSec: 90,
      clock: this.clock,
      log: silentLog,
      ...options,
    })
  }

  get port(): number {
    return this.server.endpoints()[0]!.port
  }

  /** A connected agent `compute-<n>` with the address 10.10.0.<10 + n>. */
  async agent(number = 1, options: Partial<AgentClientOptions> = {}): Promise<AgentClient> {
    const client = new AgentClient({
      host: '127.0.0.1',
      port: this.port,
      name: `compute-${number}`,
      address: `10.10.0.${10 + number}`,
      ...options,
    })
    this.#clients.push(client)
    await client.connect()
    return client
  }

  /** A connection that has sent these octets and nothing else. */
  raw(octets: string | Uint8Array = '', localAddress = '127.0.0.1'): RawStream {
    const stream = new RawStream(connect({ host: '127.0.0.1', port: this.port, localAddress }))
    this.#streams.push(stream)
    if (octets.length > 0) stream.write(octets)
    return stream
  }

  /** A raw connection that is established as `compute-1` or another. */
  async opened(name = 'compute-1', localAddress = '127.0.0.1'): Promise<RawStream> {
    const stream = this.raw(
      STREAM_OPEN.replace('compute-1', () => escapeAttribute(name)),
      localAddress,
    )
    await until(`${name} is up`, () => this.view(name)?.state === 'Established')
    return stream
  }

  network(name: string, options: NetworkOptions = {}): RoutingInstance {
    const number = ++this.#count
    return this.rib.setInstance({
      name: vrfOf(name),
      virtualNetwork: `default-domain:k8s:${name}`,
      vnIndex: options.vnIndex ?? number,
      importTargets: targets(...(options.imports ?? [])),
      exportTargets: targets(...(options.exports ?? [])),
    })
  }

  view(name = 'compute-1'): AgentView | undefined {
    return this.server.agents().find((agent) => agent.name === name)
  }

  counter(counter: string, agent = 'compute-1'): number {
    return this.view(agent)?.counters[counter] ?? 0
  }

  async untilCount(counter: string, count: number, agent = 'compute-1'): Promise<void> {
    await until(`${counter} of ${agent} is ${count}`, () => this.counter(counter, agent) >= count)
  }

  /** Prefixes with a path in a VRF's table or any other, sorted. */
  routes(table: Table | undefined): string[] {
    const found: string[] = []
    if (!table) return found
    for (let row = 1; row < table.routes.rowCount; row++) {
      if (!table.isRoute(row) || table.routes.firstPath(row) === 0) continue
      found.push(formatRouteKey(table.family, table.rows, row * table.stride))
    }
    return found.sort()
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close()
    for (const stream of this.#streams) stream.destroy()
    await this.server.close()
  }
}

/** One end of a connection, octets as they come. */
export class RawStream {
  readonly socket: Socket
  readonly #chunks: Buffer[] = []
  isClosed = false

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => this.#chunks.push(chunk))
    socket.on('error', () => undefined)
    for (const event of ['end', 'close'] as const) {
      socket.on(event, () => {
        this.isClosed = true
        socket.end()
      })
    }
  }

  write(octets: string | Uint8Array): void {
    this.socket.write(octets)
  }

  get received(): string {
    return Buffer.concat(this.#chunks).toString('utf8')
  }

  async untilClosed(): Promise<void> {
    await until('the connection is closed', () => this.isClosed)
  }

  async untilReceived(pattern: RegExp): Promise<void> {
    await until(`received ${String(pattern)}`, () => pattern.test(this.received))
  }

  destroy(): void {
    this.socket.destroy()
  }
}
