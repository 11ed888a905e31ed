/**
 * Mutated messages into a whole speaker on a fake clock: sessions come up in memory, take what is thrown at them, end and
 * come up again, while a second peer keeps its session and its route.
 */
import { Speaker } from '../../bgp/session/speaker.ts'
import type { Capability } from '../../bgp/wire/capability.ts'
import { keepalive } from '../../bgp/wire/keepalive.ts'
import { encodeOpen } from '../../bgp/wire/open.ts'
import { silentLog } from '../../rib/log.ts'
import { Family } from '../../rib/model/family.ts'
import { Rib } from '../../rib/rib.ts'
import { peerAt } from '../bgp/session/nodes.ts'
import { MemoryTransport } from '../support/conformance/memory-transport.ts'
import type { MemorySocket } from '../support/conformance/memory-transport.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { compose } from '../support/malformed/compose.ts'
import { checkInvariants } from '../support/rib-check.ts'
import { mutate } from './mutate.ts'
import { Random } from './random.ts'
import { seedMessages, fuzzedFamilies } from './seed-messages.ts'
import { fail } from './update-target.ts'

const PORT = 179
/** An internal and an external peer. */
const FUZZED = { '127.0.0.2': 64512, '127.0.0.4': 64999 } as const
type Address = keyof typeof FUZZED | typeof BYSTANDER
const BYSTANDER = '127.0.0.3'
const ROOM = 4096
/** Messages between two looks at the whole RIB. */
const CHECK_EVERY = 2_000

function pathsOf(families: readonly Family[]): Capability {
  return { kind: 'addPath', families: families.map((family) => ({ family, send: true, receive: true })) }
}

export class PeeringFuzz {
  messages = 0
  sessions = 0
  readonly #random: Random
  readonly #seeds: readonly Uint8Array[]
  readonly #clock = new FakeClock()
  readonly #transport = new MemoryTransport(this.#clock, { wrote() {}, closed() {}, dialed() {} })
  readonly #rib: Rib
  readonly #speaker: Speaker
  readonly #mutation = new Uint8Array(ROOM)
  #socket: MemorySocket | undefined
  #address: keyof typeof FUZZED = '127.0.0.2'

  constructor(seed: number) {
    this.#random = new Random(seed)
    this.#seeds = seedMessages(seed)
    const clock = this.#clock
    this.#rib = new Rib({ localAs: 64512, routerId: 0x0a000063, clock })
    this.#speaker = new Speaker({
      rib: this.#rib,
      localAs: 64512,
      routerId: 0x0a000063,
      clusterId: 0x0a000063,
      clock,
      log: silentLog,
      transport: this.#transport,
    })
  }

  async start(): Promise<void> {
    await this.#speaker.listen([{ host: '127.0.0.1', port: PORT }])
    const external = { ebgpRequiresPolicy: false }
    const addPath = { receive: true, send: 'all' } as const
    const more = { passive: true, families: [...fuzzedFamilies], routeReflectorClient: true, addPath }
    this.#speaker.setPeers([
      ...Object.entries(FUZZED).map(([address, autonomousSystem]) =>
        peerAt(address, { address, port: PORT }, { ...more, autonomousSystem, ...external }),
      ),
      peerAt('bystander', { address: BYSTANDER, port: PORT }, more),
    ])
    const bystander = this.#connect(BYSTANDER, 2)
    const setting = { peer: 'ibgp', as4: true, number: 1 } as const
    bystander.bring(Buffer.from(compose('update(; good; 18 cb0071)', setting), 'hex'))
    this.#clock.settle()
    this.#checkBystander()
  }

  /** So many messages more. */
  run(count: number): void {
    for (let i = 0; i < count; i++) {
      if (!this.#socket || this.#socket.hasEnded) this.#socket = this.#next()
      const length = mutate(this.#random.pick(this.#seeds), this.#random, this.#mutation)
      this.messages++
      this.#socket.bring(this.#mutation.subarray(0, length))
      this.#clock.settle()
      // A message that claims to be longer than it is would swallow all that follow.
      if (this.#random.below(32) === 0) this.#socket.closeFar()
      // Time passes, so that timers fire and the bystander's KEEPALIVEs are due.
      if (this.#random.below(64) === 0) this.#clock.advance(100)
      if (this.messages % CHECK_EVERY === 0) this.#check()
    }
  }

  #check(): void {
    this.#checkBystander()
    checkInvariants(this.#rib)
  }

  /** The other peer's turn; one connection in eight is still without OPEN, one without KEEPALIVE. */
  #next(): MemorySocket {
    this.#address = this.#address === '127.0.0.2' ? '127.0.0.4' : '127.0.0.2'
    const luck = this.#random.below(8)
    return this.#connect(this.#address, luck === 0 ? 0 : luck === 1 ? 1 : 2)
  }

  /** A connection on which so many good messages have come: an OPEN, and a KEEPALIVE. */
  #connect(from: Address, goodMessages: 0 | 1 | 2): MemorySocket {
    this.sessions++
    const socket = this.#transport.connect(from, from, PORT)
    if (goodMessages > 0) socket.bring(this.#open(from))
    if (goodMessages > 1) socket.bring(keepalive)
    this.#clock.settle()
    return socket
  }

  #open(from: Address): Uint8Array {
    const asn = from === BYSTANDER ? 64512 : FUZZED[from]
    // Every other session has AS numbers of two octets.
    const isNew = from === BYSTANDER || this.#random.below(2) === 0
    // And so has every other one path identifiers.
    const hasPaths = from !== BYSTANDER && this.#random.below(2) === 0
    const families = [...fuzzedFamilies]
    return encodeOpen({
      version: 4,
      asn,
      holdTimeSec: 0,
      identifier: 0x0a000000 | Number(from.split('.').at(-1)),
      capabilities: [
        ...families.map((family) => ({ kind: 'multiprotocol', family }) as const),
        ...(hasPaths ? [pathsOf(families)] : []),
        ...(isNew ? [{ kind: 'as4', asn } as const] : []),
        { kind: 'extendedMessage' },
      ],
    })
  }

  #checkBystander(): void {
    const view = this.#speaker.peers().find(({ name }) => name === 'bystander')!
    if (view.state !== 'Established') fail(`the bystander is ${view.state}`)
    if (view.received['inet'] !== 1) fail('the bystander has lost its route')
    if (this.#rib.master(Family.inet) === undefined) fail('no table')
  }
}
