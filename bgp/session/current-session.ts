/**
 * The session that a peer has now, or has not, and its paths, which may outlast it (retention.ts).
 */
import type { Timers } from '../../rib/clock.ts'
import type { Log } from '../../rib/log.ts'
import type { Family } from '../../rib/model/family.ts'
import { familyName } from '../../rib/model/family.ts'
import type { IpAddress } from '../../rib/model/ip-address.ts'
import { SourceKind } from '../../rib/path-source.ts'
import type { SourceFacts } from '../../rib/path-source.ts'
import type { Rib } from '../../rib/rib.ts'
import type { Negotiated } from '../fsm/negotiate.ts'
import type { DownCause } from '../fsm/types.ts'
import type { Connection } from './connection.ts'
import type { PeerCounters } from './counters.ts'
import type { ErrorLog } from './error-log.ts'
import type { MessageContext } from './message-event.ts'
import type { OwnRestart } from './own-restart.ts'
import type { LocalFacts, PeerConfig } from './peer-config.ts'
import { PathRetention } from './retention.ts'
import { Session } from './session.ts'

export interface CurrentSessionContext {
  readonly name: string
  readonly address: IpAddress
  readonly rib: Rib
  readonly timers: Timers
  readonly log: Log
  readonly local: LocalFacts
  readonly ownRestart: OwnRestart
  readonly counters: PeerCounters
  readonly errors: ErrorLog
  /** Paths that were kept without a session are gone. */
  readonly onReleased: () => void
}

export class CurrentSession {
  readonly retention: PathRetention
  /** How messages are taken while there is no session. */
  readonly beforeSession: MessageContext
  /** How they are taken on the session's connection. */
  messages: MessageContext
  readonly #context: CurrentSessionContext

  constructor(context: CurrentSessionContext) {
    this.#context = context
    this.retention = new PathRetention(context.rib, context.timers, context.onReleased)
    this.beforeSession = { session: undefined, counters: context.counters, errors: context.errors }
    this.messages = this.beforeSession
  }

  get session(): Session | undefined {
    return this.messages.session
  }

  up(connection: Connection, negotiated: Negotiated, config: PeerConfig): void {
    const { name, log, counters } = this.#context
    counters.sessionsUp++
    const source = this.retention.up(this.#sourceFacts(negotiated, config), negotiated)
    const onEndOfRib = (family: Family): void => this.retention.endOfRib(family)
    const session = new Session({ ...this.#context, connection, negotiated, source, onEndOfRib }, config)
    this.messages = { ...this.beforeSession, session }
    log.info('bgp.sessionUp', { peer: name, families: negotiated.families.map(familyName) })
    if (!this.#context.ownRestart.isDeferring) session.start()
  }

  down(cause: DownCause): void {
    const { session } = this
    if (!session) return
    const { counters } = this.#context
    counters.sessionsDown++
    if (cause.kind === 'notificationSent') counters.resets++
    this.messages = this.beforeSession
    session.stop()
    this.retention.down(session.negotiated, cause)
  }

  /** Brings other policy into effect. */
  applyPolicy(config: PeerConfig): void {
    const { session } = this
    if (!session) {
      // What is kept through a restart was let in under the old one.
      this.retention.drop()
      return
    }
    const { source } = this.retention
    if (source) this.#context.rib.updateSource(source, this.#sourceFacts(session.negotiated, config))
    session.applyPolicy(config)
  }

  #sourceFacts(negotiated: Negotiated, config: PeerConfig): SourceFacts {
    return {
      kind: SourceKind.bgp,
      name: this.#context.name,
      isIbgp: negotiated.isIbgp,
      isClient: negotiated.isIbgp && config.routeReflectorClient,
      asn: negotiated.peerAs,
      routerId: negotiated.peerRouterId,
      address: this.#context.address,
    }
  }
}
