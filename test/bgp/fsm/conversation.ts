/**
 * Two peerings that talk to each other in memory, where a chooser decides which of the pending deliveries comes next:
 * every order that two TCP connections allow. Within one direction of a connection the order stays; everything else is free.
 */
import { acceptConnection, newPeering, startPeering, stepPeering } from '../../../bgp/fsm/peering.ts'
import type { ConnectionId, Peering, PeeringTransition } from '../../../bgp/fsm/peering.ts'
import type { Capability } from '../../../bgp/wire/capability.ts'
import type { Open } from '../../../bgp/wire/open.ts'
import { Family } from '../../../rib/model/family.ts'
import type { Action, Event, FsmConfig } from '../../../bgp/fsm/types.ts'
import { config } from './machines.ts'

type Side = 0 | 1

/** One TCP connection: who opened it, and each side's number for it (undefined: not there yet, or gone). */
interface Wire {
  readonly name: string
  readonly opener: Side
  readonly ids: [ConnectionId | undefined, ConnectionId | undefined]
  readonly towards: [Event[], Event[]]
}

export interface Sides {
  readonly ids: readonly [number, number]
  readonly asns: readonly [number, number]
  readonly delayOpenSec: number
  /** Both announce graceful restart for a family (RFC 4724 §3). */
  readonly restarts?: boolean
}

export class ConversationPair {
  readonly #sides: Sides
  readonly #peerings: [Peering, Peering]
  readonly #wires: Wire[] = []
  readonly #delayed = new Set<string>()
  #nextId = 1
  timesDown = 0

  constructor(sides: Sides) {
    this.#sides = sides
    const make = (side: Side): Peering => newPeering(configOf(sides, side))
    this.#peerings = [make(0), make(1)]
  }

  start(): void {
    for (const side of [0, 1] as const) this.#commit(side, startPeering(this.#peerings[side]))
  }

  /** Delivers until nothing is pending; the chooser picks among what is possible. */
  runUntilQuiet(choose: () => number): void {
    for (let i = 0; i < 1_000; i++) {
      const possible = this.#possible()
      if (possible.length === 0) return
      possible[choose() % possible.length]!()
    }
    throw new Error('the conversation does not end')
  }

  establishedConnections(side: Side): string[] {
    const names: string[] = []
    for (const [id, fsm] of this.#peerings[side].connections) {
      if (fsm.state === 'Established') names.push(this.#wireOf(side, id)?.name ?? 'no wire')
    }
    return names
  }

  openConnections(): string[] {
    return this.#wires
      .filter((wire) => wire.ids[0] !== undefined || wire.ids[1] !== undefined)
      .map((w) => w.name)
  }

  #possible(): (() => void)[] {
    const possible: (() => void)[] = []
    for (const wire of this.#wires) {
      for (const side of [0, 1] as const) {
        if (wire.towards[side].length > 0) possible.push(() => this.#deliver(wire, side))
      }
    }
    for (const key of this.#delayed) possible.push(() => this.#expireDelay(key))
    return possible
  }

  #deliver(wire: Wire, side: Side): void {
    const event = wire.towards[side].shift()!
    if (event.kind === 'TcpConnectionConfirmed') {
      const id = this.#nextId++
      wire.ids[side] = id
      this.#commit(side, acceptConnection(this.#peerings[side], id))
      return
    }
    const id = wire.ids[side]
    if (id === undefined) return
    if (event.kind === 'TcpConnectionFails') wire.ids[side] = undefined
    this.#commit(side, stepPeering(this.#peerings[side], id, event))
  }

  #expireDelay(key: string): void {
    this.#delayed.delete(key)
    const [side, id] = key.split(' ').map(Number) as [Side, number]
    this.#commit(side, stepPeering(this.#peerings[side], id, { kind: 'DelayOpenTimerExpires' }))
  }

  #commit(side: Side, transition: PeeringTransition): void {
    this.#peerings[side] = transition.peering
    for (const { id, action } of transition.actions) this.#act(side, id, action)
  }

  #act(side: Side, id: ConnectionId, action: Action): void {
    const wire = this.#wireOf(side, id)
    const other = (1 - side) as Side
    switch (action.kind) {
      case 'connect': {
        const opened: Wire = {
          name: `by ${side}`,
          opener: side,
          ids: [undefined, undefined],
          towards: [[], []],
        }
        opened.ids[side] = id
        opened.towards[side].push({ kind: 'TcpCRAcked' })
        opened.towards[other].push({ kind: 'TcpConnectionConfirmed' })
        this.#wires.push(opened)
        return
      }
      case 'disconnect':
        wire?.towards[other].push({ kind: 'TcpConnectionFails', detail: 'closed' })
        if (wire) wire.ids[side] = undefined
        return
      case 'sendOpen':
        wire?.towards[other].push({ kind: 'BgpOpen', open: this.#open(action.open) })
        return
      case 'sendKeepalive':
        wire?.towards[other].push({ kind: 'KeepAliveMsg' })
        return
      case 'sendNotification':
        wire?.towards[other].push({ kind: 'NotifMsg', notification: action.notification })
        return
      case 'startTimer':
        if (action.timer === 'delayOpen') this.#delayed.add(`${side} ${id}`)
        return
      case 'stopTimer':
        if (action.timer === 'delayOpen') this.#delayed.delete(`${side} ${id}`)
        return
      case 'sessionDown':
        this.timesDown++
        return
      default:
        return
    }
  }

  #open(open: Open): Open {
    if (!this.#sides.restarts) return open
    const restart: Capability = {
      kind: 'gracefulRestart',
      restartState: false,
      notification: false,
      restartTimeSec: 120,
      families: [{ family: Family.inetVpn, forwarding: true }],
    }
    return { ...open, capabilities: [...open.capabilities, restart] }
  }

  #wireOf(side: Side, id: ConnectionId): Wire | undefined {
    return this.#wires.findLast((wire) => wire.ids[side] === id)
  }
}

function configOf(sides: Sides, side: Side): FsmConfig {
  const other = (1 - side) as Side
  return {
    ...config,
    localAs: sides.asns[side],
    peerAs: sides.asns[other],
    routerId: sides.ids[side],
    delayOpenSec: sides.delayOpenSec,
  }
}
