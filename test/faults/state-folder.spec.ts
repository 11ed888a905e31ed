/**
 * A state folder that cannot be written while the daemon runs: full, gone, read-only, or on a disk that hangs. Sessions go
 * on; what needs the disk fails as a whole, is said once a minute, and works again by itself.
 */
import { execFileSync } from 'node:child_process'
import {
  createReadStream,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { silentLog } from '../../rib/log.ts'
import { Family } from '../../rib/model/family.ts'
import { ScriptedPeer } from '../bgp/session/scripted-peer.ts'
import { HEDDLE_ADDRESS, HeddleNode, vrfOf } from '../support/peers/heddle-node.ts'
import { PushedClock } from '../support/pushed-clock.ts'
import { rounds, until } from '../support/until.ts'
import { Learned } from './learned.ts'

const NETWORK = { name: 'public', both: ['target:64512:101'] }
const BLUE = { name: 'blue', both: ['target:64512:102'] }

describe('a state folder that cannot be written', () => {
  let clock: PushedClock
  let node: HeddleNode
  let peer: ScriptedPeer
  let table: Learned
  let lines: string[]

  beforeEach(async () => {
    clock = new PushedClock()
    lines = []
    const note = (event: string, fields?: object): void =>
      void lines.push(`${event} ${JSON.stringify(fields)}`)
    const spec = {
      peers: [{ name: 'gw', address: '127.0.64.1', port: 1, passive: true, families: ['inet-vpn'] }],
      networks: [NETWORK],
    }
    const log = { ...silentLog, info: note, warn: note, error: note }
    node = await HeddleNode.start(spec, undefined, { timers: clock, log })
    await until('the first marker', () => existsSync(marker()))
    const target = { address: HEDDLE_ADDRESS, port: node.bgpPort }
    peer = await ScriptedPeer.established(target, {
      address: '127.0.64.1',
      families: [Family.inetVpn],
      holdTimeSec: 0,
    })
    table = new Learned(peer)
  })
  afterEach(async () => {
    peer.destroy()
    await node.stop()
  })

  const marker = (): string => join(node.stateFolder, 'restart.json')
  const count = (event: string): number => lines.filter((line) => line.startsWith(`${event} `)).length

  /** The next look at who is there. */
  function nextNote(): void {
    clock.push(2_000)
  }

  /** Routes still find their way. */
  async function expectSessionsWork(name: string, prefix: string): Promise<void> {
    const agent = await node.agent(name, '192.0.2.21')
    agent.subscribe(vrfOf('public'), 3)
    agent.publish({ vrf: vrfOf('public'), prefix, label: 38 })
    await until(`${prefix} is at the gateway`, () =>
      [...table.routes].some((route) => route.endsWith(prefix)),
    )
    expect(node.counter('gw', 'sessionsDown')).to.equal(0)
  }

  /** In place of the folder there is a file: everything in it fails, whoever asks. */
  function takeAway(): void {
    renameSync(node.stateFolder, `${node.stateFolder}-away`)
    writeFileSync(node.stateFolder, '')
  }

  function bringBack(): void {
    rmSync(node.stateFolder)
    renameSync(`${node.stateFolder}-away`, node.stateFolder)
  }

  it('costs one line a minute, no session, and is written again when it is there', async () => {
    takeAway()
    for (let note = 0; note < 20; note++) {
      nextNote()
      await until('the marker was tried', () => count('control.restartMarkerFailed') > 0)
      await rounds(10)
    }
    expect(count('control.restartMarkerFailed')).to.equal(1)
    expect(lines.find((line) => line.startsWith('control.restartMarkerFailed'))).to.match(
      /state folder .*ENOTDIR|EEXIST/,
    )
    await expectSessionsWork('compute-1', '10.0.0.1/32')
    bringBack()
    nextNote()
    await until('the marker', () => readFileSync(marker(), 'utf8').includes('compute-1'))
    await until('the log says so', () => count('control.restartMarkerFailedOver') === 1)
  })

  it('for want of room (ENOSPC) leaves the old marker whole until there is room', async () => {
    const old = readFileSync(marker(), 'utf8')
    symlinkSync('/dev/full', `${marker()}.tmp`)
    nextNote()
    await until('the marker was tried', () => count('control.restartMarkerFailed') === 1)
    expect(lines.find((line) => line.startsWith('control.restartMarkerFailed'))).to.include('ENOSPC')
    expect(readFileSync(marker(), 'utf8')).to.equal(old)
    nextNote()
    await until('the marker', () => readFileSync(marker(), 'utf8').includes('"gw"'))
  })

  it('since the disk hangs takes one thread, not all: files are read and reloads go on', async () => {
    execFileSync('mkfifo', [`${marker()}.tmp`])
    for (let note = 0; note < 10; note++) {
      nextNote()
      await rounds(5)
    }
    await expectSessionsWork('compute-1', '10.0.0.2/32')
    expect((await node.daemon.reload()).applied).to.equal(true)
    // Whatever was to be written goes somewhere.
    const reader = createReadStream(`${marker()}.tmp`).resume()
    await until('the write came to its end', () => count('control.restartMarkerFailed') > 0)
    reader.destroy()
    nextNote()
    await until('the marker', () => readFileSync(marker(), 'utf8').includes('compute-1'))
  })

  it('refuses a reload that needs it, as a whole, and takes it later', async () => {
    await expectSessionsWork('compute-1', '10.0.0.3/32')
    takeAway()
    const failure = await node.change({ networks: [NETWORK, BLUE] }).then(
      () => undefined,
      (error: Error) => error,
    )
    expect(failure?.name).to.equal('StateDirError')
    expect(node.daemon.rib.instance(vrfOf('blue'))).to.equal(undefined)
    expect(table.routes.size).to.equal(1)
    bringBack()
    await node.change({ networks: [NETWORK, BLUE] })
    expect(node.daemon.rib.instance(vrfOf('blue'))).not.to.equal(undefined)
    expect(node.counter('gw', 'sessionsDown')).to.equal(0)
  })

  it('does not keep the daemon from ending in order', async () => {
    takeAway()
    await node.daemon.close('done')
    await peer.closed()
    expect(peer.notification).to.include({ code: 6 })
    expect(count('control.stopped')).to.equal(1)
    expect(lines.find((line) => line.startsWith('control.restartMarkerStays'))).to.match(/state folder/)
    bringBack()
  })
})
