/**
 * One simulated agent of the load, on a raw socket: opens its stream, sends octets made beforehand, and puts what it is
 * sent into holdings.
 */
import { encodeStreamOpen, KEEPALIVE } from '../../../xmpp/wire/stream-header.ts'
import { agentName } from './agent-feed.ts'
import type { AgentFeed, AgentSpec } from './agent-feed.ts'
import { Holdings } from './holdings.ts'
import { Intake } from './intake.ts'
import type { OctetReader } from './intake.ts'
import { scanItems } from './item-scan.ts'
import { Link } from './link.ts'
import type { LinkTarget } from './link.ts'

const KEEPALIVE_MS = 30_000

export class AgentEnd implements OctetReader {
  readonly spec: AgentSpec
  readonly feed: AgentFeed
  readonly holdings: Holdings
  readonly link: Link
  /** As an agent does that has lost its control node: what it has follows its subscription. */
  publishesAtOnce = false
  #timer: NodeJS.Timeout | undefined

  constructor(spec: AgentSpec, feed: AgentFeed) {
    this.spec = spec
    this.feed = feed
    this.holdings = new Holdings(spec.range)
    const name = agentName(spec.number)
    this.link = new Link(`agent ${name}`, new Intake(this), {
      onOpen: () => this.send(encodeStreamOpen(name)),
      onClosed: () => clearInterval(this.#timer),
    })
  }

  /** Resolves when the control node has opened its stream; the subscription is on its way then. */
  async dial(target: LinkTarget): Promise<void> {
    await this.link.dial(target, this.spec.address)
  }

  send(octets: Uint8Array | string): void {
    this.link.write(octets)
  }

  close(): void {
    this.link.close()
  }

  // hot: once per read
  take(octets: Buffer, start: number, end: number): number {
    const view = octets.subarray(start, end)
    if (!this.link.isUp) return start + this.#expectStream(view)
    const before = this.holdings.changes
    const rest = scanItems(view, this.holdings)
    this.link.touched(before)
    return start + rest
  }

  overflow(): void {
    this.link.fail('an item without end')
  }

  #expectStream(view: Buffer): number {
    const answer = view.indexOf('<stream:stream')
    const end = answer < 0 ? -1 : view.indexOf('>', answer)
    if (end < 0) return 0
    this.#timer = setInterval(() => this.send(KEEPALIVE), KEEPALIVE_MS)
    this.send(KEEPALIVE)
    this.send(this.feed.subscribe)
    if (this.publishesAtOnce) this.send(this.feed.publish)
    this.link.established()
    return end + 1
  }
}
