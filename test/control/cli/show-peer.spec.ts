import { expect } from 'chai'
import type { PeerErrors } from '../../../bgp/session/peer-errors.ts'
import type { ApiServer } from '../../../control/api/api-server.ts'
import { peerErrorsView } from '../../../control/views/peer-errors-view.ts'
import { LabNode, serve } from '../api/lab-node.ts'
import { cli } from './cli-run.ts'

const errors: PeerErrors = {
  name: 'gw',
  counts: { 'attribute-length': 2 },
  attributes: [
    { attribute: 'AGGREGATOR', discarded: 2, withdrawn: 0, resets: 0 },
    { attribute: '', discarded: 0, withdrawn: 0, resets: 1 },
  ],
  last: [
    {
      atMs: 0,
      error: 'attribute-length',
      clause: 'RFC 7606 §7.7',
      attribute: 'AGGREGATOR',
      reaction: 'attribute discard',
      detail: 'AGGREGATOR: length 3 \u001b[2J',
      length: 50,
      hex: 'ab'.repeat(40),
    },
  ],
}

describe('heddle show peer NAME errors', () => {
  let node: LabNode
  let api: ApiServer
  let url: string
  let address: string

  beforeEach(async () => {
    node = new LabNode()
    node.gatewayErrors = errors
    ;({ api, address, url } = await serve(node))
  })
  afterEach(() => api.close())

  it('shows counts by attribute, then each error with clause, reaction and hex', async () => {
    const { status, stdout } = await cli('show', 'peer', '192.0.2.1', 'errors', '--server', address)
    expect(status).equal(0)
    const lines = stdout.split('\n')
    expect(lines[0]).to.match(/^Attribute +Discarded +Withdrawn +Resets$/)
    expect(lines[1]).to.match(/^AGGREGATOR +2 +0 +0$/)
    expect(lines[2]).to.match(/^\(none\) +0 +0 +1$/)
    expect(lines[4]).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z {2}attribute discard \(RFC 7606 §7\.7\)$/)
    expect(lines[5]).equal('  attribute-length: AGGREGATOR: length 3 \\x1b[2J')
    expect(lines.slice(6, 10)).deep.equal([
      '  50 octets:',
      `  ${'ab'.repeat(32)}`,
      `  ${'ab'.repeat(8)}`,
      '  ...',
    ])
  })

  it('says so when nothing was wrong, and which name is unknown', async () => {
    node.gatewayErrors = { ...errors, last: [], attributes: [], counts: {} }
    const none = await cli('show', 'peer', 'gw', 'errors', '--server', address)
    expect(none).to.include({ status: 0, stdout: '', stderr: 'gw has sent nothing wrong.\n' })
    const unknown = await cli('show', 'peer', 'nobody', 'errors', '--server', address)
    expect(unknown.status).equal(2)
    expect(unknown.stderr).to.include('no peer is named "nobody"')
    expect((await cli('show', 'peer', 'gw', 'colours', '--server', address)).status).equal(2)
  })

  it('is one JSON document with -j, the same as the API has', async () => {
    const { stdout } = await cli('show', 'peer', 'gw', 'errors', '-j', '--server', address)
    const document = JSON.parse(stdout) as { last: { time: string }[] }
    const answer = (await (await fetch(`${url}/v1/peers/gw/errors`)).json()) as { last: { time: string }[] }
    for (const { last } of [document, answer]) last[0]!.time = ''
    expect(document).deep.equal(answer)
    expect(answer).to.include({ name: 'gw' }).and.to.have.nested.property('last[0].hex', 'ab'.repeat(40))
    expect((await fetch(`${url}/v1/peers/nobody/errors`)).status).equal(404)
  })

  it('offers peers and what there is to see of them to completion', async () => {
    const { stdout } = await cli('completion', 'bash')
    expect(stdout).to.match(/'heddle show peer'\) offer="[^"]*errors \$\(heddle __complete peers/)
  })
})

describe('peerErrorsView', () => {
  it('turns the monotonic clock into a time of day', () => {
    const view = peerErrorsView(errors, { monotonicMs: 61_000, wallMs: Date.UTC(2026, 0, 1, 0, 1, 1) })
    expect(view.last[0]).to.include({ time: '2026-01-01T00:00:00.000Z' }).and.not.to.have.property('atMs')
  })
})
