/**
 * One connection of an agent: the executor of its machine (xmpp/fsm). Whatever it sends, at worst its own session ends.
 */
import { sameOctets } from '../../rib/model/ip-address.ts'
import type { RoutingInstance } from '../../rib/routing-instance.ts'
import { newMachine, step } from '../fsm/transition.ts'
import type { Action, Event, Machine, Rival, TimerName } from '../fsm/types.ts'
import { decodeStanza } from '../wire/stanza.ts'
import type { Stanza } from '../wire/stanza.ts'
import { StreamError } from '../wire/stream-error.ts'
import type { StreamEvent } from '../wire/stream-framer.ts'
import { decodeStreamHeader } from '../wire/stream-header.ts'
import { parseElement } from '../wire/xml-parser.ts'
import type { AgentContext } from './agent-context.ts'
import { AgentSession } from './agent-session.ts'
import { Connection } from './connection.ts'
import type { AgentSocket, ConnectionListener } from './connection.ts'
import type { AgentCounters } from './counters.ts'
import { Deadline } from './deadline.ts'
import type { SubscriptionView } from './subscriptions.ts'

/** Characters of a broken rule in log and counters: it may name a VRF of an agent's choice. */
const MAX_DETAIL_LENGTH = 256

export interface AgentView {
  readonly name: string
  readonly address: string
  readonly state: 'connecting' | 'Established'
  /** Time of the clock at which it got into this state. */
  readonly sinceMs: number
  readonly subscriptions: readonly SubscriptionView[]
  readonly paths: number
  readonly counters: Record<string, number>
  readonly lastError: string | undefined
}

export class Agent implements ConnectionListener {
  readonly connection: Connection
  readonly #context: AgentContext
  readonly #timers: Record<TimerName, Deadline>
  #machine: Machine
  #counters: AgentCounters | undefined
  #session: AgentSession | undefined
  /** The stanza that the machine is asked about. */
  #stanza: Stanza | undefined
  #text = ''
  #sinceMs: number
  #heardMs: number
  #chunkOctets = 0
  #keepalivesSeen = 0
  #strayOctetsSeen = 0

  constructor(context: AgentContext, socket: AgentSocket) {
    this.#context = context
    this.#sinceMs = context.clock.nowMs()
    this.#heardMs = this.#sinceMs
    this.#machine = newMachine({
      serverName: context.serverName,
      hasTls: context.tls !== undefined,
      holdTimeSec: context.holdTimeSec,
    })
    this.#timers = {
      open: this.#timer('open'),
      hold: this.#timer('hold'),
      keepalive: this.#timer('keepalive'),
      sendHold: this.#timer('sendHold'),
    }
    this.connection = new Connection(socket, this, context.clock)
    this.step({ kind: 'accepted' })
  }

  get name(): string | undefined {
    return this.#machine.name
  }

  get isEstablished(): boolean {
    return this.#session !== undefined
  }

  view(): AgentView {
    return {
      name: this.name ?? '',
      address: this.connection.addressText,
      state: this.isEstablished ? 'Established' : 'connecting',
      sinceMs: this.#sinceMs,
      subscriptions: this.#session?.subscriptions() ?? [],
      paths: this.#session?.pathCount ?? 0,
      counters: this.#counters?.toRecord() ?? {},
      lastError: this.#counters?.lastError,
    }
  }

  /** This session as one that wants its name from another address or the same sees it. */
  asRivalOf(other: Agent): Rival {
    const [mine, theirs] = [this.connection.address, other.connection.address]
    return {
      isSameAddress: mine !== undefined && theirs !== undefined && sameOctets(mine, theirs),
      silentMs: this.#context.clock.nowMs() - this.#heardMs,
    }
  }

  onInstanceAdded(instance: RoutingInstance): void {
    this.#session?.onInstanceAdded(instance)
  }

  onNamesChanged(instance: RoutingInstance): void {
    this.#session?.onNamesChanged(instance)
  }

  step(event: Event): void {
    const { machine, actions } = step(this.#machine, event)
    this.#machine = machine
    for (const action of actions) this.#execute(action)
  }

  // --- connection ---------------------------------------------------------------------------------------------------

  onOctets(count: number): void {
    this.#heardMs = this.#context.clock.nowMs()
    this.#chunkOctets = count
    this.#counters?.add('octetsIn', count)
    this.#context.pacer.begin()
    this.step({ kind: 'heard' })
  }

  // hot: once per stanza
  onStanzaAhead(): boolean {
    const session = this.#session
    if (session?.takesAhead(this.connection.framer) !== true) return false
    this.#counters!.add('stanzasIn', 2)
    this.#context.pacer.afterStanza(this.connection, this.#chunkOctets)
    return true
  }

  onStreamEvent(event: StreamEvent): void {
    if (event.kind === 'close') {
      this.#counters?.add('streamClosesIn')
      this.step({ kind: 'streamClosed' })
    } else if (event.kind === 'open') {
      const header = decodeStreamHeader(event.text)
      if (header instanceof StreamError) this.step({ kind: 'streamBroken', error: header })
      else
        this.step({
          kind: 'streamOpened',
          from: header.from,
          rival: this.#context.rivalOf(header.from, this),
        })
    } else {
      this.#receive(event.text)
      if (this.#machine.phase !== 'closed')
        this.#context.pacer.afterStanza(this.connection, this.#chunkOctets)
    }
  }

  onStreamError(error: StreamError): void {
    this.step({ kind: 'streamBroken', error })
  }

  onInputDone(): void {
    this.#countFillers()
    this.#context.pacer.afterChunk(this.connection, this.#chunkOctets)
  }

  onSecured(): void {
    this.step({ kind: 'secured' })
  }

  onDrain(): void {
    this.step({ kind: 'outputDrained' })
    this.#session?.drained()
  }

  onLost(detail: string): void {
    this.step({ kind: 'connectionLost', detail })
  }

  // --- stanzas ------------------------------------------------------------------------------------------------------

  // hot: twice per route
  #receive(text: string): void {
    this.#counters?.add('stanzasIn')
    const stanza = this.#decode(text)
    if (stanza instanceof StreamError) {
      this.step({ kind: 'streamBroken', error: stanza })
      return
    }
    this.#stanza = stanza
    this.#text = text
    this.step({ kind: stanza.kind === 'startTls' ? 'startTlsRequested' : 'stanza' })
  }

  /** Decoding never throws; if it does, that is a defect of ours, and costs this session only. */
  #decode(text: string): Stanza | StreamError {
    try {
      const element = parseElement(text)
      return element instanceof StreamError ? element : decodeStanza(element)
    } catch (error) {
      this.#context.log.error('xmpp.decodeDefect', { agent: this.name, text: text.slice(0, 2_000), error })
      return new StreamError('undefined-condition', 'a defect of the node')
    }
  }

  #deliver(): void {
    const broken = this.#session?.receive(this.#stanza!, this.#text)
    this.#text = ''
    if (broken !== undefined) this.step({ kind: 'violated', detail: broken.slice(0, MAX_DETAIL_LENGTH) })
  }

  // --- actions ------------------------------------------------------------------------------------------------------

  #execute(action: Action): void {
    switch (action.kind) {
      case 'startTimer':
        this.#timers[action.timer].restart(action.ms)
        break
      case 'stopTimer':
        this.#timers[action.timer].stop()
        break
      case 'send':
        this.connection.writeText(action.text)
        break
      case 'startTls':
        this.connection.secure(this.#context.tls!)
        break
      case 'dropRival':
        this.#context.dropRival(this.name!)
        break
      case 'sessionUp':
        this.#up(action.name)
        break
      case 'deliver':
        this.#deliver()
        break
      case 'sessionDown':
        this.#down(action.detail)
        break
      case 'attemptFailed':
        this.#fail(action.detail)
        break
      case 'disconnect':
        this.#context.pacer.forget(this.connection)
        this.connection.close()
        this.#context.onGone(this)
        break
    }
  }

  #up(name: string): void {
    const { log, clock } = this.#context
    this.#sinceMs = clock.nowMs()
    this.#counters = this.#context.countersOf(name)
    this.#counters.add('sessionsUp')
    this.#session = new AgentSession(this.#context, {
      name,
      connection: this.connection,
      counters: this.#counters,
      onBlocked: () => {
        this.step({ kind: 'outputBlocked' })
      },
    })
    this.#context.onUp(name, this)
    log.info('xmpp.agentUp', { agent: name, address: this.connection.addressText })
  }

  #down(detail: string): void {
    this.#countFillers()
    this.#counters!.note('sessionsDown', detail)
    this.#session!.close()
    this.#session = undefined
    this.#context.log.warn('xmpp.agentDown', {
      agent: this.name,
      address: this.connection.addressText,
      reason: detail,
    })
  }

  #fail(detail: string): void {
    const { name } = this
    if (name !== undefined) this.#context.countersOf(name).note('attemptsFailed', detail)
    this.#context.failedAttempts.warn({
      agent: name,
      address: this.connection.addressText,
      reason: detail,
    })
  }

  // --- time ---------------------------------------------------------------------------------------------------------

  #timer(timer: TimerName): Deadline {
    return new Deadline(this.#context.clock, () => {
      if (timer === 'hold') this.#considerHold()
      else this.step({ kind: 'timerExpired', timer })
    })
  }

  /** A busy node must not expire an agent whose octets wait unread: they are read first (agent-channel reference 1.5). */
  #considerHold(): void {
    const heardMs = this.#heardMs
    this.#context.clock.defer(() => {
      const isAlive = this.#heardMs !== heardMs || this.connection.isPaused
      if (isAlive) this.step({ kind: 'heard' })
      else this.step({ kind: 'timerExpired', timer: 'hold' })
    })
  }

  #countFillers(): void {
    const { keepalives, strayOctets } = this.connection.framer
    if (keepalives > this.#keepalivesSeen)
      this.#counters?.add('keepalivesIn', keepalives - this.#keepalivesSeen)
    if (strayOctets > this.#strayOctetsSeen)
      this.#counters?.note('strayOctetsIn', 'text between stanzas was skipped')
    this.#keepalivesSeen = keepalives
    this.#strayOctetsSeen = strayOctets
  }
}
