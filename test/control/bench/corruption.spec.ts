/**
 * A sender of the load, a relay in a daemon's place that changes one UPDATE on the way, and a receiver: whatever a daemon
 * would do to a route, the benchmark must not take it for a result.
 */
import { expect } from 'chai'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { Expectation } from '../../../control/bench/load/holdings.ts'
import { Load } from '../../../control/bench/load/load.ts'
import { FIRST_PREFIX } from '../../../control/bench/load/vpn-feed.ts'
import { Family } from '../../../rib/model/family.ts'

const HOST = '127.0.0.1'
const UP_BOUND_MS = 10_000
const ROUTES = 130
/** OPEN and KEEPALIVE go before it. */
const RELAYED_MESSAGE = 3

/** Changes a message; undefined leaves it out. */
type Change = (message: Buffer) => Buffer | undefined

/** Inverts bits of the octet so far behind the first occurrence of a pattern, which is hexadecimal. */
function flip(pattern: string, offset: number, bits = 1): Change {
  return (message) => {
    const at = message.indexOf(Buffer.from(pattern, 'hex'))
    expect(at, `${pattern} in ${message.toString('hex')}`).to.be.greaterThan(0)
    message[at + offset]! ^= bits
    return message
  }
}

class Relay {
  readonly #server: Server
  readonly #sockets: Socket[] = []

  constructor(target: number, change: Change) {
    this.#server = createServer((receiver) => {
      const sender = connect(target, HOST)
      this.#sockets.push(receiver, sender)
      receiver.pipe(sender)
      let [rest, count] = [Buffer.alloc(0), 0]
      sender.on('data', (chunk: Buffer) => {
        rest = Buffer.concat([rest, chunk])
        while (rest.length >= 19 && rest.length >= rest.readUInt16BE(16)) {
          const message = Buffer.from(rest.subarray(0, rest.readUInt16BE(16)))
          rest = rest.subarray(message.length)
          const out = ++count === RELAYED_MESSAGE ? change(message) : message
          if (out) receiver.write(out)
        }
      })
    })
  }

  async port(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, HOST, resolve))
    return (this.#server.address() as AddressInfo).port
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }
}

describe('what happens to a route between sender and receiver', () => {
  let [sender, sink] = [new Load(), new Load()]
  let relay: Relay | undefined
  beforeEach(() => {
    ;[sender, sink] = [new Load(), new Load()]
  })
  afterEach(async () => {
    for (const load of [sender, sink]) await load.handlers.close(undefined)
    relay?.close()
  })

  async function play(change: Change, withinMs = UP_BOUND_MS): Promise<bigint> {
    const ends = [
      {
        address: '127.1.0.1',
        holdTimeSec: 90,
        range: { first: FIRST_PREFIX, count: ROUTES },
        families: [Family.inetVpn],
      },
    ]
    const spec = { routes: ROUTES, attributeSets: 3, perUpdate: 50, sender: 2, localPref: 100 }
    const [feed] = await sender.handlers.makeFeeds([spec])
    relay = new Relay(await sender.handlers.listenPeers({ host: HOST, ends }), change)
    const target = { host: HOST, port: await relay.port() }
    await sink.handlers.dialPeers({ target, ends, withinMs: UP_BOUND_MS })
    await sender.handlers.peersUp({ withinMs: UP_BOUND_MS })
    await sender.handlers.sendFeeds({ part: 'announce' })
    const wanted: Expectation[] = [feed!.routes]
    return await sink.handlers.await({ wanted, withinMs, quietMs: 10, hopelessMs: 50 })
  }

  async function failureOf(played: Promise<bigint>): Promise<string> {
    return await played.then(
      () => 'passed',
      (error: Error) => error.message,
    )
  }

  it('is nothing, and the run passes', async () => {
    expect(await play((message) => message)).to.be.a('bigint')
  })

  for (const [what, change] of Object.entries({
    'another next hop': flip('00000000000000000a020000', 11),
    'another route target': flip('0002fc00', 7),
    'another ORIGIN': flip('400101', 3),
    'another AS_PATH': flip('40020a0202', 8),
    'another LOCAL_PREF': flip('400504', 6),
    'a MED': (message: Buffer) => {
      const med = Buffer.from('80040400000005', 'hex')
      const out = Buffer.concat([message, med])
      out.writeUInt16BE(out.length, 16)
      out.writeUInt16BE(message.readUInt16BE(21) + med.length, 21)
      return out
    },
    'another label': flip('78000101', 2),
    'another length': flip('78000101', 0, 0x0f),
    'another RD': flip('0000fc0000000001', 7),
  })) {
    it(`is ${what}: the run fails though every route is there`, async () => {
      expect(await failureOf(play(change))).to.include(
        `all ${ROUTES} routes are there, but their content is not`,
      )
    })
  }

  it('is another prefix: one route is missing and one was never sent', async () => {
    expect(await failureOf(play(flip('0b000000', 0), 500))).to.include('routes that nobody sent')
  })

  it('is that an UPDATE gets lost: the run fails and says how many came', async () => {
    expect(await failureOf(play(() => undefined, 500))).to.include(`80 of ${ROUTES} routes are there`)
  })
})
