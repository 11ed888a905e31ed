import { expect } from 'chai'
import fc from 'fast-check'
import { Origin } from '../../../rib/model/attr-set.ts'
import { extCommunityPairs, formatExtCommunity } from '../../../rib/model/ext-community.ts'
import type { ExtCommunities } from '../../../rib/model/ext-community.ts'
import { Family } from '../../../rib/model/family.ts'
import { formatIpAddress } from '../../../rib/model/ip-address.ts'
import { formatPrefix, parsePrefix } from '../../../rib/model/route-key.ts'
import { encodePublish } from '../../../xmpp/wire/agent-stanzas.ts'
import { checkAnnounced, decodeInetItem, decodeItemPrefix } from '../../../xmpp/wire/inet-item-decode.ts'
import { ItemReject } from '../../../xmpp/wire/inet-item.ts'
import type { InetItem } from '../../../xmpp/wire/inet-item.ts'
import {
  attributesOfItem,
  hasNoUsableEncapsulation,
  medOfLocalPref,
} from '../../../xmpp/wire/item-attributes.ts'
import {
  localSequenceOf,
  loadBalanceOf,
  numbersOf,
  SECURITY_GROUP,
  TAG,
} from '../../../xmpp/wire/item-communities.ts'
import { decodeRouteNode } from '../../../xmpp/wire/route-node.ts'
import { entryOf, itemWith, sampleItem } from '../support/items.ts'
import { elementsOf } from '../support/samples.ts'

function announced(from: string | RegExp, to: string): InetItem | ItemReject {
  const item = decodeInetItem(entryOf('agent/inet-add', from, to), Family.inet)
  return item instanceof ItemReject ? item : (checkAnnounced(item) ?? item)
}

function hex(list: ExtCommunities): string[] {
  return extCommunityPairs(list).map((pair) =>
    pair.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join(''),
  )
}

describe('decodeInetItem', () => {
  it('reads every element of a stock agent’s entry (agent-channel 3.4)', () => {
    expect(decodeInetItem(entryOf('agent/inet-add'), Family.inet)).to.deep.equal(sampleItem)
  })

  it('reads an IPv6 route with its IPv4 next hop', () => {
    const item = decodeInetItem(entryOf('agent/inet6-add'), Family.inet6) as InetItem
    expect(formatPrefix(item.prefix)).to.equal('2001:db8:1::3/128')
    expect(formatIpAddress(item.nextHops[0]!.address)).to.equal('10.10.0.11')
    expect(item.securityGroups).to.deep.equal([])
  })

  it('clears host bits', () => {
    const item = announced('10.1.1.3/32</address></nlri>', '10.1.1.3/24</address></nlri>') as InetItem
    expect(formatPrefix(item.prefix)).to.equal('10.1.1.0/24')
  })

  it('reads missing elements as 0, false, empty, and the defaults of the schema (agent-channel 3.3)', () => {
    const text =
      '<entry><nlri><af>1</af><safi>1</safi><address>10.0.0.0/8</address></nlri><next-hops><next-hop><af>1</af>' +
      '<address>10.10.0.11</address><label>9</label></next-hop></next-hops></entry>'
    const item = decodeInetItem(elementsOf(`<iq>${text}</iq>`)[0]!.child('entry')!, Family.inet) as InetItem
    expect([
      item.localPref,
      item.med,
      item.subProtocol,
      item.loadBalance,
      item.sequence,
      item.communities,
    ]).to.deep.equal([0, 0, 'interface', undefined, 0, []])
    expect(item.nextHops[0]).to.deep.include({
      mac: undefined,
      encapsulations: [],
      tags: [],
      localSequence: 0,
    })
  })

  it('reads numbers above 2^31 that are printed signed', () => {
    expect((announced('<med>0</med>', '<med>-400</med>') as InetItem).med).to.equal(4294966896)
  })

  it('takes blanks around a number and an empty one as 0', () => {
    expect((announced('<med>0</med>', '<med>\n 7 </med>') as InetItem).med).to.equal(7)
    expect((announced('<med>0</med>', '<med/>') as InetItem).med).to.equal(0)
  })

  it('skips unknown elements and communities that mean nothing', () => {
    const item = announced(
      '<community-tag-list />',
      '<news/><community-tag-list><community-tag>64512:7</community-tag><community-tag>no-export</community-tag><community-tag>NoLlgr</community-tag><community-tag>what</community-tag></community-tag-list>',
    ) as InetItem
    expect(item.communities).to.deep.equal([64512 * 65536 + 7, 0xffff0007, 0xffffff01])
  })

  it('takes the sequence of mobility, else the plain one (agent-channel 3.4)', () => {
    const both = announced(
      /<mobility.*?<\/sequence-number>/s,
      '<mobility sticky="true" seqno="5"/><sequence-number>9</sequence-number>',
    ) as InetItem
    expect([both.sequence, both.isSticky]).to.deep.equal([5, true])
    const plain = announced(
      /<mobility.*?<\/sequence-number>/s,
      '<mobility sticky="true" seqno="0"/><sequence-number>9</sequence-number>',
    ) as InetItem
    expect([plain.sequence, plain.isSticky]).to.deep.equal([9, false])
  })

  it('reads the fields of load balancing; all of them, or none, is the default', () => {
    const withFields = (names: string[], decision = 'field-hash'): InetItem =>
      announced(
        '<load-balance-fields /><load-balance-decision>field-hash',
        `<load-balance-fields>${names.map((name) => `<load-balance-field-list>${name}</load-balance-field-list>`).join('')}</load-balance-fields><load-balance-decision>${decision}`,
      ) as InetItem
    expect(withFields(['l3-source-address', 'l4-source-port']).loadBalance).to.deep.equal({
      fields: 0x90,
      hasSourceBias: false,
    })
    expect(withFields([], 'source-bias').loadBalance).to.deep.equal({ fields: 0xf8, hasSourceBias: true })
    expect(
      withFields([
        'l3-source-address',
        'l3-destination-address',
        'l4-protocol',
        'l4-source-port',
        'l4-destination-port',
      ]).loadBalance,
    ).to.equal(undefined)
  })

  const SECURITY_GROUP = '<security-group>8000001</security-group>'
  const rejects: [string | RegExp, string, string][] = [
    ['<med>0</med>', '<med>many</med>', 'badInteger'],
    ['<med>0</med>', '<med>1.5</med>', 'badInteger'],
    ['<version>1</version>', '<version>one</version>', 'badInteger'],
    ['<label>21</label>', '<label>0x15</label>', 'badInteger'],
    ['<vni>0</vni>', '<vni>-</vni>', 'badInteger'],
    ['<local-sequence-number>0', '<local-sequence-number>z', 'badInteger'],
    ['seqno="0"', 'seqno="z"', 'badInteger'],
    ['<security-group>8000001', '<security-group>web', 'badInteger'],
    ['<tag-list />', '<tag-list><tag>web</tag></tag-list>', 'badInteger'],
    ['<nlri><af>1</af>', '<nlri><af>2</af>', 'badFamily'],
    ['<nlri><af>1</af>', '<nlri><af>x</af>', 'badInteger'],
    ['<safi>1</safi>', '<safi>4</safi>', 'badFamily'],
    [/<nlri>.*<\/nlri>/, '', 'badFamily'],
    ['10.1.1.3/32</address></nlri>', '10.1.1.3/33</address></nlri>', 'badPrefix'],
    ['10.1.1.3/32</address></nlri>', '10.1.1.3</address></nlri>', 'badPrefix'],
    ['10.1.1.3/32</address></nlri>', '2001:db8::/32</address></nlri>', 'badPrefix'],
    ['10.1.1.3/32</address></nlri>', 'ten/8</address></nlri>', 'badPrefix'],
    [/<next-hops>.*<\/next-hops>/s, '<next-hops />', 'noNextHop'],
    [/<next-hops>.*<\/next-hops>/s, '', 'noNextHop'],
    [/(<next-hop>.*<\/next-hop>)/s, '$1$1', 'severalNextHops'],
    ['<address>10.10.0.11</address>', '<address>0.0.0.0</address>', 'badNextHop'],
    ['<address>10.10.0.11</address>', '<address>2001:db8::1</address>', 'badNextHop'],
    ['<address>10.10.0.11</address>', '<address></address>', 'badNextHop'],
    ['<af>1</af><address>10.10', '<af>3</af><address>10.10', 'badNextHop'],
    ['<mac>00:00:5e:00:01:00', '<mac>00:00:5e', 'badMac'],
    ['<label>21</label>', '<label>0</label>', 'badLabel'],
    ['<label>21</label>', '<label>1048576</label>', 'badLabel'],
    ['<label>21</label>', '<label>-1</label>', 'badLabel'],
    [SECURITY_GROUP, SECURITY_GROUP.repeat(199), 'tooManyCommunities'],
    ['<tag-list />', `<tag-list>${'<tag>1</tag>'.repeat(198)}</tag-list>`, 'tooManyCommunities'],
  ]
  for (const [from, to, reason] of rejects) {
    it(`drops an item with ${to === '' ? 'nothing' : to.slice(0, 40)} for ${String(from).slice(0, 30)} as ${reason}`, () => {
      expect(announced(from, to)).to.deep.include({ reason })
    })
  }

  it('takes as many communities as fit into an UPDATE of 4,096 octets, encapsulations among them', () => {
    const item = announced(SECURITY_GROUP, SECURITY_GROUP.repeat(198))
    expect((item as InetItem).securityGroups.length).to.equal(198)
  })

  it('takes a 24-bit label where VXLAN alone carries the route: it is a VNI', () => {
    const list = /<tunnel-encapsulation-list>.*<\/tunnel-encapsulation-list>/
    const entry = entryOf(
      'agent/inet-add',
      list,
      '<tunnel-encapsulation-list><tunnel-encapsulation>vxlan</tunnel-encapsulation></tunnel-encapsulation-list>',
    )
    const item = decodeInetItem(entry, Family.inet) as InetItem
    expect(checkAnnounced(itemWith(item, { ...item.nextHops[0], label: 0xffffff }))).to.equal(undefined)
    expect(checkAnnounced(itemWith(item, { ...item.nextHops[0], label: 0x1000000 }))).to.deep.include({
      reason: 'badLabel',
    })
  })

  it('asks a route that goes for nothing but its prefix', () => {
    const entry = entryOf(
      'agent/inet-add',
      /<next-hops>.*<\/next-hops>/s,
      '<next-hops>what</next-hops><med>x</med>',
    )
    expect(decodeItemPrefix(entry, Family.inet)).to.deep.equal(parsePrefix('10.1.1.3/32'))
  })

  it('never throws, whatever stands in an element', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), fc.nat({ max: 25 }), (text, at) => {
        let index = 0
        const entry = entryOf('agent/inet-add')
        const change = (element: typeof entry): void => {
          if (element.children.length === 0 && index++ === at) element.text = text
          element.children.forEach(change)
        }
        change(entry)
        const item = decodeInetItem(entry, Family.inet)
        if (!(item instanceof ItemReject) && !checkAnnounced(item)) attributesOfItem(item, 64512)
      }),
      { numRuns: 500 },
    )
  }).timeout(20_000)
})

describe('decodeRouteNode', () => {
  const nodes: [string, Family | undefined | 'bad'][] = [
    ['1/1/default-domain:k8s:blue:blue/10.1.1.3/32', Family.inet],
    ['2/1/v/2001:db8::/32', Family.inet6],
    ['1/1', Family.inet],
    ['1/4/v/10.0.0.0/8', undefined],
    ['25/242/02:8b:6f:0f:2a:01,10.1.1.3/32', undefined],
    ['1/241/v/255.255.255.255', undefined],
    ['1/5/v/232.1.1.1', undefined],
    ['', 'bad'],
    ['one/1/v', 'bad'],
    ['1', 'bad'],
    ['1/1x', 'bad'],
  ]
  for (const [node, family] of nodes) {
    it(`reads '${node}' as ${family === undefined ? 'a family that is not served' : String(family)} (agent-channel 3.2)`, () => {
      const result = decodeRouteNode(node)
      if (family === 'bad') expect(result).to.equal(undefined)
      else expect(result!.family).to.equal(family)
    })
  }

  it('keeps slashes in what follows the numbers', () => {
    expect(decodeRouteNode('1/1/a/b:c')!.rest).to.equal('a/b:c')
  })
})

describe('attributesOfItem', () => {
  it('maps the sample to attributes (agent-channel 5.2, 5.4)', () => {
    const attributes = attributesOfItem(sampleItem, 64512)
    expect(attributes).to.deep.include({
      origin: Origin.incomplete,
      asPath: [],
      med: 200,
      localPref: 100,
      communities: [],
    })
    expect(formatIpAddress(attributes.nextHop)).to.equal('10.10.0.11')
    expect(hex(attributes.extCommunities)).to.deep.equal([
      '030c000000000002',
      '030c00000000000d',
      '060300005e000100',
      '8004fc00007a1201',
    ])
  })

  for (const [localPref, med] of [
    [0, 0],
    [100, 200],
    [200, 100],
    [150, 0xffffffff - 150],
    [0xffffffff, 0],
  ] as const) {
    it(`derives MED ${med} from LOCAL_PREF ${localPref} (agent-channel 5.3)`, () => {
      expect(medOfLocalPref(localPref)).to.equal(med)
    })
  }

  it('keeps an explicit MED', () => {
    expect(attributesOfItem(itemWith({ med: 5 }), 64512).med).to.equal(5)
  })

  it('leaves out what is 0', () => {
    expect(attributesOfItem(itemWith({ localPref: 0, med: 0 }), 64512)).to.deep.include({
      localPref: undefined,
      med: undefined,
    })
  })

  it('carries mobility, tags, load balance and local sequence', () => {
    const item = itemWith(
      { sequence: 7, isSticky: true, loadBalance: { fields: 0x80, hasSourceBias: true }, securityGroups: [] },
      { tags: [9], localSequence: 0x10002, mac: undefined, encapsulations: [] },
    )
    const list = attributesOfItem(item, 64512).extCommunities
    expect(hex(list)).to.deep.equal([
      '03aa800080000000',
      '0600010000000007',
      '8084fc0000000009',
      'c000000100020000',
    ])
    expect(loadBalanceOf(list)).to.deep.equal(item.loadBalance)
    expect(localSequenceOf(list)).to.equal(0x10002)
  })

  it('writes 4-octet AS numbers of groups and tags as pairs, and reads them back', () => {
    const asn = 4200000000
    const list = attributesOfItem(
      itemWith({ securityGroups: [8000001, 5] }, { tags: [77] }),
      asn,
    ).extCommunities
    const own = { localAs: asn, isGlobal: () => false }
    expect(numbersOf(list, SECURITY_GROUP, own).sort()).to.deep.equal([5, 8000001])
    expect(numbersOf(list, TAG, own)).to.deep.equal([77])
    expect(numbersOf(list, SECURITY_GROUP, { localAs: 64512, isGlobal: () => false })).to.deep.equal([])
  })

  it('finds a list of encapsulations of which none is known, which makes the path unusable', () => {
    expect(hasNoUsableEncapsulation({ ...sampleItem.nextHops[0]!, encapsulations: ['morse'] })).to.equal(true)
    expect(
      hasNoUsableEncapsulation({ ...sampleItem.nextHops[0]!, encapsulations: ['morse', 'udp'] }),
    ).to.equal(false)
    expect(hasNoUsableEncapsulation({ ...sampleItem.nextHops[0]!, encapsulations: [] })).to.equal(false)
  })

  it('names what it made', () => {
    expect(
      extCommunityPairs(attributesOfItem(sampleItem, 64512).extCommunities).map(([high, low]) =>
        formatExtCommunity(high, low),
      ),
    ).to.include.members(['encapsulation:gre', 'encapsulation:udp', 'secgroup:64512:8000001'])
  })
})

describe('agent entry', () => {
  it('is read back as it was written, for any item', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff })
    const items = fc.record({
      localPref: word,
      med: word,
      sequence: fc.integer({ min: 1, max: 0xffffffff }),
      isSticky: fc.boolean(),
      securityGroups: fc.array(word, { maxLength: 3 }),
      virtualNetwork: fc
        .string({ unit: 'grapheme', maxLength: 8 })
        .filter((text) => !/[\r\p{Cc}]/u.test(text)),
    })
    const hops = fc.record({
      label: fc.integer({ min: 0, max: 0xfffff }),
      tags: fc.array(word, { maxLength: 3 }),
      localSequence: word,
    })
    fc.assert(
      fc.property(items, hops, (changes, hop) => {
        const item = itemWith(changes, hop)
        const stanza = elementsOf(encodePublish({ from: 'a', id: '1' }, 'v', item))[0]!
        expect(decodeInetItem(stanza.descendant('entry')!, Family.inet)).to.deep.equal(item)
      }),
    )
  })
})
