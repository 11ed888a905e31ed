/** Time that does not go as it should: a process that stands still longer than its hold times, and a wall clock that jumps. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { MessageType } from '../../bgp/wire/iana.ts'
import { keepalive } from '../../bgp/wire/keepalive.ts'
import { Family } from '../../rib/model/family.ts'
import { ScriptedPeer } from '../bgp/session/scripted-peer.ts'
import { freePort } from '../../control/free-port.ts'
import { until } from '../support/peers/eventually.ts'
import { HEDDLE_ADDRESS, HeddleNode } from '../support/peers/heddle-node.ts'
import { HeddleProcess } from '../support/peers/heddle-process.ts'
import { announcement } from './announcement.ts'
import { Learned } from './learned.ts'

/** The shortest that there is (RFC 4271 §4.2). */
const HOLD_SEC = 3

/** A peer that sends its KEEPALIVEs until it is told to stop. */
class Keeper {
  readonly peer: ScriptedPeer
  readonly table: Learned
  readonly #timer: NodeJS.Timeout

  static async at(port: number, address: string): Promise<Keeper> {
    const options = { address, families: [Family.inet], holdTimeSec: HOLD_SEC }
    return new Keeper(await ScriptedPeer.established({ address: HEDDLE_ADDRESS, port }, options))
  }

  private constructor(peer: ScriptedPeer) {
    this.peer = peer
    this.table = new Learned(peer)
    this.#timer = setInterval(() => peer.send(keepalive), (HOLD_SEC * 1_000) / 3)
  }

  get keepalives(): number {
    return this.peer.types.filter((type) => type === MessageType.keepalive).length
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  end(): void {
    this.stop()
    this.peer.destroy()
  }
}

const peerSpec = (name: string, address: string): { name: string; address: string; port: number } => ({
  name,
  address,
  port: 1,
  ...{ passive: true, families: ['inet'], routeReflectorClient: true, holdTime: `${HOLD_SEC}s` },
})

describe('a process that stands still for longer than the hold time (F11)', () => {
  let heddle: HeddleProcess | undefined
  const keepers: Keeper[] = []
  afterEach(async function () {
    for (const keeper of keepers.splice(0)) keeper.end()
    await heddle?.stop(this.currentTest?.state === 'failed')
  })

  it('keeps the sessions of peers that went on talking, ends the others, and takes them back', async function () {
    this.timeout(60_000)
    const port = await freePort(HEDDLE_ADDRESS)
    const peers = [peerSpec('talks', '127.0.65.1'), peerSpec('silent', '127.0.65.2')]
    heddle = await HeddleProcess.start({ peers, networks: [] }, port)
    await heddle.started()
    const talking = await Keeper.at(port, '127.0.65.1')
    const silent = await Keeper.at(port, '127.0.65.2')
    keepers.push(talking, silent)
    talking.peer.sendUpdate(announcement(0, 100))
    silent.peer.sendUpdate(announcement(1_000, 100))
    await until(
      'both have the routes of the other',
      () => silent.table.routes.size + talking.table.routes.size === 200,
    )

    heddle.suspend()
    silent.stop()
    // There is nothing to wait for but time.
    await pause((HOLD_SEC + 1) * 1_000)
    heddle.resume()
    await silent.peer.closed()
    expect(silent.peer.notification).to.include({ code: 4, subcode: 0 })
    await until('its routes are withdrawn', () => talking.table.routes.size === 0)
    const before = talking.keepalives
    await until('heddle goes on', () => talking.keepalives > before)
    expect(talking.peer.isClosed).to.equal(false)

    const again = await Keeper.at(port, '127.0.65.2')
    keepers.push(again)
    again.peer.sendUpdate(announcement(1_000, 100))
    await until('everything is back', () => again.table.routes.size + talking.table.routes.size === 200)
    expect(heddle.logged('bgp.sessionUp')).to.equal(3)
  })
})

describe('a wall clock that jumps (F10)', () => {
  const { now } = Date
  let node: HeddleNode | undefined
  let keeper: Keeper | undefined
  afterEach(async () => {
    Date.now = now
    keeper?.end()
    await node?.stop()
  })

  it('an hour ahead and back makes no timer fire and none stop', async function () {
    this.timeout(60_000)
    node = await HeddleNode.start({ peers: [peerSpec('gw', '127.0.65.3')], networks: [] })
    keeper = await Keeper.at(node.bgpPort, '127.0.65.3')
    for (const jumpMs of [3_600_000, -3_600_000]) {
      Date.now = () => now() + jumpMs
      const before = keeper.keepalives
      await until('the next KEEPALIVE', () => keeper!.keepalives > before)
      expect(keeper.keepalives).to.equal(before + 1)
    }
    expect(node.counter('gw', 'sessionsDown')).to.equal(0)
  })

  it('is known to nothing but what shows the time of day', () => {
    const root = fileURLToPath(new URL('../../', import.meta.url))
    const names = ['rib', 'bgp', 'xmpp', 'control'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        join(folder, name),
      ),
    )
    const knowing = names
      .filter((name) => name.endsWith('.ts') && !/^control\/(api|bench|cli|demo|views)\//.test(name))
      .filter((name) =>
        /\bDate\b(?!\.parse)/.test(
          readFileSync(join(root, name), 'utf8').replace(/\/\*.*?\*\/|\/\/.*/gs, ''),
        ),
      )
    expect(knowing).to.deep.equal([])
  })
})
