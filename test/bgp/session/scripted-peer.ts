/** A peer that says exactly what a test tells it to: a socket, framed messages in, octets out. */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { emptyFrame, Framer } from '../../../bgp/wire/framer.ts'
import type { Frame } from '../../../bgp/wire/framer.ts'
import type { Capability } from '../../../bgp/wire/capability.ts'
import { encodeEndOfRib } from '../../../bgp/wire/end-of-rib.ts'
import { HEADER_LENGTH, MessageType } from '../../../bgp/wire/iana.ts'
import { keepalive } from '../../../bgp/wire/keepalive.ts'
import { decodeNotification } from '../../../bgp/wire/notification.ts'
import type { Notification } from '../../../bgp/wire/notification.ts'
import { encodeOpen } from '../../../bgp/wire/open.ts'
import { decodeRouteRefresh, encodeRouteRefresh } from '../../../bgp/wire/route-refresh.ts'
import { UpdateDecoder } from '../../../bgp/wire/update-decode.ts'
import { isWireError } from '../../../bgp/wire/wire-error.ts'
import { AttrTable } from '../../../rib/attr-table.ts'
import type { Family } from '../../../rib/model/family.ts'
import { familyName } from '../../../rib/model/family.ts'
import { parseIpv4, wordAt } from '../../../rib/model/ip-address.ts'
import { formatRouteKey, routeKeyWords } from '../../../rib/model/route-key.ts'
import { until } from '../../support/until.ts'

export interface ScriptOptions {
  /** Source address: who the peer is. */
  readonly address: string
  readonly families: readonly Family[]
  readonly asn?: number
  readonly holdTimeSec?: number
  readonly capabilities?: readonly Capability[]
  /** Families in which it hears path identifiers (RFC 7911). */
  readonly pathIds?: readonly Family[]
}

export class ScriptedPeer {
  readonly socket: Socket
  /** Types of the messages received, in order. */
  readonly types: number[] = []
  /** Received routes as `+family route`, `-family route`, `eor family`; ROUTE-REFRESH as `borr family`, `eorr family`. */
  readonly heard: string[] = []
  /** Of the last announcement. */
  lastCommunities: readonly number[] = []
  notification: Notification | undefined
  isClosed = false
  readonly #framer = new Framer(65_535)
  readonly #decoder: UpdateDecoder
  readonly #options: ScriptOptions

  constructor(target: { address: string; port: number }, options: ScriptOptions) {
    this.#options = options
    const attrs = new AttrTable()
    this.#decoder = new UpdateDecoder({
      as4: true,
      isIbgp: (options.asn ?? 64512) === 64512,
      families: new Set(options.families),
      pathIds: new Set(options.pathIds),
      intern: (attributes) => attrs.intern(attributes),
    })
    this.socket = connect({ host: target.address, port: target.port, localAddress: options.address })
    this.socket.on('data', (chunk: Uint8Array) => {
      this.#take(chunk)
    })
    this.socket.on('error', () => undefined)
    this.socket.on('close', () => {
      this.isClosed = true
    })
  }

  /** Connects and goes on to Established. */
  static async established(
    target: { address: string; port: number },
    options: ScriptOptions,
  ): Promise<ScriptedPeer> {
    const peer = new ScriptedPeer(target, options)
    peer.sendOpen()
    peer.send(keepalive)
    await until('KEEPALIVE from the speaker', () => peer.types.includes(MessageType.keepalive))
    return peer
  }

  sendOpen(): void {
    const { address, asn = 64512, families, holdTimeSec = 90, capabilities = [] } = this.#options
    this.send(
      encodeOpen({
        version: 4,
        asn,
        holdTimeSec,
        identifier: wordAt(parseIpv4(address)!, 0) >>> 0,
        capabilities: [
          ...families.map((family): Capability => ({ kind: 'multiprotocol', family })),
          { kind: 'as4', asn },
          { kind: 'routeRefresh' },
          ...capabilities,
        ],
      }),
    )
  }

  send(octets: Uint8Array): void {
    this.socket.write(octets)
  }

  sendEndOfRib(family: Family): void {
    this.send(encodeEndOfRib(family))
  }

  sendRefresh(family: Family): void {
    this.send(encodeRouteRefresh(family))
  }

  /** An UPDATE from its body in hex (spaces are ignored). */
  sendUpdate(hex: string): void {
    const body = Buffer.from(hex.replace(/\s+/g, ''), 'hex')
    const length = HEADER_LENGTH + body.length
    this.send(
      Buffer.concat([Buffer.alloc(16, 255), Buffer.of(length >> 8, length & 255, MessageType.update), body]),
    )
  }

  count(line: string): number {
    return this.heard.filter((heard) => heard === line).length
  }

  async closed(): Promise<void> {
    await until('the connection closes', () => this.isClosed)
  }

  destroy(): void {
    this.socket.destroy()
  }

  #take(chunk: Uint8Array): void {
    this.#framer.push(chunk)
    for (const frame = emptyFrame(); this.#framer.next(frame);) {
      this.types.push(frame.type)
      if (frame.type === MessageType.notification) {
        this.notification = decodeNotification(frame.octets, frame.start, frame.end)
      }
      if (frame.type === MessageType.routeRefresh) this.#hearRefresh(frame)
      if (frame.type === MessageType.update) this.#hear(frame.octets, frame.start, frame.end)
    }
  }

  #hearRefresh(frame: Frame): void {
    const refresh = decodeRouteRefresh(frame.octets, frame.start, frame.end, true)
    if (isWireError(refresh) || refresh.family === undefined) return
    this.heard.push(`${['request', 'borr', 'eorr'][refresh.subtype]!} ${familyName(refresh.family)}`)
  }

  #hear(octets: Uint8Array, start: number, end: number): void {
    const update = this.#decoder.decode(octets, start, end)
    if (update.endOfRib !== undefined) this.heard.push(`eor ${familyName(update.endOfRib)}`)
    for (const run of update.runs.slice(0, update.runCount)) {
      if (run.attrs) this.lastCommunities = run.attrs.communities
      for (let i = 0; i < run.count; i++) {
        const route = formatRouteKey(run.family, run.keys, i * routeKeyWords(run.family))
        const path = run.hasPathIds ? ` path ${run.pathIds[i]! >>> 0}` : ''
        this.heard.push(`${run.reach ? '+' : '-'}${familyName(run.family)} ${route}${path}`)
      }
    }
  }
}
