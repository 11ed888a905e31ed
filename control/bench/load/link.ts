/**
 * A connection of the load that wants to be up: it dials again until the daemon has answered, and says why it ended when
 * it ends unasked.
 */
import type { Socket } from 'node:net'
import type { Intake } from './intake.ts'

const RETRY_MS = 20

export interface LinkTarget {
  readonly host: string
  readonly port: number
}

export interface LinkListener {
  /** TCP is up: time for the first octets. */
  onOpen(): void
  onClosed(): void
}

export class Link {
  /** Why it went down although nobody wanted that. */
  failure: string | undefined
  isUp = false
  /** Told after each read, with the changes of the holdings before it. */
  onTouched: ((changesBefore: number) => void) | undefined
  readonly #title: string
  readonly #intake: Intake
  readonly #listener: LinkListener
  #socket: Socket | undefined
  #retry: NodeJS.Timeout | undefined
  #lastReason = 'nobody listens'
  #onUp: (() => void) | undefined
  /** One more attempt to dial; nothing for a connection that was accepted. */
  #again: (() => void) | undefined

  constructor(title: string, intake: Intake, listener: LinkListener) {
    this.#title = title
    this.#intake = intake
    this.#listener = listener
  }

  /** Resolves when `established` is called; whoever waits sets a bound and asks `lastReason`. */
  async dial(target: LinkTarget, localAddress: string): Promise<void> {
    this.close()
    this.failure = undefined
    const up = this.#untilUp()
    this.#attempt(target, localAddress)
    await up
  }

  async adopt(socket: Socket): Promise<void> {
    this.failure = undefined
    const up = this.#untilUp()
    socket.setNoDelay(true)
    this.#intake.restart()
    this.#intake.adopt(socket)
    this.#listen(socket)
    this.#listener.onOpen()
    await up
  }

  /** Why the last attempt did not come to a session. */
  get lastReason(): string {
    return `${this.#title}: ${this.failure ?? this.#lastReason}`
  }

  established(): void {
    this.isUp = true
    this.#onUp?.()
    this.#onUp = undefined
  }

  write(octets: Uint8Array | string, taken?: () => void): void {
    this.#socket?.write(octets, taken)
  }

  /** Octets that go out one behind the other, with no round of the event loop between them. */
  writeTogether(parts: readonly Uint8Array[]): void {
    this.#socket?.cork()
    for (const octets of parts) this.write(octets)
    this.#socket?.uncork()
  }

  // hot: once per read
  touched(changesBefore: number): void {
    this.onTouched?.(changesBefore)
  }

  /** Ends the connection for a reason: before the session is up that is one more attempt, after it a failure. */
  fail(reason: string): void {
    this.#lastReason = reason
    if (this.isUp) this.failure = reason
    const again = this.isUp ? undefined : this.#again
    this.#drop()
    if (again) this.#retry = setTimeout(again, RETRY_MS)
  }

  close(): void {
    clearTimeout(this.#retry)
    this.#again = undefined
    this.#drop()
  }

  #untilUp(): Promise<void> {
    return new Promise((resolve) => {
      this.#onUp = resolve
    })
  }

  #attempt(target: LinkTarget, localAddress: string): void {
    this.#again = () => this.#attempt(target, localAddress)
    this.#intake.restart()
    const socket = this.#intake.dial(target.host, target.port, localAddress)
    this.#listen(socket)
    socket.once('connect', () => {
      if (this.#socket === socket) this.#listener.onOpen()
    })
  }

  #listen(socket: Socket): void {
    this.#socket = socket
    const lost = (reason: string): void => {
      if (this.#socket === socket) this.fail(reason)
    }
    socket.on('error', (error) => lost(error.message))
    socket.on('end', () => lost('closed by the other end'))
    socket.on('close', () => lost('closed'))
  }

  #drop(): void {
    const socket = this.#socket
    this.#socket = undefined
    this.isUp = false
    socket?.destroy()
    this.#listener.onClosed()
  }
}
