import { expect } from 'chai'
import { itemContent, nextHopContent, vpnRouteContent } from '../../../control/bench/load/content.ts'
import { Goal } from '../../../control/bench/load/goal.ts'
import { Holdings, nothing, sumOf } from '../../../control/bench/load/holdings.ts'
import { scanItems } from '../../../control/bench/load/item-scan.ts'
import { makeAgentFeed, FIRST_ITEM_PREFIX, loadNetwork } from '../../../control/bench/load/agent-feed.ts'
import { scanUpdate } from '../../../control/bench/load/update-scan.ts'
import { FIRST_PREFIX, makeVpnFeed } from '../../../control/bench/load/vpn-feed.ts'
import { parseIpv4, wordAt } from '../../../rib/model/ip-address.ts'
import { Family } from '../../../rib/model/family.ts'
import { plainAttributes } from '../../../rib/model/attr-set.ts'
import { encodeItem, encodeRetract } from '../../xmpp/support/encoded-item.ts'

const HEADER = 19
const spec = { routes: 130, attributeSets: 3, perUpdate: 50, sender: 2, localPref: 100 }

function messagesOf(octets: Buffer): Buffer[] {
  const messages: Buffer[] = []
  for (let at = 0; at < octets.length; at += octets.readUInt16BE(at + 16)) {
    messages.push(octets.subarray(at, at + octets.readUInt16BE(at + 16)))
  }
  return messages
}

function scan(messages: readonly Buffer[], holdings: Holdings): Holdings {
  for (const message of messages)
    scanUpdate(
      new DataView(message.buffer, message.byteOffset, message.length),
      HEADER,
      message.length,
      holdings,
    )
  return holdings
}

describe('the content that the benchmark compares', () => {
  const feed = makeVpnFeed(spec)
  const range = { first: FIRST_PREFIX, count: spec.routes }
  const fresh = (): Holdings => new Holdings(range)

  it('is the same whether made from values or read from UPDATEs, in any order', () => {
    const messages = messagesOf(feed.announce)
    expect(messages).to.have.length(3)
    expect(scan(messages, fresh()).equals(feed.routes)).to.equal(true)
    expect(scan(messages.toReversed(), fresh()).equals(feed.routes)).to.equal(true)
  })

  it('is nothing after all was withdrawn', () => {
    const holdings = scan(messagesOf(feed.announce), fresh())
    scan(messagesOf(feed.withdraw), holdings)
    expect(holdings.equals(nothing)).to.equal(true)
  })

  it('counts a route that is announced twice once, with what was said last', () => {
    const holdings = scan(messagesOf(makeVpnFeed({ ...spec, sender: 3 }).announce), fresh())
    expect(holdings.count).to.equal(spec.routes)
    expect(holdings.equals(feed.routes)).to.equal(false)
    expect(scan(messagesOf(feed.announce), holdings).equals(feed.routes)).to.equal(true)
  })

  it('tells a route that nobody sent', () => {
    const holdings = new Holdings({ first: FIRST_PREFIX + 1, count: spec.routes })
    expect(scan(messagesOf(feed.announce), holdings).strangers).to.equal(1)
    expect(holdings.equals({ count: holdings.count, checksum: holdings.checksum })).to.equal(false)
  })

  for (const [what, other] of Object.entries({
    'RD, high': vpnRouteContent(9, 2, 3, 4, 5),
    'RD, low': vpnRouteContent(1, 9, 3, 4, 5),
    prefix: vpnRouteContent(1, 2, 9, 4, 5),
    label: vpnRouteContent(1, 2, 3, 9, 5),
    attributes: vpnRouteContent(1, 2, 3, 4, 9),
  })) {
    it(`changes with the ${what}`, () => expect(other).not.to.equal(vpnRouteContent(1, 2, 3, 4, 5)))
  }

  for (const [what, text] of [
    ['next hop', '0a020000'],
    ['route target', '0002fc00'],
  ] as const) {
    it(`changes with the ${what} of one UPDATE`, () => {
      const messages = messagesOf(Buffer.from(feed.announce))
      const at = messages[0]!.indexOf(Buffer.from(text, 'hex'))
      expect(at).to.be.greaterThan(HEADER)
      messages[0]![at + 3]! ^= 1
      const holdings = scan(messages, fresh())
      expect(holdings.count).to.equal(spec.routes)
      expect(holdings.equals(feed.routes)).to.equal(false)
    })
  }
})

describe('what the benchmark reads of the agent channel', () => {
  const routes = { first: FIRST_ITEM_PREFIX, count: 2 }
  const agent = { number: 7, address: '127.0.0.1', network: 0, routes, range: routes }
  const attrs = { ...plainAttributes, nextHop: parseIpv4('10.200.0.7')! }
  const item = (prefix: string, label: number): string =>
    encodeItem(Family.inet, prefix, [{ attrs, label, virtualNetwork: loadNetwork(0).name }], 64512)
  const head = '\n<message from="a" to="b"><event xmlns="x"><items node="1/1/v">'
  const tail = '</items></event></message>\n'
  const text = `${head}${item('12.0.0.0/32', 16)}${item('12.0.0.1/32', 17)}${tail}`

  it('is what the agents publish', () => {
    const holdings = new Holdings(routes)
    scanItems(Buffer.from(text), holdings)
    expect(holdings.equals(makeAgentFeed(agent).items)).to.equal(true)
  })

  it('is the same however the octets are cut', () => {
    for (let cut = 1; cut < text.length; cut++) {
      const holdings = new Holdings(routes)
      const first = Buffer.from(text.slice(0, cut))
      const rest = scanItems(first, holdings)
      scanItems(Buffer.concat([first.subarray(rest), Buffer.from(text.slice(cut))]), holdings)
      expect(holdings.equals(makeAgentFeed(agent).items), `cut at ${cut}`).to.equal(true)
    }
  })

  it('is read right whatever the lengths of numbers and names, and however many next hops', () => {
    const many = { first: FIRST_ITEM_PREFIX, count: 300 }
    const holdings = new Holdings(many)
    const hopsOf = (i: number): string[] => ['10.200.0.7', ...(i % 7 === 3 ? ['10.20.0.1'] : [])]
    let [all, checksum] = ['', 0]
    for (let i = 0; i < many.count; i++) {
      const label = 16 + (i % 5) * 997
      const nextHops = hopsOf(i).map((address) => ({
        attrs: { ...plainAttributes, nextHop: parseIpv4(address)! },
        label,
        virtualNetwork: 'v'.repeat(1 + (i % 3)),
      }))
      all += encodeItem(Family.inet, `12.0.${i >>> 8}.${i & 255}/32`, nextHops, 64512)
      const hops = nextHops.map(({ attrs: { nextHop } }) => nextHopContent(wordAt(nextHop, 0), label))
      checksum =
        (checksum +
          itemContent(
            many.first + i,
            hops.reduce((a, b) => (a + b) | 0),
          )) |
        0
    }
    scanItems(Buffer.from(head + all + tail), holdings)
    expect(holdings.equals({ count: many.count, checksum })).to.equal(true)
  })

  it('adds up equal-cost next hops and drops what is retracted', () => {
    const hops = ['10.200.0.1', '10.200.0.2'].map((address, i) => ({
      attrs: { ...plainAttributes, nextHop: parseIpv4(address)! },
      label: 20 + i,
      virtualNetwork: 'v',
    }))
    const holdings = new Holdings(routes)
    scanItems(Buffer.from(encodeItem(Family.inet, '12.0.0.0/32', hops, 64512)), holdings)
    const { checksum } = holdings
    scanItems(Buffer.from(encodeItem(Family.inet, '12.0.0.0/32', hops.toReversed(), 64512)), holdings)
    expect(holdings.checksum, 'the order says nothing').to.equal(checksum)
    scanItems(Buffer.from(encodeItem(Family.inet, '12.0.0.0/32', hops.slice(1), 64512)), holdings)
    expect(holdings.checksum).not.to.equal(checksum)
    scanItems(Buffer.from(`${head}${encodeRetract(Family.inet, '12.0.0.0/32')}${tail}`), holdings)
    expect(holdings.equals(nothing)).to.equal(true)
  })
})

describe('the goal of a run', () => {
  const wanted = { count: 1, checksum: 5 }
  let now = 0n
  const goalOf = (holdings: readonly Holdings[]): Goal =>
    new Goal(
      holdings,
      holdings.map(() => wanted),
      () => ++now,
    )
  const touch = (goal: Goal, holdings: readonly Holdings[], i: number, content: number): void => {
    const before = holdings[i]!.changes
    holdings[i]!.put(10, content)
    goal.touched(i, before)
  }

  it('is reached when the last receiver is right, at the time of its read', () => {
    const holdings = [0, 1].map(() => new Holdings({ first: 10, count: 1 }))
    const goal = goalOf(holdings)
    touch(goal, holdings, 0, 5)
    expect(goal.reachedNs).to.equal(undefined)
    touch(goal, holdings, 1, 5)
    expect(goal.reachedNs).to.equal(now)
  })

  it('is lost, and reached later, when something moves afterwards', () => {
    const holdings = [new Holdings({ first: 10, count: 1 })]
    const goal = goalOf(holdings)
    touch(goal, holdings, 0, 5)
    touch(goal, holdings, 0, 6)
    expect(goal.reachedNs).to.equal(undefined)
    expect(goal.shortfall).to.include('content is not what was sent')
    touch(goal, holdings, 0, 5)
    expect(goal.reachedNs).to.equal(now)
  })

  it('sums what different senders sent', () => {
    expect(sumOf([wanted, { count: 2, checksum: -7 }])).to.deep.equal({ count: 3, checksum: -2 })
  })
})
