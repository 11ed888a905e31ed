/**
 * kill -9 while a full table is being loaded (F1): the next start finds whole files, and peers end with the table that is
 * right, whatever the dead process had told them.
 */
import { expect } from 'chai'
import { Family } from '../../rib/model/family.ts'
import { ScriptedPeer } from '../bgp/session/scripted-peer.ts'
import { until } from '../support/peers/eventually.ts'
import { freePort } from '../../control/free-port.ts'
import { HEDDLE_ADDRESS } from '../support/peers/heddle-node.ts'
import { HeddleProcess } from '../support/peers/heddle-process.ts'
import { announcement } from './announcement.ts'
import { hostPrefix, Learned } from './learned.ts'
import { SCALE } from './scale.ts'

/** 100,000 at a scale of ten. */
const ROUTES = 10_000 * SCALE
const PER_UPDATE = 500
const feeders = ['127.0.67.1', '127.0.67.2']
const OBSERVER = '127.0.67.3'

describe('a node that is killed in the middle of a full table', () => {
  let heddle: HeddleProcess | undefined
  let port: number
  const peers: ScriptedPeer[] = []
  afterEach(async function () {
    for (const peer of peers.splice(0)) peer.destroy()
    await heddle?.stop(this.currentTest?.state === 'failed')
  })

  async function establish(address: string): Promise<ScriptedPeer> {
    const target = { address: HEDDLE_ADDRESS, port }
    const peer = await ScriptedPeer.established(target, { address, families: [Family.inet], holdTimeSec: 0 })
    peers.push(peer)
    return peer
  }

  /** Half of the routes come from each, in UPDATEs. */
  async function feed(): Promise<void> {
    for (const [index, address] of feeders.entries()) {
      const peer = await establish(address)
      const half = ROUTES / feeders.length
      for (let from = index * half; from < (index + 1) * half; from += PER_UPDATE)
        peer.sendUpdate(announcement(from, PER_UPDATE))
      peer.sendEndOfRib(Family.inet)
    }
  }

  it('comes back with whole files, and peers get the right table', async function () {
    this.timeout(60_000 * SCALE)
    port = await freePort(HEDDLE_ADDRESS)
    const base = { port: 1, passive: true, families: ['inet'] }
    heddle = await HeddleProcess.start(
      {
        peers: [
          ...feeders.map((address, index) => ({ ...base, name: `feeder-${index}`, address })),
          { ...base, name: 'observer', address: OBSERVER, routeReflectorClient: true },
        ],
        networks: [{ name: 'public', both: ['target:64512:101'] }],
        node: { gracefulRestart: { selectionDeferralTime: '5s' } },
      },
      port,
    )
    await heddle.started()
    const first = new Learned(await establish(OBSERVER))
    await until('the observer is marked', () => heddle!.hasMarked('observer'))
    await feed()
    await until('some of the table has come', () => first.routes.size > 0, { everyMs: 1 })
    await heddle.crash()
    const before = first.routes.size
    // Lines that were still under way have died with the process.
    const sessionsBefore = heddle.logged('bgp.sessionUp')
    for (const peer of peers.splice(0)) await peer.closed()

    // What a write may have left half done lies beside the files, not in them.
    expect(JSON.parse(heddle.stateFile('restart.json')!)).to.have.keys('version', 'agents', 'peers')
    heddle.launch()
    await heddle.started(2)
    expect(heddle.logged('state.damaged')).to.equal(0)
    const observer = await establish(OBSERVER)
    observer.sendEndOfRib(Family.inet)
    const table = new Learned(observer)
    await feed()
    await until(
      'the observer has been told all',
      () => observer.count('eor inet') === 1 && table.routes.size === ROUTES,
      {
        seen: () => ({ before, now: table.routes.size }),
        withinMs: 30_000 * SCALE,
      },
    )
    const missing = Array.from({ length: ROUTES }, (_, n) => `inet ${hostPrefix(n)}`).filter(
      (route) => !table.routes.has(route),
    )
    expect(missing).to.deep.equal([])
    await until(
      'three sessions',
      () => heddle!.logged('bgp.sessionUp') === sessionsBefore + feeders.length + 1,
    )
  })
})
