/**
 * One Established session: UPDATEs into the RIB, the RIB's changes out, End-of-RIB and ROUTE-REFRESH both ways. It lives
 * from sessionUp to sessionDown; what outlasts it (paths of a restarting peer) is in retention.ts.
 *
 * Order of sending (RFC 4684 §6): where route-target is negotiated, VPN tables are joined only after the peer's
 * End-of-RIB for it, or after a while without one: before that, filtering would be a guess.
 */
import { Family, familyName, isVpnFamily } from '../../rib/model/family.ts'
import type { PathSource } from '../../rib/path-source.ts'
import type { Rib } from '../../rib/rib.ts'
import type { Table } from '../../rib/table.ts'
import type { Timers } from '../../rib/clock.ts'
import type { Log } from '../../rib/log.ts'
import type { Negotiated } from '../fsm/negotiate.ts'
import type { Notification } from '../fsm/types.ts'
import type { Frame } from '../wire/framer.ts'
import { encodeEndOfRib } from '../wire/end-of-rib.ts'
import { decodeRouteRefresh, encodeRouteRefresh, RefreshSubtype } from '../wire/route-refresh.ts'
import { UpdateDecoder } from '../wire/update-decode.ts'
import type { DecodedUpdate } from '../wire/update-decode.ts'
import { isWireError, Severity, worstError } from '../wire/wire-error.ts'
import type { Connection } from './connection.ts'
import type { PeerCounters } from './counters.ts'
import { DeadlineTimer } from './deadline-timer.ts'
import { hexOf } from './error-log.ts'
import type { ErrorLog } from './error-log.ts'
import type { LocalFacts, PeerConfig } from './peer-config.ts'
import { PrefixGauges } from './prefix-limit.ts'
import { RefreshReception } from './refresh-reception.ts'
import { RefreshRequests } from './refresh-requests.ts'
import { UpdateReceiver } from './receive.ts'
import { BgpGroupEncoder, BgpMember } from './send.ts'
import { sessionExportPolicy, sessionImportPolicy, sessionImportRule } from './session-rules.ts'

/**
 * Wait for the peer's route target End-of-RIB before VPN routes are sent without it. Only a peer with the graceful
 * restart capability promises to send one (RFC 4724 §3); without it (GoBGP's default) the marker never comes, and a long
 * wait would only delay every session. A short one is safe: the filter serves none but the targets that have come, and
 * those that come later bring their routes then.
 */
const ROUTE_TARGET_WAIT_MS = 30_000
const ROUTE_TARGET_WAIT_WITHOUT_MARKER_MS = 3_000

/** CEASE, Out of Resources (RFC 4486): what a peer is told when we fail at its message. */
const decodeDefect: Notification = { code: 6, subcode: 8, octets: new Uint8Array(0) }

export interface SessionContext {
  readonly rib: Rib
  readonly timers: Timers
  readonly log: Log
  readonly errors: ErrorLog
  readonly counters: PeerCounters
  readonly local: LocalFacts
  readonly connection: Connection
  readonly negotiated: Negotiated
  readonly source: PathSource
  /** The peer has sent everything of a family. */
  onEndOfRib(family: Family): void
}

export class Session {
  readonly negotiated: Negotiated
  readonly member: BgpMember
  readonly #context: SessionContext
  readonly #decoder: UpdateDecoder
  readonly #receiver: UpdateReceiver
  readonly #routeTargetWait: DeadlineTimer
  readonly #refreshes: RefreshRequests
  readonly #reception: RefreshReception
  readonly #joined = new Set<Table>()
  readonly #endOfRibs = new Set<Family>()
  readonly #stopForgetting: () => void
  #config: PeerConfig
  #isStarted = false

  constructor(context: SessionContext, config: PeerConfig) {
    const { negotiated, rib, source, connection, counters } = context
    this.negotiated = negotiated
    this.#context = context
    this.#config = config
    this.#decoder = new UpdateDecoder({
      as4: negotiated.as4,
      isIbgp: negotiated.isIbgp,
      families: new Set(negotiated.families),
      pathIds: new Set(negotiated.addPath.receives),
      // RFC 8950 §4: whoever offers it takes them.
      extendedNextHop: config.extendedNextHop === true,
      intern: (attributes) => rib.attrs.intern(attributes),
    })
    // Attribute ids get a new meaning when the table collects: the decoder must not remember any.
    this.#stopForgetting = rib.attrs.onCollect(() => {
      this.#decoder.forgetAttributes()
    })
    this.#setImport()
    this.#receiver = new UpdateReceiver(rib, source, { families: negotiated.families, counters })
    this.#setLimits(config)
    this.#reception = new RefreshReception(context.timers, rib.sweeps, source)
    this.#refreshes = new RefreshRequests(context.timers, (table) => {
      if (negotiated.enhancedRouteRefresh) this.#sendRefresh(table.family, RefreshSubtype.begin)
      rib.refresh(table, this.member)
    })
    this.member = new BgpMember(source, negotiated.families.includes(Family.routeTarget), {
      connection,
      counters,
      endMarker: (table) => this.#endMarker(table),
      afterSync: (table) => this.#refreshes.synced(table),
    })
    this.#routeTargetWait = new DeadlineTimer(context.timers, () => {
      this.#context.log.info('bgp.routeTargetWaitOver', { peer: this.#config.name })
      this.#joinVpnTables()
    })
  }

  /** Starts to send; once. */
  start(): void {
    if (this.#isStarted) return
    this.#isStarted = true
    const waits = this.negotiated.families.includes(Family.routeTarget)
    for (const family of this.negotiated.families) if (!waits || !isVpnFamily(family)) this.#join(family)
    if (!waits) return
    const sendsMarker = this.negotiated.gracefulRestart !== undefined
    this.#routeTargetWait.restart(sendsMarker ? ROUTE_TARGET_WAIT_MS : ROUTE_TARGET_WAIT_WITHOUT_MARKER_MS)
  }

  /** Stops sending; the paths that came in are somebody else's business. */
  stop(): void {
    this.#routeTargetWait.stop()
    this.#refreshes.stop()
    this.#reception.stop()
    this.#stopForgetting()
    for (const table of this.#joined) this.#context.rib.leave(table, this.member)
    this.#joined.clear()
  }

  /** One UPDATE. A NOTIFICATION means the end of the session. */
  receiveUpdate(frame: Frame): Notification | undefined {
    const { errors } = this.#context
    const update = this.#decode(frame)
    if (!update) return decodeDefect
    for (const error of update.errors) errors.note(error, frame.octets, frame.start, frame.end)
    if (update.severity >= Severity.disableFamily) return worstError(update.errors)!.notification
    this.#receiver.apply(update)
    if (update.endOfRib !== undefined) this.#receiveEndOfRib(update.endOfRib)
    return this.#receiver.limits?.check()
  }

  /** One ROUTE-REFRESH (RFC 2918 §4). */
  receiveRouteRefresh(frame: Frame): Notification | undefined {
    const refresh = decodeRouteRefresh(
      frame.octets,
      frame.start,
      frame.end,
      this.negotiated.enhancedRouteRefresh,
    )
    if (isWireError(refresh)) {
      this.#context.errors.note(refresh, frame.octets, frame.start, frame.end)
      return refresh.notification
    }
    this.#context.counters.refreshesIn++
    const { family, subtype } = refresh
    // RFC 2918 §4: a family that was not negotiated is ignored.
    if (family === undefined || !this.negotiated.families.includes(family)) return undefined
    if (subtype === RefreshSubtype.request) this.#answerRefresh(family)
    // RFC 7313 §5: markers of a peer without the capability are ignored, and so is any other subtype.
    else if (!this.negotiated.enhancedRouteRefresh) return undefined
    else if (subtype === RefreshSubtype.begin) this.#reception.begin(family)
    else if (subtype === RefreshSubtype.end) this.#reception.end(family)
    return undefined
  }

  #answerRefresh(family: Family): void {
    const table = this.#context.rib.master(family)
    if (table && this.#joined.has(table)) this.#refreshes.request(table)
  }

  /**
   * RFC 4724 §2: End-of-RIB follows the initial routes, whether or not the peer does graceful restart. RFC 7313 §4: EoRR
   * follows those that a request asked for.
   */
  #endMarker(table: Table): Uint8Array {
    return this.negotiated.enhancedRouteRefresh && this.#refreshes.isAnswer(table)
      ? encodeRouteRefresh(table.family, RefreshSubtype.end)
      : encodeEndOfRib(table.family)
  }

  #sendRefresh(family: Family, subtype: number): void {
    const { connection, counters } = this.#context
    connection.write(encodeRouteRefresh(family, subtype))
    counters.messagesOut++
  }

  drained(): void {
    this.#context.rib.unblock(this.member)
  }

  /**
   * RFC 4724 §4.1: whether our restart need not wait for the peer: it promises no End-of-RIB, restarts itself, or has sent
   * all. One that filters by targets sends VPN routes after it has heard ours, which would be to wait for each other.
   */
  get hasHeardAll(): boolean {
    const { gracefulRestart, families } = this.negotiated
    if (!gracefulRestart || gracefulRestart.restartState) return true
    const filters = families.includes(Family.routeTarget)
    return families.every((family) => this.#endOfRibs.has(family) || (filters && isVpnFamily(family)))
  }

  /** Families for which the peer has sent End-of-RIB. */
  get endOfRibs(): readonly string[] {
    return [...this.#endOfRibs].map(familyName)
  }

  /** Routes of a family that the peer holds from us. A scan: for introspection. */
  sentRoutes(family: Family): number {
    const table = this.#context.rib.master(family)
    const group = table && this.#context.rib.groupOf(table, this.member)
    return group?.countHeld(this.member) ?? 0
  }

  /** Other policy on a live session. What the peer sent is judged again; what it is offered changes where it differs. */
  applyPolicy(config: PeerConfig): void {
    const { rib, source } = this.#context
    this.#config = config
    if (this.#setImport()) rib.reevaluate(source)
    for (const table of this.#joined)
      rib.join(table, this.#exportRule(table.family), () => this.#encoder(), this.member)
  }

  /** What the peer may bring, and brings. */
  get limits(): PrefixGauges | undefined {
    return this.#receiver.limits
  }

  /** Other limits on a live session; a NOTIFICATION where the peer has brought too much for them. */
  applyLimits(config: PeerConfig): Notification | undefined {
    const hadDiscarded = this.limits?.hasDiscarded === true
    this.#setLimits(config)
    // What was dropped may have room now.
    if (hadDiscarded) this.#requestRefresh()
    return this.limits?.check()
  }

  #setLimits(config: PeerConfig): void {
    const { source, log } = this.#context
    const limits = config.prefixLimits ?? []
    this.#receiver.limits =
      limits.length === 0
        ? undefined
        : new PrefixGauges(limits, source.pathCounts, { peer: source.name, log })
  }

  /** Asks the peer for all its routes of every family, where it can (RFC 2918). */
  #requestRefresh(): void {
    const { negotiated, counters, connection } = this.#context
    if (!negotiated.routeRefresh) return
    for (const family of negotiated.families) {
      connection.write(encodeRouteRefresh(family))
      counters.refreshesOut++
      counters.messagesOut++
    }
  }

  /** Decoding is the one place where an exception is caught: it is a defect of ours, and it must cost one session only. */
  #decode(frame: Frame): DecodedUpdate | undefined {
    try {
      return this.#decoder.decode(frame.octets, frame.start, frame.end)
    } catch (error) {
      this.#context.counters.decodeDefects++
      this.#context.log.error('bgp.decodeDefect', {
        peer: this.#config.name,
        error: error instanceof Error ? error.stack : String(error),
        hex: hexOf(frame.octets, frame.start, frame.end),
      })
      return undefined
    }
  }

  #receiveEndOfRib(family: Family): void {
    if (!this.negotiated.families.includes(family)) return
    // Once a session: a marker that comes again has no table before it, and others would pay for it.
    if (!this.#endOfRibs.has(family)) this.#complete(family)
    this.#endOfRibs.add(family)
    this.#context.onEndOfRib(family)
    if (family === Family.routeTarget && this.#routeTargetWait.isRunning) {
      this.#routeTargetWait.stop()
      this.#joinVpnTables()
    }
  }

  /** What repeats in a whole table hardly does in the changes that follow: nothing of it is remembered for an idle session. */
  #complete(family: Family): void {
    const { rib, source } = this.#context
    const table = rib.master(family)
    this.#decoder.releaseAttributes()
    source.importRule?.forget()
    if (table) rib.complete(table)
  }

  #joinVpnTables(): void {
    for (const family of this.negotiated.families) if (isVpnFamily(family)) this.#join(family)
  }

  #join(family: Family): void {
    const table = this.#context.rib.master(family)
    if (!table || this.#joined.has(table)) return
    this.#joined.add(table)
    this.#refreshes.begin(table)
    this.#context.rib.join(table, this.#exportRule(table.family), () => this.#encoder(), this.member)
  }

  #encoder(): BgpGroupEncoder {
    const { as4, maxMessageLength, isIbgp, addPath } = this.negotiated
    const pathIds = new Set(addPath.sends)
    const extendedNextHop = new Set(this.negotiated.extendedNextHop)
    return new BgpGroupEncoder(this.#context.rib.attrs, {
      as4,
      maxMessageLength,
      isIbgp,
      pathIds,
      extendedNextHop,
    })
  }

  #exportRule(family: Family): ReturnType<Rib['bgpExportRule']> {
    return this.#context.rib.bgpExportRule(sessionExportPolicy(this.#context, this.#config, family))
  }

  /** Puts the rules for what comes in place; true where they are others than before. */
  #setImport(): boolean {
    const { source } = this.#context
    const { importPolicy, importRule } = source
    source.importPolicy = sessionImportPolicy(this.#context, this.#config)
    source.importRule = sessionImportRule(this.#context, this.#config)
    return source.importPolicy !== importPolicy || source.importRule.key !== importRule?.key
  }
}
