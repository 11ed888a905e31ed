/**
 * Runs a case through a whole daemon on a fake clock and records what it does, in order and with the time of the clock:
 *
 *   input.jsonl ──► connections in memory ──► Daemon (configuration, RIB, speaker, agent server) ──► output lines
 *
 * An output line is what was done (`step`), or what the node did on a connection: a message in words and as octets (XML as
 * it is), a connection dialed, a connection closed.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { emptyFrame, Framer } from '../../../bgp/wire/framer.ts'
import { HEADER_LENGTH } from '../../../bgp/wire/iana.ts'
import { Daemon } from '../../../control/daemon.ts'
import { silentLog } from '../../../rib/log.ts'
import { toHex } from '../../bgp/wire/support.ts'
import { FakeClock } from '../fake-clock.ts'
import { AgentReader, AgentScript } from './agent-message.ts'
import type { AgentMessage } from './agent-message.ts'
import { bgpMessageText, encodeBgpMessage } from './bgp-message.ts'
import type { BgpMessage } from './bgp-message.ts'
import type { ConformanceCase, InputEvent } from './case.ts'
import { MemoryTransport } from './memory-transport.ts'
import type { MemorySocket, Recorder } from './memory-transport.ts'

/** Both halves of one connection: what the case says on it, and how what comes back is read. */
interface Line {
  readonly socket: MemorySocket
  encode(message: BgpMessage | AgentMessage): Uint8Array
  /** A write of the node: one entry a message. */
  read(octets: Uint8Array): OutputLine[]
}

/** What the node did, or what was done to it; `on` names the connection. */
interface OutputLine {
  readonly at?: number
  readonly on?: string
  readonly [key: string]: unknown
}

/** Runs a case; what the node did, one JSON text a line. */
export async function replay(conformanceCase: ConformanceCase): Promise<string[]> {
  // State is written there, and a case's folder stays as it is.
  const folder = await mkdtemp(join(tmpdir(), 'heddle-conformance-'))
  try {
    await cp(conformanceCase.folder, folder, { recursive: true })
    const run = new Replay(folder)
    await run.start()
    for (const event of conformanceCase.events) await run.play(event)
    await run.stop()
    return run.lines()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

class Replay implements Recorder {
  readonly #lines: OutputLine[] = []
  readonly #folder: string
  readonly #clock = new FakeClock()
  readonly #startMs = this.#clock.nowMs()
  readonly #transport = new MemoryTransport(this.#clock, this)
  readonly #connections = new Map<string, Line>()
  /** Readers of connections whose name is not known yet: the node may write as soon as it accepts. */
  readonly #readers = new Map<MemorySocket, Line['read']>()
  #daemon: Daemon | undefined
  #opening: Line['read'] | undefined
  #isRecording = true
  #steps = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  async start(): Promise<void> {
    this.#daemon = await this.#pump(
      Daemon.start({
        files: [join(this.#folder, 'config.yaml')],
        timers: this.#clock,
        log: silentLog,
        transport: this.#transport,
      }),
    )
  }

  /** Ends the daemon where the case has not done so; that is no part of the recording. */
  async stop(): Promise<void> {
    this.#isRecording = false
    await this.#pump(this.#daemon!.close())
    if (this.#clock.timerCount > 0) throw new Error(`${this.#clock.timerCount} timers outlive the daemon`)
  }

  /** Connections know no order among each other, so what happens on them at one moment of a step is put in that of names. */
  lines(): string[] {
    let group = 0
    const order = this.#lines.map((line, index) => {
      // Only lines of connections at the same time may change places.
      const before = this.#lines[index - 1]
      if (line.on === undefined || before?.on === undefined || line.at !== before.at) group++
      return { line, group, index }
    })
    order.sort(
      (a, b) => a.group - b.group || compareNames(a.line.on ?? '', b.line.on ?? '') || a.index - b.index,
    )
    return order.map(({ line }) => JSON.stringify(line))
  }

  async play(event: InputEvent): Promise<void> {
    this.#steps++
    if ('note' in event) this.#record({ note: event.note })
    else this.#record({ step: this.#steps, input: headline(event) })
    if ('reload' in event) {
      const report = await this.#pump(this.#daemon!.reload([join(this.#folder, event.reload)]))
      this.#record(
        report.applied
          ? { reload: 'applied' }
          : { reload: 'refused', problems: this.#withoutFolder(report.problems) },
      )
    } else if ('stop' in event) await this.#pump(this.#daemon!.close(event.stop))
    else this.#playNow(event)
    this.#clock.settle()
  }

  #withoutFolder(texts: readonly string[]): string[] {
    return texts.map((text) => text.replaceAll(`${this.#folder}/`, ''))
  }

  #playNow(event: InputEvent): void {
    if ('connect' in event) this.#connect(event.connect, event.from, event.to)
    else if ('answer' in event) this.#answer(event.answer, event.as)
    else if ('refuse' in event) this.#transport.dialedTo(event.refuse).fail('connect ECONNREFUSED')
    else if ('on' in event) {
      const line = this.#line(event.on)
      line.socket.bring(Buffer.concat(event.send.map((message) => line.encode(message))))
    } else if ('close' in event) this.#line(event.close).socket.closeFar()
    else if ('reset' in event) this.#line(event.reset).socket.fail('read ECONNRESET')
    else if ('advance' in event) this.#clock.advance(event.advance)
  }

  #connect(name: string, from: string, to: 'bgp' | 'agents'): void {
    const daemon = this.#daemon!
    const [endpoint] = to === 'bgp' ? daemon.speaker.endpoints() : daemon.agentServer.endpoints()
    const read = to === 'bgp' ? bgpReader() : agentReader()
    this.#opening = read
    const socket = this.#transport.connect(name, from, endpoint.port)
    this.#opening = undefined
    this.#readers.set(socket, read)
    const script = new AgentScript(name, from)
    const encode = (message: BgpMessage | AgentMessage): Uint8Array =>
      to === 'bgp' ? encodeBgpMessage(message as BgpMessage) : script.encode(message as AgentMessage)
    this.#connections.set(name, { socket, encode, read })
  }

  #answer(target: string, name: string): void {
    const socket = this.#transport.dialedTo(target)
    socket.name = name
    const read = bgpReader()
    this.#readers.set(socket, read)
    this.#connections.set(name, {
      socket,
      encode: (message) => encodeBgpMessage(message as BgpMessage),
      read,
    })
    socket.answer()
  }

  #line(name: string): Line {
    const line = this.#connections.get(name)
    if (!line) throw new Error(`step ${this.#steps}: no connection is called '${name}'`)
    return line
  }

  // --- what the node does -------------------------------------------------------------------------------------------

  wrote(socket: MemorySocket, octets: Uint8Array): void {
    const read = this.#readers.get(socket) ?? this.#opening!
    for (const message of read(octets)) this.#record({ on: socket.name, ...message })
  }

  closed(socket: MemorySocket): void {
    this.#record({ on: socket.name, closed: true })
  }

  dialed(socket: MemorySocket): void {
    this.#record({ on: socket.name, dialed: true })
  }

  #record(line: OutputLine): void {
    if (!this.#isRecording) return
    if ('note' in line) this.#lines.push(line)
    else this.#lines.push({ at: Math.round(this.#clock.nowMs() - this.#startMs), ...line })
  }

  /** Lets the clock's deferred work run beside real input and output (files) until the promise is settled. */
  async #pump<T>(work: Promise<T>): Promise<T> {
    let isPending = true
    const settled = work.finally(() => {
      isPending = false
    })
    settled.catch(() => undefined)
    while (isPending) {
      this.#clock.settle()
      await new Promise((resolve) => setImmediate(resolve))
    }
    return await settled
  }
}

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function headline(event: Exclude<InputEvent, { note: string }>): string {
  if ('on' in event) return `${event.on} sends ${event.send.map(messageName).join(', ')}`
  if ('connect' in event) return `${event.connect} connects from ${event.from} to ${event.to}`
  if ('answer' in event) return `${event.answer} answers as ${event.as}`
  return Object.entries(event)
    .map(([verb, object]) => `${verb} ${object}`)
    .join(', ')
}

function messageName(message: BgpMessage | AgentMessage): string {
  if (typeof message === 'string') return message
  const [[name, content]] = Object.entries(message) as [string, unknown][]
  return typeof content === 'string' && name !== 'hex' && name !== 'xml' && name !== 'updateHex'
    ? `${name} ${content}`
    : name
}

function bgpReader(): Line['read'] {
  const framer = new Framer(65_535)
  return (octets) => {
    framer.push(octets)
    const messages: OutputLine[] = []
    for (const frame = emptyFrame(); framer.next(frame);) {
      const hex = toHex(frame.octets.subarray(frame.start - HEADER_LENGTH, frame.end))
      messages.push({ says: bgpMessageText(frame), hex })
    }
    return messages
  }
}

function agentReader(): Line['read'] {
  const reader = new AgentReader()
  return (octets) => [{ says: reader.read(octets), xml: Buffer.from(octets).toString() }]
}
