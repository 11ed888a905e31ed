/**
 * A vRouter agent without a vRouter: speaks the agent channel over a real socket as a stock agent does (agent-channel
 * reference 1 to 4), keeps what the control node sends, and publishes what it is told. For `heddle agent`, the demo and
 * tests; the daemon itself never uses it.
 */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import {
  encodeAgentEndOfRib,
  encodeCollection,
  encodeConfigSubscription,
  encodePublish,
  encodeSubscription,
} from '../wire/agent-stanzas.ts'
import type { InetItem } from '../wire/inet-item.ts'
import { StreamError } from '../wire/stream-error.ts'
import { StreamFramer } from '../wire/stream-framer.ts'
import type { StreamEvent } from '../wire/stream-framer.ts'
import { encodeStreamOpen, KEEPALIVE, START_TLS } from '../wire/stream-header.ts'
import { decodeServerStanza } from '../wire/update-decode.ts'
import { parseElement } from '../wire/xml-parser.ts'
import { itemOf } from './publication.ts'
import type { Publication } from './publication.ts'
import { ReceivedRoutes } from './received-routes.ts'
import type { ReceivedRoute, RouteChange } from './received-routes.ts'

export type { Publication } from './publication.ts'
export type { ReceivedNextHop, ReceivedRoute, RouteChange } from './received-routes.ts'

const CONNECT_TIMEOUT_MS = 10_000

export interface AgentClientOptions {
  readonly host: string
  readonly port: number
  /** Host name: the agent's identity. */
  readonly name: string
  /** The compute node's address: next hop of what it publishes. */
  readonly address: string
  /** Where the connection comes from, if not from wherever the system likes. */
  readonly localAddress?: string
  readonly holdTimeSec?: number
  /** Secures the connection as the control node demands it; certificates in PEM. */
  readonly tls?: {
    readonly ca?: string | Buffer
    readonly cert?: string | Buffer
    readonly key?: string | Buffer
  }
}

export class AgentClient {
  readonly options: AgentClientOptions
  #socket: Socket | undefined
  #framer = new StreamFramer()
  #isEstablished = false
  #isSecuring = false
  #hasEndOfRib = false
  #error: string | undefined
  #keepaliveTimer: NodeJS.Timeout | undefined
  #holdTimer: NodeJS.Timeout | undefined
  #stanzaCount = 0
  readonly #instanceIds = new Map<string, number>()
  readonly #routes = new ReceivedRoutes()
  readonly #closeListeners = new Set<(reason: string) => void>()
  #onEstablished: (() => void) | undefined

  constructor(options: AgentClientOptions) {
    this.options = options
  }

  get name(): string {
    return this.options.name
  }

  get isConnected(): boolean {
    return this.#isEstablished
  }

  /** The control node has sent its End-of-RIB. */
  get syncedFromServer(): boolean {
    return this.#hasEndOfRib
  }

  /** Why the last session ended, or what of an update was not understood. */
  get lastError(): string | undefined {
    return this.#error
  }

  /** Octets sent that the control node has not taken yet. */
  get pendingOctets(): number {
    return this.#socket?.writableLength ?? 0
  }

  /** Opens the session; resolves when the control node has answered, rejects when it does not. */
  async connect(): Promise<void> {
    if (this.#socket) throw new Error(`agent ${this.name} is connected already`)
    this.#framer = new StreamFramer()
    this.#hasEndOfRib = false
    this.#routes.clear()
    const { host, port, localAddress, name } = this.options
    await new Promise<void>((resolve, reject) => {
      const socket = connect({
        host,
        port,
        noDelay: true,
        ...(localAddress === undefined ? {} : { localAddress }),
      })
      const timer = setTimeout(() => this.#lose('no answer'), CONNECT_TIMEOUT_MS)
      const stop = this.onClose((reason) => {
        clearTimeout(timer)
        stop()
        reject(new Error(`agent ${name}: ${reason}`))
      })
      this.#onEstablished = () => {
        clearTimeout(timer)
        stop()
        resolve()
      }
      this.#socket = socket
      socket.once('connect', () => socket.write(encodeStreamOpen(name)))
      this.#listen(socket)
    })
  }

  subscribe(vrf: string, instanceId: number, options: { noRibOut?: boolean } = {}): void {
    this.#instanceIds.set(vrf, instanceId)
    this.#write(encodeSubscription(this.#head('subscribe'), 'subscribe', vrf, { instanceId, ...options }))
  }

  /** The control node sends no retracts for it, so the routes are dropped here. */
  unsubscribe(vrf: string): void {
    const instanceId = this.#instanceIds.get(vrf) ?? 0
    this.#instanceIds.delete(vrf)
    this.#routes.forget(vrf)
    this.#write(encodeSubscription(this.#head('unsubscribe'), 'unsubscribe', vrf, { instanceId }))
  }

  /** A subscription on the configuration channel, such as `virtual-router:...`. */
  subscribeConfig(node: string): void {
    this.#write(encodeConfigSubscription({ from: this.name, id: '' }, 'subscribe', node))
  }

  /** Adds or changes a route. */
  publish(publication: Publication): void {
    this.#change('associate', publication.vrf, itemOf(publication, this.options.address))
  }

  /** Takes a route away: a whole entry, of which only the prefix counts, with label 0 as agents have it. */
  retract({ vrf, prefix }: { vrf: string; prefix: string }): void {
    this.#change('dissociate', vrf, itemOf({ vrf, prefix, label: 0 }, this.options.address))
  }

  endOfRib(): void {
    this.#write(encodeAgentEndOfRib(this.name))
  }

  /** Ends the session as agents do: by closing TCP. */
  close(): void {
    this.#lose('closed here')
  }

  /** What the control node has sent for a VRF, by prefix. */
  routes(vrf: string): ReadonlyMap<string, ReceivedRoute> {
    return this.#routes.of(vrf)
  }

  /** VRFs with routes. */
  vrfs(): string[] {
    return this.#routes.vrfs()
  }

  /** Hears of every route that comes, changes or goes; returns how to stop. */
  onChange(listener: (change: RouteChange) => void): () => void {
    return this.#routes.onChange(listener)
  }

  /** Hears of the end of the session; returns how to stop. */
  onClose(listener: (reason: string) => void): () => void {
    this.#closeListeners.add(listener)
    return () => this.#closeListeners.delete(listener)
  }

  #change(verb: 'associate' | 'dissociate', vrf: string, item: InetItem): void {
    // Both stanzas of a change carry one number (agent-channel reference 3.1).
    const number = ++this.#stanzaCount
    const from = this.name
    this.#write(
      encodePublish({ from, id: `pubsub${number}` }, vrf, item) +
        encodeCollection({ from, id: `collection${number}` }, verb, vrf, item),
    )
  }

  #head(verb: string): { from: string; id: string } {
    return { from: this.name, id: `${verb}${++this.#stanzaCount}` }
  }

  #write(text: string): void {
    if (!this.#isEstablished) throw new Error(`agent ${this.name} is not connected`)
    this.#socket!.write(text)
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Uint8Array) => {
      if (socket === this.#socket) this.#take(chunk)
    })
    for (const event of ['end', 'close'] as const) {
      socket.on(event, () => {
        if (socket === this.#socket) this.#lose('closed by the control node')
      })
    }
    socket.on('error', (error: Error) => {
      if (socket === this.#socket) this.#lose(error.message)
    })
  }

  #take(chunk: Uint8Array): void {
    this.#restartHold()
    this.#framer.push(chunk)
    while (this.#socket && !this.#isSecuring) {
      const event = this.#framer.next()
      if (!event) break
      this.#receive(event)
    }
    if (this.#framer.error) this.#lose(this.#framer.error.toString())
  }

  #receive(event: StreamEvent): void {
    if (event.kind === 'close') return
    if (event.kind === 'open') {
      if (this.options.tls === undefined || this.#isSecured) this.#establish()
      return
    }
    const element = parseElement(event.text, Infinity)
    if (element instanceof StreamError) {
      this.#lose(element.toString())
      return
    }
    const stanza = decodeServerStanza(element)
    switch (stanza.kind) {
      case 'update':
        this.#error = this.#routes.take(stanza) ?? this.#error
        break
      case 'endOfRib':
        this.#hasEndOfRib = true
        break
      case 'features':
        if (this.options.tls) this.#socket!.write(START_TLS)
        else this.#lose('the control node demands TLS')
        break
      case 'proceed':
        this.#secure()
        break
      case 'ignored':
        this.#error = `ignored ${stanza.reason}`
        break
    }
  }

  get #isSecured(): boolean {
    return this.#socket !== undefined && 'encrypted' in this.#socket
  }

  #secure(): void {
    this.#isSecuring = true
    const plain = this.#socket!
    plain.removeAllListeners()
    this.#framer.restart()
    const secure = connectTls({
      socket: plain,
      // Names are not checked on this channel (agent-channel reference 1.4), the chain is, where an authority is given.
      checkServerIdentity: () => undefined,
      rejectUnauthorized: this.options.tls?.ca !== undefined,
      ...this.options.tls,
    })
    this.#socket = secure
    this.#listen(secure)
    secure.once('secureConnect', () => {
      this.#isSecuring = false
      secure.write(encodeStreamOpen(this.name))
    })
  }

  #establish(): void {
    if (this.#isEstablished) return
    this.#isEstablished = true
    const intervalMs = (this.#holdTimeSec * 1_000) / 3
    this.#keepaliveTimer = setInterval(() => this.#socket?.write(KEEPALIVE), intervalMs)
    // An agent sends one at once.
    this.#socket!.write(KEEPALIVE)
    this.#restartHold()
    this.#onEstablished?.()
  }

  get #holdTimeSec(): number {
    return this.options.holdTimeSec ?? 90
  }

  #restartHold(): void {
    if (!this.#isEstablished) return
    if (this.#holdTimer) this.#holdTimer.refresh()
    else this.#holdTimer = setTimeout(() => this.#lose('hold timer expired'), this.#holdTimeSec * 1_000)
  }

  #lose(reason: string): void {
    const socket = this.#socket
    if (!socket) return
    this.#socket = undefined
    this.#isEstablished = false
    this.#isSecuring = false
    this.#error = reason
    clearInterval(this.#keepaliveTimer)
    clearTimeout(this.#holdTimer)
    this.#holdTimer = undefined
    this.#instanceIds.clear()
    socket.on('error', () => undefined)
    // What was written still leaves; a control node that does not read it is not waited for.
    if (socket.connecting) socket.destroy()
    else socket.destroySoon()
    for (const listener of [...this.#closeListeners]) listener(reason)
  }
}
