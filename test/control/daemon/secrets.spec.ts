import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect } from 'chai'
import { ApiServer } from '../../../control/api/api-server.ts'
import { Daemon } from '../../../control/daemon.ts'
import { makeLog } from '../../../control/log.ts'
import { until } from '../../support/until.ts'
import { cli, Kept } from '../cli/cli-run.ts'

const FILE_KEY = 'kanarie-file-9fQx'
const NEXT_KEY = 'kanarie-next-2LwZ'
const ENV_KEY = 'kanarie-env-7Rmb'
const canaries = [FILE_KEY, NEXT_KEY, ENV_KEY]

/** Every way in which octets of a key could be spelled. */
function spellings(key: string): string[] {
  const octets = Buffer.from(key)
  return [
    key,
    octets.toString('hex'),
    octets.toString('base64').replace(/=+$/, ''),
    [...octets].join(','),
    [...octets].join(', '),
  ]
}

const documents = `apiVersion: heddle.dev/v1alpha1
kind: ControlNode
metadata: {name: ctl1}
spec:
  autonomousSystem: 64512
  routerID: 192.0.2.10
  bgp: {listen: ["127.0.94.1:0"]}
  agents: {listen: ["127.0.94.1:0"]}
  api: {listen: ["127.0.0.1:0"]}
  stateDir: ./state
---
apiVersion: heddle.dev/v1alpha1
kind: BGPPeer
metadata: {name: by-file}
spec: {address: 127.0.94.2, port: 1, autonomousSystem: 64512, localAddress: 127.0.94.1, authentication: {passwordFile: gw.key}}
---
apiVersion: heddle.dev/v1alpha1
kind: BGPPeerGroup
metadata: {name: gateways}
spec: {authentication: {passwordEnv: HEDDLE_CANARY}, autonomousSystem: 65001}
---
apiVersion: heddle.dev/v1alpha1
kind: BGPPeer
metadata: {name: racks}
spec: {range: 127.0.95.0/24, peerGroup: gateways}
`

describe('passwords of peers', () => {
  let folder: string
  let daemon: Daemon | undefined
  const log = new Kept()

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'heddle-canary-'))
    process.env['HEDDLE_CANARY'] = ENV_KEY
  })
  after(async () => {
    delete process.env['HEDDLE_CANARY']
    await daemon?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('are in no log line, answer, listing, report or error, whatever happens', async () => {
    const told: string[] = []
    const file = join(folder, 'lab.yaml')
    writeFileSync(join(folder, 'gw.key'), `${FILE_KEY}\n`)
    writeFileSync(file, documents)
    let api: ApiServer | undefined
    daemon = await Daemon.start({
      files: [file],
      log: makeLog('debug', log),
      api: async (node) => {
        api = new ApiServer({ node, version: '0', log: makeLog('debug', log) })
        await api.listen(node.desired.controlNode.apiListen)
        return api
      },
    })
    const { port } = api!.endpoints()[0]!
    await until('an attempt', () => daemon!.peers()[0]!.state === 'Connect')
    // A changed key, a file that has gone, a key in the configuration itself, and the right one again.
    writeFileSync(join(folder, 'gw.key'), NEXT_KEY)
    const reload = async (): Promise<boolean> => {
      const report = await daemon!.reload()
      told.push(JSON.stringify(report), inspect(report, { depth: 20 }))
      return report.applied
    }
    expect(await reload()).to.equal(true)
    expect(JSON.stringify(told[0])).to.include('by-file')
    for (const spec of [
      `{password: ${NEXT_KEY}}`,
      `{passwordFile: gw.key, password: '${NEXT_KEY}'}`,
      NEXT_KEY,
    ]) {
      writeFileSync(file, documents.replace('{passwordFile: gw.key}', spec))
      expect(await reload()).to.equal(false)
      told.push(...Object.values(await cli('check', '-c', file)).map(String))
      told.push(...Object.values(await cli('-j', 'check', '-c', file)).map(String))
    }
    writeFileSync(file, documents)
    expect(await reload()).to.equal(true)

    const paths = [
      'status',
      'peers',
      'peers?name=by-file',
      'peers/by-file/errors',
      'agents',
      'vrfs',
      'tables',
      'routes',
      'route-targets',
      'floating-ips',
      'nothing',
    ]
    for (const path of paths) told.push(await (await fetch(`http://127.0.0.1:${port}/v1/${path}`)).text())
    for (const words of [
      ['peers'],
      ['peers', 'by-file'],
      ['peers', '-j'],
      ['status'],
      ['peer', 'by-file', 'errors'],
    ]) {
      const run = await cli('--server', `127.0.0.1:${port}`, 'show', ...words)
      told.push(run.stdout, run.stderr)
    }
    const cleared = await fetch(`http://127.0.0.1:${port}/v1/peers/by-file/clear`, { method: 'POST' })
    told.push(await cleared.text())
    told.push(inspect(daemon.desired, { depth: 30, showHidden: true }), JSON.stringify(daemon.desired))
    told.push(inspect(daemon, { depth: 12 }), inspect(daemon.documents, { depth: 30 }))
    await daemon.close()
    daemon = undefined
    told.push(log.text)

    expect(log.text).to.include('config.applied')
    expect(told.some((text) => text.includes('tcp-md5'))).to.equal(true)
    for (const spelling of canaries.flatMap(spellings)) {
      expect(told.filter((text) => text.includes(spelling))).to.deep.equal([])
    }
  })
})
