import { expect } from 'chai'
import { ErrorJournal } from '../../../bgp/session/error-journal.ts'
import { keepalive } from '../../../bgp/wire/keepalive.ts'
import { Severity, updateError } from '../../../bgp/wire/wire-error.ts'
import type { WireError } from '../../../bgp/wire/wire-error.ts'
import { Family } from '../../../rib/model/family.ts'
import { until } from '../../support/until.ts'
import { peerAt, TestNode } from './nodes.ts'
import { ScriptedPeer } from './scripted-peer.ts'

function error(severity: Severity, type?: number): WireError {
  const attribute = type === undefined ? undefined : { type }
  return updateError('some-error', severity, 1, 'RFC 7606 §3', 'for a test', attribute)
}

describe('ErrorJournal', () => {
  it('keeps the last 32 errors, the newest first, each with at most 512 octets of its message', () => {
    const journal = new ErrorJournal()
    for (let i = 0; i < 40; i++)
      journal.note(error(Severity.discard), new Uint8Array(600).fill(i), 10, 590, i)
    const records = journal.records()
    expect(records.map((record) => record.atMs)).deep.equal(Array.from({ length: 32 }, (_, i) => 39 - i))
    expect(records[0]).to.include({ length: 580, reaction: 'attribute discard' })
    expect(records[0]!.octets).deep.equal(new Uint8Array(512).fill(39))
  })

  it('keeps no view of the receive buffer', () => {
    const journal = new ErrorJournal()
    // As a socket brings it: what is a copy of an array is a view of a Buffer.
    const buffer = Buffer.of(1, 2, 3)
    journal.note(error(Severity.reset), buffer, 0, 3, 0)
    buffer.fill(0)
    expect(journal.records()[0]!.octets).deep.equal(Uint8Array.of(1, 2, 3))
  })

  it('counts reactions by attribute, those without attribute last', () => {
    const journal = new ErrorJournal()
    const none = new Uint8Array(0)
    for (const [severity, type] of [
      [Severity.reset, undefined],
      [Severity.treatAsWithdraw, 8],
      [Severity.discard, 7],
      [Severity.discard, 7],
      [Severity.reset, 8],
    ] as const)
      journal.note(error(severity, type), none, 0, 0, 0)
    expect(journal.tallies()).deep.equal([
      { attributeType: 7, discarded: 2, withdrawn: 0, resets: 0 },
      { attributeType: 8, discarded: 0, withdrawn: 1, resets: 1 },
      { attributeType: undefined, discarded: 0, withdrawn: 0, resets: 1 },
    ])
  })
})

describe('errors of a peer', () => {
  let node: TestNode
  const open: ScriptedPeer[] = []

  beforeEach(async () => {
    node = await TestNode.start({ address: '127.0.60.1' })
    const config = { passive: true, families: [Family.inet] }
    node.speaker.setPeers([peerAt('gw', { address: '127.0.60.2', port: 179 }, config)])
  })
  afterEach(async () => {
    for (const peer of open.splice(0)) peer.destroy()
    await node.speaker.close()
  })

  async function established(): Promise<ScriptedPeer> {
    const peer = await ScriptedPeer.established(node, { address: '127.0.60.2', families: [Family.inet] })
    open.push(peer)
    return peer
  }

  it('outlive the session, with what header and state machine object to', async () => {
    const first = await established()
    // MED of three octets; ORIGIN, AS_PATH, NEXT_HOP and LOCAL_PREF are in order.
    first.sendUpdate('0000 001b 40010100 400200 400304 0a000001 800403 000001 400504 00000064 180a0000')
    first.send(new Uint8Array(19))
    await first.closed()
    const second = new ScriptedPeer(node, { address: '127.0.60.2', families: [Family.inet] })
    open.push(second)
    second.send(keepalive)
    await second.closed()
    const errors = node.speaker.peerErrors('gw')!
    expect(errors.last.map(({ error: code, reaction, clause }) => [code, reaction, clause])).deep.equal([
      ['unexpected-message', 'session reset', 'RFC 6608 §4'],
      ['not-synchronized', 'session reset', 'RFC 4271 §6.1'],
      ['attribute-length', 'treat-as-withdraw', 'RFC 7606 §7.4'],
    ])
    expect(errors.last[1]).to.include({ length: 19, hex: '00'.repeat(19) })
    expect(errors.last[2]!.hex).to.include('800403000001')
    expect(errors.attributes).deep.equal([
      { attribute: 'MULTI_EXIT_DISC', discarded: 0, withdrawn: 1, resets: 0 },
      { attribute: '', discarded: 0, withdrawn: 0, resets: 2 },
    ])
    expect(errors.counts).deep.equal({
      'attribute-length': 1,
      'not-synchronized': 1,
      'unexpected-message': 1,
    })
    // The operator's reset does not wipe them either.
    await established()
    node.speaker.clearPeer('gw')
    await until('the session ends', () => !node.isEstablished('gw'))
    expect(node.speaker.peerErrors('gw')!.last).to.have.length(3)
    expect(node.speaker.peerErrors('nobody')).equal(undefined)
  })
})
