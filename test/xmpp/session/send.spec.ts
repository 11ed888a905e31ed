/** How updates leave: packed, addressed to each agent, and held back for a slow one alone (agent-channel 4.1, 4.2, 10.21). */
import { expect } from 'chai'
import { rounds, until } from '../../support/until.ts'
import { AgentClient } from '../../../xmpp/client/agent-client.ts'
import { decodeServerStanza } from '../../../xmpp/wire/update-decode.ts'
import { MAX_ITEMS, MAX_RETRACTS } from '../../../xmpp/wire/update-encode.ts'
import { AgentLab, VRF } from '../support/agent-lab.ts'
import type { RawStream } from '../support/agent-lab.ts'
import { framed, sample } from '../support/samples.ts'
import { parseElement } from '../../../xmpp/wire/xml-parser.ts'
import { Element } from '../../../xmpp/wire/element.ts'

/** The messages of updates that a raw stream got. */
function updatesOf(stream: RawStream): { to: string; items: number; retracts: number }[] {
  const { events, error } = framed(Buffer.from(stream.received))
  expect(error).to.equal(undefined)
  return events.flatMap((event) => {
    const element = event.kind === 'stanza' ? parseElement(event.text) : undefined
    if (!(element instanceof Element)) return []
    const stanza = decodeServerStanza(element)
    if (stanza.kind !== 'update') return []
    const names = element.descendant('items')!.children.map((child) => child.name)
    const count = (name: string): number => names.filter((each) => each === name).length
    return [{ to: element.attribute('to')!, items: count('item'), retracts: count('retract') }]
  })
}

function total(stream: RawStream, what: 'items' | 'retracts'): number {
  return updatesOf(stream).reduce((sum, update) => sum + update[what], 0)
}

describe('updates to agents over sockets', () => {
  let lab: AgentLab
  let publisher: AgentClient
  beforeEach(async () => {
    lab = await AgentLab.start()
    lab.network('blue')
    publisher = await lab.agent(9)
    publisher.subscribe(VRF, 9)
  })
  afterEach(async () => {
    await lab.close()
  })

  function prefix(i: number): string {
    return `10.5.${i >> 8}.${i & 255}/32`
  }

  async function publish(count: number): Promise<void> {
    for (let i = 0; i < count; i++) publisher.publish({ vrf: VRF, prefix: prefix(i), label: 16 + i })
    await until('the publisher has all', () => publisher.routes(VRF).size === count)
  }

  it('hold at most 32 items or 256 retracts, never both, and are addressed to the agent', async () => {
    const one = await lab.opened('compute-1')
    const two = await lab.opened('compute&2')
    await publish(1_000)
    for (const stream of [one, two]) stream.write(sample('agent/subscribe'))
    await until('both have all', () => total(one, 'items') === 1_000 && total(two, 'items') === 1_000)
    for (let i = 0; i < 1_000; i++) publisher.retract({ vrf: VRF, prefix: prefix(i) })
    await until(
      'both have lost all',
      () => total(one, 'retracts') === 1_000 && total(two, 'retracts') === 1_000,
    )
    const updates = updatesOf(one)
    for (const { items, retracts } of updates) {
      expect(items).to.be.at.most(MAX_ITEMS)
      expect(retracts).to.be.at.most(MAX_RETRACTS)
      expect(items * retracts).to.equal(0)
    }
    expect(updates.filter(({ items }) => items === MAX_ITEMS).length).to.be.at.least(25)
    expect(new Set(updates.map(({ to }) => to))).to.deep.equal(new Set(['compute-1/bgp-peer']))
    expect(new Set(updatesOf(two).map(({ to }) => to))).to.deep.equal(new Set(['compute&2/bgp-peer']))
  }).timeout(30_000)

  it('wait for a slow agent without holding up the others, and end in the same state (agent-channel 9, 83)', async () => {
    const slow = await lab.opened('compute-1')
    slow.socket.pause()
    slow.write(sample('agent/subscribe'))
    await lab.untilCount('subscribes', 1)
    // More than sockets take: each route is about a kilobyte, and changes.
    const count = 4_000
    let label = 16
    for (let round = 0; round < 6; round++) {
      label += count
      for (let i = 0; i < count; i++) publisher.publish({ vrf: VRF, prefix: prefix(i), label: label + i })
      await until(
        'the publisher has the last',
        () => publisher.routes(VRF).get(prefix(count - 1))?.nextHops[0]?.label === label + count - 1,
      )
    }
    expect(lab.counter('outputBlocks')).to.be.at.least(1)
    for (let i = 0; i < count; i += 2) publisher.retract({ vrf: VRF, prefix: prefix(i) })
    await until('the publisher has lost half', () => publisher.routes(VRF).size === count / 2)
    const sentMeanwhile = lab.counter('octetsOut')
    slow.socket.resume()
    const held = new Map<string, string>()
    await until('the slow one has what is left', () => {
      held.clear()
      for (const match of slow.received.matchAll(
        /<item id="([^"]+)">.*?<label>(\d+)<|<retract id="([^"]+)"/g,
      )) {
        if (match[3] === undefined) held.set(match[1]!, match[2]!)
        else held.delete(match[3])
      }
      return (
        held.size === count / 2 &&
        [...publisher.routes(VRF)].every(([key, route]) => held.get(key) === String(route.nextHops[0]!.label))
      )
    })
    // Six times 4,000 routes were published; what it missed meanwhile was never rendered for it.
    expect(sentMeanwhile).to.be.below(lab.counter('octetsOut', 'compute-9') / 2)
    expect(slow.isClosed).to.equal(false)
  }).timeout(60_000)

  it('are not kept for ever for an agent that does not read', async () => {
    const slow = await lab.opened('compute-1')
    slow.socket.pause()
    slow.write(sample('agent/subscribe'))
    await lab.untilCount('subscribes', 1)
    for (let label = 16; lab.counter('outputBlocks') === 0; label++) {
      for (let i = 0; i < 500; i++) publisher.publish({ vrf: VRF, prefix: prefix(i), label })
      await until(
        'the publisher has the last',
        () => publisher.routes(VRF).get(prefix(499))?.nextHops[0]?.label === label,
      )
    }
    for (let minute = 0; minute < 8; minute++) {
      const keepalives = lab.counter('keepalivesIn')
      slow.write('\u0200')
      await lab.untilCount('keepalivesIn', keepalives + 1)
      publisher.publish({ vrf: VRF, prefix: '10.6.0.0/16', label: 100 + minute })
      await until(
        'the other one is heard',
        () => publisher.routes(VRF).get('10.6.0.0/16')?.nextHops[0]?.label === 100 + minute,
      )
      expect(lab.view()?.state).to.equal('Established')
      lab.clock.fake.advance(60_000)
      await rounds(3)
    }
    await until('the slow one is given up', () => lab.view() === undefined)
    expect(lab.view('compute-9')?.state).to.equal('Established')
  }).timeout(60_000)

  it('are sent again for a change only', async () => {
    await publish(1)
    const updates = lab.counter('updatesOut', 'compute-9')
    publisher.publish({ vrf: VRF, prefix: prefix(0), label: 16 })
    await lab.untilCount('routesIn', 2, 'compute-9')
    await rounds()
    expect(lab.counter('updatesOut', 'compute-9')).to.equal(updates)
  })

  it('reach the client through events', async () => {
    const seen: string[] = []
    const stop = publisher.onChange(({ prefix: which, route }) =>
      seen.push(`${which} ${route ? 'here' : 'gone'}`),
    )
    await publish(1)
    publisher.retract({ vrf: VRF, prefix: prefix(0) })
    await until('both were seen', () => seen.length === 2)
    stop()
    expect(seen).to.deep.equal(['10.5.0.0/32 here', '10.5.0.0/32 gone'])
  })

  it('are refused by a client that is not connected', async () => {
    const client = new AgentClient({ host: '127.0.0.1', port: lab.port, name: 'x', address: '10.0.0.1' })
    expect(() => client.subscribe(VRF, 1)).to.throw('not connected')
    await client.connect()
    client.close()
    expect(() => client.publish({ vrf: VRF, prefix: '10.0.0.0/8', label: 16 })).to.throw('not connected')
  })
})
