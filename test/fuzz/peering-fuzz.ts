/**
 * Mutated messages into a whole speaker on a fake clock: sessions come up in memory, take what is thrown at them, end and
 * come up again, while a second peer keeps its session and its route.
 */
import { Speaker } from '../../bgp/session/speaker.ts'
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
const FUZZED = '127.0.0.2'
const BYSTANDER = '127.0.0.3'
const ROOM = 4096
/** Messages between two looks at the whole RIB. */
const CHECK_EVERY = 2_000

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
    const more = { passive: true, families: [...fuzzedFamilies], routeReflectorClient: true }
    this.#speaker.setPeers([
      peerAt('fuzzed', { address: FUZZED, port: PORT }, more),
      peerAt('bystander', { address: BYSTANDER, port: PORT }, more),
    ])
    const bystander = this.#connect(BYSTANDER)
    const setting = { peer: 'ibgp', as4: true, number: 1 } as const
    bystander.bring(Buffer.from(compose('update(; good; 18 cb0071)', setting), 'hex'))
    this.#clock.settle()
    this.#checkBystander()
  }

  /** So many messages more. */
  run(count: number): void {
    for (let i = 0; i < count; i++) {
      if (!this.#socket || this.#socket.hasEnded) this.#socket = this.#connect(FUZZED)
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

  #connect(from: string): MemorySocket {
    this.sessions++
    const socket = this.#transport.connect(from, from, PORT)
    socket.bring(
      encodeOpen({
        version: 4,
        asn: 64512,
        holdTimeSec: 0,
        identifier: from === FUZZED ? 0x0a000002 : 0x0a000003,
        capabilities: [
          ...[...fuzzedFamilies].map((family) => ({ kind: 'multiprotocol', family }) as const),
          { kind: 'as4', asn: 64512 },
          { kind: 'extendedMessage' },
        ],
      }),
    )
    socket.bring(keepalive)
    this.#clock.settle()
    return socket
  }

  #checkBystander(): void {
    const view = this.#speaker.peers().find(({ name }) => name === 'bystander')!
    if (view.state !== 'Established') fail(`the bystander is ${view.state}`)
    if (view.received['inet'] !== 1) fail('the bystander has lost its route')
    if (this.#rib.master(Family.inet) === undefined) fail('no table')
  }
}
