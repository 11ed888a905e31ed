/**
 * One BGP speaker of the load: the least that a daemon takes for a peer (OPEN, KEEPALIVE, End-of-RIB), on a raw socket.
 * It sends octets made beforehand, and what it receives goes into holdings.
 *
 *   dial ── OPEN ──► ◄── OPEN ── KEEPALIVE ──► ◄── KEEPALIVE: established       refused or closed before that: once more
 */
import type { Socket } from 'node:net'
import { encodeEndOfRib } from '../../../bgp/wire/end-of-rib.ts'
import { HEADER_LENGTH, MessageType } from '../../../bgp/wire/iana.ts'
import { keepalive } from '../../../bgp/wire/keepalive.ts'
import { decodeNotification, describeNotification } from '../../../bgp/wire/notification.ts'
import { encodeOpen } from '../../../bgp/wire/open.ts'
import type { Family } from '../../../rib/model/family.ts'
import { parseIpv4, wordAt } from '../../../rib/model/ip-address.ts'
import { Holdings } from './holdings.ts'
import type { PrefixRange } from './holdings.ts'
import { Intake } from './intake.ts'
import type { OctetReader } from './intake.ts'
import { Link } from './link.ts'
import type { LinkTarget } from './link.ts'
import { scanUpdate } from './update-scan.ts'
import type { RouteListener } from './update-scan.ts'
import { ASN } from './vpn-feed.ts'

/** Where an OPEN has its hold time: behind version and AS number. */
const OPEN_HOLD_TIME = HEADER_LENGTH + 3

export interface BgpEndSpec {
  /** Where it connects from: its address for the daemon, and its BGP identifier. */
  readonly address: string
  readonly holdTimeSec: number
  /** The routes it may be sent. */
  readonly range: PrefixRange
  readonly families: readonly Family[]
}

export class BgpEnd implements OctetReader {
  readonly spec: BgpEndSpec
  readonly holdings: Holdings
  readonly link: Link
  /** Longest time between two messages of the daemon, while established. */
  longestSilenceMs = 0
  hears: RouteListener | undefined
  #lastMessageMs = 0
  #hasSeenOpen = false
  /** The smaller of both offers (RFC 4271 §4.2). */
  #holdTimeSec = 0
  #timer: NodeJS.Timeout | undefined

  constructor(spec: BgpEndSpec) {
    this.spec = spec
    this.holdings = new Holdings(spec.range)
    const intake = new Intake(this)
    this.link = new Link(`BGP peer ${spec.address}`, intake, {
      onOpen: () => this.#open(),
      onClosed: () => clearInterval(this.#timer),
    })
  }

  /** Resolves when the session is established. */
  async dial(target: LinkTarget): Promise<void> {
    await this.link.dial(target, this.spec.address)
  }

  /** The passive side of the same, for a load that plays against itself. */
  async adopt(socket: Socket): Promise<void> {
    await this.link.adopt(socket)
  }

  /** Octets that must not change any more; `taken` when the kernel has them all. */
  send(octets: Uint8Array, taken?: () => void): void {
    this.link.write(octets, taken)
  }

  sendEndOfRib(): void {
    this.sendTable([])
  }

  /** Routes, and End-of-RIB right behind the last of them. */
  sendTable(routes: readonly Uint8Array[]): void {
    this.link.writeTogether([...routes, ...this.spec.families.map(encodeEndOfRib)])
  }

  /** From now on silence is measured anew. */
  measureSilence(): void {
    this.longestSilenceMs = 0
    this.#lastMessageMs = performance.now()
  }

  close(): void {
    this.link.close()
  }

  // hot: one iteration per message
  take(octets: Buffer, start: number, end: number, view: DataView): number {
    let at = start
    const before = this.holdings.changes
    while (end - at >= HEADER_LENGTH) {
      const length = (octets[at + 16] << 8) | octets[at + 17]
      if (length > end - at) break
      if (octets[at + 18] === MessageType.update) {
        scanUpdate(view, at + HEADER_LENGTH, at + length, this.holdings, this.hears)
      } else this.#control(octets, at, length)
      at += Math.max(length, HEADER_LENGTH)
    }
    if (at > start) this.#noteTime()
    this.link.touched(before)
    return at
  }

  overflow(): void {
    this.link.fail('a message without end')
  }

  #noteTime(): void {
    const now = performance.now()
    const silence = now - this.#lastMessageMs
    if (silence > this.longestSilenceMs && this.#lastMessageMs > 0) this.longestSilenceMs = silence
    this.#lastMessageMs = now
  }

  #open(): void {
    this.#hasSeenOpen = false
    const { address, holdTimeSec, families } = this.spec
    this.send(
      encodeOpen({
        version: 4,
        asn: ASN,
        holdTimeSec,
        identifier: wordAt(parseIpv4(address)!, 0) >>> 0,
        capabilities: [
          ...families.map((family) => ({ kind: 'multiprotocol' as const, family })),
          { kind: 'routeRefresh' },
          { kind: 'as4', asn: ASN },
        ],
      }),
    )
  }

  #control(octets: Buffer, at: number, length: number): void {
    const type = octets[at + 18]
    if (type === MessageType.open) {
      this.#hasSeenOpen = true
      const theirsSec = (octets[at + OPEN_HOLD_TIME] << 8) | octets[at + OPEN_HOLD_TIME + 1]
      this.#holdTimeSec = Math.min(theirsSec, this.spec.holdTimeSec)
      this.send(keepalive)
    } else if (type === MessageType.keepalive && this.#hasSeenOpen && !this.link.isUp) {
      this.#establish()
    } else if (type === MessageType.notification) {
      const notification = decodeNotification(octets, at + HEADER_LENGTH, at + length)
      this.link.fail(`the daemon says: ${describeNotification(notification)}`)
    }
  }

  #establish(): void {
    const intervalMs = (this.#holdTimeSec * 1000) / 3
    this.#timer = setInterval(() => this.send(keepalive), intervalMs)
    this.measureSilence()
    this.link.established()
  }
}
