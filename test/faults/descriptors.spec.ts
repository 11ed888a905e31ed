/**
 * No file descriptor left (F18): a flood of connections takes the last one. Who is there stays, the log says what is going
 * on, and who comes later is welcome once there is room.
 */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { expect } from 'chai'
import { keepalive } from '../../bgp/wire/keepalive.ts'
import { Family } from '../../rib/model/family.ts'
import { ScriptedPeer } from '../bgp/session/scripted-peer.ts'
import { eventually, until } from '../support/peers/eventually.ts'
import { freePort } from '../../control/free-port.ts'
import { HEDDLE_ADDRESS, vrfOf } from '../support/peers/heddle-node.ts'
import { HeddleProcess } from '../support/peers/heddle-process.ts'
import { Learned } from './learned.ts'

const OPEN_FILES = 64
const FLOOD = 200

describe('a node without a file descriptor left', () => {
  let heddle: HeddleProcess | undefined
  let peer: ScriptedPeer
  const flood: Socket[] = []
  afterEach(async function () {
    for (const socket of flood.splice(0)) socket.destroy()
    peer?.destroy()
    await heddle?.stop(this.currentTest?.state === 'failed')
  })

  function connectMany(port: number, count = FLOOD): void {
    for (let i = 0; i < count; i++) {
      const localAddress = `127.0.66.${10 + (i % 100)}`
      const socket = connect({ host: HEDDLE_ADDRESS, port, localAddress })
      socket.on('error', () => undefined)
      flood.push(socket)
    }
  }

  it('keeps its sessions and passes routes on, says so once, and takes connections again', async function () {
    this.timeout(60_000)
    const port = await freePort(HEDDLE_ADDRESS)
    const peers = [{ name: 'gw', address: '127.0.66.1', port: 1, passive: true, families: ['inet-vpn'] }]
    const networks = [{ name: 'public', both: ['target:64512:101'] }]
    heddle = await HeddleProcess.start({ peers, networks }, port, { openFiles: OPEN_FILES })
    await heddle.started()
    const gateway = { address: '127.0.66.1', families: [Family.inetVpn] }
    peer = await ScriptedPeer.established({ address: HEDDLE_ADDRESS, port }, gateway)
    const table = new Learned(peer)
    const agent = await heddle.agent('compute-1', '192.0.2.21')
    agent.subscribe(vrfOf('public'), 3)

    connectMany(heddle.agentPort)
    await until('it has none left', () => {
      // A file that is closed makes room for one more.
      connectMany(heddle!.agentPort, 4)
      return heddle!.logged('control.noDescriptors') === 1
    })
    expect(heddle.descriptors()).to.be.at.least(OPEN_FILES - 2)
    connectMany(port)
    agent.publish({ vrf: vrfOf('public'), prefix: '10.0.0.1/32', label: 38 })
    await until('the route is at the gateway', () => table.routes.size === 1)
    peer.send(keepalive)

    for (const socket of flood.splice(0)) socket.destroy()
    await until('there is room again', () => heddle!.logged('control.noDescriptorsOver') === 1)
    const late = await eventually('another agent comes', () => heddle!.agent('compute-2', '192.0.2.22'))
    late.subscribe(vrfOf('public'), 3)
    late.publish({ vrf: vrfOf('public'), prefix: '10.0.0.2/32', label: 38 })
    await until('its route is at the gateway', () => table.routes.size === 2)
    expect(heddle.logged('control.noDescriptors')).to.equal(1)
    expect(agent.isConnected).to.equal(true)
    expect(peer.isClosed).to.equal(false)
    await until('the marker is written', () => heddle!.hasMarked('compute-2', 'gw'))
  })
})
